# The private memory of a backend stays as it is, however many statements it runs:
# 20,000 each way, or PERFAUDIT_EXECUTIONS; of ever different shapes a tenth of them.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;
use PerfauditTest;

my $executions = $ENV{PERFAUDIT_EXECUTIONS} // 20_000;
my $node = new_server('memory');
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;
	CREATE TABLE seen (what text, round serial, ours bigint, total bigint, rss_kb bigint);
	CREATE SEQUENCE executed;
	ANALYZE t;
});
# what the backend holds: contexts of ours, all, and what the system says where it does
my $measure = q{INSERT INTO seen (what, ours, total, rss_kb) SELECT '%s', coalesce(sum(used_bytes) FILTER (WHERE name ~* 'perfaudit|pfa'), 0), sum(used_bytes), }
  . q{substring(pg_read_file('/proc/self/status', 0, 10000, true) FROM 'RssAnon:\s*(\d+) kB')::bigint FROM pg_backend_memory_contexts;};

# Five measurements of one backend; the first may have found cold caches.
sub flat
{
	my ($what) = @_;
	my ($rounds, $total, $ours, $rss, $figures) = split /\|/, $node->safe_psql('postgres', qq{
		SELECT max(nth), max(total) FILTER (WHERE nth > 1) - min(total) FILTER (WHERE nth > 1),
			max(ours) FILTER (WHERE nth > 1) - min(ours) FILTER (WHERE nth > 1),
			coalesce(max(rss_kb) FILTER (WHERE nth > 1) - min(rss_kb) FILTER (WHERE nth > 1), 0),
			string_agg(format('%s/%s/%s kB', ours / 1024, total / 1024, rss_kb), ', ' ORDER BY nth)
		FROM (SELECT *, row_number() OVER (ORDER BY round) AS nth FROM seen WHERE what = '$what') s});
	is($rounds, 5, "$what: five measurements");
	cmp_ok($total, '<', 200_000, "$what: the backend's memory is flat ($total bytes)");
	cmp_ok($ours, '<', 50_000, "$what: and ours ($ours bytes)");
	# planning our views asks for megabytes and gives them back: malloc keeps some
	cmp_ok($rss, '<', $what eq 'looking' ? 10_000 : 1000, "$what: and what the system says ($rss kB)");
	note("$what: ours/contexts/resident at each measurement: $figures");
}

# Runs a script of a known number of statements until there were as many as wanted, with five measurements.
sub client_runs
{
	my ($what, $protocol, $statements, $text) = @_;
	my $often = 5 * int($executions / $statements / 5);
	my $fifth = $often / 5;
	my $script = pgbench_script($what, "$text\nSELECT nextval('executed') % $fifth AS due \\gset\n\\if :due = 0\n"
		  . sprintf($measure, $what) . "\n\\endif\n");

	$node->safe_psql('postgres', "SELECT setval('executed', $fifth)");
	ok(run_pgbench($node, $script, '-M', $protocol, '-t', $often), "$what: " . $often * $statements . ' statements');
	flat($what);
}

# values that differ, results of several rows
client_runs($_, $_, 200, "\\set id random(1, 100)\n"
	  . ("SELECT n FROM t WHERE id = :id;\nSELECT id, n FROM t WHERE id IN (:id, 5) ORDER BY id;\n" x 100))
  foreach qw(simple extended prepared);
# a list and a look-up for each of its rows, in a transaction
client_runs('units', 'prepared', 53, "BEGIN;\nSELECT id FROM t ORDER BY id LIMIT 50;\n"
	  . join('', map { "\\set id $_\nSELECT n FROM t WHERE id = :id;\n" } 1 .. 50) . "COMMIT;");
client_runs('client cursors', 'simple', 61, "BEGIN;\n"
	  . join('', map { "DECLARE c$_ CURSOR FOR SELECT id, n FROM t WHERE id > $_ ORDER BY id;\nFETCH 3 FROM c$_;\nFETCH 3 FROM c$_;\n" . ($_ % 3 ? "CLOSE c$_;\n" : '') } 1 .. 16)
	  . "COMMIT;");

# nested statements, errors caught, literals and shapes without end; looking at it all
my %work = (
	loops => 'DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM n FROM t WHERE id = i % 100; END LOOP; END $$;',
	errors => 'DO $$ BEGIN FOR i IN 1..1000 LOOP BEGIN PERFORM 1 / (n - n) FROM t WHERE id = 5; '
	  . 'EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$;',
	texts => q{DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('SELECT %s AS a%s, n FROM t WHERE id = %s', i, i % 300, i); END LOOP; END $$;},
	shapes => q{DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE 'SELECT n' || repeat(', n', i % 30) || ' FROM t WHERE id = 1' || repeat(' OR id = 2', i / 30); END LOOP; END $$;},
	cursors => 'DO $$ DECLARE r record; BEGIN FOR i IN 1..500 LOOP FOR r IN SELECT n FROM t WHERE id < 30 LOOP EXIT WHEN r.n > 20; END LOOP; END LOOP; END $$;',
	looking => join("\n", map { "SELECT count(*) FROM perfaudit.$_ \\g /dev/null" } (qw(findings statements plan_nodes predicates units repeats backends info)) x 3));
foreach my $what (sort keys %work)
{
	my $file = pgbench_script($what, join('', ("$work{$what}\n" . sprintf($measure, $what) . "\n") x 5));
	my ($out, $err);
	ok(IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $node->connstr('postgres') ],
		'>', \$out, '2>', \$err), "$what: runs") or diag($err);
	flat($what);
}

# a client's texts that are ever others: by their literals, and by their shapes, of which there are more than the server keeps
foreach ([ 'literals', $executions, q{SELECT format('SELECT n, %%L AS s FROM t WHERE id = %%s', 'text ' || i, i) FROM generate_series(%d, %d) i \gexec} ],
	[ 'client shapes', $executions / 10, q{SELECT 'SELECT ' || (SELECT string_agg(CASE WHEN i >> b & 1 = 1 THEN 'id' ELSE 'n' END, ', ') FROM generate_series(0, 16) b) || ' FROM t WHERE id = 7'}
		  . q{ FROM generate_series(%d, %d) i \gexec} ])
{
	my ($what, $many, $texts) = @$_;
	my $fifth = int($many / 5);
	my $file = pgbench_script($what, "\\o /dev/null\n" . join('', map { sprintf("$texts\n", $_ * $fifth, ($_ + 1) * $fifth - 1) . sprintf($measure, $what) . "\n" } 0 .. 4));
	my ($out, $err);
	ok(IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $node->connstr('postgres') ],
		'>', \$out, '2>', \$err), "$what: " . 5 * $fifth . ' texts') or diag($err);
	flat($what);
}

$node->stop;
done_testing();
