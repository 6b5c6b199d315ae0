# Index advice that is cut off anywhere leaves nothing behind, and can be watched.
use strict;
use warnings;
use FindBin;
use IPC::Run;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('advice');

# Ten tables, joined and filtered in ways of which each asks for other indexes.
$node->safe_psql('postgres', q{
	SELECT format('CREATE TABLE t%s (id int PRIMARY KEY, a int, b int, c text, d timestamp, f text)', n) FROM generate_series(1, 10) n \gexec
	SELECT format($$INSERT INTO t%s SELECT i, i %% 700, i %% 900, md5(i::text), timestamp '2026-01-01' + i * interval '1 minute', repeat('x', 80) FROM generate_series(1, 12000) i$$, n)
	FROM generate_series(1, 10) n \gexec
	ANALYZE;
	SELECT perfaudit.reset();
	SELECT format('SELECT count(*) FROM t%s x JOIN t%s y ON y.a = x.b JOIN t%s z ON z.b = y.id WHERE x.c = %L AND z.d < %L', n, 1 + n % 10, 1 + (n + 4) % 10, 'x' || i, timestamp '2026-01-01 00:05')
	FROM generate_series(1, 10) n, generate_series(1, 2) i \gexec
	SELECT format('SELECT * FROM t%s WHERE a = %s ORDER BY d DESC LIMIT 5', n, i) FROM generate_series(1, 10) n, generate_series(1, 2) i \gexec
});
my $whole = $node->safe_psql('postgres', "SELECT string_agg(ddl, E'\\n' ORDER BY rank) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create'");
cmp_ok(scalar(split /\n/, $whole), '>=', 10, 'advice when there is time');

# what a session still has: locks on our tables, memory, a row of progress, a hypothetical index in a plan
my $left = q{
	SELECT (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN (SELECT oid FROM pg_class WHERE relname ~ '^t[0-9]+$'))
	    || ' ' || (SELECT count(*) FROM pg_backend_memory_contexts WHERE name ~ 'perfaudit (advice|replan)')
	    || ' ' || (SELECT count(*) FROM perfaudit.advice_progress);
	SELECT used FROM perfaudit.what_if('SELECT * FROM t1 WHERE c = ''x''');};
my $script = "\\set ON_ERROR_STOP off\n";
my $again = sub { "\\if :ERROR\n$_[0]RESET statement_timeout;\n\\endif\n" x 20 };
foreach my $ms (1 .. 30, map { $_ * 10 } 4 .. 20)
{
	# outside of a transaction, and inside of one that goes on after a savepoint
	$script .= "SET statement_timeout = $ms;\n" . ($ms % 2 ? '' : "BEGIN; SAVEPOINT s;\n")
	  . "SELECT count(*) > 0 AS advised FROM perfaudit.suggest_indexes(max_ms => 60000);\n"
	  . ($ms % 2 ? '' : "ROLLBACK TO s;\n") . "RESET statement_timeout;\n"
	  # which may be cut off itself
	  . $again->($ms % 2 ? '' : "ROLLBACK TO s;\n") . "$left\n" . ($ms % 2 ? '' : "COMMIT;\n");
}
my ($status, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0);
my @lines = grep { !/^[tf]$/ } split /\n/, $out;
is(scalar(@lines), 2 * 47, 'asked after each');
is(join(',', grep { $_ ne '0 0 0' && $_ ne '{}' } @lines), '', 'nothing is left');
my $cut = () = $err =~ /canceling statement due to statement timeout/g;
cmp_ok($cut, '>', 0, 'some were cut off');
is($node->safe_psql('postgres', "SELECT string_agg(ddl, E'\\n' ORDER BY rank) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create'"),
	$whole, 'the same advice afterwards');

# a deadline is no error, and says what it left out
is($node->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 1), unnest(warnings) w WHERE w ~ '^deadline: '}),
	1, 'a short deadline says so');

# seen by others while it runs, by those who may
$node->safe_psql('postgres', 'CREATE ROLE other LOGIN');
my ($said, $errors) = ('', '');
my $run = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c',
	q{DO $$ BEGIN LOOP PERFORM perfaudit.suggest_indexes(max_ms => 60000); END LOOP; END $$} ], '>', \$said, '2>', \$errors);
ok($node->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM perfaudit.advice_progress
	WHERE phase <> '' AND statements > 0 AND statements_planned > 0 AND plans > 0
	  AND database = 'postgres' AND started < deadline}), 'its progress')
  or diag($errors . $node->safe_psql('postgres', 'SELECT * FROM perfaudit.advice_progress'));
is($node->safe_psql('postgres', 'SELECT count(*) FROM generate_series(1, 1000), LATERAL (SELECT FROM perfaudit.advice_progress OFFSET 0) p',
	extra_params => [ '-U', 'other' ]), 0, 'not to other roles');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^DO ' AND pid <> pg_backend_pid()});
$run->finish;
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM perfaudit.advice_progress'), 'gone with its session');

