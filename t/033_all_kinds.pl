# Every kind of finding that plans, statements and catalogs show: the same beside other libraries, in either order; and none the
# worse for executions that end in the middle.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

# Executions sleep for as long as is asked for, in the middle of what they do.
my $settings = join('', map { "SET $_;\n" } 'perfaudit.sample_budget = 1', 'perfaudit.judge_calls = 3', 'perfaudit.judge_time = 0',
	'perfaudit.large_table_rows = 3000', 'perfaudit.unbounded_rows = 3000', 'perfaudit.deep_offset_rows = 2500', 'perfaudit.count_rows = 3000',
	'perfaudit.sort_rows = 3000', 'perfaudit.index_scan_removed = 900', 'perfaudit.rescan_rows = 30000', 'perfaudit.misestimate_rows = 100',
	'perfaudit.misestimate_factor = 5', "perfaudit.spill_size = '64kB'", 'perfaudit.regression_calls = 6', "perfaudit.slow_statement = '300ms'",
	'perfaudit.slow_statement_calls = 3', 'perfaudit.planning_overhead_plans = 3', 'perfaudit.planning_overhead_time = 0', 'perfaudit.stale_rows = 900',
	'perfaudit.stale_age = 0', 'perfaudit.jit_overhead_time = 0', 'jit_above_cost = 0', 'perfaudit.failing_errors = 6', 'max_parallel_workers_per_gather = 0',
	'enable_bitmapscan = off', 'enable_hashjoin = off', 'enable_mergejoin = off', "work_mem = '64kB'");
my $tables = q{
	CREATE TABLE t (id int PRIMARY KEY, kind int, grp int, city int, zip int, at timestamp, note text);
	INSERT INTO t SELECT i, i % 100, i % 3, i % 20, i % 20 * 10, timestamp '2026-01-01' + i * interval '1 minute', 'note ' || i FROM generate_series(1, 3000) i;
	CREATE INDEX t_grp ON t (grp);
	CREATE TABLE heap AS SELECT id, kind AS k FROM t;
	CREATE TABLE changed AS SELECT id FROM t WHERE id <= 1000;
	CREATE TABLE none (a int, b int)};
my %asked = (
	seq_scan_large_table => 'SELECT at FROM t WHERE kind = 7 AND (id <> 1507 OR pg_sleep(%s) IS NOT NULL)',
	function_on_column => q{SELECT at FROM t WHERE lower(note) = 'note 7' AND (id <> 7 OR pg_sleep(%s) IS NOT NULL)},
	leading_wildcard => q{SELECT grp FROM t WHERE note LIKE '%%777' AND (id <> 1777 OR pg_sleep(%s) IS NOT NULL)},
	unbounded_result => 'SELECT id, note FROM t WHERE id <> 1500 OR pg_sleep(%s) IS NOT NULL',
	deep_offset => 'SELECT kind FROM t WHERE id <> 1500 OR pg_sleep(%s) IS NOT NULL ORDER BY id LIMIT 5 OFFSET 2500',
	expensive_count => 'SELECT count(*) FROM t WHERE id <> 1500 OR pg_sleep(%s) IS NOT NULL',
	sort_without_index => 'SELECT zip FROM t WHERE id <> 1500 OR pg_sleep(%s) IS NOT NULL ORDER BY at DESC LIMIT 5',
	inefficient_index_scan => q{/*index*/ SELECT at FROM t WHERE grp = 0 AND note = 'note 1500' AND (id <> 1500 OR pg_sleep(%s) IS NOT NULL)},
	nested_loop_rescan => 'SELECT v, (SELECT count(*) FROM heap h WHERE h.k = v AND (h.id <> 1511 OR pg_sleep(%s) IS NOT NULL)) FROM generate_series(1, 20) v',
	row_misestimate => 'SELECT count(*) FROM t JOIN heap h ON h.id = 1 AND h.id <= t.id WHERE city = 1 AND zip = 10 AND (t.id <> 1501 OR pg_sleep(%s) IS NOT NULL)',
	spill_to_disk => 'SELECT count(*), pg_sleep(%s) FROM (SELECT note, id FROM t ORDER BY note, id OFFSET 0) x',
	plan_regression => 'SELECT note, pg_sleep(%s) FROM t WHERE id = 7',
	planning_overhead => 'SELECT FROM none n1 JOIN none n2 USING (a) JOIN none n3 USING (a) JOIN none n4 USING (a) JOIN none n5 USING (a) WHERE n5.b > %s',
	stale_statistics => 'SELECT max(id) FROM changed WHERE id <> 500 OR pg_sleep(%s) IS NOT NULL');

# A statement with a sleep, and the settings that its kind asks for.
sub runs
{
	my ($kind, $sleep, $n) = @_;
	my $query = join('', map { sprintf($asked{$kind}, $sleep) . ";\n" } 1 .. $n);

	return $kind eq 'inefficient_index_scan' ? "SET enable_seqscan = off;\n${query}SET enable_seqscan = on;\n"
	  : $kind eq 'plan_regression' ? $query
	  : "SET enable_indexscan = off;\nSET enable_indexonlyscan = off;\n${query}SET enable_indexscan = on;\nSET enable_indexonlyscan = on;\n";
}

