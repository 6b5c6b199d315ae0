# Whole databases that have nothing wrong: a wholesaler with its indexes, and what an ORM makes. And that looking never
# fails, whatever is dropped meanwhile.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $quiet = "$FindBin::RealBin/quiet";
my $node = new_server('quiet', conf => "perfaudit.max_statements = 1000\nperfaudit.sample_budget = 1\nrandom_page_cost = 1.1\n");

# Every execution is looked at closely. How fast this machine is decides nothing here: what is found, not how grave it is.
my $calm = "SET perfaudit.slow_statement = '1h'; SET perfaudit.planning_overhead_time = '1h'; SET perfaudit.idle_in_transaction = '20s'; SET perfaudit.stale_age = '1d';";
sub found
{
	my ($database, $but) = @_;
	return $node->safe_psql($database, "$calm SELECT kind, relation, summary, query FROM perfaudit.findings WHERE NOT ($but)");
}
sub new_database
{
	my ($name) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION perfaudit');
}

# -- a wholesaler ---------------------------------------------------------------
new_database('tpcc');
$node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'warehouses=2', '-f', "$quiet/tpcc_schema.sql",
		'-d', $node->connstr('tpcc') ], 'a wholesaler is loaded');
$node->safe_psql('tpcc', 'ANALYZE; SELECT perfaudit.reset()');
foreach my $mode (qw(simple extended prepared))
{
	$node->command_ok([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-D', 'warehouses=2', '-M', $mode, '-c', 4, '-t', 150,
			(map { ('-f', "$quiet/tpcc_$_->[0].sql\@$_->[1]") } [ new_order => 45 ], [ payment => 43 ], [ order_status => 4 ],
				[ delivery => 8 ], [ stock_level => 4 ]), 'tpcc' ], "and works, in the $mode protocol");
}
cmp_ok($node->safe_psql('tpcc', "SELECT sum(calls) FROM perfaudit.statements WHERE query ~ '^UPDATE tpcc.stock'"), '>', 1000,
	'all of it is recorded');
# TPC-C's delivery goes through ten districts one by one, which is what is said of it
is(found('tpcc', q{kind = 'n_plus_one' AND parent_query IS NULL AND summary ~ '^Repeated statement, parent unknown'
	OR kind = 'row_by_row_write' AND summary ~ '^10 (DELETE|UPDATE)s'}), '',
	'with its indexes in place there is nothing to find');
is($node->safe_psql('tpcc', q{SELECT count(*) FROM perfaudit.findings WHERE kind = 'n_plus_one'
	AND (summary ~ '\.no_w_id|\.ol_w_id|\.o_w_id' OR suggestion ~ 'column 0')}), 0, 'and of these no column is guessed');

# the same without an index that it needs
$node->safe_psql('tpcc', 'DROP INDEX tpcc.customer_name; ALTER TABLE tpcc.order_line DROP CONSTRAINT order_line_pkey; SELECT perfaudit.reset()');
$node->command_ok([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-D', 'warehouses=2', '-c', 2, '-t', 20,
		'-f', "$quiet/tpcc_order_status.sql", '-f', "$quiet/tpcc_stock_level.sql", 'tpcc' ], 'without an index');
is($node->safe_psql('tpcc', "$calm SET perfaudit.judge_time = 0;" . q{
	SELECT string_agg(DISTINCT kind || ' ' || relation, ', ') FROM perfaudit.findings WHERE kind <> 'n_plus_one'}),
	'missing_foreign_key_index tpcc.order_line', 'there is, once');

# -- an ORM ---------------------------------------------------------------------
SKIP:
{
	my $python = '/usr/bin/python3';
	skip 'SQLAlchemy and psycopg2 are not there', 2 if system("$python -c 'import sqlalchemy, psycopg2' 2>/dev/null") != 0;
	new_database('orm');
	$node->command_ok([ $python, "$quiet/sqlalchemy_shop.py",
			'postgresql+psycopg2://' . (getpwuid($<))[0] . '@/orm?host=' . $node->host . '&port=' . $node->port ],
		'SQLAlchemy makes a schema, reads it back and works as its guides advise');
	is(found('orm', 'false'), '', 'nothing to find');
}

