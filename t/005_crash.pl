# Killed backends, full memory and odd statements: recording goes on.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Utils;

my $node = new_server('crash', conf => qq{
	perfaudit.max_statements = 256
	restart_after_crash = on
	max_connections = 20
});
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;
	ANALYZE t;
});

# -- a backend killed while it runs ------------------------------------------------
my ($in, $out, $err) = ('', '', '');
my $victim = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out,
	'2>', \$err, IPC::Run::timeout(120));
$in .= "SELECT count(*) FROM t;\nSELECT 'pid ' || pg_backend_pid();\n";
$victim->pump until $out =~ /pid (\d+)\n/;
my ($pid) = $out =~ /pid (\d+)/;
$in .= "SELECT n, pg_sleep(100) FROM t;\n";
$victim->pump_nb;
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND query ~ 'pg_sleep'");
is(calls_of($node, '^SELECT count.* FROM t'), 1, 'recorded before');
kill 'KILL', $pid;
eval { $victim->finish };
$node->poll_query_until('postgres', 'SELECT 1', '1') or die 'no restart';
ok(1, 'the server restarts');
$node->safe_psql('postgres', 'SELECT count(*) FROM t') foreach 1 .. 3;
is(calls_of($node, '^SELECT count.* FROM t'), 3, 'recording begins anew');
is($node->safe_psql('postgres', "SELECT count(*) FROM perfaudit.backends WHERE pid = $pid"), 0, 'the dead backend is gone');

# -- terminated and cancelled, which is no crash -------------------------------------
my %ends = (pg_terminate_backend => 'min', pg_cancel_backend => 'max');
foreach my $how (sort keys %ends)
{
	my ($i, $o, $e) = ("SELECT $ends{$how}(n) FROM t;\nSELECT 'pid ' || pg_backend_pid();\nSELECT $ends{$how}(id), pg_sleep(100) FROM t;\n\\q\n", '', '');
	my $client = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$i, '>', \$o,
		'2>', \$e, IPC::Run::timeout(120));
	$client->pump until $o =~ /pid (\d+)\n/;
	my ($p) = $o =~ /pid (\d+)/;
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $p AND wait_event = 'PgSleep'");
	$node->safe_psql('postgres', "SELECT $how($p)");
	$client->finish;
	is(calls_of($node, "^SELECT $ends{$how}.n. FROM t"), 1, "$how: the statement before is counted once");
	is($node->safe_psql('postgres', "SELECT coalesce(sum(calls), 0) FROM perfaudit.statements WHERE query ~ '^SELECT $ends{$how}.id'"),
		0, "$how: the one that was ended is no call");
}
is($node->safe_psql('postgres', "SELECT sum(errors) FROM perfaudit.statements WHERE toplevel AND query ~ '^SELECT max.id'"),
	1, 'a cancelled statement is a failure');

# -- more shapes than there is room for ------------------------------------------------
my $many = '';
foreach my $i (1 .. 3000)
{
	# each target list is another shape, with a text of some 500 bytes
	$many .= 'SELECT ' . join(', ', map { "id + $_ AS a$_" } 1 .. 1 + $i % 60) . ' FROM t WHERE id ' . (qw(= < > <>))[$i % 4]
	  . ' 5' . (' AND n <> 3' x ($i / 60 % 50)) . ";\n";
}
my $file = pgbench_script('many', $many);
my ($ok, $o, $e) = (0, '', '');
$ok = IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $file, '-d', $node->connstr('postgres') ],
	'>', \$o, '2>', \$e);
ok($ok, '3,000 shapes run') or diag(substr($e, 0, 500));
cmp_ok(value_of($node, '^statements evicted'), '>', 1000, 'evictions are counted');
is($node->safe_psql('postgres', "SELECT value <= capacity AND value > 200 FROM perfaudit.info_facts() WHERE area = 'entries' AND item = 'statements'"),
	't', 'the table is full and no fuller');
is($node->safe_psql('postgres', "SELECT value <= capacity FROM perfaudit.info_facts() WHERE area = 'memory' AND item = 'texts'"),
	't', 'texts stay in their memory');
is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM perfaudit.info WHERE item ~ 'statements evicted' AND advice ~ 'max_statements'"),
	't', 'info says what to do');
# what is used again and again stays
$node->safe_psql('postgres', 'SELECT max(n) FROM t') foreach 1 .. 20;
is(calls_of($node, '^SELECT max'), 20, 'a new shape finds its room');

# long texts fill the text memory
$node->append_conf('postgresql.conf', "perfaudit.text_memory = 1MB\n");
$node->restart;
my $long = join('', map { my $n = $_; "SELECT id FROM t WHERE " . join(' OR ', map { "n = $_ + id * $n" } 1 .. 150) . (' AND id = 1' x $n) . ";\n" } 1 .. 200);
$file = pgbench_script('long', $long);
$ok = IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $file, '-d', $node->connstr('postgres') ],
	'>', \$o, '2>', \$e);
ok($ok, 'texts of more than the memory for them') or diag(substr($e, 0, 500));
is($node->safe_psql('postgres', "SELECT value <= capacity FROM perfaudit.info_facts() WHERE area = 'memory' AND item = 'texts'"),
	't', 'texts stay in their memory');
is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM perfaudit.info WHERE item ~ 'texts dropped' AND advice ~ 'text_memory'"),
	't', 'what is dropped is counted, info says what to do');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM perfaudit.statements'), 't', 'views answer');
