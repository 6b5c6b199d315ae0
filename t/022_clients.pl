# Real drivers and ORMs, driven through labelled scenarios (t/clients): exactly
# the findings of each label appear, no other.  At the end, how precise the
# findings were, of each kind.
#
# A client that is not installed is skipped by name; with
# PERFAUDIT_CLIENTS=required in the environment that fails.
# PERFAUDIT_CLIENTS="psycopg2_client ..." runs some only, none nothing.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Test::More;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PerfauditTest;

plan skip_all => 'PERFAUDIT_CLIENTS=none' if ($ENV{PERFAUDIT_CLIENTS} // '') eq 'none';

# Kinds that labels speak of.
my @kinds = qw(n_plus_one duplicate_statement chatty_unit row_by_row_write idle_in_transaction large_eager_join
  row_by_row_function cacheable_statement);
# Of them, those that are of a statement, whoever runs it: for all scenarios together.
my @of_statements = qw(large_eager_join row_by_row_function cacheable_statement);

my $python = '/usr/bin/python3';
my ($pgbouncer) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
my @programs = (
	# program, what runs it, what it needs
	[ 'programs', '/bin/sh', 'true' ],
	[ 'psycopg2_client', $python, 'import psycopg2' ],
	[ 'short_transactions', $python, 'import psycopg2, sqlalchemy' ],
	[ 'psycopg3_client', $python, 'import psycopg' ],
	[ 'requests_and_workers', $python, 'import psycopg' ],
	[ 'asyncpg_client', $python, 'import asyncpg' ],
	[ 'other_kinds', $python, 'import psycopg2, psycopg, asyncpg, sqlalchemy' ],
	[ 'sqlalchemy_orm', $python, 'import sqlalchemy, psycopg2' ],
	[ 'django_orm', $python, 'import django, psycopg2' ],
	[ 'active_record', 'ruby', 'require "active_record"; require "pg"' ],
	[ 'node/node_clients', 'node', 'for (const name of Object.keys(require("./package.json").dependencies)) require(name)' ],
	[ 'threads', $python, 'import psycopg, sqlalchemy, psycopg2' ],
	[ 'pooled', $python, 'import psycopg2', $pgbouncer ],
);

my $node = new_server('clients', conf => "perfaudit.burst_gap = 3s\nperfaudit.burst_max_time = 1min\n"
	  . "perfaudit.repeat_report_time = 1h\nperfaudit.row_write_burst_gap = 3s\n"
	  . "perfaudit.idle_in_transaction = 2s\nperfaudit.judge_time = 0\nperfaudit.cacheable_time = 0\nmax_connections = 60\n");
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/clients/schema.sql"));
$node->safe_psql('postgres', 'SELECT perfaudit.reset()');

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
$ENV{PGUSER} = getpwuid($<);
$ENV{PYTHONDONTWRITEBYTECODE} = 1;
delete $ENV{PGAPPNAME};

my $pool = $pgbouncer && start_pgbouncer();
my $wanted = $ENV{PERFAUDIT_CLIENTS} // '';
my @scenarios;
foreach my $program (@programs)
{
	my ($name, $runner, $needs, @paths) = @$program;

	next if $wanted ne '' && $wanted ne 'required' && " $wanted " !~ / \Q$name\E /;
	if (!has_client($runner, $needs) || grep { !defined } @paths)
	{
	  SKIP:
		{
			# modules that no registry gave to scripts/setup, which has said so
			my $unreachable = $name =~ m{^node/} && !-d "$FindBin::RealBin/clients/node/node_modules";

			fail("$name is installed") if $wanted eq 'required' && !$unreachable;
			diag("$name: skipped, npm has not installed its modules") if $wanted eq 'required' && $unreachable;
			skip("$name: its client is not installed", 1) if $wanted ne 'required' || $unreachable;
		}
		next;
	}
	push(@scenarios, run_program($name, $runner));
}

$pool->kill_kill if $pool;

# What is found, by scenario.
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'");
my %found;
my $rows = $node->safe_psql('postgres', sprintf(<<'SQL', join(', ', map { "'$_'" } @kinds)));
	SELECT application, kind, trim(leading '.' from concat_ws('.', coalesce(relation::text, '-'), evidence->>'child_column')),
		   CASE WHEN kind = 'n_plus_one' THEN ' <- ' || coalesce(replace(evidence->>'parent_table', 'public.', '') || '.' || (evidence->>'parent_column'),
			   CASE WHEN parent_query IS NULL THEN '?' ELSE 'unnamed' END) ELSE '' END,
		   CASE WHEN evidence->>'variant' <> 'select' THEN ' ' || (evidence->>'variant') ELSE '' END
	FROM perfaudit.findings WHERE kind IN (%s)
SQL
foreach my $row (split(/\n/, $rows))
{
	my ($application, $kind, $child, $parent, $variant) = split(/\|/, $row, -1);
	push(@{ $found{$application} }, "$kind $child$parent$variant");
}

my %sum;
my @label_of_statements;
foreach my $scenario (@scenarios)
{
	my ($name, @label) = @$scenario;
	foreach my $kind (@of_statements)
	{
		push(@label_of_statements, grep { /^$kind / } @label);
		@label = grep { !/^$kind / } @label;
	}
	# "not yet": a label that counts, but does not fail the test
	local $TODO = 'not found yet' if grep { s/^not yet // } @label;
	my @found = sort @{ $found{$name} // [] };
	# "a|b": whichever of several parents is found
	foreach my $line (@label)
	{
		my ($open, $parents, $rest) = $line =~ /^(.* <- )(\S+\|\S+)(.*)$/ or next;
		my ($parent) = grep { my $one = "$open$_$rest"; grep { $_ eq $one } @found } split(/\|/, $parents);

		$line = $open . ($parent // $parents) . $rest;
	}

	is(join("\n", @found), join("\n", sort @label), $name . (@label ? '' : ' (clean)'));
	judge(\@found, \@label);
}
if (@scenarios)
{
	my @found = sort @{ $found{''} // [] };
	my %label = map { $_ => 1 } @label_of_statements;

	is(join("\n", @found), join("\n", sort keys %label), 'findings of statements, of all scenarios');
	judge(\@found, [keys %label]);
	diag_sums();
}
cmp_ok(scalar(@scenarios), '>=', 60, 'scenarios') if $wanted eq 'required';
plan_again_all() if @scenarios;
$node->stop;
done_testing();

# -- clients -----------------------------------------------------------------------------
sub has_client
{
	my ($runner, $needs) = @_;
	my $log = '';
	my $ok = eval {
		IPC::Run::run([ $runner, $runner eq 'ruby' || $runner eq 'node' ? '-e' : '-c', $needs ], '>', \$log, '2>', \$log,
			init => sub { chdir("$FindBin::RealBin/clients/node") });
	};

	return $ok;
}

# One server connection for all clients, in both ways of pooling.
sub start_pgbouncer
{
	my $directory = PostgreSQL::Test::Utils::tempdir_short();
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my ($host, $server, $user) = ($node->host, $node->port, getpwuid($<));
	my $log = '';

	append_to_file("$directory/pgbouncer.ini", "[databases]\n"
		  . join('', map { "by_$_ = host=$host port=$server dbname=postgres user=$user pool_mode=$_ pool_size=1\n" } qw(transaction statement))
		  . "[pgbouncer]\nlisten_port = $port\nunix_socket_dir = $directory\nauth_type = any\n"
		  . "logfile = $directory/log\nignore_startup_parameters = extra_float_digits\n");
	$ENV{PERFAUDIT_BOUNCER_HOST} = $directory;
	$ENV{PERFAUDIT_BOUNCER_PORT} = $port;
	my $handle = IPC::Run::start([ $pgbouncer, "$directory/pgbouncer.ini" ], '>', \$log, '2>', \$log);
	foreach (1 .. 300)
	{
		last if -S "$directory/.s.PGSQL.$port";
		select(undef, undef, undef, 0.1);
	}
	return $handle;
}

# Runs a program; returns its scenarios with their labels.
sub run_program
{
	my ($name, $runner) = @_;
	my %suffix = (python3 => 'py', ruby => 'rb', node => 'js', sh => 'sh');
	my ($base) = $runner =~ m{([^/]+)$};
	my $directory = "$FindBin::RealBin/clients";
	my ($out, $err) = ('', '');
	my @scenarios;

	my $ok = IPC::Run::run([ $runner, "$directory/$name.$suffix{$base}" ], '>', \$out, '2>', \$err);
	ok($ok, "$name runs") or diag($err);
	foreach my $line (split(/\n/, $out))
	{
		if ($line =~ /^scenario (\S+)/)
		{
			push(@scenarios, [$1]);
		}
		elsif ($line =~ /^  (.+)/)
		{
			push(@{ $scenarios[-1] }, $1);
		}
	}
	isnt(scalar(@scenarios), 0, "$name has scenarios");
	return @scenarios;
}

# -- planned again ------------------------------------------------------------------------
# What index advice does with the statements of all these clients, of pg_dump and of psql: nearly all can be planned
# again, but for those whose tables were dropped meanwhile.  The rest is told, with its reason.
sub plan_again_all
{
	foreach my $command ([ 'pg_dump', '-f', '/dev/null', 'postgres' ],
		map { [ 'psql', '-XqAt', '-o', '/dev/null', '-d', 'postgres', '-c', $_ ] }
		qw(\d \dt+ \di+ \df \dn+ \du \l \dx \dT \dv \dp \ddp \da \dA \db \dc \dC \dD \dF \dL \dO \dP \drds \ds \dX),
		'\d+ orders', '\d customers', '\sf upper')
	{
		my $log = '';
		IPC::Run::run($command, '>', \$log, '2>&1');
	}
	$node->safe_psql('postgres', q{
		CREATE TABLE planned_again AS
		SELECT left(regexp_replace(s.query, '\s+', ' ', 'g'), 150) AS query, s.catalog_only, a.skipped
		FROM perfaudit.judged_statements s, LATERAL perfaudit.plan_again(s.userid, s.toplevel, s.shape, '{}') a
		WHERE s.operation <> 'utility' AND s.calls > 0
	});
	my ($all, $planned, $of_catalogs) = split /\|/, $node->safe_psql('postgres', q{
		SELECT count(*), count(*) FILTER (WHERE skipped IS NULL), count(*) FILTER (WHERE catalog_only) FROM planned_again
		WHERE skipped IS DISTINCT FROM 'something that it names does not exist any more'});
	my $rest = $node->safe_psql('postgres', 'SELECT skipped, query FROM planned_again WHERE skipped IS NOT NULL ORDER BY 1, 2');

	diag("planned again: $planned of $all statements, $of_catalogs of them of catalogs only");
	note($rest);
	cmp_ok($planned, '>=', 0.97 * $all, 'statements can be planned again');
}

# -- sums --------------------------------------------------------------------------------
# A finding is right when its kind and child are; its parent is judged apart.
sub judge
{
	my ($found, $label) = @_;
	my %open;

	push(@{ $open{child_of($_)} }, parent_of($_)) foreach @$label;
	$sum{ (split(/ /, $_))[0] }{labels}++ foreach @$label;
	foreach my $finding (@$found)
	{
		my $sums = $sum{ (split(/ /, $finding))[0] } //= {};
		my $parent = parent_of($finding);
		my $expected = shift(@{ $open{ child_of($finding) } // [] });

		$sums->{findings}++;
		next unless defined($expected);
		$sums->{right}++;
		next if $expected eq '' || $expected eq '?';
		$sums->{parents}++;
		$sums->{ $parent eq $expected ? 'right_parents' : $parent eq '?' ? 'no_parents' : 'wrong_parents' }++;
	}
}

sub child_of { my ($text) = @_; $text =~ s/ <- (\S+)//; return $text; }
sub parent_of { my ($text) = @_; return $text =~ / <- (\S+)/ ? $1 : ''; }

sub share
{
	my ($part, $whole) = @_;
	return $whole ? sprintf('%.3f (%d of %d)', ($part // 0) / $whole, $part // 0, $whole) : '-';
}

sub diag_sums
{
	my $clean = grep { @$_ == 1 } @scenarios;

	diag(sprintf('%d scenarios, %d of them clean', scalar(@scenarios), $clean));
	foreach my $kind (@kinds)
	{
		my $sums = $sum{$kind} // {};

		diag("$kind: precision " . share($sums->{right}, $sums->{findings}) . ', recall ' . share($sums->{right}, $sums->{labels})
			  . ($sums->{parents} ? ', right parent ' . share($sums->{right_parents}, $sums->{parents}) . ', wrong parent ' . ($sums->{wrong_parents} // 0) : ''));
	}
}
