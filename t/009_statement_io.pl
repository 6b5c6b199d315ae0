# statement_io(): whatever pg_stat_statements there is, or none.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('statement_io', preload => 'pg_stat_statements, perfaudit', conf => q{
	pg_stat_statements.track = all
	track_io_timing = on
	work_mem = '64kB'
});
my @versions = split /\n/, $node->safe_psql('postgres', q{
	SELECT version FROM pg_available_extension_versions WHERE name = 'pg_stat_statements'
	ORDER BY string_to_array(version, '.')::int[]});
if (!@versions)
{
	$node->stop;
	plan skip_all => 'pg_stat_statements is not installed';
}

my $count = 'SELECT count(*) FROM perfaudit.statement_io()';
my $says = "SELECT value, advice FROM perfaudit.info WHERE item = 'pg_stat_statements'";

$node->safe_psql('postgres', q{
	CREATE ROLE somebody;
	CREATE TABLE t (id int PRIMARY KEY, n int);
	INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 1000) i;
	GRANT SELECT ON t TO somebody;
	-- not what is looked for
	CREATE FUNCTION pg_stat_statements(showtext boolean, OUT userid oid, OUT dbid oid, OUT queryid bigint, OUT calls bigint)
		RETURNS SETOF record LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
	SELECT perfaudit.reset();
});
is($node->safe_psql('postgres', $count), '0', 'no rows without it');
like($node->safe_psql('postgres', $says), qr/^not installed here\|.*CREATE EXTENSION pg_stat_statements/, 'info says why');

# sums over the query ids of a shape, by level and role, in a schema nobody would think of
$node->safe_psql('postgres', q{
	CREATE SCHEMA "odd ""schema%I";
	CREATE EXTENSION pg_stat_statements SCHEMA "odd ""schema%I";
	CREATE FUNCTION nested() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT count(*) FROM t WHERE id IN (7, 8, 9)'; END $$;
	SELECT perfaudit.reset(), "odd ""schema%I".pg_stat_statements_reset();
});
foreach my $n (1 .. 6)
{
	$node->safe_psql('postgres', 'SELECT count(*) FROM t WHERE id IN (' . join(', ', 1 .. $n + 1) . ')') foreach 1 .. $n;
}
$node->safe_psql('postgres', q{
	SELECT nested();
	UPDATE t SET n = n + 1;
	SELECT * FROM t a, t b ORDER BY a.n + b.n DESC OFFSET 999999;
	CREATE TEMP TABLE l AS SELECT * FROM t;
	SET ROLE somebody;
	SELECT count(*) FROM t WHERE id IN (1, 2);
});
my $io = 'perfaudit.statement_io()';
is($node->safe_psql('postgres', "SELECT replace(username, current_user, 'owner'), toplevel, calls FROM $io WHERE query LIKE '%count(*) FROM t WHERE id IN%' AND toplevel ORDER BY calls"),
	"somebody|t|1\nowner|t|21", 'calls of all lengths of a list, apart by role');
is($node->safe_psql('postgres', "SELECT calls FROM $io WHERE query ~ 'FROM t WHERE id IN' AND NOT toplevel"), '1', 'and by level');
is($node->safe_psql('postgres', "SELECT count(*), count(DISTINCT (database, username, toplevel, queryid)) = count(*) FROM $io s JOIN perfaudit.statements USING (database, username, toplevel, queryid, query) WHERE query ~ 'FROM t|UPDATE t' AND query !~ 'CREATE'"),
	'5|t', 'one row a statement, of those in perfaudit.statements');
