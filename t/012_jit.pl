# Time that compiling (JIT) takes, by shape: counted where code was compiled, and only there.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use Test::More;

my $node = new_server('jit', conf => "jit_above_cost = 0\nmax_parallel_workers_per_gather = 0\nperfaudit.burst_gap = 0\n");
if ($node->safe_psql('postgres', 'SET jit = on; SELECT pg_jit_available()') ne 't')
{
	plan skip_all => 'this server cannot compile';
}
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int, u int);
	INSERT INTO t SELECT i, i % 10, i FROM generate_series(1, 1000) i;
	ANALYZE t;
	CREATE FUNCTION inside(k int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT n + u FROM t WHERE id = k); END';
});

# of a shape: calls, executions compiled, whether something was compiled, and took time
sub jit_of
{
	my ($pattern, $toplevel) = @_;
	return $node->safe_psql('postgres', q{SELECT sum(calls), sum(jit_calls), sum(jit_functions) > 0, sum(jit_time) > 0
		FROM perfaudit.statements WHERE query !~ 'perfaudit' AND } . ($toplevel // 'toplevel') . " AND query ~ '$pattern'");
}
sub repeated { my ($n, $statement) = @_; return join('', map { ($statement =~ s/\?/$_/gr) . ";\n" } 1 .. $n) }

# a plan with nothing to look at at its end, settled long before: on, off and on again
my $single = 'SELECT n FROM t WHERE id = ?';
$node->safe_psql('postgres', 'SET jit = off;' . repeated(20, $single));
is(jit_of('^SELECT n FROM t WHERE'), '20|0|f|f', 'without JIT nothing is counted');
$node->safe_psql('postgres', "SET jit = off;\n" . repeated(10, $single) . "SET jit = on;\n" . repeated(6, $single) .
	"SET jit = off;\n" . repeated(10, $single) . "SET jit = on;\n" . repeated(4, $single));
is(jit_of('^SELECT n FROM t WHERE'), '50|10|t|t', 'each execution for which code was compiled, and no other');

# a generic plan, planned once
$node->safe_psql('postgres', "SET jit = on; SET plan_cache_mode = force_generic_plan; PREPARE p(int) AS SELECT u FROM t WHERE id = \$1;\n" .
	repeated(12, 'EXECUTE p(?)'));
is(jit_of('SELECT u FROM t WHERE'), '12|12|t|t', 'a generic plan');

# with rows counted or without, large results, inside functions
$node->safe_psql('postgres', "SET jit = on; SET perfaudit.sample_budget = 1;\n" . repeated(5, 'SELECT sum(n + ?) FROM t WHERE u > 0'));
is(jit_of('^SELECT sum'), '5|5|t|t', 'sampled executions');
$node->safe_psql('postgres', "SET jit = on;\n" . repeated(5, 'SELECT u + ? FROM t WHERE n < 100'));
is(jit_of('^SELECT u . '), '5|5|t|t', 'with other things that few have');
$node->safe_psql('postgres', "SET jit = on; SELECT inside(g) FROM generate_series(1, 7) g");
is(jit_of('n . u', 'NOT toplevel'), '7|7|t|t', 'inside a function');
is($node->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.statements WHERE jit_calls > calls OR (jit_calls = 0) <> (jit_time = 0)}),
	0, 'time only where something was compiled');

my $restart = q{SELECT sum(jit_calls), sum(jit_functions), sum(jit_time) FROM perfaudit.statements WHERE query ~ '^SELECT n FROM t'};
my $was = $node->safe_psql('postgres', $restart);
$node->restart;
is($node->safe_psql('postgres', $restart), $was, 'and they outlive a restart');
$node->stop;

# all that compiling took, as pg_stat_statements counts it
$node = new_server('jit_compared', preload => 'pg_stat_statements, perfaudit', conf => "jit = on\njit_above_cost = 0\njit_inline_above_cost = 0\njit_optimize_above_cost = 0\n"
	  . "max_parallel_workers_per_gather = 0\npg_stat_statements.track = all\n");
SKIP:
{
	skip 'pg_stat_statements is not installed', 1
	  if $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'") == 0;
	$node->safe_psql('postgres', q{
		SET jit = off;
		CREATE EXTENSION pg_stat_statements;
		CREATE TABLE t (id int PRIMARY KEY, n int, u int);
		INSERT INTO t SELECT i, i % 10, i FROM generate_series(1, 1000) i;
		ANALYZE t;
		CREATE FUNCTION inside(k int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT n + u FROM t WHERE id = k); END';
		SELECT perfaudit.reset(), pg_stat_statements_reset()});
	$node->safe_psql('postgres', repeated(4, 'SELECT n FROM t WHERE id = ?') . repeated(3, 'SELECT sum(n + ?) FROM t WHERE u > 0') . 'SELECT inside(g) FROM generate_series(1, 3) g');
	is($node->safe_psql('postgres', q{SET jit = off;
		SELECT count(*), count(*) FILTER (WHERE s.jit_functions = i.jit_functions
			AND abs(s.jit_time / (i.jit_generation_time + i.jit_inlining_time + i.jit_optimization_time + i.jit_emission_time) - 1) < 1e-4)
		FROM perfaudit.statement_io() i JOIN perfaudit.statements s USING (database, username, toplevel, queryid)
		WHERE s.query ~ 'FROM (t|generate_series)|n [+] u' AND s.query !~ 'perfaudit'}), '4|4', 'functions and time are those that pg_stat_statements counts');
}
$node->stop;
done_testing();