# A table that somebody changes: its statements are skipped, one after another without waiting again, and nothing else is.
# Nobody waits behind us either: the lock is had again as soon as it is given back.
my $alter = $node->background_psql('postgres');
$alter->query_safe('BEGIN; ALTER TABLE t3 ADD COLUMN g int;');
is($node->safe_psql('postgres', q{
	CREATE TEMPORARY TABLE advice AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 60000);
	SELECT count(*) FILTER (WHERE "table"::oid = (SELECT oid FROM pg_class WHERE relname = 't3')), count(*) FILTER (WHERE action = 'create') >= 8 FROM advice;
	SELECT count(*) > 0, min(s->>'reason'), max(s->>'reason') FROM advice, jsonb_array_elements(evidence->'skipped') s WHERE action = 'note' AND ddl IS NULL;
	SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN (SELECT oid FROM pg_class WHERE relname ~ '^t[0-9]+$');
}), "0|t\nt|a table is locked|a table is locked\n0", 'a table that is changed at the moment');
$alter->query_safe('ROLLBACK;');
$alter->quit;

# Any error while it is planned: nothing is left. A function of the statement throws one of every kind.
$node->safe_psql('postgres', q{
	CREATE FUNCTION fails(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
	BEGIN
		IF current_setting('test.state', true) <> '' AND (x = 2 OR x = 11) THEN
			RAISE EXCEPTION USING ERRCODE = current_setting('test.state'), MESSAGE = 'secret';
		END IF;
		RETURN x;
	END $$;
	SELECT format('SELECT b FROM t%s WHERE b = fails(%s)', n, n + i) FROM generate_series(1, 10) n, generate_series(0, 1) i \gexec
});
foreach my $state (qw(53200 57014 57P01 22012 XX000 53100 40001 40P01 55P03))
{
	my ($code, $o, $e) = $node->psql('postgres', "BEGIN; SAVEPOINT s;\nSET test.state = '$state';\nSELECT count(*) > 0 FROM perfaudit.suggest_indexes(max_ms => 60000);\nROLLBACK TO s;\nSET test.state = '';\n$left\nCOMMIT;",
		on_error_stop => 0);
	# whatever a function raises, it ends nothing but the plan of its statement
	like($o, qr/^t\n0 0 0\n\{\}$/, "$state: nothing is left");
	unlike($e, qr/secret|ERROR/, 'it is none of the caller\'s');
}

# told to the client who asks for it
($status, $out, $err) = $node->psql('postgres', q{
	SET perfaudit.advice_notice = on;
	DO $$ BEGIN FOR i IN 1 .. 2 LOOP PERFORM perfaudit.suggest_indexes(max_ms => 60000); END LOOP; END $$});
is($status, 0, 'a client who is told');

# Very many indexes to try: all statements get theirs, within the memory of a run, which is given back.
$node->safe_psql('postgres', q{
	CREATE DATABASE many;
	\c many
	CREATE EXTENSION perfaudit;
	SELECT format('CREATE TABLE wide%s AS SELECT i AS id, %s, repeat(''x'', 400) AS filler FROM generate_series(1, 6000) i', n,
		(SELECT string_agg(format('(i * 7919 + i / %s) %% %s AS c%s', c, 80 + c, c), ', ') FROM generate_series(1, 10) c))
	FROM generate_series(1, 5) n \gexec
	CREATE TABLE passing AS SELECT 1 AS id;
	ANALYZE;
	SELECT perfaudit.reset();
	SELECT format('SELECT id, filler FROM wide%s WHERE c%s = 5 AND c%s > %s ORDER BY c%s LIMIT 10', n, a, b, i, a % 10 + 1)
	FROM generate_series(1, 5) n, generate_series(1, 10) a, generate_series(1, 10) b, generate_series(1, 2) i WHERE a <> b AND b <> a % 10 + 1 \gexec
	SELECT format('SELECT count(*) FROM passing, generate_series(1, 200000) WHERE id = %s', i) FROM generate_series(1, 2) i \gexec
	DROP TABLE passing;
});
my $many = q{
	CREATE TEMPORARY TABLE advice AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 600000);
	SELECT count(*) FILTER (WHERE action = 'create') >= 20 AS advised,
		count(*) FILTER (WHERE action = 'create' AND "table"::text ~ 'wide5') > 0 AS of_all_tables FROM advice;
	SELECT (evidence->>'indexes_tried')::int > 400 AS tried, (evidence->>'memory_kb')::int BETWEEN 1000 AND 65536 AS memory,
		evidence->'skipped'->0->>'reason' AS reason, warnings::text !~ 'deadline|crowded|memory' AS whole FROM advice WHERE action = 'note';
	SELECT count(*) FROM pg_backend_memory_contexts WHERE name ~ 'perfaudit (advice|replan|sample|row)';
};
is($node->safe_psql('many', $many), "t|t\nt|t|something that it names does not exist any more|t\n0", 'very many indexes to try');
# a deadline leaves what was found by then, and a word about it; it is kept by far more than the machine can vary
is($node->safe_psql('many', q{
	SELECT bool_and(n BETWEEN 0 AND 100) AND bool_or(n > 0), bool_and(told OR n >= 20) FROM (
		SELECT ms, count(*) FILTER (WHERE action = 'create') AS n, bool_or(warnings::text ~ 'deadline') AS told
		FROM (VALUES (20), (200), (500), (1000), (2000), (4000), (20000)) v (ms), LATERAL perfaudit.suggest_indexes(max_ms => ms) s GROUP BY ms) x}),
	't|t', 'whatever there is time for');
$node->stop;
done_testing();
