# An id that another library has given to a plan stays, wherever it stands in the list; our views keep theirs.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use PostgreSQL::Test::Utils;
use Test::More;

sub config { chomp(my $value = `pg_config --$_[0]`); return $value }

my $giver = "$PostgreSQL::Test::Utils::tmp_check/giver";
system(join(' ', 'gcc', (map { config($_) } qw(cflags cppflags cflags_sl)), '-w -shared -I' . config('includedir-server'),
	"-I$FindBin::RealBin/../src -o $giver.so $FindBin::RealBin/plan_id/giver.c")) == 0
  or plan skip_all => 'there is no compiler';

my $ask = q{SELECT (SELECT plan_id FROM perfaudit.backends WHERE pid = pg_backend_pid()) FROM t WHERE id = 1;};
my $n = 0;
foreach my $preload ("$giver, perfaudit", "perfaudit, $giver")
{
	my $node = new_server('given' . $n++, preload => $preload);
	my $keeps = $node->safe_psql('postgres', 'SHOW server_version_num') >= 180000;

	$node->safe_psql('postgres', 'CREATE TABLE t AS SELECT 1 AS id; SELECT perfaudit.reset();');
	is($node->safe_psql('postgres', "$ask $ask PREPARE p AS $ask EXECUTE p; EXECUTE p;"),
		join("\n", ($keeps ? '42' : '') x 4), "$preload: it stays");
	is($node->safe_psql('postgres', q{
		SELECT count(*) > 0, bool_and(plan_id NOT IN (0, 42)) FROM perfaudit.plans WHERE query ~ 'FROM t WHERE'}),
		't|t', "$preload: ours is another");
	$node->stop;
}
done_testing();