SKIP:
{
	my $python = '/usr/bin/python3';
	skip 'Django and psycopg2 are not there', 2 if system("$python -c 'import django, psycopg2' 2>/dev/null") != 0;
	new_database('site');
	$node->command_ok([ $python, "$quiet/django_site.py", $node->host, $node->port, 'site', (getpwuid($<))[0] ],
		'Django makes a schema, reads it back, and its applications work');
	# each of its commands reads which migrations have run, and this runs several
	is(found('site', q{kind = 'duplicate_statement' AND relation = 'django_migrations'::regclass}), '', 'nothing to find');
}

# -- dropped meanwhile ------------------------------------------------------------
new_database('dropped');
my $work = pgbench_script('dropped', q{
CREATE SCHEMA s:client_id;
CREATE TABLE s:client_id.parent (id int PRIMARY KEY, name text);
CREATE TABLE s:client_id.child (id int, parent int REFERENCES s:client_id.parent, at timestamp, note text) PARTITION BY RANGE (id);
CREATE TABLE s:client_id.child_1 PARTITION OF s:client_id.child FOR VALUES FROM (0) TO (50);
CREATE TABLE s:client_id.child_2 PARTITION OF s:client_id.child FOR VALUES FROM (50) TO (1000);
CREATE INDEX ON s:client_id.child (note);
CREATE INDEX ON s:client_id.child (note, at);
CREATE FUNCTION s:client_id.f(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1 || 1::text';
INSERT INTO s:client_id.parent SELECT i, 'p' || i FROM generate_series(1, 20) i;
INSERT INTO s:client_id.child SELECT i, 1 + i % 20, now(), 'n' || i FROM generate_series(1, 200) i;
ANALYZE s:client_id.parent, s:client_id.child;
BEGIN;
SELECT id FROM s:client_id.parent LIMIT 5;
SELECT count(*) FROM s:client_id.child WHERE parent = 1;
SELECT count(*) FROM s:client_id.child WHERE parent = 2;
SELECT count(*) FROM s:client_id.child WHERE parent = 3;
SELECT * FROM s:client_id.child WHERE s:client_id.f(note) = 'x';
SELECT * FROM s:client_id.child WHERE note LIKE '%x' OR note LIKE '%y';
SELECT * FROM s:client_id.child WHERE at::date = '2026-01-01' ORDER BY at LIMIT 3;
SELECT p.name FROM s:client_id.parent p JOIN s:client_id.child c ON c.parent = p.id WHERE c.note > 'n' ORDER BY c.at LIMIT 2 OFFSET 10;
COMMIT;
DELETE FROM s:client_id.parent WHERE id = -1;
ALTER TABLE s:client_id.child DROP COLUMN note;
DROP FUNCTION s:client_id.f(text);
DROP SCHEMA s:client_id CASCADE;
});
my $all = join('', map { "SET perfaudit.$_;\n" } 'enabled = off', 'large_table_rows = 1', 'judge_calls = 1', 'judge_time = 0',
	'sort_rows = 1', 'count_rows = 1', 'rescan_rows = 1', 'unbounded_rows = 1', 'index_report_size = 0', 'unused_index_reads = 1',
	"unused_index_age = 0", 'repeat_report = 2', 'index_scan_removed = 1', 'misestimate_rows = 1', 'scan_kept_share = 1');
my ($told, $errors) = ('', '');
my $clients = IPC::Run::start([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-f', $work, '-c', 2, '-t', 1000000, 'dropped' ],
	'>', \$told, '2>', \$errors);
my $failed = '';
foreach (1 .. 6)
{
	my ($status, $out, $error) = $node->psql('dropped', $all
		  . 'SELECT count(*) FROM (SELECT f::text FROM perfaudit.findings f) x; SELECT count(*) FROM (SELECT i::text FROM perfaudit.index_facts i) x;');
	$failed .= $error if $status != 0 || $error ne '';
	$clients->pump_nb;
}
ok($clients->pumpable && $errors !~ /ERROR|aborted/, 'tables, columns, functions and schemas are made and dropped') or diag($errors);
is($failed, '', 'looking does not fail meanwhile');
$clients->kill_kill;
$node->poll_query_until('dropped', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = 'dropped'});
$node->safe_psql('dropped', 'DROP SCHEMA IF EXISTS s0 CASCADE; DROP SCHEMA IF EXISTS s1 CASCADE');
is($node->safe_psql('dropped', "$all SELECT count(*) FROM perfaudit.findings WHERE relation IS NOT NULL"), 0, 'and shows nothing of what is gone');
$node->stop;
done_testing();
