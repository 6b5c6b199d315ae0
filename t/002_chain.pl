# Others hook the same hooks: in either order all of them see all statements.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $script = pgbench_script('chain', q{
\set id random(1, 100)
SELECT n FROM t WHERE id = :id;
SELECT f(:id);
UPDATE t SET n = n + 1 WHERE id = :id;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id LIMIT 5;
FETCH 3 FROM c;
COMMIT;
});

foreach my $preload ('pg_stat_statements, perfaudit, auto_explain', 'auto_explain, perfaudit, pg_stat_statements',
	'perfaudit, pg_stat_statements, auto_explain')
{
	(my $name = $preload) =~ s/\W+/_/g;
	my $node = new_server("chain_$name", preload => $preload, conf => qq{
		pg_stat_statements.track = all
		auto_explain.log_min_duration = 0
		auto_explain.log_analyze = on
		auto_explain.log_timing = off
		auto_explain.log_nested_statements = on
		perfaudit.sample_budget = 1
		log_min_messages = log
	});
	$node->safe_psql('postgres', q{
		CREATE EXTENSION pg_stat_statements;
		CREATE TABLE t (id int PRIMARY KEY, n int);
		INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i;
		CREATE FUNCTION f(k int) RETURNS bigint LANGUAGE plpgsql AS
			$$ BEGIN RETURN (SELECT count(*) FROM t WHERE n >= k); END $$;
		ANALYZE t;
		SELECT perfaudit.reset(), pg_stat_statements_reset();
	});
	foreach my $protocol (qw(simple extended prepared))
	{
		ok(run_pgbench($node, $script, '-M', $protocol, '-c', 2, '-t', 50), "$preload: $protocol");
	}
	is(calls_of($node, '^SELECT n FROM t'), 300, 'perfaudit counts');
	# one by one: the shape is the query id where there is no list
	is($node->safe_psql('postgres', q{
		SELECT count(*), count(*) FILTER (WHERE p.calls = a.calls), count(*) FILTER (WHERE p.rows = a.rows)
		FROM pg_stat_statements p
		JOIN perfaudit.statements a ON a.queryid = p.queryid AND a.toplevel = p.toplevel AND a.username = p.userid::regrole::name
		WHERE p.query ~ '(SELECT n FROM t|SELECT f\(|UPDATE t|count\(\*\) FROM t WHERE n)' AND p.query !~ 'perfaudit'
	}), '7|7|7', 'both count the same calls and rows, of literals and of parameters');
	is($node->safe_psql('postgres', q{
		SELECT toplevel, calls, seq_rows_read FROM perfaudit.statements
		WHERE query ~ 'count\(\*\) FROM t WHERE n' AND query !~ 'perfaudit'
	}), 'f|300|30000', 'nested statements, and their scans');
	my $log = slurp_file($node->logfile);
	my $plans = () = $log =~ /Query Text: SELECT n FROM t/g;
	is($plans, 300, 'auto_explain logs each');
	like($log, qr/\(actual rows=1(\.00)? loops=1\)/, 'with its own instrumentation');
	$node->stop;
}
done_testing();
