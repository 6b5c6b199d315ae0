# Test suites as docs/testing.md has them (t/clients/suites): with nothing but
# perfaudit.notice = error in their connection, each test with an N+1 fails, and
# those of the repaired code pass.
#
# A suite whose client is not installed is skipped by name; with
# PERFAUDIT_CLIENTS=required in the environment that fails.
# PERFAUDIT_CLIENTS="django_suite ..." runs some only, none nothing.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PerfauditTest;

my $wanted = $ENV{PERFAUDIT_CLIENTS} // '';

my $python = '/usr/bin/python3';
my @suites = (
	# suite, what it needs, tests that must fail, tests that must pass
	[ 'django_suite', 'import django, psycopg2', 4, 4 ],
	[ 'sqlalchemy_suite', 'import sqlalchemy, psycopg2', 3, 3 ],
);
@suites = grep { " $wanted " =~ / $_->[0] / } @suites if $wanted ne '' && $wanted ne 'required';
plan skip_all => "PERFAUDIT_CLIENTS=$wanted" if !@suites;

# the log says the SQLSTATE
my $node = new_server('suites', conf => "log_error_verbosity = verbose\n");
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/clients/schema.sql"));

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
$ENV{PGUSER} = getpwuid($<);
$ENV{PYTHONDONTWRITEBYTECODE} = 1;
delete $ENV{PGOPTIONS};

# Runs the tests of one class; returns whether all passed, and what was said.
sub run_suite
{
	my ($suite, $class, $notice) = @_;
	my $log = '';

	local $ENV{SUITE_NOTICE} = $notice;
	my $ok = IPC::Run::run([ $python, "$FindBin::RealBin/clients/suites/$suite.py", $class ], '>', \$log, '2>', \$log);
	return ($ok, $log);
}

sub occurrences { my ($text, $pattern) = @_; return scalar(() = $text =~ /$pattern/g); }

foreach my $entry (@suites)
{
	my ($suite, $needs, $bad, $good) = @$entry;
	my $ignored = '';

  SKIP:
	{
		if (!eval { IPC::Run::run([ $python, '-c', $needs ], '>', \$ignored, '2>', \$ignored) })
		{
			fail("$suite: its client is installed") if $wanted eq 'required';
			skip("$suite: its client is not installed", 1);
		}

		my $offset = -s $node->logfile;
		my ($ok, $log) = run_suite($suite, 'Lazy', 'error');
		ok(!$ok, "$suite: the suite with N+1 fails");
		like($log, qr/^Ran $bad tests.*^FAILED \(errors=$bad\)/ms, "$suite: each of its tests");
		is(occurrences($log, qr/^ERROR: test_/m), $bad, "$suite: by an error");
		# most say it twice, as the driver's error and as their own
		like($log, qr/InternalError: .*perfaudit: the same SELECT ran 10 times in one unit of work, with other values each time/,
			"$suite: the error says what repeats");
		like($log, qr/DETAIL:  9 of 9 values compared came from orders\.customer_id/, "$suite: where the values came from");
		like($log, qr/It fails because perfaudit\.notice is "error"/, "$suite: and names the setting");
		is(occurrences(substr(slurp_file($node->logfile), $offset), qr/ERROR:  PA001: perfaudit: /), $bad,
			"$suite: the SQLSTATE of each is PA001");

		($ok, $log) = run_suite($suite, 'Eager', 'error');
		ok($ok, "$suite: the repaired suite passes") or diag($log);
		like($log, qr/^Ran $good tests.*^OK$/ms, "$suite: all of its tests");

		($ok, $log) = run_suite($suite, 'Lazy', 'off');
		ok($ok, "$suite: without the option nothing fails") or diag($log);
	}
}

$node->stop;
done_testing();
