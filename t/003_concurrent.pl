# Counts are exact while many run and others look: they never fall, never
# exceed what was begun, and end with what was done, also after the clients left.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;
use PerfauditTest;

my $clients = 2;
my $transactions = 400;
my @protocols = qw(simple extended prepared);
my $total = $clients * $transactions * @protocols;

my $node = new_server('concurrent', conf => "max_connections = 40\n");
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int, filler text);
	INSERT INTO t SELECT i, 0, repeat('x', 300) FROM generate_series(1, 50) i;
	ANALYZE t;
	SELECT perfaudit.reset();
});
# one shape with a list of changing length, one read from end to end, one in a transaction
my $script = pgbench_script('concurrent', q{
\set id random(1, 50)
\set n random(1, 3)
SELECT n + 0 FROM t WHERE id = :id;
\if :n = 1
SELECT id FROM t WHERE id IN (:id, 2);
\else
SELECT id FROM t WHERE id IN (:id, 2, :n);
\endif
SELECT count(*) FROM t WHERE n >= 0;
BEGIN;
UPDATE t SET n = n + 1 WHERE id = :id;
COMMIT;
});

my @patterns = ('^SELECT n . .[0-9] FROM t WHERE id', '^SELECT id FROM t WHERE id IN', '^SELECT count.* FROM t', '^UPDATE t', '^BEGIN', '^COMMIT');
# statements of so many shapes that what a backend gathers is handed over all the time
my $pressure = pgbench_script('pressure', join('', map { 'SELECT ' . join(', ', ('n') x $_) . " FROM t WHERE id = 7;\n" } 1 .. 70));
my $pressed = 100;

# the reader, inside the server: looks as often as it can until told to stop
my @bounds = (($total) x @patterns, $total, $total * 50, 2 * $pressed * 70);
my @columns = ((map { "coalesce(sum(calls) FILTER (WHERE query ~ '$_'), 0)" } @patterns),
	"coalesce(sum(rows) FILTER (WHERE query ~ '$patterns[0]'), 0)",
	"coalesce(sum(seq_rows_read) FILTER (WHERE query ~ '$patterns[2]'), 0)",
	"coalesce(sum(calls) FILTER (WHERE query ~ '^SELECT n(, n)* FROM t WHERE id = .1\$'), 0)");
$node->safe_psql('postgres', 'CREATE TABLE stop (); CREATE TABLE watched (polls int, between int, fell int, exceeded int)');
my $watch = q{DO $$
DECLARE
	bounds numeric[] := '{BOUNDS}';
	before numeric[] := array_fill(0::numeric, ARRAY[cardinality(bounds)]);
	now numeric[];
	w watched := (0, 0, 0, 0);
BEGIN
	WHILE NOT EXISTS (SELECT FROM stop) LOOP
		SELECT ARRAY[COLUMNS] INTO now FROM perfaudit.statements WHERE toplevel AND query !~ 'perfaudit';
		FOR i IN 1 .. cardinality(bounds) LOOP
			IF now[i] < before[i] THEN w.fell := w.fell + 1; END IF;
			IF now[i] > bounds[i] THEN w.exceeded := w.exceeded + 1; END IF;
		END LOOP;
		IF now[2] > 0 AND now[2] < bounds[2] THEN w.between := w.between + 1; END IF;
		w.polls := w.polls + 1;
		before := now;
	END LOOP;
	INSERT INTO watched VALUES (w.*);
END $$};
$watch =~ s/BOUNDS/join(',', @bounds)/e;
$watch =~ s/COLUMNS/join(', ', @columns)/e;
my ($watch_in, $watch_out, $watch_err) = ("$watch;\n\\q\n", '', '');
my $watcher = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') ],
	'<', \$watch_in, '>', \$watch_out, '2>', \$watch_err, IPC::Run::timeout(300));
$watcher->pump_nb;

my @runs = map { start_pgbench($node, $script, '-M', $_, '-c', $clients, '-t', $transactions) } @protocols;
push @runs, start_pgbench($node, $pressure, '-c', 2, '-t', $pressed);
foreach my $run (@runs)
{
	$run->finish;
	is($run->full_result(0), 0, 'clients succeed');
}
$node->safe_psql('postgres', 'INSERT INTO stop DEFAULT VALUES');
ok($watcher->finish, 'the reader succeeds') or diag($watch_err);
my ($polls, $between, $fell, $exceeded) = split /\|/, $node->safe_psql('postgres', 'SELECT * FROM watched');
note("$polls polls, $between of them in the middle");
cmp_ok($between, '>', 10, 'the reader looked while clients ran');
is($fell, 0, 'no count ever falls');
is($exceeded, 0, 'no count exceeds what is begun');

my @end = split /\|/, $node->safe_psql('postgres',
	'SELECT ' . join(', ', @columns) . " FROM perfaudit.statements WHERE toplevel AND query !~ 'perfaudit'");
is($end[$_], $total, "exact in the end: $patterns[$_]") foreach 0 .. $#patterns;
is($end[-3], $total, 'rows are exact');
is($end[-2], $total * 50, 'rows read by sequential scans are exact');
is($end[-1], $bounds[-1], 'seventy shapes are exact');
# from 18 on a list of literals and one of parameters are the same shape
like($node->safe_psql('postgres', "SELECT count(*) FROM perfaudit.statements WHERE query ~ '([+] .[0-9] FROM t WHERE id = |SELECT id FROM t WHERE id IN)' AND query !~ 'perfaudit'"),
	qr/^[34]$/, 'one entry a shape, whatever the list');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT value, ',') FROM perfaudit.info WHERE area = 'lost' AND item !~ 'query id|more shapes than'"),
	'0', 'nothing was lost');
is($node->safe_psql('postgres', 'SELECT sum(n) FROM t'), $total, 'the work was done');
# transactions, and the bursts around them
is($node->safe_psql('postgres', "SELECT sum(statements) FROM perfaudit.units WHERE scope = 'transaction'"),
	$total, 'units of work hold every statement');

# connections that come and go: each leaves its last statements
my $short = pgbench_script('short', "SELECT max(n) FROM t WHERE id < 10;\n");
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
ok(run_pgbench($node, $short, '-C', '-c', 4, '-t', 40), 'a connection a transaction');
is(calls_of($node, '^SELECT max'), 160, 'all are counted');

# a backend that stays idle after its statement
my ($in, $out) = ('', '');
my $idle = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out,
	IPC::Run::timeout(60));
$in .= "SELECT min(n) FROM t WHERE id < 10;\nSELECT 'done';\n";
$idle->pump until $out =~ /done/;
is(calls_of($node, '^SELECT min'), 1, "an idle backend's last statement is visible");
$in .= "\\q\n";
$idle->finish;
is(calls_of($node, '^SELECT min'), 1, 'and still counted once when it is gone');

$node->stop;
done_testing();
