# What one unit of work may be like at worst: very many statements, very many shapes,
# huge parameters, rows of 1,600 columns.  The memory of its session stays as it is, as the
# system says; nothing is found that is not there; what had no room is counted.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;
use PerfauditTest;

my $executions = $ENV{PERFAUDIT_EXECUTIONS} // 20_000;
my $node = new_server('bounds', conf => "perfaudit.burst_gap = 60s\nperfaudit.burst_max_time = 1h\n"
	  . "perfaudit.burst_max_statements = 10000000\nperfaudit.repeat_report_time = 1h\n");
$node->safe_psql('postgres', q{
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, i FROM generate_series(1, 100000) i;
	CREATE TABLE u (id int PRIMARY KEY, n int);
	INSERT INTO u SELECT i, i FROM generate_series(1, 100000) i;
	CREATE TABLE texts (id int PRIMARY KEY, body text);
	CREATE TABLE seen (what text, nth serial, rss_kb bigint);
	ANALYZE t, u;
});
# c1 to c1600, each with numbers of its own
$node->safe_psql('postgres', 'CREATE TABLE wide (' . join(', ', map { "c$_ int" } 1 .. 1600) . ');'
	  . 'INSERT INTO wide SELECT ' . join(', ', map { 'i + ' . 40 * $_ } 1 .. 1600) . ' FROM generate_series(1, 20) i');

# Runs a script in one session: its parts, with a measurement after each; what the system gave it
# from the second on may not differ by more.
sub bounded
{
	my ($what, $kb, $begin, $end, @parts) = @_;
	my ($out, $err);
	my $measure = "INSERT INTO seen (what, rss_kb) SELECT '$what', "
	  . q{substring(pg_read_file('/proc/self/status', 0, 10000, true) FROM 'RssAnon:\s*(\d+) kB')::bigint;} . "\n";
	my $file = pgbench_script('bounds', "SET application_name = '$what';\nSELECT perfaudit.reset() \\g /dev/null\n\\o /dev/null\n$begin\n"
		  . join('', map { "$_\n$measure" } @parts) . "$end\n");

	ok(IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $file, '-d', $node->connstr('postgres') ],
			'>', \$out, '2>', \$err), "$what: runs") or diag($err);
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = '$what'");
	my ($more, $figures) = split /\|/, $node->safe_psql('postgres', qq{
		SELECT max(rss_kb) FILTER (WHERE n > 1) - min(rss_kb) FILTER (WHERE n > 1), string_agg(rss_kb::text, ', ' ORDER BY n)
		FROM (SELECT *, row_number() OVER (ORDER BY nth) AS n FROM seen WHERE what = '$what') s});
	cmp_ok($more, '<', $kb, "$what: the session's memory is bounded ($more kB more)");
	note("$what: $figures kB");
	return $node->safe_psql('postgres', qq{
		SELECT string_agg(concat_ws(' ', kind, relation, evidence->>'variant', evidence->>'n_max', evidence->>'parent_table', evidence->>'parent_column'),
			E'\\n' ORDER BY kind, relation::text) FROM perfaudit.findings
		WHERE application = '$what' AND kind IN ('n_plus_one', 'duplicate_statement', 'row_by_row_write', 'chatty_unit')});
}

# -- a transaction of very many statements, after a list that has nothing to do with them ------
my $fifth = int($executions / 5);
is(bounded('many statements', 1000, "BEGIN;\nSELECT id FROM u WHERE id BETWEEN 70001 AND 70020;", 'COMMIT;',
		map { my $from = $_ * $fifth; "SELECT format('SELECT n FROM t WHERE id = %s', 1 + i % 60000) FROM generate_series($from, $from + $fifth - 1) i \\gexec" } 0 .. 4),
	'n_plus_one t select ' . 5 * $fifth, 'many statements: one repeat, whose parent is not known');
is(bounded('many in a burst', 1000, 'SELECT id FROM u WHERE id BETWEEN 70001 AND 70020;', '',
		map { my $from = $_ * $fifth; "SELECT format('SELECT n FROM t WHERE id = %s', 1 + i % 60000) FROM generate_series($from, $from + $fifth - 1) i \\gexec" } 0 .. 4),
	'', 'many in a burst: none');

