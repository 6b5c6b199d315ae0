# Foreign tables: a slow statement that reads one says so, and what can only be done about tables is not suggested.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('foreign_tables');
plan skip_all => 'file_fdw is not there'
  unless $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'file_fdw'});

my $file = pgbench_script('rows', join('', map { "$_," . ($_ % 20) . ',' . ($_ % 20) * 10 . "\n" } 1 .. 4000));
$node->safe_psql('postgres', qq{
	CREATE EXTENSION file_fdw;
	CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
	CREATE FOREIGN TABLE "far; away" (id int, a int, b int) SERVER files OPTIONS (filename '$file', format 'csv');
	CREATE TABLE near AS SELECT i AS id, i % 20 AS a, i % 20 * 10 AS b FROM generate_series(1, 4000) i;
	ANALYZE near, "far; away"});
my $settings = join('', map { "SET $_;\n" } 'perfaudit.judge_time = 0', 'perfaudit.judge_calls = 2', 'perfaudit.sample_budget = 1',
	'perfaudit.misestimate_rows = 100', 'perfaudit.misestimate_factor = 5', 'perfaudit.rescan_rows = 1000', 'perfaudit.stale_rows = 1',
	"perfaudit.stale_age = 0", "perfaudit.slow_statement = '1ms'", 'perfaudit.slow_statement_calls = 2', 'enable_hashjoin = off',
	'enable_mergejoin = off', 'max_parallel_workers_per_gather = 0');

$node->safe_psql('postgres', $settings . join('', map {
	qq{SELECT count(*), pg_sleep(0.01) FROM "far; away" WHERE a = $_ AND b = 10 * $_;
	SELECT sum((SELECT count(*) FROM "far; away" f WHERE f.a = n.id)) FROM near n WHERE n.id <= 20 + $_;
	SELECT count(*), 1 FROM near n JOIN "far; away" f USING (id) WHERE f.a = $_ AND f.b = 10 * $_;
	} } 1 .. 2));
is($node->safe_psql('postgres', $settings . q{SELECT kind, relation, evidence->>'variant', suggestion FROM perfaudit.findings
	WHERE query ~ 'pg_sleep' ORDER BY 1}),
	'slow_statement|"far; away"|foreign|An execution spends it on: 200 rows of foreign table public."far; away". '
	  . 'EXPLAIN (ANALYZE, VERBOSE) shows what the other server is asked: look for conditions that it is not sent, and for its indexes.',
	'a slow statement names its foreign table');
is($node->safe_psql('postgres', $settings . q{SELECT kind, summary FROM perfaudit.findings
	WHERE kind IN ('row_misestimate', 'nested_loop_rescan', 'stale_statistics') AND (relation = '"far; away"'::regclass OR summary ~ 'far; away')}), '',
	'of it no statistics and no indexes are suggested');
$node->safe_psql('postgres', 'DROP FOREIGN TABLE "far; away"');
is($node->safe_psql('postgres', $settings . q{SELECT kind, summary FROM perfaudit.findings WHERE query ~ 'pg_sleep'}), '', 'nothing when it is gone');
$node->stop;
done_testing();
