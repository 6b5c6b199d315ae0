# The current and the previous hour of a statement, as the clock moves on and is set back; hours in which an index was advised.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use PostgreSQL::Test::Utils;
use Test::More;

# A clock for the server that can be moved: seconds in a file are added to its time.
my $dir = PostgreSQL::Test::Utils::tempdir();
my ($ahead, $source, $library) = ("$dir/ahead", "$dir/clock.c", "$dir/clock.so");
append_to_file($source, q{
	#define _GNU_SOURCE
	#include <fcntl.h>
	#include <stdlib.h>
	#include <time.h>
	#include <unistd.h>
	#include <sys/time.h>
	int gettimeofday(struct timeval *restrict tv, void *restrict zone)
	{
		struct timespec now;
		char seconds[32] = "";
		int file = open(getenv("PERFAUDIT_TEST_CLOCK"), O_RDONLY);

		if (file >= 0)
		{
			if (read(file, seconds, sizeof(seconds) - 1) < 0)
				seconds[0] = 0;
			close(file);
		}
		clock_gettime(CLOCK_REALTIME, &now);
		tv->tv_sec = now.tv_sec + atol(seconds);
		tv->tv_usec = now.tv_nsec / 1000;
		return 0;
	}
});
if ($^O ne 'linux' || system("cc -shared -fPIC -o $library $source 2>/dev/null") != 0)
{
	plan skip_all => 'no compiler for a clock that can be moved';
}
sub clock
{
	my ($seconds) = @_;
	open(my $file, '>', "$ahead.new") or die "$ahead.new: $!";
	print $file $seconds;
	close($file);
	rename("$ahead.new", $ahead) or die "$ahead: $!";
}
# The test begins ten minutes after a full hour.
my $start = 3600 - time() % 3600 + 600;
clock($start);
$ENV{PERFAUDIT_TEST_CLOCK} = $ahead;
my $node;
{
	local $ENV{LD_PRELOAD} = $library;
	$node = new_server('hours', conf => "perfaudit.burst_gap = 0\n");
}
like($node->safe_psql('postgres', 'SELECT extract(minute FROM clock_timestamp())'), qr/^1\d$/, 'the clock can be moved');

# calls, rows, has a percentile; of the current and of the previous hour; calls in all
my $hours = q{SELECT hour_calls, hour_rows, hour_p95_exec_time IS NOT NULL, hour_time > 0,
	previous_hour_calls, previous_hour_rows, previous_hour_p95_exec_time IS NOT NULL, previous_hour_time > 0, calls
	FROM perfaudit.statements WHERE toplevel AND query ~ '^SELECT g FROM'};
sub hours { return $node->safe_psql('postgres', $hours) }
sub work
{
	my ($n) = @_;
	return 'SELECT g FROM generate_series(1, 3) g;' x $n;
}

$node->safe_psql('postgres', work(5));
is(hours(), '5|15|t|t|0|0|f|f|5', 'the first hour');
clock($start + 3600);
is(hours(), '0|0|f|f|5|15|t|t|5', 'an hour later, nothing run: it is the previous one');
$node->safe_psql('postgres', work(2));
is(hours(), '2|6|t|t|5|15|t|t|7', 'with something run');
clock($start + 2 * 3600);
is(hours(), '0|0|f|f|2|6|t|t|7', 'another hour later');
clock($start + 3 * 3600);
is(hours(), '0|0|f|f|0|0|f|f|7', 'and another: both are over');
$node->safe_psql('postgres', work(1));
is(hours(), '1|3|t|t|0|0|f|f|8', 'a gap is no previous hour');

# what an idle session gathered belongs to the hour in which it ran, whoever was faster
my $idle = $node->background_psql('postgres');
$idle->query_safe('SELECT g FROM generate_series(1, 3) g');
is(hours(), '2|6|t|t|0|0|f|f|9', 'gathered by an idle session');
clock($start + 4 * 3600);
$node->safe_psql('postgres', work(3));
is(hours(), '3|9|t|t|2|6|t|t|12', 'an hour later, others further');
$idle->quit;
is(hours(), '3|9|t|t|2|6|t|t|12', 'and moved in');
$idle = $node->background_psql('postgres');
$idle->query_safe('SELECT g FROM generate_series(1, 3) g');
clock($start + 6 * 3600);
$node->safe_psql('postgres', work(1));
$idle->quit;
is(hours(), '1|3|t|t|0|0|f|f|14', 'older than the previous hour: only in the totals');

# set back
clock($start + 3600);
$node->safe_psql('postgres', work(2));
is(hours(), '2|6|t|t|0|0|f|f|16', 'the clock set back: the hours begin anew');

