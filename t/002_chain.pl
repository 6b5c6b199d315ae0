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

# One of everything: nested statements of all kinds, triggers, foreign keys, utility statements, parallel scans, errors.
my $mixed = q{
CREATE TABLE child (id int PRIMARY KEY, t_id int REFERENCES t ON DELETE CASCADE, note text);
CREATE TABLE log (id int, what text);
CREATE FUNCTION two(k int) RETURNS bigint LANGUAGE sql VOLATILE AS
	$$ SELECT count(*) FROM t WHERE id < k; SELECT max(n) FROM t WHERE id < k $$;
CREATE FUNCTION some_rows(k int) RETURNS SETOF int LANGUAGE sql VOLATILE AS $$ SELECT id FROM t WHERE id < k ORDER BY n $$;
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.id, 'x'); RETURN NEW; END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION noted();
CREATE FUNCTION caught(k int) RETURNS int LANGUAGE plpgsql AS $$
	BEGIN PERFORM 1 / (n - n) FROM t WHERE id = k; RETURN 1;
	EXCEPTION WHEN division_by_zero THEN RETURN (SELECT 0 FROM t WHERE id = k); END $$;
CREATE PROCEDURE work(k int) LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..k LOOP UPDATE t SET n = n + 0 WHERE id = i; COMMIT; END LOOP; END $$;
ANALYZE;
SELECT perfaudit.reset();
SELECT pg_stat_statements_reset();
SELECT n, id FROM t WHERE id = 5;
SELECT n, id FROM t WHERE id = 6;
SELECT f(5);
SELECT f(7) FROM t WHERE id < 4;
SELECT two(10), two(12);
SELECT count(*) FROM some_rows(20);
INSERT INTO child SELECT i, i, 'c' FROM generate_series(1, 20) i;
UPDATE child SET note = 'd' WHERE id < 6;
DELETE FROM t WHERE id IN (3, 4);
INSERT INTO t VALUES (3, 3), (4, 4) RETURNING id;
INSERT INTO t VALUES (201, 3), (202, 4), (203, 5) RETURNING id;
INSERT INTO child VALUES (100, 100000, 'bad');
SELECT 1 / (n - n) FROM t WHERE id = 8;
SELECT caught(8), caught(9);
CALL work(5);
DO $$ BEGIN PERFORM count(*) FROM t WHERE n > 17; END $$;
PREPARE p (int) AS SELECT id, n FROM t WHERE id = $1;
EXECUTE p (1);
EXECUTE p (2);
PREPARE q (int) AS UPDATE t SET n = n WHERE id < $1;
EXECUTE q (10);
SELECT n FROM t WHERE id IN (1, 2, 3);
SELECT n FROM t WHERE id IN (1, 2, 3, 4);
BEGIN;
SELECT count(*) FROM child;
SAVEPOINT s;
SELECT 1 / (n - n) FROM t;
ROLLBACK TO s;
SELECT count(*), 1 FROM child;
COMMIT;
CREATE TABLE copied AS SELECT * FROM t WHERE id < 100;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM t WHERE id < 90;
REFRESH MATERIALIZED VIEW kept;
COPY t TO '/dev/null';
COPY (SELECT * FROM t WHERE id < 40) TO '/dev/null';
SELECT id INTO selected FROM t WHERE id < 20;
WITH gone AS (DELETE FROM log WHERE id < 3 RETURNING id) SELECT count(*) FROM gone;
MERGE INTO child USING (VALUES (1, 'm'), (500, 'm')) v (id, note) ON child.id = v.id
	WHEN MATCHED THEN UPDATE SET note = v.note WHEN NOT MATCHED THEN INSERT VALUES (v.id, 1, v.note);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT count(*), sum(n) FROM t WHERE n > 2;
SELECT n, count(*) FROM t WHERE n > 2 GROUP BY n ORDER BY 2, 1 LIMIT 3;
RESET ALL;
TRUNCATE selected;
DROP TABLE selected;
VACUUM t;
SELECT 1 UNION ALL SELECT 2;
VALUES (1), (2);
TABLE copied;
SHOW work_mem;
};

# What one of the two counts otherwise than the other; a shape may have several ids. Only one of them counts what
# failed, and the reset is between the two. utility: whether both know utility statements by the same id.
sub differences
{
	my ($node, $utility) = @_;
	my $seen = $utility ? 'true' : q{query ~ '^\W*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE|PREPARE)\M' AND query !~ 'SELECT id INTO'};

	return $node->safe_psql('postgres', qq{
		WITH theirs AS (
			SELECT userid, toplevel, queryid, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows, min(query) AS query
			FROM pg_stat_statements WHERE query !~ '_reset|perfaudit' AND $seen GROUP BY 1, 2, 3),
		ours AS (
			SELECT *, row_number() OVER () AS nth FROM perfaudit.statement_facts(0, perfaudit.this_database())
			WHERE calls > 0 AND query !~ '_reset|perfaudit' AND $seen),
		ids AS (SELECT o.*, unnest(queryids) AS queryid FROM ours o),
		compared AS (
			SELECT i.nth, i.toplevel, i.query, i.calls, i.rows, sum(t.calls) AS their_calls, sum(t.rows) AS their_rows
			FROM ids i LEFT JOIN theirs t USING (userid, toplevel, queryid)
			GROUP BY 1, 2, 3, 4, 5)
		SELECT toplevel, query, calls, their_calls, rows, their_rows FROM compared
		WHERE calls IS DISTINCT FROM their_calls OR rows IS DISTINCT FROM their_rows
		UNION ALL
		SELECT toplevel, query, NULL, calls, NULL, rows FROM theirs t
		WHERE NOT EXISTS (SELECT FROM ids i WHERE (i.userid, i.toplevel, i.queryid) = (t.userid, t.toplevel, t.queryid))
		UNION ALL
		SELECT NULL, 'too few to compare', count(*), NULL, NULL, NULL FROM compared HAVING count(*) < } . ($utility ? 50 : 30));
}

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

	# with errors, which it goes on after
	$node->psql('postgres', $mixed, on_error_stop => 0);
	is(differences($node, $preload !~ /perfaudit.*pg_stat_statements/), '', 'both count the same of everything');
	$node->stop;
}
done_testing();
