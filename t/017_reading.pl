# Who reads is harmed neither by what others wrote, in whatever encoding, nor by want of memory.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use PerfauditTest;

my $node = new_server('reading', init => { extra => [ '--encoding=UTF8', '--locale=C' ] },
	conf => "perfaudit.max_text_length = '1MB'\n");

# -- encodings ---------------------------------------------------------------------
my %databases = (unicode => 'UTF8', latin => 'LATIN1', japanese => 'EUC_JP', bytes => 'SQL_ASCII');
foreach my $database (sort keys %databases)
{
	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$databases{$database}' TEMPLATE template0");
	$node->safe_psql($database, 'CREATE EXTENSION perfaudit');
}
$node->safe_psql('postgres', 'CREATE ROLE somebody LOGIN; SELECT perfaudit.reset()');

# Runs a text of bytes as they are; what it prints, as bytes.
sub bytes
{
	my ($database, $encoding, $sql, $user) = @_;
	my ($out, $err);
	local $ENV{PGCLIENTENCODING} = $encoding;

	IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr($database), $user ? ('-U', $user) : () ], '<', \$sql, '>', \$out, '2>', \$err);
	return $out . ($err // '');
}
# "e" with an accent, the two letters of Nippon, and bytes that are no text at all
bytes('unicode', 'UTF8', "SELECT 1 AS \"u\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac.\"");
bytes('latin', 'UTF8', "SELECT 1 AS \"l\xc3\xa9.\"");
bytes('japanese', 'UTF8', "SELECT 1 AS \"j\xe6\x97\xa5\xe6\x9c\xac.\"");
bytes('bytes', 'SQL_ASCII', "SELECT 1 AS \"b\xe9\xff.\"");

my $texts = q{SELECT query FROM perfaudit.statements WHERE query ~ '^SELECT .1 AS' ORDER BY query ~ '"b', query ~ '"j', query ~ '"l'};
sub texts { my ($u, $l, $j, $b) = @_; return join('', map { "SELECT \$1 AS \"$_.\"\n" } "u$u", "l$l", "j$j", "b$b") }
is(bytes('unicode', 'UTF8', $texts), texts("\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac", "\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", '??'),
	'all texts read in UTF8');
is(bytes('latin', 'LATIN1', $texts), texts("\xe9??", "\xe9", '????', "\xe9\xff"), 'in LATIN1, which has no Japanese');
is(bytes('japanese', 'EUC_JP', $texts), texts("\x8f\xab\xb1\xc6\xfc\xcb\xdc", '?', "\xc6\xfc\xcb\xdc", '??'),
	'in EUC_JP, to which nothing leads from LATIN1');
is(bytes('bytes', 'SQL_ASCII', $texts), texts("\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac", "\xe9", "\xc6\xfc\xcb\xdc", "\xe9\xff"),
	'and in SQL_ASCII, as they are');
foreach my $database (sort keys %databases)
{
	like(bytes($database, 'SQL_ASCII', 'SELECT count(*) FROM perfaudit.statements', 'somebody'), qr/^\d+\n$/,
		"$database: and by whoever may not see them");
}
# a text cut between two letters, not within one
bytes('unicode', 'UTF8', "SET perfaudit.max_text_length = 256; SELECT 1 AS x" . join('', map { ", 2 AS \"\xe6\x97\xa5\xe6\x9c\xac$_\"" } 1 .. 40));
like(bytes('unicode', 'UTF8', "SELECT octet_length(query) BETWEEN 254 AND 260, query ~ ' \\.\\.\\.\$' FROM perfaudit.statements WHERE query ~ '^SELECT .1 AS x'"),
	qr/^t\|t\n$/, 'a text cut to whole letters');

# -- memory kept ----------------------------------------------------------------------
# answers to very many different questions of one query
$node->safe_psql('postgres', join(';', map { 'SELECT 1' . ', 1' x $_ } 1 .. 300));
is($node->safe_psql('postgres', q{
	SELECT count(DISTINCT x), (SELECT sum(used_bytes) < 25000000 FROM pg_backend_memory_contexts)
	FROM generate_series(1, 400) AS x, perfaudit.statement_facts(x, perfaudit.this_database(), false)}), '400|t',
	'not every answer of a query is kept');

# -- want of memory -------------------------------------------------------------------
SKIP:
{
	my ($out, $err);

	skip 'nothing here that limits the memory of a process', 4
	  if $^O ne 'linux' || !IPC::Run::run([ 'prlimit', '--version' ], '>', \$out, '2>', \$err);
	# its backend may take no more than it has, while it copies a text under a lock
	my $script = q{
		SET client_min_messages = error;
		SELECT format('SELECT 1 AS "%s"', repeat('m', 900000)) \gexec
		SELECT pg_backend_pid() AS pid \gset
		\setenv PID :pid
		SELECT max(length(query)) FROM perfaudit.statements;
		\! prlimit --pid $PID --as=$(sed -n 's/^VmSize:[^0-9]*\([0-9]*\).*/\1000/p' /proc/$PID/status):
		SELECT 'read' FROM perfaudit.statement_facts(0) LIMIT 1;
		SELECT 'read' FROM perfaudit.statement_facts(0) WHERE perfaudit.statement_text(dbid, userid, toplevel, shape) <> '' LIMIT 1;
		\! prlimit --pid $PID --as=unlimited:
		SET statement_timeout = '100ms';
		SELECT 'slept through' FROM pg_sleep(30);
		SET statement_timeout = 0;
		SELECT 'alive' FROM perfaudit.statement_facts(0) LIMIT 1;
	};
	IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$script, '>', \$out, '2>', \$err);
	unlike($out, qr/^read$/m, 'no memory to copy a text');
	like($err, qr/ERROR:  out of memory/, 'which is an error');
	like($err, qr/canceling statement due to statement timeout/, 'after which statements can be cancelled');
	like($out, qr/^alive$/m, 'and facts be read');
}
$node->stop;
done_testing();
