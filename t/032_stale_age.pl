# stale_statistics judges by the day: the server's own statistics are set back while it is down, since nobody can wait so long.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $node = new_server('stale_age', conf => "perfaudit.judge_time = 0\nperfaudit.judge_calls = 2\nperfaudit.stale_rows = 600\n");
my $found = q{SELECT relation FROM perfaudit.findings WHERE kind = 'stale_statistics' ORDER BY 1};

$node->safe_psql('postgres', q{
	CREATE TABLE a_day (id int);
	CREATE TABLE nearly (id int);
	INSERT INTO a_day SELECT i FROM generate_series(1, 1000) i;
	INSERT INTO nearly SELECT i FROM generate_series(1, 1000) i});
$node->safe_psql('postgres', "ANALYZE $_") foreach 'a_day', 'nearly';
$node->safe_psql('postgres', 'UPDATE a_day SET id = id; UPDATE nearly SET id = id');
$node->safe_psql('postgres', 'SELECT count(*) FROM a_day WHERE id > 0; SELECT count(*) FROM nearly WHERE id > 0') foreach 1 .. 2;
is($node->safe_psql('postgres', $found), '', 'they were analyzed just now');

# Microseconds since 2000, as the server writes them down.
my %analyzed = map { split /\|/ } split /\n/, $node->safe_psql('postgres', q{
	SELECT relname, (extract(epoch FROM last_analyze - timestamptz '2000-01-01 00:00:00+00') * 1000000)::bigint
	FROM pg_stat_user_tables WHERE relname IN ('a_day', 'nearly')});
my %minutes = (a_day => 1440, nearly => 1430);
my $file = $node->data_dir . '/pg_stat/pgstat.stat';

$node->stop;
my $statistics = slurp_file($file);
foreach my $table (keys %minutes)
{
	my ($then, $before) = map { pack('q', $_) } $analyzed{$table}, $analyzed{$table} - $minutes{$table} * 60_000_000;

	is($statistics =~ s/\Q$then\E/$before/g, 1, "when $table was analyzed is known once");
}
open(my $handle, '>:raw', $file) or die "$file: $!";
print $handle $statistics;
close($handle);
$node->start;

is($node->safe_psql('postgres', q{SELECT relname, now() - last_analyze BETWEEN interval '23 h 50 min' AND interval '24 h 5 min' FROM pg_stat_user_tables WHERE relname IN ('a_day', 'nearly') ORDER BY 1}),
	"a_day|t\nnearly|t", 'the server has it from a day ago');
is($node->safe_psql('postgres', $found), 'a_day', 'a day ago is long ago, ten minutes less is not');
is($node->safe_psql('postgres', "SET perfaudit.stale_age = '1430min'; $found"), "a_day\nnearly", 'by the setting, minutes');
is($node->safe_psql('postgres', "SET perfaudit.stale_age = '1450min'; $found"), '', 'more of them');
like($node->safe_psql('postgres', q{SELECT summary FROM perfaudit.findings WHERE kind = 'stale_statistics'}),
	qr/^1,000 rows of public\.a_day were changed since it was last analyzed \(\d{4}-\d\d-\d\d \d\d:\d\d\), and it has 1,000$/, 'it says when');
$node->stop;
done_testing();
