# pg_upgrade takes the extension along, with what is muted and the privileges that were changed; between two clusters of
# the same version, which needs no second one.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PerfauditTest;
use Test::More;

my $old = new_server('old');
my $new = PostgreSQL::Test::Cluster->new('new');
my $preload = "shared_preload_libraries = 'perfaudit'\nautovacuum = off\n";

$new->init;
$new->append_conf('postgresql.conf', $preload);
$old->safe_psql('postgres', q{
	CREATE DATABASE shop;
	CREATE ROLE looks;
	SELECT perfaudit.ignore('0123456789abcdef', 'known to all');
	GRANT EXECUTE ON FUNCTION perfaudit.reset(name, name, bigint) TO looks;
});
$old->safe_psql('shop', q{
	CREATE EXTENSION perfaudit;
	CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 100) i;
	CREATE VIEW worst AS SELECT kind, severity, relation FROM perfaudit.findings LIMIT 3;
	SELECT count(*) AS before FROM t;
});
my $objects = q{SELECT count(*), count(DISTINCT classid) FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'perfaudit')};
my $known = $old->safe_psql('shop', $objects);
my $saved = $old->data_dir . '/pg_stat/perfaudit.stat';

$old->stop;
ok(-f $saved, 'the statistics of the old cluster are saved');
# scripts are left where it runs
chdir $PostgreSQL::Test::Utils::tmp_check or die $!;
my $bin = $new->config_data('--bindir');
command_ok([ 'pg_upgrade', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin,
		'-s', $new->host, '-p', $old->port, '-P', $new->port ], 'pg_upgrade');
ok(-f $saved, 'and stay there');
$new->start;
foreach my $database (qw(postgres shop))
{
	foreach my $view (qw(findings statements plans plan_nodes predicates units repeats backends index_facts info detectors ignored))
	{
		my ($status, $out, $err) = $new->psql($database, "SELECT count(*) FROM (SELECT * FROM perfaudit.$view OFFSET 0) s");
		is($status, 0, "$database: $view answers") or diag($err);
	}
}
is($new->safe_psql('postgres', 'SELECT finding_id, reason FROM perfaudit.ignored'), '0123456789abcdef|known to all', 'what is muted');
is($new->safe_psql('postgres', q{SELECT has_function_privilege('looks', 'perfaudit.reset(name, name, bigint)', 'EXECUTE')}), 't', 'what was granted');
is($new->safe_psql('shop', 'SELECT count(*) FROM worst'), 0, 'a view over it');
is($new->safe_psql('shop', $objects), $known, 'with all its objects');
is(calls_of($new, 'AS before FROM t'), 0, 'recording begins anew');
$new->safe_psql('shop', 'SELECT count(*) AS afterwards FROM t');
is($new->safe_psql('shop', q{SELECT calls FROM perfaudit.statements WHERE query = 'SELECT count(*) AS afterwards FROM t'}), 1, 'and goes on');
is($new->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.statements WHERE query ~ 'binary_upgrade'}), 0, 'what pg_upgrade ran is not kept');
$new->safe_psql('shop', 'DROP VIEW worst; DROP EXTENSION perfaudit; CREATE EXTENSION perfaudit');
$new->stop;
done_testing();
