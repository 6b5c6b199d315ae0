# pg_upgrade takes the extension along, with what is muted and the privileges that were changed: between two clusters of
# the same version, which needs no second one, and from the older one whose programs are in PERFAUDIT_OLD_BIN, which has
# perfaudit as well (.ci/matrix gives 15's to the others).
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PerfauditTest;
use Test::More;

# Whether a server knows all options that columns of another have: minor releases bring some, and of a server that is
# older than those pg_upgrade makes nothing, whatever its tables are.
sub knows_options
{
	my ($new, $old) = @_;
	my $options = $old->safe_psql('shop', q{SELECT DISTINCT split_part(o, '=', 1) FROM pg_attribute, unnest(attoptions) o});
	my $known = 1;

	$new->start;
	foreach my $option (split /\n/, $options)
	{
		my ($status) = $new->psql('postgres', "BEGIN; CREATE TABLE t (c int); ALTER TABLE t ALTER c SET ($option = 1); ROLLBACK", on_error_stop => 1);
		$known &&= $status == 0;
	}
	$new->stop;
	return $known;
}

sub upgrade
{
	my ($from) = @_;
	my $name = $from ? 'older' : 'same';
	my $old = new_server("old_$name", $from ? (install_path => $from =~ s{/bin/*$}{}r) : ());
	my $new = PostgreSQL::Test::Cluster->new("new_$name");
	my $preload = "shared_preload_libraries = 'perfaudit'\nautovacuum = off\n";

	# the old one has no checksums
	$new->init($from && $new->pg_version >= 18 ? (extra => ['--no-data-checksums']) : ());
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
	my $saved = $old->data_dir . '/pg_stat/perfaudit.stat';

	if ($from && !knows_options($new, $old))
	{
		$old->stop;
		skip('the older version is of a later minor release than the new one, which does not know its columns\' options', 1);
	}
	$old->stop;
	ok(-f $saved, 'the statistics of the old cluster are saved');
	# scripts are left where it runs
	chdir $PostgreSQL::Test::Utils::tmp_check or die $!;
	my $bin = $new->config_data('--bindir');
	my $old_bin = $from // $bin;
	command_ok([ 'pg_upgrade', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $old_bin, '-B', $bin,
			'-s', $new->host, '-p', $old->port, '-P', $new->port ], "pg_upgrade, $name");
	ok(-f $saved, 'and stay there');
	$new->start;
	foreach my $database (qw(postgres shop))
	{
		foreach my $view (qw(findings statements plans plan_nodes predicates units repeats backends index_facts info detectors ignored))
		{
			my ($status, $out, $err) = $new->psql($database, "SELECT count(*) FROM (SELECT * FROM perfaudit.$view OFFSET 0) s");
			is($status, 0, "$name, $database: $view answers") or diag($err);
		}
	}
	is($new->safe_psql('postgres', 'SELECT finding_id, reason FROM perfaudit.ignored'), '0123456789abcdef|known to all', 'what is muted');
	is($new->safe_psql('postgres', q{SELECT has_function_privilege('looks', 'perfaudit.reset(name, name, bigint)', 'EXECUTE')}), 't', 'what was granted');
	is($new->safe_psql('shop', 'SELECT count(*) FROM worst'), 0, 'a view over it');
	my $upgraded = $new->safe_psql('shop', $objects);
	is(calls_of($new, 'AS before FROM t'), 0, 'recording begins anew');
	$new->safe_psql('shop', 'SELECT count(*) AS afterwards FROM t');
	is($new->safe_psql('shop', q{SELECT calls FROM perfaudit.statements WHERE query = 'SELECT count(*) AS afterwards FROM t'}), 1, 'and goes on');
	is($new->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.statements WHERE query ~ 'binary_upgrade'}), 0, 'what pg_upgrade ran is not kept');
	$new->safe_psql('shop', 'DROP VIEW worst; DROP EXTENSION perfaudit; CREATE EXTENSION perfaudit');
	is($upgraded, $new->safe_psql('shop', $objects), 'with all the objects that it has when it is made anew');
	$new->stop;
	return;
}

upgrade();
SKIP:
{
	skip('PERFAUDIT_OLD_BIN names no older version', 1) unless $ENV{PERFAUDIT_OLD_BIN};
	note('from ' . `$ENV{PERFAUDIT_OLD_BIN}/postgres -V`);
	upgrade($ENV{PERFAUDIT_OLD_BIN});
}
done_testing();