# -- 10,000 shapes: more than a unit, a session and the server keep ------------------------------
my $shapes = q{SELECT 'SELECT ' || (SELECT string_agg(CASE WHEN i >> b & 1 = 1 THEN 'id' ELSE 'n' END, ', ') FROM generate_series(0, 13) b) || ' FROM t WHERE id = 7'
	FROM generate_series(%d, %d) i \gexec};
# so many that a unit does not tell them apart: it is not even said that they are many
is(bounded('many shapes', 1000, 'BEGIN;', 'COMMIT;', map { sprintf($shapes =~ s/\n\s*/ /gr, $_ * 2000, $_ * 2000 + 1999) } 0 .. 4),
	'', 'many shapes: nothing repeats');
cmp_ok(value_of($node, 'evict'), '>', 4000, 'many shapes: what made room is counted');
is(bounded('list among shapes', 1000, 'SELECT id FROM t WHERE id <= 15 ORDER BY id;', '',
		(map { sprintf($shapes =~ s/\n\s*/ /gr, $_ * 200, $_ * 200 + 199) } 0 .. 2),
		q{SELECT format('SELECT n FROM u WHERE id = %s', i + 40000) FROM generate_series(1, 15) i \gexec}),
	'', 'list among shapes: what comes long after is not asked for by it');

cmp_ok(value_of($node, 'more shapes'), '>=', 2, 'list among shapes: and it is said that there were more than are kept');

# -- more loops at once than a unit follows: fewer are found, none is wrong ---------------------
$node->safe_psql('postgres', q{
	CREATE TABLE v (id int PRIMARY KEY, t_id int REFERENCES t);
	INSERT INTO v SELECT i + 50000, i FROM generate_series(1, 400) i;
	CREATE INDEX ON v (t_id);
	ANALYZE v;
});
is(value_of($node, 'more repeats'), 0, 'many loops: not yet');
my $loops = join(', ', map { my $where = ' AND id > -1' x $_; "format('SELECT id FROM v WHERE t_id = %s$where', i)" } 1 .. 20);
my @loops = split /\n/, bounded('many loops', 1000, "BEGIN;\nSELECT id FROM t WHERE id <= 400 ORDER BY id;", 'COMMIT;',
	map { "SELECT $loops FROM generate_series($_ * 100 + 1, $_ * 100 + 100) i \\gexec" } 0 .. 3);
is_deeply([ grep { $_ !~ /^n_plus_one v select 400 public\.t id$/ } @loops ], [], 'many loops: those found are right');
cmp_ok(scalar(@loops), '>=', 8, 'many loops: ' . @loops . ' of 20 are found');
is(value_of($node, 'more repeats'), 1, 'many loops: and it is said that there were more');

# -- parameters, literals and results of a megabyte ----------------------------------------------
is(bounded('huge values', 10_000, "BEGIN;\nPREPARE by_text(text) AS SELECT id FROM texts WHERE body = \$1;\nSELECT repeat('x', 1000000) || i FROM generate_series(1, 12) i;",
		'COMMIT;', (q{SELECT format('EXECUTE by_text(repeat(''x'', 1000000) || %s)', i) FROM generate_series(1, 12) i \gexec}
			  . "\nSELECT format('SELECT id FROM texts WHERE body = %L', repeat('y', 1000000) || i) FROM generate_series(1, 3) i \\gexec") x 4),
	'n_plus_one texts select 48', 'huge values: a repeat whose parent is not known');

# -- rows of 1,600 columns -------------------------------------------------------------------------
my $children = q{SELECT format('SELECT n FROM t WHERE id = %s', i + 40 * 1600) FROM generate_series(1, 20) i \gexec};
my $found = bounded('wide rows', 1000, 'SELECT * FROM wide ORDER BY c1;', '', ("SELECT * FROM wide ORDER BY c1;\n$children") x 4);
like($found, qr/^(?:|n_plus_one t select \d+ (?:public\.)?wide c1600)$/, 'wide rows: no column but the right one');
is(bounded('wide rows, by the first', 1000, '', '', ("SELECT * FROM wide ORDER BY c1;\n" . ($children =~ s/1600/1/r)) x 4) =~ s/ \d+ / N /r,
	'n_plus_one t select N public.wide c1', 'wide rows: of the first columns one is known');
is($node->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.info WHERE area = 'lost' AND value <> '0' AND advice IS NULL}), 0,
	'what was lost is explained in info');

$node->stop;
done_testing();
