# A database with the extension is dumped and restored, with what was built upon it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Utils;

my $node = new_server('dump');
my $connection = $node->connstr('shop');
my $file = "$PostgreSQL::Test::Utils::tmp_check/shop.dump";

$node->safe_psql('postgres', 'CREATE ROLE watcher; CREATE DATABASE shop');
$node->safe_psql('shop', q{
	CREATE EXTENSION perfaudit;
	CREATE TABLE users (id int PRIMARY KEY, name text);
	CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users, title text);
	INSERT INTO users SELECT i, 'user ' || i FROM generate_series(101, 140) i;
	INSERT INTO posts SELECT i, 101 + i % 40, 'title ' || i FROM generate_series(1, 20000) i;
	-- what people make of it: views, functions, privileges, comments
	CREATE VIEW worst AS SELECT finding_id, kind, relation, query FROM perfaudit.findings WHERE severity IN ('critical', 'high', 'medium', 'low');
	CREATE FUNCTION advice() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM perfaudit.suggest_indexes(); END;
	GRANT EXECUTE ON FUNCTION perfaudit.reset(name, name, bigint), perfaudit.reset_facts(oid, oid, bigint) TO watcher;
	REVOKE SELECT ON perfaudit.backends FROM PUBLIC;
	ALTER DATABASE shop SET perfaudit.slow_statement = 50;
	ANALYZE;
});

sub work
{
	my ($database) = @_;
	my $loop = join('', map { "SELECT * FROM posts WHERE user_id = $_;\n" } 101 .. 112);

	$node->safe_psql($database, "BEGIN;\nSELECT id FROM users ORDER BY id LIMIT 12;\n${loop}COMMIT;");
}
my $findings = q{SELECT string_agg(finding_id || ' ' || kind || ' ' || relation, E'\n' ORDER BY finding_id) FROM worst};
my $privileges = q{
	SELECT has_function_privilege('watcher', 'perfaudit.reset_facts(oid, oid, bigint)', 'EXECUTE'),
	       has_table_privilege('watcher', 'perfaudit.backends', 'SELECT'),
	       has_table_privilege('watcher', 'perfaudit.findings', 'SELECT')};

work('shop');
my $before = $node->safe_psql('shop', $findings);
like($before, qr/n_plus_one posts/, 'a finding, seen through a view of somebody');
is($node->safe_psql('shop', $privileges), 't|f|t', 'privileges');
# muted findings are the owner's work, and so are part of a dump
my $muted = q{SELECT string_agg(concat_ws(' ', finding_id, kind, relation, reason, ignored_by, until, ignored_at), E'\n' ORDER BY finding_id) FROM perfaudit.ignored};
my ($n_plus_one) = $before =~ /^(\w+) n_plus_one posts/m;
$node->safe_psql('shop', qq{SELECT perfaudit.ignore('$n_plus_one', 'twelve at most'), perfaudit.ignore('0123456789abcdef', 'a while', now() + interval '1 day')});
my $is_muted = $node->safe_psql('shop', $muted);
like($is_muted, qr/$n_plus_one n_plus_one public\.posts twelve at most/, 'a finding muted');
my $left = $node->safe_psql('shop', $findings);
unlike($left, qr/n_plus_one posts/, 'is not shown');

foreach my $format (qw(custom plain))
{
	my $to = "shop_$format";

	command_ok([ 'pg_dump', '-F', $format, '-f', "$file.$format", '-d', $connection ], "pg_dump, $format");
	$node->safe_psql('postgres', "CREATE DATABASE $to");
	command_ok($format eq 'plain' ? [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$file.$format", '-d', $node->connstr($to) ]
		: [ 'pg_restore', '-e', '-d', $node->connstr($to), "$file.$format" ], 'restored without an error');
	is($node->safe_psql($to, "SELECT extversion, extnamespace::regnamespace FROM pg_extension WHERE extname = 'perfaudit'"),
		$node->safe_psql('shop', "SELECT extversion, extnamespace::regnamespace FROM pg_extension WHERE extname = 'perfaudit'"), 'the extension is there');
	is($node->safe_psql($to, $privileges), 't|f|t', 'with the privileges that were changed');
	is($node->safe_psql($to, $findings), '', 'what was found in the other database stays there');
	$node->safe_psql($to, 'ANALYZE');
	work($to);
	is($node->safe_psql($to, $muted), $is_muted, 'what was muted is muted, by whom and why');
	is($node->safe_psql($to, $findings), $left, 'the muted one is not shown');
	$node->safe_psql($to, "SELECT perfaudit.unignore('$n_plus_one')");
	is($node->safe_psql($to, $findings), $before, 'the same work gives the same findings, by the same ids');
	is($node->safe_psql($to, 'SELECT advice() > 0'), 't', 'and advice');
}
# nothing of the extension's own is in the dump as such
my $dump = slurp_file("$file.plain");
like($dump, qr/CREATE EXTENSION IF NOT EXISTS perfaudit WITH SCHEMA perfaudit/, 'one CREATE EXTENSION');
unlike($dump, qr/CREATE (?:VIEW|FUNCTION|TABLE) perfaudit\./, 'and none of its objects');
unlike($dump, qr/COPY perfaudit\.(?!ignored_findings )/, 'nor their rows, but those of people');

# a recorded database that is dropped, a role too: what is left is readable, also after a restart
$node->safe_psql('postgres', 'CREATE ROLE passing SUPERUSER LOGIN');
$node->safe_psql('shop_plain', 'SELECT count(*) FROM posts', extra_params => [ '-U', 'passing' ]);
$node->safe_psql('shop', 'DROP TABLE posts CASCADE');
$node->safe_psql('postgres', 'DROP DATABASE shop_plain; DROP ROLE passing');
foreach my $when ('dropped', 'dropped, and restarted')
{
	foreach my $view (qw(findings statements plans plan_nodes predicates units repeats backends info))
	{
		my ($status, $out, $err) = $node->psql('shop', "SELECT count(*) FROM (SELECT * FROM perfaudit.$view OFFSET 0) s");
		is($status, 0, "$when: $view answers") or diag($err);
	}
	is($node->safe_psql('shop', 'SELECT count(*) > 0 FROM perfaudit.statements WHERE database IS NULL'), 't', "$when: what was recorded there");
	my ($status, $out, $err) = $node->psql('shop', 'SELECT count(*) FROM perfaudit.suggest_indexes()');
	is($status, 0, "$when: advice answers") or diag($err);
	$node->restart;
}
$node->stop;
done_testing();