# What is found, without times.
my $found = $settings . q{
	SELECT kind, relation, occurrences, query, regexp_replace(suggestion, '[0-9]{4,}', 'n', 'g'),
		evidence - '{exec_ms,plan_ms,p50_ms,p95_ms,p99_ms,mean_ms,mean_ms_before,p50_ms_before,p95_ms_before,plan_before,plan_after,jit_ms,jit_functions,temp_kb_per_call,work_mem,spill_max_kb,plans}'::text[]
	FROM perfaudit.findings WHERE kind IN ('} . join("', '", grep { $_ ne 'planning_overhead' } sort keys %asked) . q{', 'failing_statement', 'jit_overhead')
	OR kind = 'slow_statement' AND query ~ 'slowly' OR kind = 'planning_overhead' AND query ~ 'n5' ORDER BY kind, query COLLATE "C", relation};

sub found_with
{
	my ($preload) = @_;
	my $node = new_server($preload =~ s/\W+/_/gr, preload => $preload);
	my $jit = $node->safe_psql('postgres', 'SET jit = on; SELECT pg_jit_available()') eq 't';
	my $work = '';

	$node->safe_psql('postgres', "CREATE EXTENSION $_") foreach grep { $preload =~ /$_/ } 'pg_stat_statements', 'pg_qualstats';
	$node->safe_psql('postgres', "CREATE EXTENSION hypopg; SELECT * FROM hypopg_create_index('CREATE INDEX ON pg_class (relpages)')")
	  if $preload =~ /,/ && -e $node->config_data('--pkglibdir') . '/hypopg.so';
	$node->append_conf('postgresql.conf', "auto_explain.log_min_duration = 0\nauto_explain.log_analyze = on\nauto_explain.log_nested_statements = on") if $preload =~ /auto_explain/;
	$node->reload;
	$node->safe_psql('postgres', $tables);
	$node->safe_psql('postgres', 'VACUUM ANALYZE t, heap, changed, none');
	$node->safe_psql('postgres', 'UPDATE changed SET id = id');
	$work .= runs($_, 0, 3) foreach grep { $_ ne 'plan_regression' } sort keys %asked;
	$work .= runs('plan_regression', 0.002, 6) . "SET enable_indexscan = off;\n" . runs('plan_regression', 0.3, 6) . "SET enable_indexscan = on;\n";
	$work .= "SELECT count(*) AS slowly, pg_sleep(0.4) FROM none;\n" x 3;
	$work .= "SELECT 1 / (kind - kind) FROM t WHERE id = 7;\n" x 6;
	$work .= "SET jit = on;\n" . "SELECT sum(n + 1) FROM generate_series(1, 10) n, heap WHERE id = 1;\n" x 3 . "SET jit = off;\n";
	$node->psql('postgres', $settings . $work, on_error_stop => 0);
	return ($node, $node->safe_psql('postgres', $found), $jit);
}

my ($node, $alone, $jit) = found_with('perfaudit');
my %kinds = map { (split /\|/)[0] => 1 } split /\n/, $alone;
my @expected = sort keys %asked, 'slow_statement', 'failing_statement', $jit ? 'jit_overhead' : ();
is(join(' ', sort keys %kinds), join(' ', @expected), 'all kinds are found') or diag($alone);


# Ended in the middle, by a timeout and by another session, each of these is what it was before.
my $before = $node->safe_psql('postgres', $found);
my @middle = grep { $_ ne 'planning_overhead' } sort keys %asked;

foreach my $kind (@middle)
{
	my ($out, $err) = ('', '');

	$node->psql('postgres', "${settings}SET statement_timeout = '500ms';\n" . runs($kind, 60, 1), stderr => \$err, on_error_stop => 0);
	like($err, qr/statement timeout/, "$kind is cut off");
	next if $err !~ /timeout/;
	my $running = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $settings . ($kind eq 'inefficient_index_scan' ? 'SET enable_seqscan = off;' : 'SET enable_indexscan = off; SET enable_indexonlyscan = off;'), '-c', sprintf($asked{$kind}, 60) ], '>', \$out, '2>', \$err);
	$node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
	$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
	$running->finish;
	like($err, qr/user request/, "$kind is cancelled");
}
is($node->safe_psql('postgres', "SELECT sum(errors) FROM perfaudit.statements WHERE query !~ 'perfaudit' AND errors < 6"), 2 * @middle, 'all are counted');
is($node->safe_psql('postgres', $found), $before, 'and nothing else is found');
is($node->safe_psql('postgres', $settings . q{SELECT f.kind, f.query FROM perfaudit.findings f
	WHERE NOT EXISTS (SELECT FROM perfaudit.explain(f.finding_id) e WHERE e = 'Repair')}), '', 'explain() explains each of them');
$node->stop;

# Beside others.
my $others = join(',', grep { -e $node->config_data('--pkglibdir') . "/$_.so" } 'pg_stat_statements', 'auto_explain', 'pg_qualstats');
foreach my $preload ("$others,perfaudit", "perfaudit,$others")
{
	my ($beside, $same) = found_with($preload);

	is($same, $alone, $preload);
	$beside->stop;
}
done_testing();
