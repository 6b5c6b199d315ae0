# What two sessions do at random – portals left and resumed, errors in the middle of a pipeline, cursors over transactions,
# two-phase commit, deferred triggers, savepoints, functions that catch –, counted as pg_stat_statements counts it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IO::Socket::UNIX;
use Test::More;
use PerfauditTest;

my $node = new_server('side_by_side', preload => 'pg_stat_statements, perfaudit', conf => q{
	pg_stat_statements.track = all
	max_prepared_transactions = 10
	max_parallel_workers_per_gather = 0
	lock_timeout = 200ms
});
if ($node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'}) eq '0')
{
	$node->stop;
	plan skip_all => 'pg_stat_statements is not installed';
}
# what is only there to be in the way reads tables of its own: way, cur
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE ROLE other;
	CREATE TABLE t (id int PRIMARY KEY, n int, s text);
	INSERT INTO t SELECT i, i % 10, 'row ' || i FROM generate_series(1, 300) i;
	CREATE TABLE cur AS SELECT * FROM t;
	CREATE TABLE way AS SELECT * FROM t;
	CREATE TABLE child (id serial PRIMARY KEY, t_id int REFERENCES t ON DELETE CASCADE, n int);
	CREATE TABLE deferred (id int, t_id int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
	CREATE TABLE log (id int, what text);
	CREATE TABLE parts (k int, v int) PARTITION BY LIST (k);
	CREATE TABLE parts1 PARTITION OF parts FOR VALUES IN (1);
	CREATE TABLE parts2 PARTITION OF parts FOR VALUES IN (2);
	INSERT INTO parts SELECT 1 + i % 2, i FROM generate_series(1, 50) i;
	CREATE FUNCTION f(k int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT count(*) FROM t WHERE n >= k); END $$;
	CREATE FUNCTION deep(k int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE r int; BEGIN
		IF k <= 0 THEN PERFORM 1 / (n - n) FROM t; END IF;
		SELECT deep(k - 1) + max(n) INTO r FROM t WHERE id = k; RETURN r;
	EXCEPTION WHEN division_by_zero THEN IF k % 3 = 0 THEN RETURN (SELECT n FROM t WHERE id = k + 1); END IF; RAISE; END $$;
	CREATE FUNCTION caught(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT 1 / 0 + n FROM t WHERE id = ' || k; RETURN 1;
	EXCEPTION WHEN division_by_zero THEN RETURN (SELECT count(*) FROM t WHERE id = k); END $$;
	CREATE FUNCTION sometimes(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
		FOR i IN 1 .. 3 LOOP
			BEGIN PERFORM 10 / (id - k) FROM t WHERE id < 5; EXCEPTION WHEN division_by_zero THEN PERFORM f(k); END;
		END LOOP;
		IF k = 5 THEN PERFORM 10 / (n - 5) FROM t WHERE id = 5; END IF; RETURN k; END $$;
	CREATE FUNCTION rows(k int) RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT id FROM t WHERE id <= k; RETURN QUERY EXECUTE 'SELECT id FROM t WHERE id < $1' USING k; END $$;
	CREATE FUNCTION two(k int) RETURNS bigint LANGUAGE sql VOLATILE AS $$ UPDATE t SET n = n WHERE id = k; SELECT count(*) FROM t WHERE id < k $$;
	CREATE FUNCTION loops(k int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE c CURSOR FOR SELECT id FROM cur WHERE id > k ORDER BY id; r record; BEGIN
		OPEN c; FETCH c INTO r; IF k % 2 = 0 THEN CLOSE c; END IF;
		FOR r IN SELECT id FROM cur WHERE id < 40 LOOP EXIT WHEN r.id > 5; END LOOP; RETURN r.id; END $$;
	CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.id, 'x'); IF NEW.n = 77 THEN RAISE 'no'; END IF; RETURN NEW; END $$;
	CREATE TRIGGER noted AFTER INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION noted();
	CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM count(*) FROM t WHERE id = NEW.id; IF NEW.id = 66 THEN RAISE 'no'; END IF; RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER later AFTER INSERT ON deferred DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later();
	CREATE PROCEDURE work(k int) LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM cur WHERE id <= k ORDER BY id LOOP
		UPDATE t SET n = n + 0 WHERE id = r.id; IF r.id % 3 = 0 THEN COMMIT; ELSIF r.id % 5 = 0 THEN ROLLBACK; END IF; END LOOP; END $$;
	CREATE FUNCTION chosen(k int) RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM n FROM t WHERE id = k; IF k = 9 THEN RAISE 'no'; END IF; RETURN 1 + k % 2; END $$;
	CREATE FUNCTION folded(k int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM s FROM t WHERE id = k; IF k = 9 THEN RAISE 'no'; END IF; RETURN k; END $$;
	GRANT ALL ON ALL TABLES IN SCHEMA public TO other;
	GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO other;
	ANALYZE;
});

# -- the protocol -------------------------------------------------------------------
sub message { my ($c, $type, $body) = @_; $c->{out} .= $type . pack('N', 4 + length($body // '')) . ($body // ''); return }

# Reads until the server is ready; whether the connection is still there.
sub answer
{
	my ($c) = @_;

	syswrite($c->{socket}, $c->{out}) == length($c->{out}) or die "cannot send: $!" if length($c->{out});
	$c->{out} = '';
	while (1)
	{
		my ($head, $body) = ('', '');

		while (length($head) < 5) { sysread($c->{socket}, $head, 5 - length($head), length($head)) or return 0 }
		my ($type, $length) = unpack('aN', $head);
		while (length($body) < $length - 4) { sysread($c->{socket}, $body, $length - 4 - length($body), length($body)) or return 0 }
		return 1 if $type eq 'Z';
	}
}

sub query { my ($c, $sql) = @_; message($c, 'Q', "$sql\0"); return answer($c) }
sub sync { my ($c) = @_; message($c, 'S'); return answer($c) }

sub open_session
{
	my $c = { out => '', waiting => 0, socket => IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) };
	my $user = getpwuid($<);
	my $body = pack('N', 196608) . "user\0$user\0database\0postgres\0\0";

	die "cannot connect: $!" unless $c->{socket};
	$c->{out} = pack('N', 4 + length($body)) . $body;
	answer($c) or die 'no session';
	return $c;
}

# -- what is done ---------------------------------------------------------------------
sub upto { my ($n) = @_; return 1 + int(rand($n)) }
sub one_of { return $_[rand(@_)] }

sub statement
{
	my $i = upto(12);
	my $few = upto(4);

	return one_of("SELECT n, id FROM t WHERE id = $i", "SELECT s FROM t WHERE n = $i", "SELECT f($i), n FROM t WHERE id < $i", "SELECT deep($few)",
		"SELECT caught($i)", "SELECT * FROM rows($i) LIMIT 2", "SELECT rows($i) LIMIT 3", "SELECT two($i), two($i + 1)", "SELECT loops($i)",
		"INSERT INTO child (t_id, n) VALUES ($i, $i), ($i, 2) RETURNING id", "INSERT INTO child (t_id, n) SELECT id, n FROM t WHERE id < $i",
		"INSERT INTO child (t_id, n) VALUES ($i, 77)", "INSERT INTO child (t_id, n) VALUES (99999, 1)", "UPDATE child SET n = $i WHERE t_id = $i",
		"UPDATE child SET n = 77 WHERE t_id = $i", "DELETE FROM child WHERE id < $i * 5", "DELETE FROM t WHERE id = $i + 200",
		"INSERT INTO t VALUES ($i + 200, 1, 'again') ON CONFLICT (id) DO UPDATE SET n = 1", "INSERT INTO t VALUES ($i, 1, 'twice')",
		"SELECT 1 / (n - n) FROM t WHERE id = $i", ("SELECT 10 / (id - $i) FROM t WHERE id < 5", "SELECT sometimes($i)", "SELECT sometimes($i), n FROM t WHERE id < 3") x 2, 'SELECT nothing FROM t', 'SELECT 1 / 0 FROM t', 'SELEC',
		"INSERT INTO deferred VALUES ($i, $i)", "INSERT INTO deferred VALUES ($i, " . one_of(1, 2, 99999) . ')', 'INSERT INTO deferred VALUES (' . one_of($i, 66) . ', 1)',
		"WITH gone AS (DELETE FROM log WHERE id < $i RETURNING id) SELECT count(*) FROM gone", "SELECT * FROM parts WHERE k = chosen($i)",
		"SELECT n FROM t WHERE id = folded($i)", 'SELECT n FROM t WHERE id IN (' . join(', ', 1 .. $few) . ')', "SELECT id FROM t WHERE n = $i FOR UPDATE SKIP LOCKED",
		"SELECT '" . 'x' x one_of(10, 1000, 100_000) . "' || s FROM t WHERE id = $i", "SELECT FROM t WHERE id < $i");
}

sub utility
{
	my $i = upto(12);
	my $x = int(rand(1e9));

	return one_of(('BEGIN') x 4, ('COMMIT') x 3, 'ROLLBACK', 'SAVEPOINT a', 'SAVEPOINT b', 'ROLLBACK TO a', 'ROLLBACK TO b', 'RELEASE a', "PREPARE TRANSACTION 'g$x'",
		'COMMIT AND CHAIN', 'ROLLBACK AND CHAIN', "DO \$\$ BEGIN FOR i IN 1..$i LOOP PERFORM n FROM t WHERE id = i; END LOOP; END \$\$",
		'DO $$ BEGIN PERFORM deep(2); EXCEPTION WHEN OTHERS THEN PERFORM count(*) FROM t; END $$', "CALL work($i)", 'DISCARD ALL', 'RESET ALL', 'SET ROLE other', 'RESET ROLE',
		"CREATE TEMP TABLE made$x AS SELECT * FROM way WHERE id < $i", 'SET CONSTRAINTS ALL IMMEDIATE', 'SET plan_cache_mode = force_generic_plan', 'RESET plan_cache_mode',
		'PREPARE p AS SELECT n FROM t WHERE id = $1', 'EXECUTE p(3)', 'EXECUTE p(4)', 'DEALLOCATE ALL', 'EXPLAIN ANALYZE SELECT * FROM way', 'TRUNCATE log',
		"SET statement_timeout = '5ms'; DO \$\$ BEGIN PERFORM f(1); PERFORM pg_sleep(1) FROM t; END \$\$", 'SET statement_timeout = 0');
}

sub cursor
{
	my $name = 'c' . upto(4);
	my $n = upto(12);

	return one_of("DECLARE $name " . one_of('', 'SCROLL ', 'NO SCROLL ') . 'CURSOR ' . one_of('', 'WITH HOLD ') . 'FOR SELECT f(n), id FROM cur',
		"DECLARE $name CURSOR FOR SELECT 10 / (id - $n) FROM cur", "FETCH $n FROM $name", "FETCH $n FROM $name", "FETCH BACKWARD $n FROM $name", "FETCH ALL FROM $name",
		"MOVE $n FROM $name", "CLOSE $name", 'CLOSE ALL', "UPDATE cur SET n = 3 WHERE CURRENT OF $name");
}

sub parse_and_bind
{
	my ($c, $portal, $name, $sql, @values) = @_;

	message($c, 'P', "$name\0$sql\0" . pack('n', 0));
	message($c, 'B', "$portal\0$name\0" . pack('nn', 0, scalar @values) . join('', map { pack('N', length($_)) . $_ } @values) . pack('n', 0));
	return;
}

# Some messages of the extended protocol, which may go on in the next turn.
sub pipeline
{
	my ($c) = @_;

	foreach (1 .. upto(8))
	{
		my $what = rand();
		my $portal = 'p' . upto(3);

		if ($what < .3)
		{
			parse_and_bind($c, '', one_of('', 's1', 's2'), one_of('SELECT n, id FROM t WHERE id = $1::int', 'SELECT f($1::int)', 'UPDATE t SET n = n WHERE id = $1::int',
				'INSERT INTO child (t_id, n) VALUES ($1::int, 3)', 'SELECT 1 / (n - n) FROM t WHERE id = $1::int', 'SELECT n FROM t WHERE id IN ($1::int, 2, 5)',
				'SELECT * FROM parts WHERE k = chosen($1::int)', 'SELECT n FROM t WHERE id = folded($1::int)'), one_of(1, 2, 3, 9, 'x', 99999));
			message($c, 'E', "\0" . pack('N', 0));
		}
		elsif ($what < .45)
		{
			parse_and_bind($c, '', '', rand() < .3 ? utility() : statement());
			message($c, 'E', "\0" . pack('N', 0));
		}
		elsif ($what < .65)
		{
			parse_and_bind($c, $portal, '', one_of('SELECT id FROM cur WHERE id > 3', 'SELECT f(id) FROM cur', 'SELECT 10 / (id - 20) FROM cur'));
			message($c, 'E', "$portal\0" . pack('N', int(rand(8))));
		}
		elsif ($what < .85) { message($c, 'E', "$portal\0" . pack('N', int(rand(8)))) }
		elsif ($what < .95) { message($c, 'C', "P$portal\0") }
		else { message($c, 'C', 'S' . one_of('s1', 's2') . "\0") }
	}
	return if rand() < .3 && $c->{waiting}++ < 6;
	$c->{waiting} = 0;
	sync($c);
	return;
}

# -- what both have counted -----------------------------------------------------------
# At all levels together: what is run for planning and by triggers at COMMIT, it takes for a client's. Rows of cursors
# it counts of their last FETCH only; DECLARE's query has no id of its own before 18.
my $differences = q{
	WITH theirs AS (
		SELECT userid, queryid, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows, min(left(query, 100)) AS query FROM pg_stat_statements
		WHERE query ~ '^\W*(SELECT|INSERT|UPDATE|DELETE|WITH|PREPARE)\M' AND query !~ 'TRANSACTION|reset|perfaudit|\mway\M|pg_|f\(n\), id|n - .2\) FROM cur|id - .2\) FROM cur' GROUP BY 1, 2),
	facts AS (
		SELECT userid, shape, calls, rows, query, queryids FROM perfaudit.statement_facts(0, perfaudit.this_database())
		WHERE calls > 0 AND operation <> 'utility' AND query !~ 'reset|perfaudit|\mway\M|pg_|f\(n\), id|n - .2\) FROM cur|id - .2\) FROM cur'),
	ours AS (SELECT userid, shape, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows, min(left(query, 100)) AS query FROM facts GROUP BY 1, 2),
	ids AS (SELECT DISTINCT userid, shape, unnest(queryids) AS queryid FROM facts),
	compared AS (
		SELECT o.userid, o.shape, o.query, o.calls, o.rows, sum(t.calls)::bigint AS their_calls, sum(t.rows)::bigint AS their_rows
		FROM ours o JOIN ids USING (userid, shape) LEFT JOIN theirs t USING (userid, queryid) GROUP BY 1, 2, 3, 4, 5)
	SELECT query, calls, their_calls, rows, their_rows FROM compared
	WHERE calls IS DISTINCT FROM their_calls OR (rows IS DISTINCT FROM their_rows AND query !~ '\mcur\M')
	UNION ALL
	SELECT query, NULL, calls, NULL, rows FROM theirs t WHERE NOT EXISTS (SELECT FROM ids i WHERE (i.userid, i.queryid) = (t.userid, t.queryid))
	UNION ALL
	SELECT 'too few to compare', count(*), NULL, NULL, NULL FROM compared HAVING count(*) < 20};

foreach my $seed (1 .. 5)
{
	srand($seed);
	$node->safe_psql('postgres', 'SELECT perfaudit.reset(), pg_stat_statements_reset()');
	my @sessions = (open_session(), open_session());

	foreach my $step (1 .. 250)
	{
		my $c = one_of(@sessions);
		my $what = rand();
		my $there = 1;

		if ($what < .2 || length($c->{out})) { pipeline($c) }
		elsif ($what < .6)
		{
			# what runs again and again takes shorter ways
			my ($again, $often) = (statement(), one_of(1, 1, 1, 30));
			$there &&= query($c, $again) foreach 1 .. $often;
		}
		elsif ($what < .65) { $there = query($c, join('; ', map { one_of(statement(), utility(), cursor()) } 1 .. 3)) }
		elsif ($what < .8) { $there = query($c, utility()) }
		else { $there = query($c, cursor()) }
		die "seed $seed, step $step: the connection is gone" unless $there;
	}
	# what begins now is a client's, whatever came before
	foreach my $c (@sessions)
	{
		sync($c);
		query($c, $_) foreach 'ROLLBACK', 'DISCARD ALL', ('SELECT id, n, s FROM t WHERE id = (SELECT f(3)) AND n = 1') x 3;
		message($c, 'X');
		syswrite($c->{socket}, $c->{out});
		close($c->{socket});
	}
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'});
	is($node->safe_psql('postgres', q{SELECT toplevel, calls FROM perfaudit.statements WHERE query ~ 'id, n, s' AND query !~ 'perfaudit'}), 't|6', "seed $seed: nothing is left behind");
	is($node->safe_psql('postgres', $differences), '', "seed $seed: both count the same");
	$node->safe_psql('postgres', "ROLLBACK PREPARED '$_'") foreach split(/\n/, $node->safe_psql('postgres', 'SELECT gid FROM pg_prepared_xacts'));
}
$node->stop;
done_testing();
