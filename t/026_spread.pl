# One N+1 over several connections, and its sessions come and go: counted once,
# whoever leaves first, over resets, dropped databases, crashes and restarts.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Utils;

my $node = new_server('spread', conf => qq{
	perfaudit.burst_gap = 30s
	perfaudit.burst_max_time = 10min
	perfaudit.repeat_report_time = 1h
	restart_after_crash = on
	perfaudit.log = on
	max_connections = 20
});
my $schema = q{
	CREATE TABLE list (id int PRIMARY KEY, name text);
	CREATE TABLE item (id int PRIMARY KEY, list_id int REFERENCES list);
	INSERT INTO list SELECT i, 'list ' || i FROM generate_series(1, 40) i;
	INSERT INTO item SELECT i, i FROM generate_series(1, 40) i;
};
$node->safe_psql('postgres', $schema);

# -- who leaves first ----------------------------------------------------------------
my @found = spread('postgres', 1, leaves => 'list');
is("@found", '1 24 24', 'the session that read the list leaves while others go on');
is(facts(), '1 24 24', 'all have left');
is($node->safe_psql('postgres', "SELECT evidence->>'connections' FROM perfaudit.findings WHERE kind = 'n_plus_one'"), '3',
	'over how many connections');
spread('postgres', 2, leaves => 'one', n => 24);
is(facts(), '2 48 24', 'another request, of which one session leaves in the middle');

# -- who is told ----------------------------------------------------------------------
my @lines = slurp_file($node->logfile) =~ /LOG:  perfaudit: the same SELECT ran (\d+) times/g;
cmp_ok($lines[0] // 0, '>=', 10, 'the log tells of it');
is(scalar(@lines), 1, 'once');

# -- to the store --------------------------------------------------------------------
sleep(11);
$node->safe_psql('postgres', 'SELECT 1'); # a session that drains what is over
is(facts(), '2 48 24', 'what is over is counted once');
spread('postgres', 3);
$node->restart;
is(facts(), '3 72 24', 'a restart keeps what goes on');
spread('postgres', 4);
is(facts(), '4 96 24', 'and more is added');

# -- what goes away meanwhile ----------------------------------------------------------
my @sessions = map { session('postgres', 5) } 1 .. 3;
read_list($sessions[0]);
children([ @sessions[ 1, 2 ] ], 1 .. 20);
is(facts(), '5 116 24', 'goes on');
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
is(facts(), '', 'a reset forgets it');
children([ @sessions[ 1, 2 ] ], 21 .. 24);
is(facts(), '', 'what is left is no proof');
finish($_) foreach @sessions;
spread('postgres', 6);
is(facts(), '1 24 24', 'the next one counts');

$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', $schema);
@sessions = map { session('other', 7) } 1 .. 3;
read_list($sessions[0]);
children([ @sessions[ 1, 2 ] ], 1 .. 24);
finish($_) foreach @sessions;
$node->safe_psql('postgres', 'DROP DATABASE other');
is(facts(), '1 24 24', 'a database that is dropped');

@sessions = map { session('postgres', 8) } 1 .. 3;
read_list($sessions[0]);
children([ @sessions[ 1, 2 ] ], 1 .. 12);
kill 'KILL', $sessions[1]{pid};
finish($_) foreach @sessions;
$node->poll_query_until('postgres', 'SELECT 1', '1') or die 'no restart';
is(facts(), '', 'a crash forgets all');
spread('postgres', 9);
is(facts(), '1 24 24', 'and it goes on');

@sessions = map { session('postgres', 11) } 1 .. 3;
read_list($sessions[0]);
children([ @sessions[ 1, 2 ] ], 1 .. 24);
children([ $sessions[1] ], 5, 9);
finish($_) foreach @sessions;
is(facts(), '2 48 24', 'what others ask for on one of them does not count');

@sessions = map { session('postgres', 10) } 1 .. 3;
ask($_, "SET perfaudit.notice = 'error'") foreach @sessions;
read_list($sessions[0]);
children([ @sessions[ 1, 2 ] ], 1 .. 24);
like($_->{err}, qr/ERROR:  perfaudit: the same SELECT ran \d+ times/, 'a client is told') foreach @sessions[ 1, 2 ];
is($sessions[0]{err}, '', 'but not that which did not repeat anything');
finish($_) foreach @sessions;

$node->stop;
done_testing();

# A request over three sessions: the first reads a list, the others ask for its rows'
# belongings in turns.  Returns what is found while they are all still there.
sub spread
{
	my ($database, $unit, %options) = @_;
	my @all = map { session($database, $unit) } 1 .. 3;
	my $n = $options{n} // 24;

	read_list($all[0]);
	my @others = @all[ 1, 2 ];
	children(\@others, 1 .. 10);
	finish($all[0]) if ($options{leaves} // '') eq 'list';
	children(\@others, 11 .. 20);
	finish(pop @others) if ($options{leaves} // '') eq 'one';
	children(\@others, 21 .. $n);
	my $now = facts();
	finish($_) foreach grep { $_->{handle} } @all;
	return $now;
}

# Units, executions in all, and the most in a unit.
sub facts
{
	return $node->safe_psql('postgres', q{
		SELECT concat_ws(' ', units, n_total, n_max) FROM perfaudit.repeat_facts()
		WHERE kind = 'child' AND application = 'spread'});
}

sub session
{
	my ($database, $unit) = @_;
	my $session = { in => '', out => '', err => '' };

	local $ENV{PGAPPNAME} = 'spread';
	$session->{handle} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($database) ], '<', \$session->{in},
		'>', \$session->{out}, '2>', \$session->{err}, IPC::Run::timeout(120));
	ask($session, "SET perfaudit.unit = 'unit $unit'");
	$session->{pid} = ask($session, 'SELECT pg_backend_pid()');
	return $session;
}

# Runs a statement to its end; returns its only value.
sub ask
{
	my ($session, $statement) = @_;

	$session->{out} = '';
	$session->{in} .= "$statement;\n\\echo end of it\n";
	$session->{handle}->pump until $session->{out} =~ /end of it\n/;
	my ($value) = $session->{out} =~ /^(.*)$/m;
	return $value;
}

sub read_list { my ($session) = @_; ask($session, 'SELECT id, name FROM list ORDER BY id'); return; }

sub children
{
	my ($sessions, @ids) = @_;

	ask($sessions->[ $_ % @$sessions ], "SELECT id FROM item WHERE list_id = $_") foreach @ids;
	return;
}

sub finish
{
	my ($session) = @_;

	my $pid = $session->{pid};
	$session->{in} .= "\\q\n";
	eval { $session->{handle}->finish };
	delete $session->{handle};
	# gone from shared memory, too
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid");
	return;
}
