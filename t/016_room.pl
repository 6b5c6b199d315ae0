# Who has to go when there is no room: not those that come again and again, whatever
# else comes.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PerfauditTest;

my $node = new_server('room', conf => "perfaudit.max_statements = 256\n");
my @columns = map { "c$_" } 0 .. 9;

$node->safe_psql('postgres', 'CREATE TABLE wide (' . join(', ', map { "$_ int" } @columns) . ')');

# Shapes of these columns, without end; values do not tell them apart.
sub shapes
{
	my ($n, $mark) = @_;
	my @statements;

	foreach my $operator ('=', '<', '>', '<=', '>=', '<>')
	{
		foreach my $a (@columns)
		{
			foreach my $b (@columns)
			{
				push @statements, "SELECT $a FROM wide AS $mark WHERE $b $operator 1;" if @statements < $n;
			}
		}
	}
	return @statements;
}

sub left
{
	my ($pattern) = @_;
	return $node->safe_psql('postgres', "SELECT count(*) FROM perfaudit.statements WHERE query ~ '$pattern' AND query !~ 'perfaudit'");
}

# 96 shapes that come again and again, 3 in a place of 8.
sub ordinary
{
	$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
	$node->safe_psql('postgres', join("\n", shapes(96, 'ordinary'))) for 1 .. 4;
	my $n = left('AS ordinary');
	cmp_ok($n, '>', 80, 'ordinary statements are there');
	return $n;
}

# once each: a report generator, somebody who writes his statements by hand
my $before = ordinary();
my $once = 0;
foreach my $c (@columns)
{
	$once += 50;
	$node->safe_psql('postgres', join("\n", map { s/ WHERE / WHERE $c IS NULL AND /r } shapes(50, 'once')));
}
cmp_ok(left('AS ordinary'), '>=', 0.6 * $before, 'most are still there after 500 others that came once');
cmp_ok(left('AS once'), '>', 0, 'some of those are there, too');
cmp_ok(value_of($node, 'statements evicted'), '>', 100, 'and the others were evicted');

# a temporary table for each request, its statements repeated
$before = ordinary();
foreach my $session (1 .. 30)
{
	my $work = '';
	$work .= "CREATE TEMP TABLE work$_ (a int, b int);\n" . "SELECT a FROM work$_;\nSELECT b FROM work$_;\n" x 3 foreach 1 .. 20;
	$node->safe_psql('postgres', $work);
}
cmp_ok(left('AS ordinary'), '>=', 0.6 * $before, 'are still there after 1,200 shapes of temporary tables');
cmp_ok(left('FROM work'), '>', 0, 'some of those are there, too');

# a schema for each tenant, the same statements in all
$node->safe_psql('postgres', join("\n", map { "CREATE SCHEMA tenant$_; CREATE TABLE tenant$_.items (id int, name text);" } 1 .. 400));
$before = ordinary();
foreach my $batch (0 .. 19)
{
	my $work = '';
	$work .= "SET search_path = tenant$_;\n" . "SELECT name FROM items WHERE id = 1;\nSELECT id FROM items;\n" x 3
	  foreach 20 * $batch + 1 .. 20 * $batch + 20;
	$node->safe_psql('postgres', $work);
}
cmp_ok(left('AS ordinary'), '>=', 0.6 * $before, 'are still there after 400 tenants with the same statements');
cmp_ok(left('FROM items'), '>', 0, 'some of those are there, too');

# in turn, some more than there are places: most of those that fit are kept all the time
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
$node->safe_psql('postgres', join("\n", shapes(330, 'turn'))) for 1 .. 10;
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM perfaudit.statements WHERE calls = 10 AND query ~ 'AS turn' AND query !~ 'perfaudit'"),
	'>', 50, '330 shapes in turn where 256 fit: not all are pushed out by each other');

# what is cold goes in the end, or there would be no room for a new application
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');
$node->safe_psql('postgres', join("\n", shapes(300, 'former'))) for 1 .. 3;
my $former = left('AS former');
foreach my $round (1 .. 30)
{
	$node->safe_psql('postgres', join("\n", map { s/ WHERE / WHERE c0 IS NULL AND /r } shapes(150, 'later')));
}
cmp_ok(left('AS later'), '>', 75, 'later statements get places');
cmp_ok(left('AS former'), '<', $former - 50, 'of former ones that are over');

$node->stop;
done_testing();
