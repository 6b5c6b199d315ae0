# Shared by the TAP tests: a server with perfaudit, and questions asked of it.
package PerfauditTest;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(new_server calls_of value_of pgbench_script run_pgbench start_pgbench);

# A running server with the library preloaded and the extension created.
sub new_server
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, $options{install_path} ? (install_path => $options{install_path}) : ());
	my $preload = $options{preload} // 'perfaudit';

	$node->init(%{ $options{init} // {} });
	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$preload'\n"
		  . "jit = off\nautovacuum = off\n"
		  . ($options{conf} // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION perfaudit') if $preload =~ /perfaudit/;
	return $node;
}

# Calls of all top-level shapes whose text matches a pattern.
sub calls_of
{
	my ($node, $pattern) = @_;
	return $node->safe_psql('postgres',
		"SELECT coalesce(sum(calls), 0) FROM perfaudit.statements WHERE toplevel AND query ~ '$pattern' AND query !~ 'perfaudit'");
}

# One item of perfaudit.info, as a number.
sub value_of
{
	my ($node, $item) = @_;
	return $node->safe_psql('postgres', "SELECT value FROM perfaudit.info_facts() WHERE item ~ '$item'");
}

# A file with a pgbench script; another test may have left one of the same name.
sub pgbench_script
{
	my ($name, $text) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$name.sql";

	unlink $file;
	append_to_file($file, $text);
	return $file;
}

sub pgbench_command
{
	my ($node, $file, @options) = @_;
	return [ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-f', $file, @options, 'postgres' ];
}

# Runs pgbench to its end; true when all transactions succeeded.
sub run_pgbench
{
	my ($node, $file, @options) = @_;
	my ($out, $err);
	my $ok = IPC::Run::run(pgbench_command($node, $file, @options), '>', \$out, '2>', \$err);

	print "# pgbench: $err\n" unless $ok;
	return $ok && $err !~ /aborted|ERROR/;
}

# Starts pgbench; the caller finishes the handle.
sub start_pgbench
{
	my ($node, $file, @options) = @_;
	my ($out, $err) = ('', '');
	return IPC::Run::start(pgbench_command($node, $file, @options), '>', \$out, '2>', \$err);
}

1;