is($node->safe_psql('postgres', 'SELECT count(*) >= 0 FROM perfaudit.findings'), 't', 'findings too');
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
is($node->safe_psql('postgres', "SELECT value < capacity / 10 FROM perfaudit.info_facts() WHERE area = 'memory' AND item = 'texts'"),
	't', 'a reset gives the memory back');

$node->append_conf('postgresql.conf', "perfaudit.text_memory = 8MB\n");
$node->restart;

# -- odd statements ----------------------------------------------------------------------
my $huge = "SELECT count(*) AS huge FROM t WHERE n IN (" . join(',', 1 .. 170_000) . ")";
cmp_ok(length($huge), '>', 1_000_000, 'a text of a megabyte');
my $huge_file = pgbench_script('huge', "$huge;\n");
$ok = IPC::Run::run([ 'psql', '-XAtq', '-f', $huge_file, '-d', $node->connstr('postgres') ], '>', \$o, '2>', \$e);
ok($ok && $o =~ /^100$/m, 'runs');
is($node->safe_psql('postgres', "SELECT calls FROM perfaudit.statements WHERE query ~ 'too long|AS huge'"), 1, 'is recorded');
my $comment = pgbench_script('comment', "SELECT id + 1 AS commented /* " . ('c' x 1_000_000) . " */ FROM t LIMIT 1;\nSELECT n + 2 AS unlisted, '" . ('s' x 1_000_000) . "' FROM t LIMIT 0;\n");
$ok = IPC::Run::run([ 'psql', '-XAtq', '-f', $comment, '-d', $node->connstr('postgres') ], '>', \$o, '2>', \$e);
ok($ok, 'a comment and a literal of a megabyte');
is($node->safe_psql('postgres', "SELECT max(octet_length(query)) <= 8200 FROM perfaudit.statements"), 't', 'kept texts are cut');

my $wide = 'CREATE TABLE wide (' . join(', ', map { "column_with_a_long_name_of_which_there_are_many_$_ int" } 1 .. 1600) . ');';
$wide .= "\nINSERT INTO wide (column_with_a_long_name_of_which_there_are_many_7) VALUES (7), (8);\nSELECT * FROM wide;\nSELECT * FROM wide;\n";
my $wide_file = pgbench_script('wide', $wide);
$ok = IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $wide_file, '-d', $node->connstr('postgres') ], '>', \$o, '2>', \$e);
ok($ok, '1,600 columns');
is(calls_of($node, '^SELECT . FROM wide'), 2, 'are recorded');

my $name = 'x' x 63;
my $odd = qq{CREATE SCHEMA "a ""schema""";
CREATE TABLE "a ""schema"""."line
break and 'quote' \$1" ("$name" int PRIMARY KEY, "semi;colon" int, "back\\slash" text);
INSERT INTO "a ""schema"""."line
break and 'quote' \$1" SELECT i, i, 'x' FROM generate_series(1, 200) i;
ANALYZE;
SET perfaudit.large_table_rows = 100;
SET perfaudit.unit = 'a
unit''s "name"';
SET application_name = 'app
name %s';
SELECT * FROM "a ""schema"""."line
break and 'quote' \$1" WHERE "semi;colon" = 5;
SELECT * FROM "a ""schema"""."line
break and 'quote' \$1" WHERE "semi;colon" = 6 AND "$name" > 0 AND "back\\slash" = 'it''s';
};
my $odd_file = pgbench_script('odd', $odd);
$ok = IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $odd_file, '-d', $node->connstr('postgres') ], '>', \$o, '2>', \$e);
ok($ok, 'odd identifiers run') or diag($e);
my $ddl = $node->safe_psql('postgres', q{SET perfaudit.large_table_rows = 100; SET perfaudit.judge_calls = 1; SET perfaudit.judge_time = 0;
	SELECT suggestion FROM perfaudit.findings WHERE kind = 'seq_scan_large_table' AND query !~ 'it' ORDER BY query LIMIT 1});
like($ddl, qr/CREATE INDEX CONCURRENTLY ON "a ""schema"""."line\nbreak and 'quote' \$1" \("semi;colon"\);/, 'a finding quotes them')
  or diag($ddl);
(my $runnable = $ddl) =~ s/ -- .*//s;
$node->safe_psql('postgres', $runnable);
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_indexes WHERE schemaname = 'a "schema"'}), 2, 'the suggestion can be pasted');

# a query id that somebody else computes, and none
$node->safe_psql('postgres', 'SET compute_query_id = off; SELECT count(*) AS without_id FROM t; SELECT 1');
is(calls_of($node, 'without_id'), 0, 'without a query id nothing is recorded');
is($node->safe_psql('postgres', "SELECT value::int > 0 FROM perfaudit.info WHERE item = 'executions without a query id'"), 't', 'and that is counted');
$node->stop;

# -- after a restart ---------------------------------------------------------------------
$node->start;
is(calls_of($node, 'AS huge FROM t'), 1, 'a restart goes on with what was there');
my $before = calls_of($node, '^SELECT count.* FROM t$');
$node->safe_psql('postgres', 'SELECT count(*) FROM t');
is(calls_of($node, '^SELECT count.* FROM t$'), $before + 1, 'and records');
$node->stop('immediate');
my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP|signal 11|signal 6/, 'nothing crashed but what was killed');
done_testing();
