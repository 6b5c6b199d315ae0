# The same application through the simple, the extended and the prepared
# protocol: the same findings, the same counts.
use strict;
use warnings;
use FindBin;
use IO::Socket::UNIX;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('protocols', conf => "perfaudit.burst_gap = 60s\nperfaudit.burst_max_time = 1h\n"
	  . "perfaudit.repeat_report_time = 1h\n");
$node->safe_psql('postgres', q{
	CREATE TABLE users (id int PRIMARY KEY, name text);
	CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users, title text);
	CREATE INDEX ON posts (user_id);
	INSERT INTO users SELECT i, 'user ' || i FROM generate_series(101, 140) i;
	INSERT INTO posts SELECT i, 101 + i % 40, 'title ' || i FROM generate_series(1, 400) i;
	ANALYZE users, posts;
});

# a list of twelve; then a statement for each: pgbench's variables become parameters
my $loop = join('', map { "\\set id 100 + $_\nSELECT * FROM posts WHERE user_id = :id;\nSELECT count(*) FROM posts WHERE user_id = :id AND title <> 'x';\n" } 1 .. 12);
my $same = "\\set id 7\n" . ("SELECT title FROM posts WHERE id = :id;\n" x 8);
my $list = "SELECT id, name FROM users ORDER BY id LIMIT 12;\n";
my %scripts = (
	transaction => "BEGIN;\n$list$loop${same}COMMIT;\n",
	burst => "$list$loop$same",
	# silent: batches of neighbours, keyset pages
	good => $list . join('', map { "\\set a 100 + $_\n\\set b 101 + $_\n"
			  . "SELECT * FROM posts WHERE user_id BETWEEN :a AND :b;\n"
			  . "SELECT * FROM posts WHERE id > :a ORDER BY id LIMIT 10;\n" } 1 .. 12));

