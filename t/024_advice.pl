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
foreach my $ms (1 .. 30, map { $_ * 10 } 4 .. 20)
{
	# outside of a transaction, and inside of one that goes on after a savepoint
	$script .= "SET statement_timeout = $ms;\n" . ($ms % 2 ? '' : "BEGIN; SAVEPOINT s;\n")
	  . "SELECT count(*) > 0 AS advised FROM perfaudit.suggest_indexes(max_ms => 60000);\n"
	  . ($ms % 2 ? '' : "ROLLBACK TO s;\n") . "RESET statement_timeout;\n$left\n" . ($ms % 2 ? '' : "COMMIT;\n");
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

# told to the client who asks for it
($status, $out, $err) = $node->psql('postgres', q{
	SET perfaudit.advice_notice = on;
	DO $$ BEGIN FOR i IN 1 .. 2 LOOP PERFORM perfaudit.suggest_indexes(max_ms => 60000); END LOOP; END $$});
is($status, 0, 'a client who is told');
$node->stop;
done_testing();
