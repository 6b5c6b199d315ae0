# Rules of the source that need no server: DESIGN section 3, CONTRIBUTING.
use strict;
use warnings;
use File::Glob ':bsd_glob'; # blanks in the path do not separate patterns
use FindBin;
use Test::More;

my $root = "$FindBin::RealBin/..";

sub slurp
{
	my ($file) = @_;
	open(my $handle, '<', $file) or return '';
	local $/;
	my $text = <$handle>;
	return $text;
}

sub files
{
	my ($pattern) = @_;
	return sort glob("$root/$pattern");
}

sub name { my ($file) = @_; $file =~ s{^\Q$root\E/}{}; return $file; }

my @c = (files('src/*.c'), files('src/advise/*.c'));
my @h = (files('src/*.h'), files('src/advise/*.h'));
cmp_ok(scalar(@c), '>', 20, 'the source is here');
my $readme = slurp("$root/README.md");
isnt($readme, '', 'README.md');
my $findings = slurp("$root/docs/findings.md");
isnt($findings, '', 'docs/findings.md');

# -- one concern a file ------------------------------------------------------
foreach my $file (@c, @h)
{
	my $text = slurp($file);
	my ($base) = $file =~ m{([^/]+)$};
	my $lines = () = $text =~ /\n/g;

	cmp_ok($lines, '<=', 500, name($file) . " has $lines lines: at most 500");
	ok($text =~ m{\A/\*\n \* \Q$base\E\n \*\t\t\S}, name($file) . ' opens with its name and what it does');
	ok($text !~ /[^\t\n\x20-\x7e]/, name($file) . ' is ASCII');
	ok($text !~ /[ \t]\n/, name($file) . ' has no blanks at line ends');
}
foreach my $file (@h)
{
	ok(slurp($file) =~ /#ifndef (?:PFA_|PERFAUDIT_)\w*H\b/, name($file) . ' has a guard');
}

# -- versions only in compat.h -------------------------------------------------
foreach my $file (grep { !m{/compat\.h$} } @c, @h)
{
	ok(slurp($file) !~ /PG_VERSION_NUM|PG_MAJORVERSION|CATALOG_VERSION_NO/, name($file) . ' tests no server version');
}

# a database of any encoding reads the install script
foreach my $file (files('src/sql/*.sql'), files('src/sql/detectors/*.sql'))
{
	ok(slurp($file) !~ /[^\t\n\x20-\x7e]/, name($file) . ' is ASCII');
}

# -- who may include what --------------------------------------------------------
my %forbidden = (
	# facts know no executor; collect is the only coordinator; srf decides nothing
	'src/perfaudit.h' => qr{executor/|nodes/|optimizer/|"(?!postgres|perfaudit)[a-z_]+\.h"},
	'src/store.c' => qr{executor/|nodes/execnodes|optimizer/|"(?:collect|capture|hooks|unit|plan_facts|scan_rows|frames|slab|srf)\.h"},
	'src/store.h' => qr{executor/|nodes/|optimizer/|"(?:collect|capture|hooks|unit|plan_facts|scan_rows|frames|slab|srf)\.h"},
	'src/repeat.h' => qr{executor/|nodes/|optimizer/},
	'src/texts.c' => qr{executor/|nodes/|optimizer/|"(?:collect|capture|hooks|unit|store|slab|srf)\.h"},
	'src/histogram.h' => qr{executor/|nodes/|optimizer/},
	'src/slab.c' => qr{executor/|nodes/execnodes|"(?:collect|capture|hooks|unit|plan_facts|scan_rows|srf)\.h"},
	'src/unit.c' => qr{executor/|nodes/|"(?:collect|capture|hooks|plan_facts|scan_rows|srf)\.h"},
	'src/track.c' => qr{executor/|"(?:collect|capture|hooks|unit|plan_facts|scan_rows|srf|slab)\.h"},
	'src/track_parent.c' => qr{executor/|"(?:collect|capture|hooks|unit|plan_facts|scan_rows|srf|slab)\.h"},
	'src/track_mixed.c' => qr{executor/|"(?:collect|capture|hooks|unit|plan_facts|scan_rows|srf|slab)\.h"},
	'src/scan_rows.c' => qr{"(?:collect|capture|hooks|unit|plan_facts|srf|slab|store)\.h"},
	'src/plan_facts.c' => qr{"(?:collect|capture|hooks|unit|scan_rows|srf|slab|store)\.h"},
	'src/capture.c' => qr{"(?:collect|hooks|unit|plan_facts|scan_rows|srf|slab)\.h"},
	'src/notice.c' => qr{"(?:collect|hooks|unit|srf|slab|store)\.h"});
foreach my $file (sort keys %forbidden)
{
	my $text = slurp("$root/$file");

	isnt($text, '', "$file exists");
	my @bad = grep { /$forbidden{$file}/ } $text =~ /^#include\s+(\S+)/mg;
	is("@bad", '', "$file includes nothing that it must not know");
}
foreach my $file (grep { m{/srf\w*\.c$} } @c)
{
	my @bad = grep { /executor\/execu|planner|"(?:collect|hooks|unit|capture|plan_facts|scan_rows|frames)\.h"/ }
	  slurp($file) =~ /^#include\s+(\S+)/mg;
	is("@bad", '', name($file) . ' reads facts only');
}
# the index advisor is called, it does not reach into the recording
foreach my $file (grep { m{/advise/} } @c, @h)
{
	my @bad = slurp($file) =~ /^#include\s+"((?:collect|unit|capture|frames|track|results|notice)\.h)"/mg;
	is("@bad", '', name($file) . ' does not know the recording');
}

# -- settings ----------------------------------------------------------------------
my %settings = map { $_ => 1 } slurp("$root/src/settings.c") =~ /"(perfaudit\.[a-z_]+)"/g;
cmp_ok(scalar(keys %settings), '>', 15, 'settings');
foreach my $setting (sort keys %settings)
{
	ok($readme =~ /`\Q$setting\E`/, "README.md explains $setting");
}
my @unknown = grep { !$settings{$_} } $readme =~ /^\|\s*`(perfaudit\.[a-z_]+)`/mg;
is("@unknown", '', 'README.md has no setting that does not exist');

# name, description and details, variable, default, anything, who, flags
my %who = (PGC_POSTMASTER => 'start', PGC_SIGHUP => 'reload', PGC_SUSET => 'superuser', PGC_USERSET => 'anybody');
my %unit = (GUC_UNIT_MS => 'ms', GUC_UNIT_KB => 'kB', GUC_UNIT_BYTE => 'bytes');
my %boot = (true => 'on', false => 'off', '""' => 'empty', PFA_NOTICE_OFF => 'off');
my %defined;
my $table = slurp("$root/src/settings.c");
while ($table =~ /"(perfaudit\.[a-z_]+)",\s*(?:(?:"[^"]*"|NULL),\s*)+&\w+,\s*([^,\s]+),[^;{}]*?\b(PGC_\w+)(?:,\s*(\w+))?/g)
{
	my ($setting, $default, $who, $flags) = ($1, $2, $3, $4);
	my ($row) = $readme =~ /^\| *`\Q$setting\E` *\|(.*)/m;
	my @columns = map { s/^\s+|\s+$//gr } split(/\|/, $row // '');

	$defined{$setting} = 1;
	is($columns[0], $boot{$default} // $default, "README.md has the default of $setting");
	is($columns[1], $unit{$flags}, 'and its unit') if $unit{ $flags // '' };
	is($columns[2], $who{$who}, 'and who may set it');
}
is_deeply(\%defined, \%settings, 'of all settings');

# -- the script is parsed under whatever standard_conforming_strings the database has ----
foreach my $file (files('src/sql/*.sql'), files('src/sql/detectors/*.sql'))
{
	my @bad = slurp($file) =~ /^.*(?<![Ee])'[^'\n]*\\[^'\n]*'.*$/mg;
	is("@bad", '', name($file) . " writes backslashes in E'...' only");
}

# -- detectors -----------------------------------------------------------------------
my @detectors = map { m{([^/]+)\.sql$} } files('src/sql/detectors/*.sql');
cmp_ok(scalar(@detectors), '>=', 6, 'detectors');
foreach my $kind (@detectors)
{
	my $text = slurp("$root/src/sql/detectors/$kind.sql");

	ok(-e "$root/sql/$kind.sql" && -e "$root/expected/$kind.out", "$kind has its test");
	ok($text =~ /INSERT INTO detector_list VALUES \('\Q$kind\E'/, "$kind puts its row in detectors");
	ok($text =~ /CREATE VIEW detect_\Q$kind\E\b/, "$kind is a view");
	ok($text =~ /COMMENT ON VIEW detect_\Q$kind\E\b/, "$kind has its comment");
	ok($text =~ m{'docs/findings\.md#\Q$kind\E'}, "$kind says where it is documented");
	ok($findings =~ /^## \Q$kind\E$/m, "docs/findings.md has the section $kind");
	my ($section) = $findings =~ /^## \Q$kind\E\n(.*?)(?=^## )/ms;
	my @missing = grep { ($section // '') !~ /^\*\*\Q$_\E/m } 'Meaning.', 'Repair.', 'Ignore it when', 'Settings.';
	is("@missing", '', "it has all parts: $kind");
	# kinds that are judged from plans and statements
	if ($text =~ /\b(?:judged_plans|wasteful_scans|needed_statements)\b/ && $kind !~ /^(?:n_plus_one|chatty_unit|cacheable|row_by_row|large_eager|missing|index_not_used|duplicate|idle)/)
	{
		ok($section =~ /^\*\*Why it costs\.\*\* /m, "it says why it costs: $kind");
		ok($section =~ /^\*\*Repair\.\*\*(?:(?!\n\n).)*\b(?:ORMs?|Django|Rails|SQLAlchemy|JDBC|migration)\b/ms, "it says how an ORM repairs it: $kind");
	}
	my ($listed) = $text =~ /INSERT INTO detector_list VALUES \('\w+',\s*'(?:[^']|'')*',\s*'\{([^}]*)\}'/;
	my ($told) = ($section // '') =~ /^\*\*Settings\.\*\* (.*?)\.$/ms;
	is(join(' ', sort(($told // '') =~ /`(\w+)`/g)), join(' ', sort(($listed // '?') =~ /perfaudit\.(\w+)/g)),
		"and the settings that $kind looks at");
	my ($meaning) = $text =~ /INSERT INTO detector_list VALUES \('\w+',\s*'((?:[^']|'')*)'/;
	$meaning =~ s/''/'/g;
	ok(index($readme, "| [`$kind`](docs/findings.md#$kind) | $meaning |\n") >= 0, "README.md lists $kind as it is");
	foreach my $setting ($text =~ /threshold\('(\w+)'\)/g)
	{
		ok($settings{"perfaudit.$setting"}, "$kind: perfaudit.$setting exists");
	}
}
foreach my $test (files('sql/*.sql'))
{
	my ($base) = $test =~ m{([^/]+)\.sql$};
	ok(-e "$root/expected/$base.out", name($test) . ' has its expected output');
}

# -- one version -------------------------------------------------------------------------
my ($version) = slurp("$root/perfaudit.control") =~ /default_version = '([^']+)'/;
ok($version, 'perfaudit.control has a version');
like(slurp("$root/META.json"), qr/"version"\s*:\s*"\Q$version\E(?:\.0)?"/, 'META.json has the same');
my ($changelog) = slurp("$root/CHANGELOG.md") =~ /^##\s*\[?v?([0-9.]+)/m;
is($changelog // 'none', $version, 'CHANGELOG.md begins with it') or note('the top entry counts');

# -- names ---------------------------------------------------------------------------------
foreach my $file (@h)
{
	my $text = slurp($file);
	# each prototype outside of hooks carries the prefix
	my @bad = grep { !/^pfa_|^PFA_|^perfaudit_/i } $text =~ /^extern\s+(?:PGDLLEXPORT\s+)?[\w\s]+?[\s\*]+(\w+)\s*\(/mg;
	is("@bad", '', name($file) . ': extern functions are pfa_<module>_<verb>');
}
# C symbols carry the SQL version
foreach my $file (@c)
{
	my @bad = grep { !/^perfaudit_\w+_\d+_\d+$/ } slurp($file) =~ /PG_FUNCTION_INFO_V1\((\w+)\)/g;
	is("@bad", '', name($file) . ': SQL functions carry a version') if slurp($file) =~ /PG_FUNCTION_INFO_V1/;
}

done_testing();