# what changed: the percentile of each hour by itself
my $sleeps = sub { my ($n, $seconds) = @_; return "SELECT pg_sleep($seconds);\n" x $n };
$node->safe_psql('postgres', $sleeps->(60, 0));
clock($start + 2 * 3600);
$node->safe_psql('postgres', $sleeps->(3, 1));
is($node->safe_psql('postgres', q{
	SELECT hour_calls, hour_p95_exec_time BETWEEN 800 AND 2 * max_exec_time, previous_hour_calls,
		previous_hour_p95_exec_time < hour_p95_exec_time / 2, previous_hour_p95_exec_time >= min_exec_time
	FROM perfaudit.statements WHERE query ~ '^SELECT pg_sleep'}),
	'3|t|60|t|t', 'what was fast and is slow now');

# over a restart
my $before = hours();
{
	local $ENV{LD_PRELOAD} = $library;
	$node->restart;
	is(hours(), $before, 'both hours outlive a restart');
	clock($start + 3 * 3600);
	$node->restart;
}
is(hours(), '0|0|f|f|0|0|f|f|16', 'and age meanwhile');

# -- advice: the more often it was given, the surer; over a restart, too --------------
# one statement reads two tables of nearly one size, of which one is to have an index
$node->safe_psql('postgres', q{
	SELECT perfaudit.reset();
	CREATE TABLE a AS SELECT i AS id, i * 7 AS k, i % 3000 = 0 AS few, repeat('x', 200) AS filler FROM generate_series(1, 20000) i;
	CREATE TABLE b AS SELECT id, k, filler FROM a WHERE id <= 19000;
	ANALYZE a, b;
	SELECT a.id, b.id FROM a, b WHERE a.k = 700 AND b.k = 77;
	SELECT a.id, b.id FROM a, b WHERE a.k = 700 AND b.k = 77;
	SELECT id, k FROM a WHERE few;
	SELECT id, k FROM a WHERE few});
sub advised
{
	my ($arguments) = @_;

	return $node->safe_psql('postgres', qq{
		SET perfaudit.enabled = off;
		SELECT "table", predicate, evidence->>'advised_hours',
			round(100 * (confidence - 0.8)::numeric, 1), to_char((evidence->>'advised_since')::timestamptz, 'DD HH24:MI') = to_char(now(), 'DD HH24:MI')
		FROM perfaudit.suggest_indexes(max_ms => 600000$arguments) WHERE action = 'create'});
}
my $one = ", max_indexes => 1, queryids => ARRAY[(SELECT queryid FROM perfaudit.statements WHERE query ~ '^SELECT a.id, b.id')]";
my $few = ", queryids => ARRAY[(SELECT queryid FROM perfaudit.statements WHERE query ~ 'WHERE few')]";
clock($start + 10 * 3600);
is(advised($one), 'a||1|0.0|t', 'advised for the first time');
like(advised($few), qr/^a\|few\|1\|/, 'with a predicate, too');
$node->safe_psql('postgres', 'SET perfaudit.enabled = off; INSERT INTO b SELECT id, k, filler FROM a WHERE id <= 2000; ANALYZE b');
clock($start + 10 * 3600 + 60);
is(advised($one), 'a||1|0.0|f', 'again in the same hour: as sure; and the other, which has become a little better, does not replace it');
clock($start + 11 * 3600);
is(advised($one), 'a||2|2.5|f', 'in another hour: surer');
like(advised($few), qr/^a\|few\|2\|/, 'and the other one');
clock($start + 9 * 3600);
is(advised($one), 'a||2|2.5|f', 'the clock set back: no hour is counted twice');
{
	local $ENV{LD_PRELOAD} = $library;
	$node->stop;
	clock($start + 15 * 3600);
	$node->start;
}
# values are not saved: it is planned with parameters now, and by that less sure
like(advised($one), qr/^a\|\|3\|-?[\d.]+\|f$/, 'it outlives a restart, and is still held');
like(advised($few), qr/^(a\|few\|1\|.*)?$/, 'but not what may have a literal in it');
$node->safe_psql('postgres', 'SELECT a.id, b.id FROM a, b WHERE a.k = 700 AND b.k = 77;' x 2);
foreach my $hour (16 .. 20)
{
	clock($start + $hour * 3600);
	advised($one);
}
is(advised($one), 'a||8|10.0|f', 'up to the fifth hour');
is(advised($one =~ s/max_indexes => 1/max_indexes => 1, min_gain => 11/r), 'b||1|0.0|t', 'other arguments: for the first time, and the better one');
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
{
	local $ENV{LD_PRELOAD} = $library;
	$node->restart;
}
$node->safe_psql('postgres', 'SELECT a.id, b.id FROM a, b WHERE a.k = 700 AND b.k = 77;' x 2);
is(advised($one), 'b||1|0.0|t', 'what was reset does not come back');
$node->stop;
done_testing();
