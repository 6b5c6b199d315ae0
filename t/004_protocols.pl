# The same application through the simple, the extended and the prepared
# protocol: the same findings, the same counts.
use strict;
use warnings;
use FindBin;
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
$node->stop;
done_testing();
