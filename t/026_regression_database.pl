# PostgreSQL's own regression database, made by its own suite: nothing above low is found in it, and with everything
# recorded and every threshold at its lowest looking never fails, while all is made and dropped and after. The suite
# is not in the server's packages: PERFAUDIT_REGRESS_SOURCE names a src/test/regress of PostgreSQL's source, else the
# one that scripts/regress-source has put here is taken.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Cwd qw(abs_path);
use File::Basename;
use IPC::Run;
use PerfauditTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

sub config { chomp(my $value = `pg_config --$_[0]`); return $value }

my ($major) = config('version') =~ /(\d+)/;
my $source = $ENV{PERFAUDIT_REGRESS_SOURCE} || "$FindBin::RealBin/postgresql/$major";
plan skip_all => "PostgreSQL's regression suite is not wanted: PERFAUDIT_REGRESS_SOURCE=none" if $source eq 'none';
plan skip_all => "PostgreSQL's regression suite is not there: $source (scripts/regress-source fetches it)"
  unless -e "$source/parallel_schedule" && -e "$source/regress.c";
$source = abs_path($source);
my $pg_regress = dirname(config('pgxs')) . '/../test/regress/pg_regress';
plan skip_all => "the server's packages have no pg_regress: $pg_regress" unless -x $pg_regress;

# -- the suite --------------------------------------------------------------------
# Its library is one file; it wants the others of the server's beside that.
my $output = "$PostgreSQL::Test::Utils::tmp_check/regression_database";
my $libraries = "$output/lib";
system('mkdir', '-p', $libraries) == 0 or die;
my $headers = config('includedir-server');
system(join(' ', 'gcc', (map { config($_) } qw(cflags cppflags cflags_sl)), "-w -shared -I$headers -o $libraries/regress.so $source/regress.c")) == 0
  or die 'regress.c does not compile';
symlink(config('pkglibdir') . "/$_.so", "$libraries/$_.so") foreach qw(refint autoinc);

my $node = new_server('regression_database', init => { extra => [ '--no-locale', '--encoding=UTF8' ] },
	conf => "max_connections = 40\nmax_locks_per_transaction = 1000\nmax_prepared_transactions = 2\nperfaudit.max_statements = 20000\nperfaudit.text_memory = '32MB'\nperfaudit.sample_budget = 1\n"
	  . "perfaudit.sample_first = 1000\nlog_min_messages = fatal\nallow_in_place_tablespaces = on\n");
# All thresholds where they let most through: the lowest of almost all.
my $lowest = q{SELECT count(set_config(name, CASE WHEN name ~ '(kept_share|cacheable_changes|burst_gap)$' THEN max_val ELSE min_val END, false))
	FROM pg_settings WHERE context = 'user' AND name IN (SELECT unnest(settings) FROM perfaudit.detector_list) \g /dev/null
};
(my $tenth = $lowest) =~ s/min_val END/greatest(min_val::float8, boot_val::float8 \/ 10)::text END/;
my $told = 'SELECT count(*) FROM (SELECT f::text FROM perfaudit.findings f) x;';

my ($out, $err) = ('', '');
my $started = time();
my $suite = IPC::Run::start([ $pg_regress, "--inputdir=$source", "--dlpath=$libraries", "--schedule=$source/parallel_schedule",
		"--outputdir=$output", '--bindir=' . config('bindir'), '--host=' . $node->host, '--port=' . $node->port,
		'--max-connections=10', '--load-extension=perfaudit', '--dbname=regression' ], '>', \$out, '2>', \$err);
