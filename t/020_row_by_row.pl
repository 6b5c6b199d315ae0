# Writes one by one as clients send them: in every protocol, in pipelines, by pgbench's own scripts.
# Times decide nothing: no burst ends by itself, none is too slow.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('row_by_row', conf => "perfaudit.burst_gap = '60s'\nperfaudit.burst_max_time = '1h'\n"
	  . "perfaudit.row_write_burst_gap = '60s'\n");
$node->safe_psql('postgres', 'CREATE TABLE events (id int, what text)');

# What is found after a script of some writes, each with \$i for its number.
sub found_after
{
	my ($protocol, $script) = @_;

	$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
	ok(run_pgbench($node, pgbench_script('row_by_row', $script), '-M', $protocol, '-t', 2), 'runs');
	# the session's last unit ends with it, a little later
	$node->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pgbench')});
	return $node->safe_psql('postgres', q{
		SELECT evidence->>'scope', occurrences, evidence->>'n_min', evidence->>'n_max', relation FROM perfaudit.findings
		WHERE kind = 'row_by_row_write'});
}

my $ten = join('', map { "INSERT INTO events VALUES ($_, 'x');\n" } 1 .. 10);
my $fifty = $ten x 5;
foreach my $protocol (qw(simple extended prepared))
{
	is(found_after($protocol, "BEGIN;\n${ten}COMMIT;\n"), 'transaction|2|10|10|events', "$protocol: in a transaction");
	is(found_after($protocol, $fifty), 'burst|1|100|100|events', "$protocol: in a burst");
	next if $protocol eq 'simple';
	is(found_after($protocol, "BEGIN;\n\\startpipeline\n${ten}\\endpipeline\nCOMMIT;\n"), '',
		"$protocol: in a pipeline there is nothing to wait for");
	is(found_after($protocol, "\\startpipeline\nBEGIN;\n${ten}COMMIT;\n\\endpipeline\n"), '', "$protocol: with its transaction, too");
	is(found_after($protocol, "\\startpipeline\n${fifty}\\endpipeline\n"), '', "$protocol: nor outside of a transaction");
}

# pgbench's own, in which every table is written to once
command_ok([ 'pgbench', '-i', '-q', '-h', $node->host, '-p', $node->port, 'postgres' ], 'pgbench -i');
foreach my $script (qw(tpcb-like simple-update))
{
	foreach my $protocol (qw(simple extended prepared))
	{
		$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
		command_ok([ 'pgbench', '-n', '-b', $script, '-M', $protocol, '-t', 100, '-h', $node->host, '-p', $node->port, 'postgres' ],
			"$script, $protocol");
		is($node->safe_psql('postgres', q{SELECT kind, query FROM perfaudit.findings WHERE kind = 'row_by_row_write'}), '',
			'nothing is found');
	}
}
$node->stop;
done_testing();
