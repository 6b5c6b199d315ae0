# Installing where somebody was before, and under settings that change what a script means.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('install');
$node->safe_psql('postgres', 'CREATE ROLE somebody LOGIN');

# CREATE EXTENSION in a fresh database, after what somebody, its owner, and then a superuser did
sub install
{
	my ($before, $more) = @_;

	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS his');
	$node->safe_psql('postgres', 'CREATE DATABASE his OWNER somebody');
	$node->safe_psql('his', "SET ROLE somebody; $before");
	$node->safe_psql('his', $more // '');
	my ($status, $out, $err) = $node->psql('his', 'CREATE EXTENSION perfaudit');
	return $err;
}

my $refused = qr/schema "perfaudit" exists already/;
my $trap = q{CREATE FUNCTION perfaudit.count_text(bigint) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$};
my $owned = 'ALTER SCHEMA perfaudit OWNER TO CURRENT_USER';
my $operator = q{
	CREATE FUNCTION perfaudit.same(oid, regclass) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
	CREATE OPERATOR perfaudit.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = perfaudit.same)};

like(install('CREATE SCHEMA perfaudit'), $refused, 'not into a schema that somebody owns');
like(install("CREATE SCHEMA perfaudit; $trap"), $refused, 'nor one with functions of his');
like(install("CREATE SCHEMA perfaudit; $trap; $operator"), $refused, 'whatever operators he has there');
like(install("CREATE SCHEMA perfaudit; $trap", $owned), $refused, 'nor one that was taken from him');
like(install('CREATE SCHEMA perfaudit', "$owned; GRANT CREATE ON SCHEMA perfaudit TO somebody"), $refused, 'where he may create');
like(install('CREATE SCHEMA perfaudit; GRANT CREATE ON SCHEMA perfaudit TO PUBLIC', $owned), $refused, 'or everybody');
is(install('CREATE SCHEMA perfaudit; GRANT USAGE ON SCHEMA perfaudit TO PUBLIC', $owned), '', 'an empty one of a superuser is fine');
is(install(''), '', 'and none');
$node->safe_psql('his', 'DROP EXTENSION perfaudit; CREATE EXTENSION perfaudit');
is($node->safe_psql('his', 'SELECT count(*) FROM perfaudit.findings'), '0', 'and the one that a former extension has left');

# backslashes in the script mean what they say (where the setting still exists)
my $batched = q{SELECT perfaudit.batched_query('SELECT * FROM t WHERE "odd.one" = $1', 'odd.one', 'select')};
my $off = q{DO $$ BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); EXCEPTION WHEN OTHERS THEN NULL; END $$;};
$node->safe_psql('his', "DROP EXTENSION perfaudit; $off CREATE EXTENSION perfaudit;");
is($node->safe_psql('his', $batched), 'SELECT * FROM t WHERE "odd.one" = ANY ($1)', 'installed where backslashes escape');
$node->stop;
done_testing();
