# Index advice asks no other server: one that does not answer would keep it waiting for ever; nor is anything done there.
use strict;
use warnings;
use FindBin;
use IO::Socket::INET;
use IPC::Run;
use lib $FindBin::RealBin;
use PerfauditTest;
use Test::More;

my $node = new_server('other_servers');
plan skip_all => 'postgres_fdw or dblink is not there'
  unless $node->safe_psql('postgres', q{SELECT count(*) = 2 FROM pg_available_extensions WHERE name IN ('postgres_fdw', 'dblink')}) eq 't';

my ($host, $port) = ($node->host, $node->port);
$node->safe_psql('postgres', qq{
	CREATE EXTENSION postgres_fdw;
	CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
	CREATE USER MAPPING FOR CURRENT_USER SERVER itself;
	CREATE TABLE near (id int, k int, filler text);
	INSERT INTO near SELECT i, i, repeat('x', 100) FROM generate_series(1, 20000) i;
	ANALYZE near;
	CREATE FOREIGN TABLE asks (id int, k int) SERVER itself OPTIONS (table_name 'near', use_remote_estimate 'true');
	CREATE FOREIGN TABLE trusts (id int, k int) SERVER itself OPTIONS (table_name 'near');
	CREATE TABLE parts (id int, k int) PARTITION BY RANGE (id);
	CREATE FOREIGN TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (100000) SERVER itself OPTIONS (table_name 'near', use_remote_estimate 'true');
	SELECT perfaudit.reset()});
$node->safe_psql('postgres', join('', map {
	"SELECT count(*) FROM near n, asks a WHERE n.k = $_ AND a.id = n.id;
	SELECT count(*) FROM near n, trusts a WHERE n.k = $_ AND a.id = n.id AND n.filler <> '';
	SELECT count(*), 1 FROM near n, parts a WHERE n.k = $_ AND a.id = n.id;\n" } 1 .. 2));

# from now on it accepts connections, and says nothing
my $silent = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', Proto => 'tcp') or die "cannot listen: $!";
$node->safe_psql('postgres', qq{ALTER SERVER itself OPTIONS (SET host '127.0.0.1', SET port '} . $silent->sockport . q{')});
my ($out, $err) = ('', '');
my $run = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c',
	q{CREATE TEMPORARY TABLE advice AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 60000)}, '-c',
	q{SELECT count(*) > 0, sum(n_queries) > 0 FROM advice WHERE action = 'create' AND ddl ~ 'near'}, '-c',
	q{SELECT count(*), string_agg(DISTINCT k->>'reason', '; ') FROM advice, jsonb_array_elements(evidence->'skipped') k WHERE action = 'note'}, '-c',
	q{SELECT evidence->'skipped'->0->>'reason' FROM perfaudit.suggest_indexes_for('SELECT * FROM asks WHERE k = 5')} ],
	'>', \$out, '2>', \$err, IPC::Run::timeout(120));
my $ended = eval { $run->finish; 1 };
$run->kill_kill if !$ended;
ok($ended, 'advice comes to an end') or diag($err);
my $reason = 'it reads a foreign table, whose server planning may have to ask';
is($out, "t|t\n2|$reason\n$reason\n", 'what would ask is skipped, what does not is advised');
is($err, '', 'without a word');
$silent->close;

# what a function does over a connection of its own is not undone: it is not executed
$node->safe_psql('postgres', qq{
	CREATE EXTENSION dblink;
	CREATE ROLE other LOGIN;
	GRANT EXECUTE ON FUNCTION dblink_connect_u(text, text) TO other;
	GRANT CREATE ON SCHEMA public TO other;
	CREATE TABLE written (x int);
	GRANT ALL ON written, near TO other;
	SELECT perfaudit.reset()});
$node->safe_psql('postgres', qq{
	CREATE FUNCTION elsewhere() RETURNS int IMMUTABLE LANGUAGE plpgsql AS \$\$
	BEGIN
		IF current_setting('other.act', true) = 'on' THEN
			PERFORM dblink_connect_u('away', 'host=$host port=$port dbname=postgres user=other');
			PERFORM dblink_exec('away', 'INSERT INTO written VALUES (1)');
		END IF;
		RETURN 5;
	END \$\$;
	SELECT id FROM near WHERE k = elsewhere();
	SELECT id FROM near WHERE k = elsewhere() OFFSET 0}, extra_params => [ '-U', 'other' ]);
is($node->safe_psql('postgres', q{
	SET other.act = on;
	CREATE TEMPORARY TABLE advice AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 60000);
	SELECT count(*) > 0, min(k->>'sqlstate') FROM advice, jsonb_array_elements(evidence->'skipped') k WHERE action = 'note';
	SELECT count(*), coalesce(array_length(dblink_get_connections(), 1), 0) FROM written}), "t|25006\n0|0", 'nothing was written over another connection, nor is it open');
is($node->safe_psql('postgres', q{SET other.act = on; SELECT elsewhere(); SELECT count(*) FROM written},
	extra_params => [ '-U', 'other' ]), "5\n1", 'it does work');
$node->stop;
done_testing();
