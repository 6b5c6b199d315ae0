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
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, 0 FROM generate_series(1, 50) i;
	ANALYZE t;
	SELECT perfaudit.reset();
});
# one shape with a list of changing length, one read from end to end, one in a transaction
my $script = pgbench_script('concurrent', q{
\set id random(1, 50)
\set n random(1, 3)
SELECT n FROM t WHERE id = :id;
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

my @patterns = ('^SELECT n FROM t WHERE id', '^SELECT id FROM t WHERE id IN', '^SELECT count.* FROM t', '^UPDATE t', '^BEGIN', '^COMMIT');
my $question = "SELECT " . join(', ', map { "coalesce(sum(calls) FILTER (WHERE query ~ '$_'), 0)" } @patterns)
  . ", coalesce(sum(rows) FILTER (WHERE query ~ '$patterns[0]'), 0)"
  . ", coalesce(sum(seq_rows_read) FILTER (WHERE query ~ '$patterns[2]'), 0)"
  . " FROM perfaudit.statements WHERE toplevel AND query !~ 'perfaudit'";
my @runs = map { start_pgbench($node, $script, '-M', $_, '-c', $clients, '-t', $transactions) } @protocols;

my @before = (0) x (@patterns + 2);
my ($polls, $fell, $exceeded, $seen_between) = (0, 0, 0, 0);
my @bounds = ((($total) x @patterns), $total, $total * 50);
while (grep { $_->pumpable } @runs)
{
	$_->pump_nb foreach grep { $_->pumpable } @runs;
	my @now = split /\|/, $node->safe_psql('postgres', $question);
	for my $i (0 .. $#now)
	{
		$fell++ if $now[$i] < $before[$i];
		$exceeded++ if $now[$i] > $bounds[$i];
	}
	$seen_between++ if $now[0] > 0 && $now[0] < $total;
	@before = @now;
	$polls++;
}
ok($_->finish, 'clients succeed') foreach @runs;
note("$polls polls, $seen_between of them in the middle");
cmp_ok($seen_between, '>', 2, 'the reader looked while clients ran');
is($fell, 0, 'no count ever falls');
is($exceeded, 0, 'no count exceeds what was begun');

my @end = split /\|/, $node->safe_psql('postgres', $question);
is($end[$_], $total, "exact in the end: $patterns[$_]") foreach 0 .. $#patterns;
is($end[-2], $total, 'rows are exact');
is($end[-1], $total * 50, 'rows read by sequential scans are exact');
# from 18 on a list of literals and one of parameters are the same shape
like($node->safe_psql('postgres', "SELECT count(*) FROM perfaudit.statements WHERE query ~ 'FROM t WHERE id' AND query !~ 'perfaudit'"),
	qr/^[34]$/, 'one entry a shape, whatever the list');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT value, ',') FROM perfaudit.info WHERE area = 'lost' AND item !~ 'query id'"),
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