my ($failed, $looked, $longest) = ('', 0, 0);
while ($suite->pumpable)
{
	my $begun = time();
	my ($status, undef, $error) = $node->psql('regression', "$lowest SET statement_timeout = '120s'; $told");

	$suite->pump_nb;
	select(undef, undef, undef, 5);
	next if $error =~ /database "regression" does not exist|"perfaudit\./ && $looked == 0;
	$failed .= $error if $status != 0 || $error ne '';
	$looked++;
	$longest = time() - $begun if time() - $begun > $longest;
}
$suite->finish;
my ($bad) = $out =~ /(\d+) of \d+ tests failed/;
note sprintf('the suite took %.0f s; %s tests differ from what is expected; looked %d times meanwhile, at most %.0f ms (with all the psql)',
	time() - $started, $bad // 'no', $looked, 1000 * $longest);
cmp_ok($node->safe_psql('regression', 'SELECT count(*) FROM perfaudit.statements'), '>', 1000, 'the suite is recorded') or diag($out, $err);
is($failed, '', 'looking does not fail while all is made and dropped');
cmp_ok($looked, '>', 2, 'several times');

# -- what is found ----------------------------------------------------------------
sub look
{
	my ($what, $thresholds, $timeout) = @_;
	my ($status, $text, $error) = $node->psql('regression', "$thresholds SET statement_timeout = '$timeout'; \\timing on\n$told");
	is($status . $error, '0', "looking answers $what");
	my ($n, $ms) = $text =~ /(\d+)\nTime: ([0-9.]+) ms/;
	note "$n findings in $ms ms, $what";
	return $n // 0;
}
cmp_ok(look('after the suite', '', '10s'), '>', 5, 'and shows what the suite does on purpose');
note $node->safe_psql('regression', 'SELECT kind, severity, count(*) FROM perfaudit.findings GROUP BY 1, 2 ORDER BY 1, 2');
# how long psql waits between its INSERTs depends on the machine
is($node->safe_psql('regression', q{SELECT severity, kind, relation, summary, suggestion, query FROM perfaudit.findings
	WHERE severity <> 'low' AND NOT (kind = 'row_by_row_write' AND severity = 'medium')}), '', 'nothing above low');
look("with every threshold at a tenth of its default", $tenth, '60s');
cmp_ok(look('with every threshold at its lowest', $lowest, '120s'), '>', 1000, 'and shows all that it can');
note $node->safe_psql('regression', "$lowest SELECT kind, count(*) FROM perfaudit.findings GROUP BY 1 ORDER BY 1");

# one of each kind at length
is($node->safe_psql('regression', "$lowest SET statement_timeout = '120s';" . q{SELECT string_agg(kind, ', ') FROM (
	SELECT f.kind FROM (SELECT DISTINCT ON (kind) kind, finding_id FROM perfaudit.findings ORDER BY kind, impact_ms DESC) f
	LEFT JOIN LATERAL perfaudit.explain(f.finding_id) l ON true
	GROUP BY 1 HAVING NOT (count(l) > 10 AND bool_or(l = 'Seen') AND bool_or(l = 'Cost') AND bool_or(l = 'Evidence') AND bool_or(l = 'Repair'))) x}),
	'', 'one of each kind explains itself');

# -- what is gone -----------------------------------------------------------------
sub drop
{
	my ($schemas) = @_;
	$node->psql('regression', "SELECT format('DROP TABLE IF EXISTS %s CASCADE', oid::regclass) FROM pg_class
			WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p') AND oid::bigint % 2 = 0 \\gexec
		SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|perfaudit)' AND nspname ~ '$schemas' \\gexec",
		on_error_stop => 0);
}
drop('^[^p]');
look('with half of it dropped', $lowest, '120s');
drop('');
is($node->safe_psql('regression', q{SELECT to_regnamespace('public') IS NULL}), 't', 'all is dropped');
is($node->safe_psql('regression', "$lowest SET statement_timeout = '120s'; SELECT kind, relation FROM perfaudit.findings WHERE relation IS NOT NULL"), '',
	'and nothing is shown of what is gone');
note $node->safe_psql('regression', "$lowest SELECT kind, count(*) FROM perfaudit.findings GROUP BY 1 ORDER BY 1");
$node->stop;
done_testing();
