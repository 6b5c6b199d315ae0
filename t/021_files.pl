# No statement reads or writes a file because of perfaudit, also where each pushes another out.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('files', conf => "perfaudit.max_statements = 256\nperfaudit.text_memory = 1024\n"
	  . "log_min_error_statement = panic\nlog_min_messages = panic\n");
$node->safe_psql('postgres', 'CREATE TABLE t (id int PRIMARY KEY, '
	  . join(', ', map { "c$_ int" } 0 .. 9) . '); INSERT INTO t SELECT i FROM generate_series(1, 100) i; ANALYZE t');

# The calls that the kernel has counted for a session: read, write and their like, not those of sockets.
# Each look reads the file itself.
my $look = q{SELECT (regexp_match(io, 'syscr: (\d+)'))[1]::int AS r, (regexp_match(io, 'syscw: (\d+)'))[1]::int AS w
	FROM pg_read_file('/proc/self/io', 0, 4096, true) io};
my (undef, $known) = $node->psql('postgres', "SELECT r FROM ($look) l");
plan skip_all => 'the kernel does not count what a process reads and writes' unless ($known // '') =~ /^\d+$/;

# 1,000 shapes; errors; a unit of work with repeats; cursors; nested ones
my $shapes = join('', map { 'SELECT c' . $_ % 10 . ' FROM t WHERE id = ' . $_ . ' AND c' . int($_ / 10) % 10 . ' < 5 AND c' . int($_ / 100) . " <> 3;\n" } 0 .. 999);
my $work = $shapes
  . join('', map { 'SELECT 1 / (id - id), c' . $_ % 10 . " FROM t WHERE id = 1 AND c1 IS NULL AND id > $_;\n" } 0 .. 49)
  . "BEGIN;\n" . join('', map { "SELECT id, c1 FROM t ORDER BY id LIMIT 20;\nSELECT c2 FROM t WHERE id = $_;\n" } 1 .. 50) . "COMMIT;\n"
  . "BEGIN;\nDECLARE c CURSOR FOR SELECT id, c3 FROM t;\nFETCH 10 FROM c;\nCOMMIT;\n"
  . q{DO $$ BEGIN FOR i IN 1 .. 500 LOOP EXECUTE format('SELECT c%s + c%s FROM t WHERE id = %s AND c%s > 1', i % 10, i / 10 % 10, i, i / 100); END LOOP; END $$;} . "\n"
  . "SELECT pg_sleep(1.1);\nSELECT c1 FROM t WHERE id = 1;\n";

# the first time reads catalogs; what a look itself adds is seen between the last two
sub calls
{
	my ($text) = @_;
	my (undef, $out) = $node->psql('postgres', "\\o /dev/null\n$text\\o\n$look \\g\n\\o /dev/null\n$text\\o\n$look \\g\n$look \\g\n", on_error_stop => 0);
	my @seen = map { [ split /\|/ ] } grep { /^\d+\|\d+$/ } split /\n/, $out;

	is(scalar(@seen), 3, 'three looks');
	my @own = map { $seen[2][$_] - $seen[1][$_] } 0, 1;
	return map { $seen[1][$_] - $seen[0][$_] - $own[$_] } 0, 1;
}

my $evicted = value_of($node, 'statements evicted');
my ($reads, $writes) = calls($work);
is($reads, 0, 'nothing is read');
is($writes, 0, 'nothing is written');
cmp_ok(value_of($node, 'statements evicted') - $evicted, '>', 2500, 'while nearly each pushes another out');

# the same as without perfaudit: that nothing is counted would be no proof if nothing ever were
my ($more) = calls("SELECT length(pg_read_file('global/pg_control')) IS NOT NULL;\n");
cmp_ok($more, '>=', 1, 'and a file that is read is counted');

$node->stop;
done_testing();
