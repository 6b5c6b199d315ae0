# Statements that somebody else ends: cancelled, timed out, terminated, in every protocol.
use strict;
use warnings;
use FindBin;
use IPC::Run;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('cancelled');
$node->safe_psql('postgres', 'CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)');

# Starts psql with statements, and waits until it is where a condition on its row says.
sub start
{
	my ($sql, $where) = @_;
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $sql ], '>', \$out, '2>', \$err);

	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND $where")
	  or die "it never got there: $err";
	return ($run, \$err);
}

# What the statements matching a pattern are told to have ended of.
sub failed
{
	my ($pattern) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT string_agg(concat_ws('|', toplevel, calls, errors, cancelled, statement_timeouts, lock_timeouts, terminated, error_classes),
			' ' ORDER BY toplevel)
		FROM perfaudit.statements WHERE query ~ '$pattern' AND query !~ 'perfaudit|pg_stat_activity'});
}

my $other = "(SELECT min(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend')";
my $asleep = "wait_event = 'PgSleep'";

# with the timeout far away, and none
my ($run, $err) = start("SET statement_timeout = '10min'; SELECT pg_sleep(600) AS a", $asleep);
$node->safe_psql('postgres', "SELECT pg_cancel_backend($other)");
$run->finish;
like($$err, qr/due to user request/, 'cancelled');
is(failed('AS a'), 't|0|1|1|0|0|0|{"57": 1}', 'as is recorded');

# terminated: a statement, what runs inside of it, a utility statement; a transaction that rests is none
($run, $err) = start('DO $$ BEGIN PERFORM 1 + n FROM t; PERFORM pg_sleep(600) AS b; END $$', $asleep);
$node->safe_psql('postgres', "SELECT pg_terminate_backend($other)");
$run->finish;
like($$err, qr/terminating connection/, 'terminated');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM perfaudit.backends WHERE pid <> pg_backend_pid()");
is(failed('AS b'), 'f|0|1|0|0|0|1|{"57": 1}', 'the statement inside');
is(failed('^DO '), 't|0|1|0|0|0|1|{"57": 1}', 'the statement around it');
is(failed('\+ n'), 'f|1|0|0|0|0|0', 'not what was over');

my ($in, $out, $errors) = ('', '', '');
my $resting = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out, '2>', \$errors);
$in .= "BEGIN; DECLARE c CURSOR FOR SELECT id AS c FROM t ORDER BY id; FETCH 1 FROM c; SELECT 1 AS c;\n";
$resting->pump until $out =~ /1\n1\n/;
$node->safe_psql('postgres', "SELECT pg_terminate_backend($other)");
$in .= "SELECT 2;\n\\q\n";
$resting->finish;
is($node->safe_psql('postgres', q{SELECT coalesce(sum(errors), 0) FROM perfaudit.statements WHERE query ~ 'AS c'}),
	0, 'a session at rest loses no statement');

# terminated while it starts: a function chooses the partitions, before anything runs
$node->safe_psql('postgres', q{
	CREATE TABLE parts (k int) PARTITION BY LIST (k);
	CREATE TABLE p1 PARTITION OF parts FOR VALUES IN (1);
	CREATE TABLE p2 PARTITION OF parts FOR VALUES IN (2);
	CREATE FUNCTION chosen() RETURNS int STABLE LANGUAGE plpgsql AS $$
	BEGIN
		IF current_setting('choice.sleeps', true) = 'on' THEN PERFORM pg_sleep(600); END IF;
		RETURN 1;
	END $$});
($run, $err) = start("SET plan_cache_mode = force_generic_plan; PREPARE p AS SELECT count(*) AS g FROM parts WHERE k = chosen(); EXECUTE p; SET choice.sleeps = on; EXECUTE p", $asleep);
$node->safe_psql('postgres', "SELECT pg_terminate_backend($other)");
$run->finish;
like($$err, qr/terminating connection/, 'terminated while it starts');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM perfaudit.backends WHERE pid <> pg_backend_pid()");
is(failed('AS g'), 't|1|1|0|0|0|1|{"57": 1}', 'the statement that starts');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/terminated by signal/, 'and nobody else is ended');