my %found;
my %counted;
foreach my $name (sort keys %scripts)
{
	my $file = pgbench_script($name, $scripts{$name});

	foreach my $protocol (qw(simple extended prepared))
	{
		$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
		ok(run_pgbench($node, $file, '-M', $protocol, '-t', 1), "$name, $protocol: runs");
		$found{$name}{$protocol} = $node->safe_psql('postgres', q{
			SELECT kind, relation, evidence->>'variant', evidence->>'scope', evidence->>'child_column',
				   evidence->>'parent_table', evidence->>'parent_column', evidence->>'n_max',
				   evidence->>'distinct_values', evidence->>'compared', evidence->>'covered', occurrences,
				   regexp_replace(query, '\$\d+', '$', 'g')
			FROM perfaudit.findings WHERE kind IN ('n_plus_one', 'duplicate_statement') ORDER BY 1, 3, 2
		});
		$counted{$name}{$protocol} = $node->safe_psql('postgres', q{
			SELECT calls, rows, regexp_replace(query, '\$\d+', '$', 'g') FROM perfaudit.statements
			WHERE toplevel AND query ~ '(FROM posts|FROM users)' AND query !~ 'perfaudit' ORDER BY 3
		});
		is($found{$name}{$protocol}, $found{$name}{extended} // $found{$name}{$protocol}, "$name, $protocol: the same findings");
	}
	is($found{$name}{$_}, $found{$name}{simple}, "$name, $_: finds what simple finds") foreach qw(extended prepared);
	is($counted{$name}{$_}, $counted{$name}{simple}, "$name, $_: counts what simple counts") foreach qw(extended prepared);
}
like($found{transaction}{simple}, qr/n_plus_one\|posts\|$_\|transaction\|user_id\|public\.users\|id\|12\|11\|11\|1\.000\|1\|/, "the $_ in a transaction")
  foreach qw(select count);
like($found{burst}{simple}, qr/n_plus_one\|posts\|$_\|burst\|user_id\|public\.users\|id\|12\|11\|11\|1\.000\|1\|/, "the $_ in a burst")
  foreach qw(select count);
like($found{$_}{simple}, qr/duplicate_statement\|posts\|/, "$_: the same values again") foreach qw(transaction burst);
is($found{good}{simple}, '', 'silent on what is done well');
like($counted{burst}{simple}, qr/^12\|120\|SELECT \* FROM posts/m, 'twelve calls, 120 rows');

# a pipeline: several statements before one answer
my $pipeline = pgbench_script('pipeline', "\\startpipeline\n" . join('', map { "SELECT $_ AS piped, id FROM users WHERE id = 10$_;\n" } 1 .. 9) . "\\endpipeline\n");
foreach my $protocol (qw(extended prepared))
{
	$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
	ok(run_pgbench($node, $pipeline, '-M', $protocol, '-t', 2), "a pipeline, $protocol");
	is(calls_of($node, 'AS piped'), 18, 'each statement is one call');
}
# tags in comments, whichever message the text came in
my $tagged = pgbench_script('tagged', join('', map { "\\set id 100 + $_\nSELECT name FROM users WHERE id = :id /*controller='users',action='show'*/;\n"
		  . "SELECT title FROM posts WHERE id = :id;\n" } 1 .. 12));
foreach my $protocol (qw(simple extended prepared))
{
	$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
	ok(run_pgbench($node, $tagged, '-M', $protocol, '-t', 2), "tagged, $protocol");
	# its unit ends with it, a little later than pgbench does
	$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM perfaudit.backends');
	is($node->safe_psql('postgres', 'SELECT tags, units, statements FROM perfaudit.units WHERE tags IS NOT NULL'),
		'{"action": "show", "controller": "users"}|1|48', "$protocol: one unit, with its tags");
}

# -- a client that asks for portions (Execute with a number of rows), as JDBC does -----
my $wire = wire_connect($node);
$node->safe_psql('postgres', "CREATE TABLE many AS SELECT i AS id FROM generate_series(1, 3000) i; ANALYZE many; SELECT perfaudit.reset()");
wire_send($wire, 'P', "portions\0SELECT id FROM many WHERE id > \$1\0" . pack('n', 1) . pack('N', 23));
wire_send($wire, 'B', "cursor\0portions\0" . pack('nnN', 0, 1, 1) . '0' . pack('n', 0));
wire_send($wire, 'E', "cursor\0" . pack('N', 1200));
wire_send($wire, 'E', "cursor\0" . pack('N', 1200));
wire_send($wire, 'E', "cursor\0" . pack('N', 5));
wire_send($wire, 'C', "Pcursor\0");
wire_send($wire, 'S', '');
is(wire_answer($wire)->{D}, 2405, 'rows in three portions');
wire_send($wire, 'P', "\0SELECT id + 0 FROM many\0" . pack('n', 0));
wire_send($wire, 'B', "\0\0" . pack('nnn', 0, 0, 0));
wire_send($wire, 'E', "\0" . pack('N', 0));
wire_send($wire, 'S', '');
is(wire_answer($wire)->{D}, 3000, 'all rows at once');
is($node->safe_psql('postgres', q{SELECT calls, rows, seq_rows_read FROM perfaudit.statements WHERE query ~ '^SELECT id FROM many'}),
	'1|2405|2405', 'one call, with the rows fetched and read');
is($node->safe_psql('postgres', q{SET perfaudit.unbounded_rows = 1000; SET perfaudit.judge_calls = 1;
	SELECT query FROM perfaudit.findings WHERE kind = 'unbounded_result'}),
	'SELECT id + $1 FROM many', 'portions are no unbounded result, all rows are');

# the sixth execution of a named statement, when the server makes a plan for all values
$node->safe_psql('postgres', q{CREATE TABLE job AS SELECT i AS id, CASE WHEN i <= 20000 THEN i % 20 ELSE i END AS kind, 'n' || i AS note FROM generate_series(1, 20020) i;
	ALTER TABLE job ADD PRIMARY KEY (id); CREATE INDEX ON job (kind); ANALYZE job; SELECT perfaudit.reset()});
wire_send($wire, 'P', "job\0SELECT note FROM job WHERE kind = \$1 ORDER BY id LIMIT 1\0" . pack('n', 1) . pack('N', 23));
foreach my $i (1 .. 25)
{
	wire_send($wire, 'B', "\0job\0" . pack('nnnNN', 1, 1, 1, 4, 20010 + $i % 7) . pack('n', 0));
	wire_send($wire, 'E', "\0" . pack('N', 0));
	wire_send($wire, 'S', '');
	wire_answer($wire);
}
is($node->safe_psql('postgres', q{SET perfaudit.judge_time = 0;
	SELECT relation, occurrences, evidence->>'variant', evidence->>'calls_before' FROM perfaudit.findings WHERE kind = 'plan_regression'}),
	'job|20|generic_plan|5', 'its plan is slower than those made for the values');

# a list read in portions is a parent too
wire_send($wire, 'Q', "SELECT perfaudit.reset()\0");
wire_answer($wire);
wire_send($wire, 'Q', "BEGIN\0");
wire_answer($wire);
wire_send($wire, 'P', "list\0SELECT id FROM users ORDER BY id\0" . pack('n', 0));
wire_send($wire, 'B', "list\0list\0" . pack('nnn', 0, 0, 0));
wire_send($wire, 'E', "list\0" . pack('N', 15));
wire_send($wire, 'S', '');
is(wire_answer($wire)->{D}, 15, 'a portion of the list');
wire_send($wire, 'P', "child\0SELECT title FROM posts WHERE user_id = \$1\0" . pack('n', 1) . pack('N', 23));
foreach my $id (101 .. 112)
{
	# values in binary form
	wire_send($wire, 'B', "\0child\0" . pack('nnnNN', 1, 1, 1, 4, $id) . pack('n', 0));
	wire_send($wire, 'E', "\0" . pack('N', 0));
	wire_send($wire, 'S', '');
	wire_answer($wire);
}
wire_send($wire, 'Q', "COMMIT\0");
wire_answer($wire);
is($node->safe_psql('postgres', q{SELECT relation, evidence->>'parent_table', evidence->>'parent_column', evidence->>'covered'
	FROM perfaudit.findings WHERE kind = 'n_plus_one'}), 'posts|public.users|id|1.000', 'its rows are found, and binary values');
wire_send($wire, 'X', '');
close($wire);

$node->stop;
done_testing();

# -- the protocol, by hand: libpq cannot ask for portions -------------------------------
sub wire_connect
{
	my ($server) = @_;
	my $path = $server->host . '/.s.PGSQL.' . $server->port;
	my $socket = IO::Socket::UNIX->new(Peer => $path) or die "cannot connect to $path: $!";
	my $user = getpwuid($<);
	my $start = pack('N', 196608) . "user\0$user\0database\0postgres\0application_name\0wire\0\0";

	binmode $socket;
	syswrite($socket, pack('N', length($start) + 4) . $start);
	wire_answer($socket);
	return $socket;
}

sub wire_send
{
	my ($socket, $type, $body) = @_;
	syswrite($socket, $type . pack('N', length($body) + 4) . $body);
}

sub wire_read
{
	my ($socket, $length) = @_;
	my $data = '';

	while (length($data) < $length)
	{
		sysread($socket, $data, $length - length($data), length($data)) or die 'the server has gone';
	}
	return $data;
}

# Reads until the server is ready; returns how many messages of each type came.
sub wire_answer
{
	my ($socket) = @_;
	my %count;

	while (1)
	{
		my ($type, $length) = unpack('aN', wire_read($socket, 5));
		my $body = $length > 4 ? wire_read($socket, $length - 4) : '';

		die "error: $body" if $type eq 'E';
		$count{$type}++;
		return \%count if $type eq 'Z';
	}
}
