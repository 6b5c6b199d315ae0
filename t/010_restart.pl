# Statistics outlive a shutdown; damaged, foreign and unreadable files harm nothing.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $secret = 'swordfish-4711';
my $node = new_server('restart', conf => "perfaudit.max_statements = 5000\nperfaudit.sample_budget = 0\n");
my $saved = $node->data_dir . '/pg_stat/perfaudit.stat';
my $rejected = "$saved.rejected";

$node->safe_psql('postgres', q{
	CREATE TABLE users (id int PRIMARY KEY, name text);
	CREATE TABLE posts (id int PRIMARY KEY, user_id int, title text);
	INSERT INTO users SELECT i, 'user ' || i FROM generate_series(101, 140) i;
	INSERT INTO posts SELECT i, 101 + i % 40, 'title ' || i FROM generate_series(1, 20000) i;
	ANALYZE;
	CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM posts';
	CREATE SCHEMA app;
	CREATE TABLE app.orders AS SELECT i AS id, i % 5000 AS customer_id, 'x' AS filler FROM generate_series(1, 30000) i;
	ANALYZE app.orders;
	ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users;
});

# Work of all kinds: repeats, units, plans, errors, values, functions.
sub work
{
	my $loop = join('', map { "SELECT * FROM posts WHERE user_id = $_;\n" } 101 .. 112);

	$node->safe_psql('postgres', "SET application_name = 'web'; BEGIN;\nSELECT id FROM users ORDER BY id LIMIT 12 /*controller='users',action='index'*/;\n${loop}COMMIT;");
	$node->safe_psql('postgres', "SELECT * FROM posts WHERE title = '$secret'");
	$node->safe_psql('postgres', 'SELECT * FROM users');
	$node->safe_psql('postgres', "PREPARE p (text) AS SELECT * FROM posts WHERE title = \$1; EXECUTE p('$secret'); EXECUTE p('$secret')");
	$node->safe_psql('postgres', 'SET search_path = app; SELECT * FROM orders WHERE customer_id = 7');
	$node->safe_psql('postgres', 'SELECT counted()');
	$node->psql('postgres', 'SELECT 1 / (id - 101) FROM users');
}

# All that is recorded of the application, to the last digit.
my $mine = q{(SELECT shape FROM perfaudit.statement_facts(1) WHERE query ~ 'posts|users|counted|orders' AND query !~ 'perfaudit')};
my $state = qq{
	SET perfaudit.enabled = off;
	SET extra_float_digits = 3;
	SET perfaudit.large_table_rows = 1000;
	SET perfaudit.judge_calls = 1;
	SET perfaudit.judge_time = 0;
	SELECT to_jsonb(s) - '{hour_calls,hour_time,hour_rows,hour_p95_exec_time,previous_hour_calls,previous_hour_time,previous_hour_rows,previous_hour_p95_exec_time}'::text[] FROM perfaudit.statement_facts(1) s WHERE shape IN $mine ORDER BY dbid, userid, toplevel, shape;
	SELECT to_json(p) FROM perfaudit.plan_facts() p WHERE shape IN $mine ORDER BY shape, toplevel, plan_id;
	SELECT to_json(n) FROM perfaudit.node_facts() n WHERE shape IN $mine ORDER BY shape, toplevel, plan_id, node;
	SELECT to_json(p) FROM perfaudit.predicate_facts() p WHERE shape IN $mine ORDER BY shape, toplevel, plan_id, node, attnum, p::text;
	SELECT to_json(s) FROM perfaudit.scan_facts() s WHERE shape IN $mine ORDER BY shape, toplevel, relid;
	SELECT to_json(r) FROM perfaudit.repeat_facts() r WHERE shape IN $mine ORDER BY shape, application;
	SELECT to_json(u) FROM perfaudit.unit_facts() u WHERE application = 'web' ORDER BY scope;
	SELECT to_json(f) FROM perfaudit.findings f WHERE relation IN ('posts'::regclass, 'users'::regclass) ORDER BY to_json(f)::text;
	SELECT perfaudit.recorded_since();
};
sub recorded { return $node->safe_psql('postgres', $state) }
sub restored { my ($item) = @_;
	return $node->safe_psql('postgres', "SELECT value FROM perfaudit.info_facts() WHERE area = 'restored' AND item = '$item'") }
