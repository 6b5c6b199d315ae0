# Connections that run little and go: nothing is lost, and not everything is sampled.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

# only the first executions, until a budget is given below
my $node = new_server('connections', conf => "perfaudit.sample_budget = 0\nperfaudit.sample_first = 3\n");
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;
	CREATE TABLE parents (id int);
	INSERT INTO parents SELECT generate_series(1, 12);
	VACUUM ANALYZE;
	SELECT perfaudit.reset();
});
my ($clients, $each) = (2, 100);
my $connections = $clients * $each;

# one statement a connection, in each protocol a shape of its own
my %statements = (
	simple => 'SELECT n FROM t WHERE id = :id;',
	extended => 'SELECT n, id FROM t WHERE id = :id;',
	prepared => 'SELECT id, n FROM t WHERE id = :id;');
foreach my $protocol (sort keys %statements)
{
	my $script = pgbench_script($protocol, "\\set id random(1, 100)\n$statements{$protocol}\n");

	{
		local $ENV{PGAPPNAME} = 'short';
		ok(run_pgbench($node, $script, '-M', $protocol, '-C', '-c', $clients, '-t', $each), "$protocol: runs");
	}
	my $text = $statements{$protocol} =~ s/ WHERE.*//r;
	is($node->safe_psql('postgres', qq{
		SELECT calls, rows, errors, calls - plans, calls - hour_calls - previous_hour_calls FROM perfaudit.statements
		WHERE toplevel AND query ~ '^$text WHERE'}), "$connections|$connections|0|0|0", "$protocol: each is counted");
	# the first few, by all together; two may come in at the same time
	my $sampled = $node->safe_psql('postgres', qq{
		SELECT sum(sampled) FROM perfaudit.plans WHERE toplevel AND query ~ '^$text WHERE'});
	ok($sampled >= 3 && $sampled < 3 + $clients, "$protocol: $sampled executions sampled");
}
# the last of them end a little later than pgbench does
my $units = 3 * $connections;
ok($node->poll_query_until('postgres', qq{
	SELECT (sum(units), sum(statements), max(statements_max)) = ($units, $units, 1) FROM perfaudit.units WHERE application = 'short'}),
	'as many units of work');

# within the budget later ones are sampled too: at most one in 32, at random
$node->safe_psql('postgres', q{ALTER SYSTEM SET perfaudit.sample_budget = 0.9});
$node->reload;
my $script = pgbench_script('budget', "SELECT count(*) FROM t WHERE n % 7 = 3;\n");
ok(run_pgbench($node, $script, '-C', '-c', $clients, '-t', 4 * $each), 'with a budget: runs');
my ($calls, $sampled) = split /\|/, $node->safe_psql('postgres', q{
	SELECT s.calls, p.sampled FROM perfaudit.statements s JOIN perfaudit.plans p USING (queryid, toplevel)
	WHERE toplevel AND s.query ~ '^SELECT count.* FROM t WHERE n %' AND p.is_current});
is($calls, 4 * $connections, 'each is counted');
cmp_ok($sampled, '>', 4, "some of the later ones are sampled ($sampled)");
cmp_ok($sampled, '<', $connections, 'most are not');

# an N+1 in each of them, which ends with its connection
$script = pgbench_script('n_plus_one', "SELECT id FROM parents ORDER BY id;\n"
	  . join('', map { "SELECT n FROM t WHERE id = $_ AND n > 0;\n" } 1 .. 12));
ok(run_pgbench($node, $script, '-C', '-c', $clients, '-t', 25), 'N+1: runs');
is($node->safe_psql('postgres', q{
	SELECT r.kind, r.units, r.n_total, r.n_min, r.n_max, s.calls FROM perfaudit.repeats r JOIN perfaudit.statements s USING (queryid)
	WHERE s.query ~ 'WHERE id = .* AND n >'}), 'child|50|600|12|12|600', 'each repeat is counted');

# errors that a connection ends with
$node->psql('postgres', 'SELECT 1 / (n - n) FROM t WHERE id = 5') foreach 1 .. 10;
is($node->safe_psql('postgres', q{SELECT errors, calls FROM perfaudit.statements WHERE query ~ '\(n - n\) FROM t'}),
	'10|0', 'errors, too');
$node->stop;
done_testing();
