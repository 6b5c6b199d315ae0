# Every setting that a reload can change is changed by one, to each end of what it may be, while sessions are in the
# middle of transactions, cursors, functions and errors: none of them fails, and none keeps a frame or memory of it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

# what is told has its own tests
$ENV{PGOPTIONS} = '-c perfaudit.notice=off';
my $node = new_server('reload', conf => "fsync = off\n");
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
	ANALYZE t;
	CREATE FUNCTION inner_one(k int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
		BEGIN PERFORM 1 / (n - 5) FROM t WHERE id = k; EXCEPTION WHEN division_by_zero THEN PERFORM n FROM t WHERE id = k + 1; END;
		RETURN (SELECT count(*) AS inside FROM t WHERE n = k); END $$;
});
my $work = q{
\set id random(1, 100)
BEGIN;
DECLARE c CURSOR FOR SELECT id, n FROM t ORDER BY id;
FETCH 3 FROM c;
SELECT inner_one(:id);
UPDATE t SET n = n WHERE id = :id;
SAVEPOINT s;
SELECT id FROM t WHERE id IN (1, 2, :id);
FETCH 3 FROM c;
ROLLBACK TO s;
SELECT n FROM t WHERE id = :id;
END;
SELECT inner_one(id) FROM t WHERE id < 4;
};
my %load = map { $_ => start_pgbench($node, pgbench_script("reload_$_", $work), '-M', $_, '-T', 600, '-c', 1) } qw(simple prepared);

my @turns = map { [ split /\|/, $_, -1 ] } split /\n/, $node->safe_psql('postgres', q{
	SELECT s.name, v.value
	FROM pg_settings s, LATERAL (SELECT unnest(CASE vartype WHEN 'bool' THEN '{off,on}' WHEN 'enum' THEN enumvals WHEN 'string' THEN '{a,"",b c}' ELSE ARRAY[min_val, max_val, boot_val] END) AS value) v
	WHERE s.name LIKE 'perfaudit.%' AND s.context IN ('sighup', 'superuser', 'user') AND v.value IS NOT NULL
	ORDER BY s.name COLLATE "C", v.value});
cmp_ok(scalar(@turns), '>', 150, scalar(@turns) . ' turns');
my %settings = map { $_->[0] => 1 } @turns;
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_settings WHERE name LIKE 'perfaudit.%' AND context NOT IN ('postmaster', 'internal')"),
	scalar(keys %settings), 'of ' . scalar(keys %settings) . ' settings');

# A session sees a reload between two of its statements; this one has a cursor and a transaction then.
my $deep = q{SELECT value FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply'};
my $text = "\\o /dev/null\n";
foreach my $turn (@turns)
{
	my ($name, $value) = @$turn;

	$text .= "ALTER SYSTEM SET $name = '$value';\n"
	  . "BEGIN;\nDECLARE c CURSOR FOR SELECT n FROM t ORDER BY id;\nFETCH 2 FROM c;\nSELECT pg_reload_conf();\nSELECT pg_sleep(0.01);\n"
	  . "FETCH 2 FROM c;\nSELECT inner_one(5);\nCOMMIT;\nSELECT pg_reload_conf(), inner_one(id) FROM t WHERE id = 5;\n";
}
# together, those that leave recording on; then back
my $all = join('', map { "ALTER SYSTEM SET $_->[0] = '$_->[1]';\nSELECT pg_reload_conf(), inner_one(7);\n" }
	grep { $_->[0] ne 'perfaudit.enabled' } reverse @turns);
$text .= $all . "ALTER SYSTEM RESET ALL;\nSELECT pg_reload_conf();\nSELECT pg_sleep(0.2);\n\\o\n"
  . "SELECT count(*) FROM pg_settings WHERE name LIKE 'perfaudit.%' AND name <> 'perfaudit.notice' AND setting IS DISTINCT FROM boot_val;\n"
  . "$deep;\nSELECT count(*) <= 12 AND sum(total_bytes) < 1024 * 1024 FROM pg_backend_memory_contexts WHERE name ~ 'perfaudit';\n";
my ($status, $out, $err) = $node->psql('postgres', $text, on_error_stop => 1);
is($status, 0, 'no statement fails') or diag($err);
is($out, "0\n0\nt", 'all is as it was, no frame is lost, memory is bounded') or diag($err);

# the others went on
foreach my $protocol (sort keys %load)
{
	ok($load{$protocol}->pumpable, "$protocol: still at work");
}
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 2 FROM (SELECT sum(calls) AS calls FROM perfaudit.statements WHERE query ~ '^UPDATE t|AS inside' GROUP BY toplevel) s WHERE calls > 100}),
	'and recorded, at both levels');
is($node->safe_psql('postgres', $deep), '0', 'none of them has lost a frame');
is($node->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.statements WHERE toplevel = (query ~ 'AS inside') AND query ~ '^UPDATE t|AS inside' AND query !~ 'perfaudit'}), '0',
	'each at its own level');
foreach my $protocol (sort keys %load)
{
	$load{$protocol}->signal('TERM');
	$load{$protocol}->finish;
}
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'and nothing has crashed');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/ERROR/, 'nor failed, but what was caught');
$node->stop;
done_testing();
