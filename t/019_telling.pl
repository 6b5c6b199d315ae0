# The server's log is told once a finding, whatever session saw it; what others see of a statement
# that perfaudit.notice = error has ended.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

my $node = new_server('telling', conf => "log_statement = none\nperfaudit.log = on\nperfaudit.burst_gap = '60s'\nperfaudit.repeat_report_time = '1h'\n");
$node->safe_psql('postgres', q{
	CREATE TABLE people (id int PRIMARY KEY, name text);
	CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people, body text);
	INSERT INTO people SELECT i, 'somebody ' || i FROM generate_series(77001, 77040) i;
	INSERT INTO letters SELECT i, 77001 + i % 40 FROM generate_series(1, 80) i;
	CREATE ROLE web LOGIN; GRANT SELECT ON people, letters TO web;
	ANALYZE;
	SELECT perfaudit.reset();
});

sub loop
{
	my ($text, $n) = @_;
	return join('', map { sprintf("$text;\n", 77000 + $_) } 1 .. $n // 12);
}

# What a script, as a role and an application, adds to the log; and its standard error
sub logged
{
	my ($sql, %options) = @_;
	my $at = -s $node->logfile;
	my $connection = $node->connstr('postgres') . " application_name='" . ($options{application} // 'shop') . "'";
	my ($status, $out, $err) = $node->psql('postgres', $sql, connstr => $connection,
		extra_params => [ '-U', $options{role} // 'web' ], on_error_stop => 0);

	return (slurp_file($node->logfile, $at), $err);
}

my $list = "SELECT id FROM people ORDER BY id LIMIT 20;\n";
my $n_plus_one = $list . loop('SELECT * FROM letters WHERE person_id = %d');
my $line = qr/LOG:  perfaudit: the same (?:SELECT|INSERT)/;
sub lines { my ($log) = @_; return scalar(() = $log =~ /$line/g); }

# -- one line, with what to do, without a value ------------------------------------------
my ($log, $err) = logged("SET client_min_messages = log;\n" . $n_plus_one);
is(lines($log), 1, 'an N+1 is a line');
like($log, qr/LOG:  perfaudit: the same SELECT ran 10 times in one unit of work, with other values each time\n/, 'what was seen');
like($log, qr/DETAIL:  \d+ of \d+ values compared came from people\.id of a statement before\. Table letters, database postgres, role web, application_name "shop"\./, 'where');
like($log, qr/HINT:  Fetch all rows at once: letters\.person_id = ANY \(\$1\), or a join\. The statements are in perfaudit\.findings\./, 'and what to do');
unlike($log, qr/770\d\d|STATEMENT|CONTEXT/, 'no value, no statement');
unlike($err, qr/perfaudit/, 'the client is not told');

# -- once, whoever sees it, until a reset --------------------------------------------------
($log, $err) = logged($n_plus_one);
is(lines($log), 0, 'another session: the same finding');
$node->safe_psql('postgres', 'GRANT SELECT ON people, letters TO PUBLIC; CREATE ROLE api LOGIN');
($log, $err) = logged("BEGIN;\n${n_plus_one}COMMIT;\n", role => 'api');
is(lines($log), 0, 'another role, in a transaction: the same finding');
($log, $err) = logged($n_plus_one, application => 'jobs');
is(lines($log), 1, 'another application: another finding');
like($log, qr/application_name "jobs"/, 'by its name');
($log, $err) = logged(loop('SELECT name FROM people WHERE id = 77001', 5) . loop('SELECT name FROM people WHERE id = 77001', 5));
is(lines($log), 1, 'duplicates, too');
like($log, qr/ran 5 times in one unit of work, \d+ times with values seen before\n.*DETAIL:  Table people, database/s, 'by their own threshold, with their table');
($log, $err) = logged("BEGIN;\n" . loop('SELECT name FROM people WHERE id = %d') . "COMMIT;\n");
is(lines($log), 1, 'and those whose parent is unknown');
($log, $err) = logged("BEGIN;\n" . loop("INSERT INTO letters (id) VALUES (%d)", 12) . 'DELETE FROM letters WHERE id > 77000;' . "\nCOMMIT;\n", role => getpwuid($<));
is(lines($log), 1, 'rows written one by one');
like($log, qr/the same INSERT ran 10 times in one unit of work, for one row each\n.*DETAIL:  Table letters, database/s, 'by their own threshold, with their table');
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
($log, $err) = logged($n_plus_one);
is(lines($log), 1, 'after a reset it is told again');
$node->restart;
($log, $err) = logged($n_plus_one);
is(lines($log), 1, 'and after a restart');

# -- not what does not count ----------------------------------------------------------------
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
($log, $err) = logged($list . loop('SELECT * FROM letters WHERE person_id = %d', 9));
is(lines($log), 0, 'nine are too few');
($log, $err) = logged($list . loop('SELECT * FROM letters WHERE person_id = %d /* perfaudit:ignore */', 12));
is(lines($log), 0, 'nothing about what is meant');
$node->safe_psql('postgres', "ALTER ROLE api SET perfaudit.ignore_applications = 'sh*'");
($log, $err) = logged($n_plus_one, role => 'api');
is(lines($log), 0, 'nor about applications that are not judged');
$node->safe_psql('postgres', 'ALTER ROLE web SET perfaudit.log = off');
($log, $err) = logged($n_plus_one);
is(lines($log), 0, 'nor when it is off');
$node->safe_psql('postgres', 'ALTER ROLE web RESET perfaudit.log');
($log, $err) = logged("SET perfaudit.log = off;\n" . $n_plus_one);
like($err, qr/permission denied to set parameter "perfaudit.log"/, 'which is not for everybody to say');
is(lines($log), 1, 'so that it is told');

# -- no more than thirty a minute: the rest when it is seen again ------------------------------
$node->restart;
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
my $many = join('', map { my $more = ' AND id > 0' x $_; "SET perfaudit.unit = 'u$_';\n" . ("SELECT name FROM people WHERE id = 77001$more;\n" x 6) } 1 .. 40);
($log, $err) = logged($many);
is(lines($log), 30, 'thirty lines of forty findings');
($log, $err) = logged($many);
cmp_ok(lines($log), '<=', 10, 'none of them again');

# -- perfaudit.notice = error: what others see, and in the other protocols -----------------------
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->query_safe("SET perfaudit.notice = error; SET application_name = 'victim'");
$session->query($n_plus_one =~ s/(.*77010;\n).*/$1/sr);
is($node->safe_psql('postgres', q{SELECT running_query IS NULL, errors FROM perfaudit.backends WHERE application = 'victim'}),
	't|0', 'the statement that failed does not run, and was no error of the application');
is($node->safe_psql('postgres', q{SELECT calls, errors FROM perfaudit.statements WHERE query = 'SELECT * FROM letters WHERE person_id = $1'}), '9|0', 'and counts as not sent');
$session->quit;
foreach my $mode (qw(simple extended prepared))
{
	$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
	my $script = pgbench_script("telling_$mode", "\\set k 77001\nBEGIN;\n$list" . join('', map { "\\set k 77000 + $_\nSELECT body FROM letters WHERE person_id = :k;\n" } 1 .. 12) . "COMMIT;\n");
	my ($out, $err) = ('', '');

	local $ENV{PGOPTIONS} = '-c perfaudit.notice=error';
	IPC::Run::run([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-U', 'web', '-M', $mode, '-f', $script, '-t', 1, 'postgres' ], '>', \$out, '2>', \$err);
	like($err, qr/ERROR:  perfaudit: the same SELECT ran 10 times/, "$mode protocol: fails");
	like($err, qr/HINT: .*perfaudit\.notice is "error"/, 'says which setting did it');
	is($node->safe_psql('postgres', q{SELECT calls, errors FROM perfaudit.statements WHERE query ~ '^SELECT body FROM letters'}), '9|0', 'nine were sent, none failed');
}
$node->stop;
done_testing();
