# Without shared_preload_libraries: the extension can be created, statements run,
# and every function says which line is missing.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('not_preloaded', preload => '');
$node->safe_psql('postgres', 'CREATE EXTENSION perfaudit');
is($node->safe_psql('postgres', "SELECT count(*) > 10 FROM pg_proc WHERE pronamespace = 'perfaudit'::regnamespace"),
	't', 'CREATE EXTENSION works');

# every function in C, called with NULL or something harmless
my @functions = split /\n/, $node->safe_psql('postgres', q{
	SELECT format('SELECT * FROM perfaudit.%I(%s)', p.proname,
		(SELECT string_agg(CASE format_type(t.oid, NULL)
				WHEN 'text' THEN '''x''' WHEN 'name' THEN '''x''' WHEN 'boolean' THEN 'false'
				WHEN 'text[]' THEN '''{}''' WHEN 'regclass[]' THEN '''{}''' WHEN 'bigint[]' THEN '''{}'''
				ELSE '1' END || '::' || format_type(t.oid, NULL), ', ' ORDER BY a.ord)
		 FROM unnest(p.proargtypes) WITH ORDINALITY a (type, ord) JOIN pg_type t ON t.oid = a.type))
	FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.pronamespace = 'perfaudit'::regnamespace AND l.lanname = 'c' ORDER BY 1
});
cmp_ok(scalar(@functions), '>', 8, 'functions in C');
my @views = split /\n/, $node->safe_psql('postgres',
	"SELECT 'SELECT * FROM perfaudit.' || relname FROM pg_class WHERE relnamespace = 'perfaudit'::regnamespace AND relkind = 'v' AND relname NOT IN ('detectors', 'ignored') ORDER BY 1");
foreach my $query (@functions, @views, 'SELECT perfaudit.reset()')
{
	# what plans or parses a query needs nothing that was recorded
	next if $query =~ /what_if|suggest_indexes_for|names_gone/;
	my ($status, $out, $err) = $node->psql('postgres', $query);
	isnt($status, 0, "fails: $query");
	like($err, qr/shared_preload_libraries/, 'says what is missing');
	like($err, qr/shared_preload_libraries = '.*perfaudit.*'/, 'as a line to copy');
}

# settings are known once the library is loaded; nothing is harmed
my ($status, $out, $err) = $node->psql('postgres', q{
	LOAD 'perfaudit';
	SELECT 1;
	SELECT count(*) FROM pg_class;
	DO $$ BEGIN PERFORM 1; END $$;
	DROP EXTENSION perfaudit;
});
is($status, 0, 'LOAD harms nothing');
is($err, '', 'and is silent') or diag($err);
$node->stop;

# preloaded in the session only, and by the wrong setting
$node->append_conf('postgresql.conf', "session_preload_libraries = 'perfaudit'\n");
$node->start;
($status, $out, $err) = $node->psql('postgres', 'CREATE EXTENSION perfaudit; SELECT * FROM perfaudit.findings');
isnt($status, 0, 'session_preload_libraries is not enough');
like($err, qr/shared_preload_libraries/, 'says so');
$node->stop;
done_testing();