my $same = join ', ', map { "sum($_)" } qw(calls shared_blks_hit shared_blks_read shared_blks_dirtied local_blks_dirtied local_blks_written temp_blks_read temp_blks_written wal_records wal_fpi wal_bytes);
foreach my $query ('FROM t WHERE id IN', '^UPDATE t', 'ORDER BY a.n')
{
	my $ours = $node->safe_psql('postgres', "SELECT $same FROM $io WHERE query ~ '$query' AND query !~ 'perfaudit'");
	is($ours, $node->safe_psql('postgres', qq{SELECT $same FROM "odd ""schema%I".pg_stat_statements WHERE query ~ '$query' AND query !~ 'perfaudit'}),
		"the same figures: $query");
	note($ours);
}
is($node->safe_psql('postgres', "SELECT wal_records > 1000, wal_bytes > 1000, shared_blks_dirtied > 0 FROM $io WHERE query ~ '^UPDATE t'"), 't|t|t', 'writes');
is($node->safe_psql('postgres', "SELECT temp_blks_read > 0, temp_blks_written > 0 FROM $io WHERE query ~ 'ORDER BY a.n'"), 't|t', 'temporary files');
is($node->safe_psql('postgres', "SELECT sum(local_blks_dirtied) > 0 FROM $io"), 't', 'temporary tables');
# a table that is not in the buffers
$node->safe_psql('postgres', 'CHECKPOINT');
$node->restart;
$node->safe_psql('postgres', 'SELECT max(n) FROM t');
is($node->safe_psql('postgres', "SELECT shared_blks_read > 0, blk_read_time > 0 FROM $io WHERE query = 'SELECT max(n) FROM t'"), 't|t', 'reads and their time');
if ($node->safe_psql('postgres', 'SET jit = on; SELECT pg_jit_available()') eq 't')
{
	$node->safe_psql('postgres', 'SET jit = on; SET jit_above_cost = 0; SELECT min(n) FROM t WHERE n > 5');
	is($node->safe_psql('postgres', "SELECT jit_functions > 0, jit_generation_time > 0, jit_emission_time > 0 FROM $io WHERE query ~ 'min.n.'"), 't|t|t', 'JIT');
}

# another role sees its own, when it may use the schema
my ($status, $out, $err) = $node->psql('postgres', "SET ROLE somebody; $count");
like($err, qr/permission denied for schema odd/, 'the error says what is missing');
like($node->safe_psql('postgres', "SET ROLE somebody; $says"), qr/may not use its schema.*: GRANT USAGE ON SCHEMA "odd ""schema%I" TO somebody;$/, 'and so does info');
$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA "odd ""schema%I" TO somebody');
is($node->safe_psql('postgres', "SET ROLE somebody; $says"), "$versions[-1]|", 'then it is silent');
is($node->safe_psql('postgres', 'SET ROLE somebody; SELECT count(*) FROM t; ' . "SELECT DISTINCT username FROM $io"), "1000\nsomebody", 'invoker\'s rights');

# nothing depends on it, so that it can go
is($node->safe_psql('postgres', $says), "$versions[-1]|", 'info has its version, and no advice');
$node->safe_psql('postgres', 'DROP EXTENSION pg_stat_statements');
is($node->safe_psql('postgres', $count), '0', 'gone');

# all versions of the extension
foreach my $version (@versions)
{
	# the library of its day is too old to be called so
	next if $version =~ /^1\.[0-3]$/;
	$node->safe_psql('postgres', "CREATE EXTENSION pg_stat_statements SCHEMA \"odd \"\"schema%I\" VERSION '$version'");
	is($node->safe_psql('postgres', "SELECT sum(calls) > 0, sum(shared_blks_hit) > 0, sum(blk_write_time) IS NOT NULL FROM $io"), 't|t|t', "version $version");
	$node->safe_psql('postgres', 'DROP EXTENSION pg_stat_statements');
}

# installed, not loaded
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements SCHEMA "odd ""schema%I"');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'perfaudit'");
$node->restart;
is($node->safe_psql('postgres', "SET pg_stat_statements.max = 100; $count"), '0', 'no rows when it is not loaded');
like($node->safe_psql('postgres', $says), qr/^not loaded\|.*shared_preload_libraries/, 'info says so');

# loaded in the order that takes query ids away, and switched off
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'perfaudit, pg_stat_statements'\npg_stat_statements.track = none");
$node->restart;
like($node->safe_psql('postgres', $says), qr/^[0-9.]+\|.*pg_stat_statements\.track/, 'info says that it tracks nothing');
my $order = "SELECT value, advice FROM perfaudit.info WHERE item = 'shared_preload_libraries'";
like($node->safe_psql('postgres', $order), qr/^perfaudit, pg_stat_statements\|.*put perfaudit after it/i, 'and about the order');
is($node->safe_psql('postgres', "SET ROLE somebody; $order"), '', 'which is not told to everybody');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_stat_statements, perfaudit'");
$node->restart;
is($node->safe_psql('postgres', $order), 'pg_stat_statements, perfaudit|', 'the right order');
$node->stop;
done_testing();
