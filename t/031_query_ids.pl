# The ids that statements get where only perfaudit wants them are those that the server computes when it is asked to.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('ids');
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_duration_statement = 0\nlog_line_prefix = '%Q %a|'\n");
$node->reload;

# Queries twice, with ids of either kind; what changes something once.
my $script = '';
# numbers that 15 does not know
my $later = $node->pg_version >= 16 ? "SELECT 0x7FFFFFFF;\nSELECT 0xFFFFFFFF;\nSELECT 1_000_000_000;\nSELECT 9_000_000_000;\n" : '';
foreach my $statement (split /(?<=;)\n/, $later . slurp_file("$FindBin::RealBin/query_ids/statements.sql"))
{
	$statement =~ s/^(--.*\n)+//;
	$script .= $statement =~ /^(SELECT|INSERT|UPDATE|DELETE|WITH|EXPLAIN|DO|\()/
	  ? "SET compute_query_id = auto;\n$statement\nSET compute_query_id = on;\n$statement\n"
	  : "$statement\n";
}
my $file = "$PostgreSQL::Test::Utils::tmp_check/twice.sql";
append_to_file($file, $script);
my $from = -s $node->logfile;
$ENV{PGAPPNAME} = 'twice';
$node->psql('postgres', undef, stdout => \my $out, extra_params => ['-f', $file]);
delete $ENV{PGAPPNAME};
my $log = substr(slurp_file($node->logfile), $from);

unlike($log, qr/ twice\|ERROR/, 'without an error');
my (%ours, %id, @differ);
my ($ids, $queries) = ('', 0);
while ($log =~ /^(-?\d+) twice\|LOG:  duration: \S+ ms  statement: (.*\n(?:\t.*\n)*)/mg)
{
	my ($id, $text) = ($1, $2);

	$ids = $1 if $text =~ /^SET compute_query_id = (\w+)/;
	next if $text =~ /^SET/ || $ids eq '';
	$ours{$text} = $id if $ids eq 'auto';
	next if $ids ne 'on' || !defined $ours{$text};
	$queries++;
	push @differ, "$ours{$text} for $id: $text" if $ours{$text} ne $id || $id == 0;
	$id{$text} = $id;
	delete $ours{$text};
}
cmp_ok($queries, '>', 150, 'all were logged');
is(join('', @differ), '', 'the same ids');
my @explained = $out =~ /Query Identifier: (-?\d+)/g;
is(scalar(@explained), 6, 'EXPLAIN shows ids');
is_deeply([@explained[0, 2, 4]], [@explained[1, 3, 5]], 'the same');
# what the comparison rests on
is($id{"SELECT * FROM t WHERE id = 2;\n"}, $id{"SELECT * FROM t WHERE id = 22222;\n"}, 'literals do not matter');
isnt($id{"SELECT id, n FROM t ORDER BY 1;\n"}, $id{"SELECT id, n FROM t ORDER BY 2;\n"}, 'columns do');

# off: no ids, and nothing recorded
is($node->safe_psql('postgres', q{
	SET compute_query_id = off; SELECT query_id IS NULL FROM pg_stat_activity WHERE pid = pg_backend_pid();}), 't', 'off: none');
$node->stop;
done_testing();
