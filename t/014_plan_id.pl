# From 18 on the server is told our id of each plan that has none, in every protocol.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('plan_id');
my $keeps = $node->safe_psql('postgres', 'SHOW server_version_num') >= 180000;
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i;
	CREATE TABLE seen (way text, plan_id bigint);
	-- what the server says of the statement that calls this
	CREATE FUNCTION plan_now() RETURNS bigint LANGUAGE plpgsql AS
		$$ BEGIN RETURN (SELECT plan_id FROM perfaudit.backends WHERE pid = pg_backend_pid()); END $$;
	VACUUM ANALYZE t;
	SELECT perfaudit.reset();
});

# What was seen is, each time, the plan that our views know of that statement.
sub is_ours
{
	my ($way, $n, $pattern, $name) = @_;
	my $seen = $node->safe_psql('postgres', qq{
		SELECT count(*), count(s.plan_id), count(*) FILTER (WHERE s.plan_id IN
			(SELECT plan_id FROM perfaudit.plans WHERE toplevel AND query ~ '$pattern'))
		FROM seen s WHERE s.way = '$way'});
	is($seen, $keeps ? "$n|$n|$n" : "$n|0|0", $name);
}

# the second of two statements in a message, too
my $ask = "SELECT plan_now() AS id FROM t WHERE id = :k \\gset\n";
my $keep = "INSERT INTO seen SELECT '%s', nullif(CAST(:id AS bigint), 0);\n";
foreach my $protocol (qw(simple extended prepared))
{
	my $script = pgbench_script($protocol, "\\set k random(1, 1000)\n" . ($ask =~ s/plan_now\(\)/coalesce(plan_now(), 0)/r) . sprintf($keep, $protocol));
	ok(run_pgbench($node, $script, '-M', $protocol, '-t', 60), "$protocol: runs");
	is_ours($protocol, 60, 'plan_now\\(\\), \\$\\d+\\) AS id FROM t', "$protocol: the plan that runs");
}
$node->safe_psql('postgres', q{SELECT 1; INSERT INTO seen SELECT 'second', plan_now() FROM t WHERE id = 8;});
is_ours('second', 1, 'INSERT INTO seen SELECT \\$\\d+, plan_now', 'the second of two');

# plans that are kept: only the first run looks at them
$node->safe_psql('postgres', join("\n", 'SET plan_cache_mode = force_generic_plan;',
	q{PREPARE p AS INSERT INTO seen SELECT 'execute', plan_now() FROM t WHERE id = $1;},
	map { "EXECUTE p ($_);" } 1 .. 30));
is_ours('execute', 30, 'INSERT INTO seen SELECT \\$2, plan_now', 'EXECUTE');

# not that of a statement inside it
$node->safe_psql('postgres', q{
	CREATE FUNCTION busy() RETURNS bigint LANGUAGE plpgsql AS
		$$ BEGIN PERFORM n FROM t ORDER BY n LIMIT 1; RETURN plan_now(); END $$;
	INSERT INTO seen SELECT 'nested', busy() FROM t WHERE id < 3;
});
is_ours('nested', 2, 'INSERT INTO seen SELECT .*busy', 'of the statement that the client sent');
$node->safe_psql('postgres', q{
	DO $$ BEGIN FOR i IN 1..10 LOOP INSERT INTO seen SELECT 'do', plan_now() FROM t WHERE id = i; END LOOP; END $$});
is($node->safe_psql('postgres', q{SELECT count(*), count(plan_id) FROM seen WHERE way = 'do'}), '10|0', 'a DO has no plan');

# an index built anew is the same plan, another way to the rows is not
$node->safe_psql('postgres', q{
	INSERT INTO seen SELECT 'index', plan_now() FROM t WHERE id = 7;
	REINDEX INDEX CONCURRENTLY t_pkey;
	INSERT INTO seen SELECT 'reindexed', plan_now() FROM t WHERE id = 7;
	SET enable_indexscan = off;
	SET enable_bitmapscan = off;
	SET enable_indexonlyscan = off;
	INSERT INTO seen SELECT 'scan', plan_now() FROM t WHERE id = 7;
});
is($node->safe_psql('postgres', q{
	SELECT count(DISTINCT plan_id) FILTER (WHERE way <> 'scan'), count(DISTINCT plan_id)
	FROM seen WHERE way IN ('index', 'reindexed', 'scan')}),
	$keeps ? '1|2' : '0|0', 'as stable as in our views');

# nothing is told while nothing is recorded
$node->safe_psql('postgres', q{
	SET perfaudit.enabled = off;
	INSERT INTO seen SELECT 'off', plan_now() FROM t WHERE id = 7;
});
is($node->safe_psql('postgres', q{SELECT plan_id IS NULL FROM seen WHERE way = 'off'}), 't', 'silent when off');
$node->stop;
done_testing();