# The same as before, line by line: what differs is told.
my $before;
sub is_state
{
	my ($name) = @_;
	my %was = map { $_ => 1 } split(/\n/, $before);
	my %is = map { $_ => 1 } split(/\n/, recorded());

	is(join("\n", sort grep { !$was{$_} } keys %is), '', "$name: nothing new");
	is(join("\n", sort grep { !$is{$_} } keys %was), '', "$name: nothing lost");
}
sub calls { return calls_of($node, '^SELECT . FROM posts WHERE user_id') }

# The file again, changed; the server is stopped.
sub bytes { return slurp_file($saved) }
sub overwrite
{
	my ($bytes) = @_;
	open(my $handle, '>:raw', $saved) or die "$saved: $!";
	print $handle $bytes;
	close($handle);
}

# CRC-32C, as the file ends with; so that what is changed in it is to be believed.
my @crc_table = map { my $c = $_; $c = $c & 1 ? ($c >> 1) ^ 0x82f63b78 : $c >> 1 foreach 1 .. 8; $c } 0 .. 255;
sub sealed
{
	my ($bytes) = @_;
	my $crc = 0xffffffff;

	$crc = $crc_table[($crc ^ $_) & 255] ^ ($crc >> 8) foreach unpack('C*', substr($bytes, 0, -4));
	return substr($bytes, 0, -4) . pack('L', $crc ^ 0xffffffff);
}
sub changed
{
	my ($bytes, $at, $value) = @_;

	substr($bytes, $at, 4) = pack('L', $value);
	return sealed($bytes);
}

