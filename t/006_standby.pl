# A hot standby records its own statements and answers questions.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Cluster;

my $primary = new_server('primary', init => { allows_streaming => 1 }, conf => "max_wal_senders = 4\n");
$primary->safe_psql('postgres', q{
	CREATE TABLE users (id int PRIMARY KEY, name text);
	CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users, title text);
	INSERT INTO users SELECT i, 'user ' || i FROM generate_series(101, 140) i;
	INSERT INTO posts SELECT i, 101 + i % 40, 'title ' || i FROM generate_series(1, 20000) i;
	CREATE UNLOGGED TABLE passing AS SELECT ARRAY[i] AS tags FROM generate_series(1, 100) i;
	ANALYZE;
});
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);

is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'a standby');
$standby->safe_psql('postgres', 'SELECT perfaudit.reset()');
my $loop = join('', map { "SELECT * FROM posts WHERE user_id = $_;\n" } 101 .. 112);
$standby->safe_psql('postgres', "BEGIN;\nSELECT id FROM users ORDER BY id LIMIT 12;\n${loop}COMMIT;");
is(calls_of($standby, '^SELECT . FROM posts'), 12, 'records its statements');
is(calls_of($primary, '^SELECT . FROM posts'), 0, 'which are not those of the primary');
is($standby->safe_psql('postgres', q{
	SET perfaudit.large_table_rows = 1000;
	SET perfaudit.judge_time = 0;
	SELECT kind, relation FROM perfaudit.findings WHERE kind IN ('n_plus_one', 'missing_foreign_key_index') ORDER BY 1
}), "missing_foreign_key_index|posts\nn_plus_one|posts", 'finds what is wrong there');
foreach my $view (qw(statements plans plan_nodes predicates units repeats backends info detectors findings))
{
	my ($status, $out, $err) = $standby->psql('postgres', "SELECT count(*) FROM perfaudit.$view");
	is($status, 0, "$view answers") or diag($err);
}
like($standby->safe_psql('postgres', "SELECT advice FROM perfaudit.info WHERE item = 'standby'"), qr/is recorded and counted there: look there too/, 'info says that it is one');
is($primary->safe_psql('postgres', "SELECT count(*) FROM perfaudit.info WHERE item = 'standby'"), 0, 'which the primary is not');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.suggest_indexes() WHERE action = 'create' AND "table" = 'posts'::regclass}),
	1, 'advises indexes');
# what it cannot see it says: writes, and who else needs an index
is($standby->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.suggest_indexes(), unnest(warnings) w WHERE action = 'note' AND w ~ '^standby: .*writes is not known'}),
	1, 'saying that writes are not counted there');
$primary->safe_psql('postgres', 'CREATE INDEX twice ON posts (title); CREATE INDEX again ON posts (title); CREATE INDEX idle ON posts (id, title)');
$primary->wait_for_catchup($standby);
$standby->safe_psql('postgres', "SELECT count(*) FROM posts WHERE title = 'title $_'") foreach (1 .. 40);
is($standby->safe_psql('postgres', q{
	SET perfaudit.index_report_size = 0;
	SET perfaudit.unused_index_age = 0;
	SET perfaudit.unused_index_reads = 1;
	SELECT ddl, coalesce(write_ms_per_day, 0) = 0, n_queries > 0, warnings::text ~ 'standby: the primary counts its own use' FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true) WHERE action = 'drop';
	SELECT count(*) FROM perfaudit.findings WHERE kind = 'unused_index'}), "DROP INDEX CONCURRENTLY public.twice|t|t|t\n0", 'drops are those of twins only, with that warning');
is($primary->safe_psql('postgres', q{SELECT count(*) FROM perfaudit.suggest_indexes(include_drops => true), unnest(warnings) w WHERE w ~ '^standby: '}),
	0, 'a primary has nothing of the kind to say');
is($standby->safe_psql('postgres', q{SELECT cost_after < cost_before
	FROM perfaudit.what_if('SELECT * FROM posts WHERE user_id = 7', ARRAY['CREATE INDEX ON posts (user_id)'])}),
	't', 'and tries them');
is($standby->safe_psql('postgres', q{SELECT cost_after < 20 AND est_size BETWEEN 300000 AND 800000
	FROM perfaudit.what_if('SELECT * FROM posts WHERE lower(title) = ''x''', ARRAY['CREATE INDEX ON posts (lower(title))'])}),
	't', 'measuring them by rows');
like(($standby->psql('postgres', q{SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON passing USING gin (tags)'])}))[2],
	qr/cannot access temporary or unlogged relations during recovery/, 'but not on unlogged tables, which have no rows here');

# its own statistics outlive its restart, and are no other's
my $kept = q{
	SET perfaudit.enabled = off;
	SET perfaudit.large_table_rows = 1000;
	SET perfaudit.judge_time = 0;
	SELECT sum(calls), sum(total_exec_time::numeric) FROM perfaudit.statements WHERE query ~ '(posts|users)' AND query !~ 'perfaudit';
	SELECT finding_id, kind, impact_ms FROM perfaudit.findings WHERE relation = 'posts'::regclass ORDER BY 1, 2;
	SELECT perfaudit.recorded_since();
};
my $before = $standby->safe_psql('postgres', $kept);
$standby->restart;
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'a standby again');
is($standby->safe_psql('postgres', $kept), $before, 'with its statistics');
is(calls_of($primary, '^SELECT . FROM posts'), 0, 'which still are not those of the primary');
$standby->stop('immediate');
$standby->start;
is(calls_of($standby, '^SELECT . FROM posts'), 0, 'without them after a crash');
$standby->safe_psql('postgres', 'SELECT count(*) FROM posts');
is($standby->safe_psql('postgres', 'SELECT perfaudit.reset() > 0'), 't', 'and may be reset');

# walsenders are not recorded
is($primary->safe_psql('postgres', "SELECT count(*) FROM perfaudit.statements WHERE query ~ 'START_REPLICATION|IDENTIFY_SYSTEM'"),
	0, "replication commands are no statements");

# promoted
$standby->promote;
$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
$standby->safe_psql('postgres', 'UPDATE posts SET title = title WHERE id = 1');
is(calls_of($standby, '^UPDATE posts'), 1, 'goes on when it is promoted');
is($standby->safe_psql('postgres', "SELECT count(*) FROM perfaudit.info WHERE item = 'standby'"), 0, 'info knows');
$standby->restart;
is(calls_of($standby, '^UPDATE posts'), 1, 'and keeps that');
$standby->stop;
$primary->stop;
done_testing();