# the same while it is planned, by a function that is run then
$node->safe_psql('postgres', q{
	CREATE FUNCTION planned() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600), 1 AS i; RETURN 1; END $$});
($run, $err) = start('SELECT planned() AS h', $asleep);
$node->safe_psql('postgres', "SELECT pg_terminate_backend($other)");
$run->finish;
like($$err, qr/terminating connection/, 'terminated while it is planned');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM perfaudit.backends WHERE pid <> pg_backend_pid()");
is(failed('AS [hi]'), 'f|0|1|0|0|0|1|{"57": 1} t|0|1|0|0|0|1|{"57": 1}', 'the statement that is planned, and the one it runs');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/terminated by signal/, 'and nobody else is ended');
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
($run, $err) = start('SELECT planned() AS h', $asleep);
$node->safe_psql('postgres', "SELECT pg_cancel_backend($other)");
$run->finish;
is(failed('AS [hi]'), 'f|0|1|1|0|0|0|{"57": 1} t|0|1|1|0|0|0|{"57": 1}', 'cancelled while it is planned');

# waiting for a lock: lock_timeout, statement_timeout, NOWAIT and a request are four things
($run, $err) = start('BEGIN; UPDATE t SET n = 1 WHERE id = 1; SELECT pg_sleep(600) AS d', $asleep);
my $locker = $node->safe_psql('postgres', "SELECT $other");
$node->psql('postgres', "SET lock_timeout = '50ms'; UPDATE t SET n = 2 WHERE id = 1");
is(failed('^UPDATE t SET n = '), 't|1|1|0|0|1|0|{"55": 1}', 'lock_timeout; the other holds the lock');
$node->psql('postgres', "SET lock_timeout = '10min'; SET statement_timeout = '50ms'; UPDATE t SET n = 2 + 1 WHERE id = 1");
is(failed('^UPDATE t SET n = .* \+'), 't|0|1|0|1|0|0|{"57": 1}', 'statement_timeout while waiting');
$node->psql('postgres', "SET lock_timeout = '10min'; SELECT n AS e FROM t WHERE id = 1 FOR UPDATE NOWAIT");
is(failed('AS e'), 't|0|1|0|0|0|0|{"55": 1}', 'NOWAIT is no timeout');
is($node->safe_psql('postgres', "SET perfaudit.failing_errors = 1; SELECT string_agg(evidence ->> 'variant', ' ' ORDER BY query) FROM perfaudit.findings WHERE kind = 'failing_statement' AND query ~ '^UPDATE t SET n = |AS e'"),
	'lock statement_timeout lock_timeout', 'and three findings');
my ($waiting, $said) = start("SET lock_timeout = '10min'; UPDATE t SET n = 2 - 1 WHERE id = 1", "wait_event_type = 'Lock'");
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
$waiting->finish;
is(failed('^UPDATE t SET n = .* -'), 't|0|1|1|0|0|0|{"57": 1}', 'cancelled while waiting');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($locker)");
$run->finish;

# in the extended protocol the timeout begins before the execution
foreach my $protocol (qw(simple extended prepared))
{
	my $script = pgbench_script("sleep_$protocol", "SET statement_timeout = '60ms';\nSELECT pg_sleep(600);\n");
	$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
	ok(!run_pgbench($node, $script, '-M', $protocol, '-t', 1), "$protocol: fails");
	is(failed('pg_sleep'), 't|0|1|0|1|0|0|{"57": 1}', "$protocol: timed out");
}

# a shutdown ends what runs
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
($run, $err) = start('SELECT pg_sleep(600) AS f', $asleep);
$node->stop('fast');
$run->finish;
$node->start;
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'and nothing else');
$node->stop;
done_testing();