# -- as it was --------------------------------------------------------------------
work();
$before = recorded();
like($before, qr/"kind":"n_plus_one"/, 'there is a finding to keep');
like($before, qr/seq_scan_large_table/, 'and one from plans');
like($before, qr/from users#index/, 'and tags');
is(restored('statements of the last run'), 0, 'nothing restored at the first start');
$node->stop;
ok(-s $saved, 'a file is written at shutdown');
ok(!-e "$saved.tmp", 'and no other');
ok(index(bytes(), $secret) < 0, 'no literal and no value is in it');
my $good = bytes();
$node->start;
ok(!-e $saved, 'it is gone once it is read');
is_state('all is as it was');
cmp_ok(restored('statements of the last run'), '>=', 8, 'info says so');
cmp_ok(restored('plans of the last run'), '>=', 5, 'of plans');
cmp_ok(restored('repeats of the last run'), '>=', 1, 'of repeats');
is(restored('files refused'), 0, 'and that nothing was refused');

# twice, and it goes on from there
$node->restart;
is_state('and after another restart');
work();
is(calls(), 24, 'counting goes on');

# -- advice after a restart ----------------------------------------------------------
my $advice = q{
	SET perfaudit.enabled = off;
	SELECT s."table", q->>'planned_with' FROM perfaudit.suggest_indexes() s, jsonb_array_elements(evidence->'queries') q
	WHERE action = 'create' ORDER BY 1, 2};
my $full = "posts|literals\nposts|literals\nposts|values\napp.orders|literals";
is($node->safe_psql('postgres', $advice), $full, 'advice from samples of texts and values');
$node->restart;
is($node->safe_psql('postgres', $advice), $full =~ s/literals|values/parameters/gr, 'after a restart from the normalised texts, in their search_path');
work();
is($node->safe_psql('postgres', $advice), $full, 'and from samples once the statements have run again');
$node->restart;

# -- crash -------------------------------------------------------------------------
$node->stop('immediate');
ok(!-e $saved, 'nothing is written by an immediate shutdown');
$node->start;
is(calls(), 0, 'and recording begins anew');
isnt($node->safe_psql('postgres', 'SELECT perfaudit.recorded_since()'), (split /\n/, $before)[-1], 'since another time');

# -- reset ---------------------------------------------------------------------------
work();
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
my $since = $node->safe_psql('postgres', 'SELECT perfaudit.recorded_since()');
$node->restart;
is(calls(), 0, 'what was reset does not come back');
is($node->safe_psql('postgres', 'SELECT perfaudit.recorded_since()'), $since, 'the time of the reset is kept');

# -- damaged, foreign, not to be read ------------------------------------------------
# expect_refused NAME WHY: the server is stopped, and its file has been changed
sub expect_refused
{
	my ($name, $why) = @_;
	my $at = -s $node->logfile;

	is($node->start(fail_ok => 1), 1, "$name: the server starts");
	like(slurp_file($node->logfile, $at), qr/LOG:  perfaudit did not restore its statistics .*$why/, "$name: the log says why");
	is($node->safe_psql('postgres', q{
		SELECT count(*) FILTER (WHERE query ~ 'posts|users') FROM perfaudit.statements;
		SELECT count(*) FROM perfaudit.repeats;
		SELECT count(*) FROM perfaudit.units WHERE application = 'web';
		SELECT item, value FROM perfaudit.info WHERE area = 'restored' AND value <> '0';
		SELECT advice FROM perfaudit.info WHERE item = 'files refused';
	}), "0\n0\n0\nfiles refused|1\nThe server's log says why; the file is kept as pg_stat/perfaudit.stat.rejected.",
		"$name: nothing is restored, not even in part, and info knows");
	ok(-e $rejected, "$name: it is set aside");
	ok(!-e $saved, "$name: out of the way");
	$node->stop;
	ok(-f $saved, "$name: and the next one is written");
}

$node->stop;
my $middle = $good;
substr($middle, length($good) / 2, 8) ^= "\xff" x 8;
my $bit = $good;
substr($bit, 200, 1) ^= "\x01";
my $version = $good;
substr($version, 8, 4) = pack('L', 4711);
my $noise = join('', map { chr(($_ * 7919 + ($_ >> 3)) % 256) } 1 .. 50000);
my @damages = (
	# name, what is in the file, what the log says
	[ 'bytes in the middle', $middle, 'damaged' ],
	[ 'one bit of the header', $bit, 'damaged' ],
	[ 'cut in the middle', substr($good, 0, length($good) / 2), 'damaged' ],
	[ 'the last byte missing', substr($good, 0, -1), 'damaged' ],
	[ 'a byte too many', "${good}x", 'damaged' ],
	[ 'empty', '', 'too short' ],
	[ 'one byte', 'P', 'too short' ],
	[ 'the header alone', substr($good, 0, 150), 'damaged' ],
	[ 'noise', $noise, 'not written by perfaudit' ],
	[ 'another format', $version, 'format is 4711' ],
	# with a correct checksum
	[ 'another server', changed($good, 12, 14), 'written by PostgreSQL 14' ],
	[ 'another build', changed($good, 24, 8), 'another build' ],
	[ 'statements without end', changed($good, 68, 0xffffffff), 'makes no sense' ],
	[ 'one unit too many', changed($good, 76, unpack('L', substr($good, 76, 4)) + 1), 'makes no sense' ],
	[ 'one unit too few', changed($good, 76, unpack('L', substr($good, 76, 4)) - 1), 'makes no sense' ],
	[ 'advice that is not there', changed($good, 80, unpack('L', substr($good, 80, 4)) + 1), 'makes no sense' ],
	[ 'too many plans', changed($good, 108, 200), 'makes no sense' ],
	[ 'a text of 2 GB', changed($good, 112, 0x7fffffff), 'makes no sense' ]);
ok(sealed($good) eq $good, 'the checksum is known');
foreach my $damage (@damages)
{
	my ($name, $bytes, $why) = @$damage;

	overwrite($bytes);
	expect_refused($name, $why);
	ok(slurp_file($rejected) eq $bytes, "$name: as it was");
}

SKIP:
{
	skip 'permissions bind no superuser', 1 if $> == 0;
	overwrite($good);
	chmod 0, $saved;
	expect_refused('without permission', 'cannot be opened');
	chmod 0600, $rejected;
}
unlink $saved, $rejected;
mkdir $saved;
expect_refused('a directory', 'not a file');
# an older one in the way
overwrite('');
expect_refused('another after it', 'too short');
ok(-f $rejected, 'takes its place');

# one that cannot be set aside
unlink $rejected;
mkdir $rejected;
append_to_file("$rejected/x", 'x');
overwrite('');
is($node->start(fail_ok => 1), 1, 'the server starts, too, when it cannot be set aside');
is(calls(), 0, 'with nothing');
unlink "$rejected/x";
rmdir $rejected;

# -- of another cluster ---------------------------------------------------------------
my $other = new_server('other');
$other->stop;
$node->stop;
overwrite(slurp_file($other->data_dir . '/pg_stat/perfaudit.stat'));
expect_refused('of another cluster', 'another database cluster');

# -- a start that fails ------------------------------------------------------------------
$node->start;
work();
$node->stop;
append_to_file($node->data_dir . '/postgresql.conf', "hba_file = 'no such file'\n");
is($node->start(fail_ok => 1), 0, 'a start that fails');
ok(-f $saved, 'keeps what was there');
append_to_file($node->data_dir . '/postgresql.conf', "hba_file = '" . $node->data_dir . "/pg_hba.conf'\n");
$node->start;
is(calls(), 12, 'for the next one');

# -- pg_upgrade's servers -----------------------------------------------------------------
$node->stop;
my $left = bytes();
command_ok([ 'pg_ctl', '-w', '-D', $node->data_dir, '-l', $node->logfile, '-o', '-b', 'start' ], 'a server for pg_upgrade');
command_ok([ 'pg_ctl', '-w', '-D', $node->data_dir, '-m', 'fast', 'stop' ], 'and its end');
ok(bytes() eq $left, 'leave the file as it is');
$node->start;
is(calls(), 12, 'for the server itself');

# -- less room -----------------------------------------------------------------------------
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
my $many = join('', map { my $n = $_;
	'SELECT ' . join(', ', map { "id + $_ AS a$_" } 1 .. 1 + $n % 60) . ' FROM users WHERE id = 5'
	  . (' AND id <> 3' x ($n / 60)) . ";\n" } 0 .. 899);
my $often = "SELECT id, name, id FROM users WHERE name = 'often';\n" x 20;
$node->safe_psql('postgres', $many . $often);
cmp_ok(value_of($node, '^statements$'), '>', 900, '900 shapes');
$node->append_conf('postgresql.conf', "perfaudit.max_statements = 256\n");
$node->restart;
is(calls_of($node, '^SELECT id, name, id FROM users'), 20, 'fewer places: the most used is there');
cmp_ok(restored('statements of the last run'), '<=', 256, 'as many as there is room for');
cmp_ok(restored('statements of the last run'), '>=', 200, 'and no fewer');
cmp_ok(restored('statements without room'), '>', 600, 'the others are counted');
is($node->safe_psql('postgres', "SELECT count(*) FROM perfaudit.statements WHERE calls <> 1 AND query ~ '^SELECT id . '"), 0, 'each as it was');
$node->safe_psql('postgres', $many);
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');

# -- less room for texts: 1 MB of them ---------------------------------------------------------
$node->append_conf('postgresql.conf', "perfaudit.max_statements = 5000\nperfaudit.text_memory = '8MB'\n");
$node->restart;
$node->safe_psql('postgres', join('', map { "SELECT 1 AS a$_, '" . ('x' x 20) . "'" . (" || 'y'" x $_) . ' AS ' . ('n' x 60) . ";\n" } 1 .. 500));
my $texts = "SELECT count(*) FROM perfaudit.statements WHERE query ~ '^SELECT .1 AS a'";
is($node->safe_psql('postgres', $texts), 500, 'long texts');
$node->append_conf('postgresql.conf', "perfaudit.text_memory = '1MB'\n");
$node->restart;
cmp_ok(restored('statements of the last run'), '>=', 500, 'statements whose texts have no room are there');
cmp_ok($node->safe_psql('postgres', $texts), '<', 500, 'without their texts');
cmp_ok($node->safe_psql('postgres', $texts), '>', 100, 'but not all');

# -- billions of executions ------------------------------------------------------------------------
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
$node->safe_psql('postgres', $often);
$node->stop;
my $full_bucket = bytes();
# the statement used most comes first, after header and lengths; the layout says where its parts are
my ($counters, $hist) = map { 104 + 16 + $_ } unpack('LL', substr($full_bucket, 48, 8));
my @buckets = unpack('L128', substr($full_bucket, $hist, 4 * 128));
is(eval { my $sum = 0; $sum += $_ foreach @buckets; $sum }, 20, 'the histogram is known');
my ($fullest) = sort { $buckets[$b] <=> $buckets[$a] } 0 .. 127;
my $calls = 20 - $buckets[$fullest] + 0xffffffff - 5;
substr($full_bucket, $hist + 4 * $fullest, 4) = pack('L', 0xffffffff - 5);
substr($full_bucket, $counters, 8) = pack('Q', $calls);
overwrite(sealed($full_bucket));
$node->start;
$node->safe_psql('postgres', $often) foreach 1 .. 5;
is($node->safe_psql('postgres', q{SELECT calls, slow_calls = calls FROM perfaudit.statement_facts(0) WHERE query ~ '^SELECT id, name, id FROM users'}),
	($calls + 100) . '|t', 'more than a bucket of the histogram counts');

# -- not wanted ------------------------------------------------------------------------------------
work();
$node->append_conf('postgresql.conf', "perfaudit.save = off\n");
$node->reload;
$node->poll_query_until('postgres', "SELECT current_setting('perfaudit.save') = 'off'");
$node->stop;
ok(!-e $saved, 'perfaudit.save = off: nothing is written');
overwrite($good);
$node->start;
is(calls(), 0, 'nor read');
ok(!-e $saved, 'nor left for later');
$node->stop;
done_testing();
