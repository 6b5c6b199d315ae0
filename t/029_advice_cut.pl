# Index advice for which there is no more memory, or which its user cancels, anywhere: the error is told, and nothing is left.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('advice_cut');
$node->safe_psql('postgres', q{
	SELECT format('CREATE TABLE t%s (id int PRIMARY KEY, a int, b int, c text, d timestamp, f text)', n) FROM generate_series(1, 10) n \gexec
	SELECT format($$INSERT INTO t%s SELECT i, i %% 700, i %% 900, md5(i::text), timestamp '2026-01-01' + i * interval '1 minute', repeat('x', 80) FROM generate_series(1, 12000) i$$, n)
	FROM generate_series(1, 10) n \gexec
	ANALYZE;
	CREATE FUNCTION slow(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
	BEGIN
		IF current_setting('test.slow', true) = 'on' THEN PERFORM pg_sleep(7200); END IF;
		RETURN x;
	END $$;
	SELECT perfaudit.reset();
	SELECT format('SELECT count(*) FROM t%s x JOIN t%s y ON y.a = x.b JOIN t%s z ON z.b = y.id WHERE x.c = %L AND z.d < %L', n, 1 + n % 10, 1 + (n + 4) % 10, 'x' || i, timestamp '2026-01-01 00:05')
	FROM generate_series(1, 10) n, generate_series(1, 2) i \gexec
	SELECT format('SELECT * FROM t%s WHERE lower(c) = %L AND a > %s ORDER BY d DESC LIMIT 5', n, 'x', i) FROM generate_series(1, 10) n, generate_series(1, 2) i \gexec
	SELECT format('SELECT b FROM t1 WHERE b = slow(%s)', i) FROM generate_series(1, 2) i \gexec
});
my $advise = "SELECT string_agg(ddl, E'\\n' ORDER BY rank) FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create'";
my $whole = $node->safe_psql('postgres', $advise);
cmp_ok(scalar(split /\n/, $whole), '>=', 10, 'advice when nothing is short');

# what a session still has: locks on our tables, memory, a row of progress; a hypothetical index in a plan
my $left = q{
	SELECT (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN (SELECT oid FROM pg_class WHERE relname ~ '^t[0-9]+$'))
	    || ' ' || (SELECT count(*) FROM pg_backend_memory_contexts WHERE name ~ 'perfaudit (advice|replan|sample|measuring|row|variant)')
	    || ' ' || (SELECT count(*) FROM perfaudit.advice_progress)
	    || ' ' || (SELECT used::text FROM perfaudit.what_if('SELECT * FROM t1 WHERE c = ''x'''));};

# The next statement's error, with its SQLSTATE.
sub error_of
{
	my ($session) = @_;
	my $error = $session->{stderr} =~ /ERROR:\s+(\w{5}): (.*)/ ? "$1 $2" : '';

	$session->{stderr} = '';
	return $error;
}

# -- memory -------------------------------------------------------------------------------
SKIP:
{
	skip 'no prlimit, or no /proc', 4 unless -e '/proc/self/status' && IPC::Run::run([ 'prlimit', '--version' ], '>', \my $version, '2>', \my $none);
	my (%seen, @odd, $said);

	foreach my $kb (64, 128, 256, 512, 768, map({ $_ * 1024 } 1 .. 12), 16384, 32768)
	{
		my $session = $node->background_psql('postgres', on_error_stop => 0);
		my $pid = $session->query("\\set VERBOSITY verbose\nSELECT pg_backend_pid()");
		my $size;

		$session->query('BEGIN; SAVEPOINT s;');
		open(my $status, '<', "/proc/$pid/status") or die $!;
		/^VmSize:\s+(\d+) kB/ and $size = $1 while (<$status>);
		close $status;
		IPC::Run::run([ 'prlimit', '--pid', $pid, '--as=' . ($size + $kb) * 1024 . ':' ], '>&', \$said) or die $said;
		my $advice = $session->query($advise);
		my $error = error_of($session);

		IPC::Run::run([ 'prlimit', '--pid', $pid, '--as=unlimited:' ], '>&', \$said) or die $said;
		$session->query('ROLLBACK TO s');
		my $rest = $session->query($left);

		push @odd, "$kb kB: $rest, $error" if $rest ne '0 0 0 {}' || ($error eq '' ? $advice ne $whole : $error !~ /^53200 out of memory/);
		$seen{ $error eq '' ? 'whole' : 'cut' }++;
		push @odd, "$kb kB: other advice afterwards" if $kb == 1024 && $session->query($advise) ne $whole;
		$session->query('COMMIT');
		$session->quit;
	}
	is("@odd", '', 'without memory: its error, and nothing is left');
	cmp_ok($seen{cut} // 0, '>=', 2, 'some ran out of it');
	cmp_ok($seen{whole} // 0, '>=', 1, 'some did not');
	is($node->safe_psql('postgres', 'SELECT count(*) > 20 FROM perfaudit.statements'), 't', 'nor is anything lost');
}

# -- cancelled by its user ------------------------------------------------------------------
my $session = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $session->query("\\set VERBOSITY verbose\nSET test.slow = on;\nSELECT pg_backend_pid()");

# inside a function that planning executes
$session->query_until(qr/begun/, "\\echo begun\nBEGIN; SAVEPOINT s;\n$advise;\n\\echo ended\n");
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND wait_event = 'PgSleep'"), 'it sleeps');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
$session->query_until(qr/ended/, '');
is(error_of($session), '57014 canceling statement due to user request', 'cancelled in a function');
is($session->query("ROLLBACK TO s;\n$left\nCOMMIT;"), '0 0 0 {}', 'nothing is left');

# who asked for it is told how far it is: once a second, and a function that is waited for takes longer
foreach my $asked ('on', 'off')
{
	$session->query("SET perfaudit.advice_notice = $asked; SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 6000);");
	my $told = $session->{stderr};

	$session->{stderr} = '';
	like($told, qr/NOTICE:\s+\w{5}: perfaudit: [a-z ]+\nDETAIL:  Statements planned: \d+ of \d+; indexes tried: \d+, chosen: \d+; plans: \d+\./, 'told') if $asked eq 'on';
	unlike($told, qr/NOTICE/, 'not told') if $asked eq 'off';
}

# and anywhere
$session->query('SET test.slow = off');
my $cut = 0;
my @odd;
foreach my $ms (map { $_ * 15 } 1 .. 20)
{
	my $canceller = IPC::Run::start([ 'psql', '-XAtqd', $node->connstr('postgres'), '-c', "SELECT pg_sleep($ms / 1000.0)", '-c', "SELECT pg_cancel_backend($pid)" ], '>', \my $out, '2>', \my $err);
	my $advice = $session->query("DO \$\$ BEGIN LOOP PERFORM perfaudit.suggest_indexes(max_ms => 600000); END LOOP; END \$\$;");
	my $error = error_of($session);

	$canceller->finish;
	$cut++ if $error eq '57014 canceling statement due to user request';
	my $rest = $session->query($left);
	push @odd, "$ms ms: $rest, $error" if $rest ne '0 0 0 {}';
}
is("@odd", '', 'cancelled anywhere: nothing is left');
is($cut, 20, 'each time');
is($session->query($advise), $whole, 'the same advice afterwards');
$session->quit;
$node->stop;
done_testing();
