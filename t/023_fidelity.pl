# The prediction against the real index: a matrix of access method × operator class × place in the plan × value or
# generic, each planned with the index supposed and then with the index built, on the same statistics. Plans must have
# the same shape, costs differ by 5 % at most, sizes by 30 %.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PerfauditTest;
use Test::More;

my $node = new_server('fidelity', init => { extra => [ '--no-locale', '--encoding=UTF8' ] },
	conf => "max_parallel_workers_per_gather = 0\nmax_parallel_maintenance_workers = 0\n");

# Small enough for ANALYZE to see every row, so that statistics are always the same.
$node->safe_psql('postgres', <<'SQL');
	CREATE FUNCTION draw(i int, salt text, n int) RETURNS int IMMUTABLE LANGUAGE sql AS $$
		SELECT ('x' || substr(md5(salt || i), 1, 7))::bit(28)::int % n $$;
	CREATE TABLE item AS SELECT i AS id, draw(i, 'a', 1000) AS a, (i * 7919) % 8000 AS c, draw(i, 'd', 30) AS d,
		CASE WHEN i % 10 = 0 THEN i END AS nul,
		timestamptz '2024-01-01 00:00+00' + i * interval '1 minute' AS ts,
		'User' || draw(i, 'email', 6000) || '@example' || i % 100 || '.org' AS email, i * 1.5 AS n,
		(i % 7) / 7.0::float8 AS f, md5(i::text)::uuid AS u,
		ARRAY['t' || draw(i, 't', 500), 'u' || draw(i, 'u', 60), 'v' || draw(i, 'v', 8000)] AS tags, ARRAY[draw(i, 'x', 900), draw(i, 'y', 300)] AS ints,
		jsonb_build_object('id', i, 'k', draw(i, 'k', 900), 'status', (ARRAY['new', 'paid', 'sent'])[1 + i % 3], 'to', 'p' || draw(i, 'p', 200)) AS j,
		to_tsvector('simple', 'w' || draw(i, 'w', 800) || ' x' || draw(i, 'x', 90) || ' y' || draw(i, 'y', 8000)) AS words,
		int4range(draw(i, 'r', 8000), draw(i, 'r', 8000) + i % 50) AS r,
		tstzrange(timestamptz '2024-01-01 00:00+00' + i * interval '1 minute',
			timestamptz '2024-01-01 00:30+00' + i * interval '1 minute') AS during,
		point(draw(i, 'x', 1000), draw(i, 'z', 1000)) AS p,
		box(point(draw(i, 'x', 1000), draw(i, 'z', 1000)), point(draw(i, 'x', 1000) + 5, draw(i, 'z', 1000) + 3)) AS b,
		('10.' || draw(i, 'i', 20) || '.' || draw(i, 'j', 200) || '.' || i % 250)::inet AS ip
	FROM generate_series(1, 8000) i;
	CREATE TABLE driver AS SELECT i AS id, (i * 37) % 8000 AS c, i AS a, 'User' || i * 37 || '@example1.org' AS email, 'user' || i * 37 || '@example1.org' AS mail,
		ARRAY['t' || i] AS tags, ARRAY[i] AS ints, jsonb_build_object('k', i) AS j, to_tsquery('simple', 'w' || i) AS q,
		int4range(i * 30, i * 30 + 5) AS r, tstzrange(timestamptz '2024-01-01 00:00+00' + i * interval '20 minutes',
			timestamptz '2024-01-01 00:05+00' + i * interval '20 minutes') AS during,
		timestamptz '2024-01-01 00:00+00' + i * interval '20 minutes' AS ts,
		box(point(i, i), point(i + 9, i + 9)) AS b, 'p' || i AS too
	FROM generate_series(1, 100) i;
	CREATE TABLE log (at timestamptz, kind int, note text) WITH (fillfactor = 20);
	INSERT INTO log SELECT timestamptz '2024-01-01 00:00+00' + i * interval '1 second', i % 5, repeat('x', 80) FROM generate_series(1, 9000) i;
	CREATE TABLE part (id int, a int, b text, tags text[]) PARTITION BY RANGE (id);
	CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (4000);
	CREATE TABLE part2 (tags text[], gone int, b text, a int, id int);
	ALTER TABLE part2 DROP COLUMN gone;
	ALTER TABLE part ATTACH PARTITION part2 FOR VALUES FROM (4000) TO (10000);
	INSERT INTO part SELECT i, (i * 7919) % 8000, 'B' || (i * 7919) % 8000, ARRAY['t' || i % 500, 'u' || i % 71] FROM generate_series(1, 8000) i;
	CREATE MATERIALIZED VIEW mat AS SELECT id, c, email, tags FROM item;
	VACUUM ANALYZE;

	-- In a query ~{ and }~ stand around the values that may be parameters.
	CREATE TABLE matrix (ddl text, position text, query text);
	CREATE TABLE outcome (ddl text, position text, mode text, query text, supposed text, built text,
		supposed_cost float8, built_cost float8, supposed_size bigint, built_size bigint, used boolean);

	CREATE FUNCTION shape(plan text) RETURNS text LANGUAGE sql AS $$
		SELECT regexp_replace(regexp_replace(regexp_replace(plan, '(using|Scan on) "<hypothetical .*?>"(?= on |  \(cost|$)', '\1 fidelity', 'gn'),
			'(using|Scan on) (\w*fidelity\w*|part[12]_\w+_idx)(?= on |  \(cost|$)', '\1 fidelity', 'gn'), '  \(cost=[^)]*\)', '', 'g') $$;
	CREATE FUNCTION generic(INOUT query text) LANGUAGE plpgsql AS $$
	DECLARE n int := 0;
	BEGIN
		WHILE query ~ '~\{' LOOP
			n := n + 1;
			query := regexp_replace(query, '~\{.*?\}~', '$' || n);
		END LOOP;
	END $$;
	CREATE FUNCTION explain(statement text, OUT plan text, OUT cost float8) LANGUAGE plpgsql AS $$
	DECLARE line text;
	BEGIN
		FOR line IN EXECUTE 'EXPLAIN ' || statement LOOP
			cost := coalesce(cost, substring(line, 'cost=[0-9.]+\.\.([0-9.]+)')::float8);
			plan := concat_ws(E'\n', plan, line);
		END LOOP;
	END $$;
	CREATE FUNCTION compare(wanted text) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		c record;
		nothing text;
		seq bool;
	BEGIN
		PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
		FOREACH seq IN ARRAY ARRAY[true, false] LOOP
			PERFORM set_config('enable_seqscan', seq::text, true);
			FOR c IN SELECT * FROM matrix WHERE ddl = wanted LOOP
				INSERT INTO outcome SELECT c.ddl, c.position, mode || CASE WHEN seq THEN '' ELSE ', no seqscan' END, q,
						shape(plan_after), NULL, cost_after, NULL, est_size, NULL, used <> '{}'
					FROM (VALUES ('value', regexp_replace(c.query, '~\{|\}~', '', 'g')), ('generic', generic(c.query))) v(mode, q),
						perfaudit.what_if(q, ARRAY[c.ddl], plan_text => true)
					WHERE mode = 'value' OR c.query ~ '~\{';
			END LOOP;
		END LOOP;
		EXECUTE wanted;
		IF wanted ~ '\(\(|lower\(|to_tsvector' THEN
			EXECUTE 'ANALYZE ' || substring(wanted, ' ON (\w+)');
		END IF;
		FOR c IN SELECT ctid AS row, * FROM outcome WHERE ddl = wanted LOOP
			PERFORM set_config('enable_seqscan', (c.mode !~ 'no seqscan')::text, true);
			IF c.mode ~ 'generic' THEN
				EXECUTE 'PREPARE fidelity AS ' || c.query;
				SELECT 'EXECUTE fidelity(' || string_agg('NULL', ',') || ')' INTO nothing
					FROM pg_prepared_statements s, unnest(s.parameter_types) WHERE name = 'fidelity';
				UPDATE outcome SET built = shape(plan), built_cost = cost FROM explain(nothing) WHERE outcome.ctid = c.row;
				DEALLOCATE fidelity;
			ELSE
				UPDATE outcome SET built = shape(plan), built_cost = cost FROM explain(c.query) WHERE outcome.ctid = c.row;
			END IF;
		END LOOP;
		UPDATE outcome SET built_size = (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree('fidelity')) WHERE ddl = wanted;
		IF (SELECT relkind FROM pg_class WHERE oid = 'fidelity'::regclass) = 'i' THEN
			UPDATE outcome SET built_size = pg_relation_size('fidelity') WHERE ddl = wanted;
		END IF;
		DROP INDEX fidelity;
	END $$;
SQL

# The index: of what, then its places in a plan.
my @matrix = (
	'item (c)' => {
		scan => 'SELECT * FROM item WHERE c = ~{17}~', range => 'SELECT * FROM item WHERE c BETWEEN ~{17}~ AND ~{60}~',
		list => 'SELECT * FROM item WHERE c IN (~{17}~, ~{18}~, ~{19}~)', only => 'SELECT count(*) FROM item WHERE c < ~{100}~',
		inner => 'SELECT * FROM driver JOIN item ON item.c = driver.c', some => 'SELECT * FROM driver JOIN item ON item.c = driver.c WHERE driver.id = ~{5}~',
		order => 'SELECT * FROM item ORDER BY c LIMIT 10', merge => 'SELECT count(*) FROM item x JOIN item y ON x.c = y.c AND x.a = ~{4}~',
		maximum => 'SELECT max(c) FROM item WHERE c < ~{5000}~', 'group' => 'SELECT c, count(*) FROM item GROUP BY c',
	},
	'item (a)' => {
		scan => 'SELECT * FROM item WHERE a = ~{17}~', inner => 'SELECT * FROM driver JOIN item USING (a)',
		order => 'SELECT * FROM item ORDER BY a, id LIMIT 10', anti => 'SELECT * FROM driver WHERE NOT EXISTS (SELECT FROM item WHERE item.a = driver.a)',
	},
	'item (d)' => { scan => 'SELECT count(*) FROM item WHERE d = ~{17}~', order => 'SELECT d, count(*) FROM item GROUP BY d ORDER BY d' },
	'item (a, ts DESC)' => {
		scan => 'SELECT * FROM item WHERE a = ~{5}~ ORDER BY ts DESC LIMIT 1', range => 'SELECT * FROM item WHERE a = ~{5}~ AND ts > ~{\'2024-01-04\'}~',
		inner => 'SELECT * FROM driver JOIN item ON item.a = driver.a AND item.ts > driver.ts',
	},
	'item (c DESC NULLS LAST, id)' => { order => 'SELECT * FROM item ORDER BY c DESC NULLS LAST, id LIMIT 5', scan => 'SELECT * FROM item WHERE c = ~{5}~ AND id > ~{10}~' },
	'item (c) INCLUDE (d, email)' => { scan => 'SELECT c, d, email FROM item WHERE c < ~{100}~', inner => 'SELECT driver.id, item.d FROM driver JOIN item ON item.c = driver.c' },
	'item (c) WHERE d = 3' => { scan => 'SELECT * FROM item WHERE c < ~{4000}~ AND d = 3', inner => 'SELECT * FROM driver JOIN item ON item.c = driver.c AND item.d = 3', order => 'SELECT * FROM item WHERE d = 3 ORDER BY c LIMIT 3' },
	'item (nul) WHERE nul IS NOT NULL' => { scan => 'SELECT * FROM item WHERE nul = ~{50}~', order => 'SELECT * FROM item WHERE nul IS NOT NULL ORDER BY nul LIMIT 5' },
	'item (email)' => { scan => 'SELECT * FROM item WHERE email = ~{\'User17@example3.org\'}~', inner => 'SELECT * FROM driver JOIN item USING (email)', order => 'SELECT * FROM item ORDER BY email LIMIT 10' },
	'item (email text_pattern_ops)' => { scan => 'SELECT * FROM item WHERE email LIKE ~{\'User77%\'}~', inner => 'SELECT * FROM driver JOIN item USING (email)' },
	'item (email COLLATE "POSIX")' => { scan => 'SELECT * FROM item WHERE email COLLATE "POSIX" > ~{\'User99\'}~', order => 'SELECT * FROM item ORDER BY email COLLATE "POSIX" LIMIT 4' },
	'item (n) WITH (fillfactor = 50)' => { scan => 'SELECT * FROM item WHERE n BETWEEN ~{10}~ AND ~{30}~' },
	'item (u)' => { scan => 'SELECT * FROM item WHERE u = ~{\'c4ca4238-a0b9-2382-0dcc-509a6f75849b\'}~' },
	'item (ip)' => { scan => 'SELECT * FROM item WHERE ip = ~{\'10.1.2.3\'}~' },
	'item (lower(email))' => { scan => 'SELECT * FROM item WHERE lower(email) = ~{\'user17@example3.org\'}~', inner => 'SELECT * FROM driver JOIN item ON lower(item.email) = driver.mail', order => 'SELECT * FROM item ORDER BY lower(email) LIMIT 5' },
	'item ((j->>\'to\'))' => { scan => 'SELECT * FROM item WHERE j->>\'to\' = ~{\'p7\'}~', inner => 'SELECT * FROM driver JOIN item ON item.j->>\'to\' = driver.too' },
	'item (((j->>\'k\')::int), d)' => { scan => 'SELECT * FROM item WHERE (j->>\'k\')::int = ~{7}~', range => 'SELECT * FROM item WHERE (j->>\'k\')::int < ~{7}~' },
	'item USING hash (c)' => { scan => 'SELECT * FROM item WHERE c = ~{17}~', inner => 'SELECT * FROM driver JOIN item ON item.c = driver.c' },
	'item USING hash (email)' => { scan => 'SELECT * FROM item WHERE email = ~{\'User17@example3.org\'}~', inner => 'SELECT * FROM driver JOIN item USING (email)' },
	'item USING hash (lower(email))' => { scan => 'SELECT * FROM item WHERE lower(email) = ~{\'user17@example3.org\'}~' },
	'item USING gin (tags)' => { scan => 'SELECT * FROM item WHERE tags @> ~{ARRAY[\'t5\', \'u3\']}~', overlap => 'SELECT * FROM item WHERE tags && ~{ARRAY[\'t5\', \'t6\']}~', inner => 'SELECT * FROM driver JOIN item ON item.tags @> driver.tags' },
	'item USING gin (ints)' => { scan => 'SELECT * FROM item WHERE ints @> ~{ARRAY[5]}~', inner => 'SELECT * FROM driver JOIN item ON item.ints && driver.ints' },
	'item USING gin (tags, ints)' => { scan => 'SELECT * FROM item WHERE tags @> ~{ARRAY[\'t5\']}~ AND ints @> ~{ARRAY[5]}~' },
	'item USING gin (tags) WHERE d = 3' => { scan => 'SELECT * FROM item WHERE tags @> ~{ARRAY[\'t5\']}~ AND d = 3' },
	'item USING gin (j)' => { scan => 'SELECT * FROM item WHERE j @> ~{\'{"k": 5}\'}~', key => 'SELECT * FROM item WHERE j ? ~{\'k\'}~', path => 'SELECT * FROM item WHERE j @? ~{\'$.k ? (@ == 5)\'}~', inner => 'SELECT * FROM driver JOIN item ON item.j @> driver.j' },
	'item USING gin (j jsonb_path_ops)' => { scan => 'SELECT * FROM item WHERE j @> ~{\'{"k": 5}\'}~', inner => 'SELECT * FROM driver JOIN item ON item.j @> driver.j' },
	'item USING gin (words)' => { scan => 'SELECT * FROM item WHERE words @@ ~{to_tsquery(\'simple\', \'w5 & x3\')}~', prefix => 'SELECT * FROM item WHERE words @@ ~{to_tsquery(\'simple\', \'w79:*\')}~', inner => 'SELECT * FROM driver JOIN item ON item.words @@ driver.q' },
	'item USING gin (to_tsvector(\'simple\'::regconfig, email))' => { scan => 'SELECT * FROM item WHERE to_tsvector(\'simple\'::regconfig, email) @@ ~{to_tsquery(\'simple\', \'user5\')}~' },
	'item USING gist (r)' => { scan => 'SELECT * FROM item WHERE r @> ~{17}~::int', overlap => 'SELECT * FROM item WHERE r && ~{\'[5,9)\'}~::int4range', inner => 'SELECT * FROM driver JOIN item ON item.r && driver.r' },
	'item USING gist (during)' => { scan => 'SELECT * FROM item WHERE during @> ~{\'2024-01-02\'}~::timestamptz', inner => 'SELECT * FROM driver JOIN item ON item.during && driver.during' },
	'item USING gist (p)' => { scan => 'SELECT * FROM item WHERE p <@ ~{\'(5,5),(30,30)\'}~::box', order => 'SELECT * FROM item ORDER BY p <-> ~{\'(5,5)\'}~::point LIMIT 5', inner => 'SELECT * FROM driver JOIN item ON item.p <@ driver.b' },
	'item USING gist (b)' => { scan => 'SELECT * FROM item WHERE b && ~{\'(5,5),(30,30)\'}~::box', inner => 'SELECT * FROM driver JOIN item ON item.b && driver.b' },
	'item USING gist (b) WITH (fillfactor = 70)' => { scan => 'SELECT * FROM item WHERE b && ~{\'(5,5),(30,30)\'}~::box' },
	'item USING gist (words)' => { scan => 'SELECT * FROM item WHERE words @@ ~{to_tsquery(\'simple\', \'w5\')}~', inner => 'SELECT * FROM driver JOIN item ON item.words @@ driver.q' },
	'item USING gist (words tsvector_ops (siglen = 40))' => { scan => 'SELECT * FROM item WHERE words @@ ~{to_tsquery(\'simple\', \'w5\')}~' },
	'item USING gist (ip inet_ops)' => { scan => 'SELECT * FROM item WHERE ip << ~{\'10.3.0.0/16\'}~::inet' },
	'log USING brin (at)' => { scan => 'SELECT * FROM log WHERE at > ~{\'2024-01-01 02:20\'}~::timestamptz', range => 'SELECT * FROM log WHERE at BETWEEN ~{\'2024-01-01 01:20\'}~::timestamptz AND ~{\'2024-01-01 01:30\'}~::timestamptz', inner => 'SELECT * FROM driver JOIN log ON log.at = driver.ts' },
	'log USING brin (at) WITH (pages_per_range = 4)' => { scan => 'SELECT * FROM log WHERE at > ~{\'2024-01-01 02:20\'}~::timestamptz', inner => 'SELECT * FROM driver JOIN log ON log.at = driver.ts' },
	'log USING brin (at, kind) WITH (pages_per_range = 1)' => { scan => 'SELECT * FROM log WHERE at > ~{\'2024-01-01 02:20\'}~::timestamptz AND kind = ~{3}~' },
	'log USING brin (at timestamptz_minmax_multi_ops)' => { scan => 'SELECT * FROM log WHERE at > ~{\'2024-01-01 02:20\'}~::timestamptz' },
	'log USING brin (kind int4_bloom_ops)' => { scan => 'SELECT * FROM log WHERE kind = ~{3}~' },
	'log USING brin ((date_trunc(\'minute\', at AT TIME ZONE \'UTC\')))' => { scan => 'SELECT * FROM log WHERE date_trunc(\'minute\', at AT TIME ZONE \'UTC\') = ~{\'2024-01-01 02:20\'}~' },
	'item USING brin (during)' => { scan => 'SELECT * FROM item WHERE during @> ~{\'2024-01-02\'}~::timestamptz' },
	'part (a)' => { scan => 'SELECT * FROM part WHERE a = ~{17}~', child => 'SELECT * FROM part2 WHERE a = ~{17}~', order => 'SELECT * FROM part ORDER BY a LIMIT 5', inner => 'SELECT * FROM driver JOIN part ON part.a = driver.c' },
	'part (lower(b))' => { scan => 'SELECT * FROM part WHERE lower(b) = ~{\'b17\'}~' },
	'part (a) WHERE id > 5000' => { scan => 'SELECT * FROM part WHERE a = ~{17}~ AND id > 5000' },
	'part USING gin (tags)' => { scan => 'SELECT * FROM part WHERE tags @> ~{ARRAY[\'t5\']}~' },
	'part USING brin (a)' => { scan => 'SELECT * FROM part WHERE a < ~{100}~' },
	'mat (c)' => { scan => 'SELECT * FROM mat WHERE c = ~{17}~', inner => 'SELECT * FROM driver JOIN mat ON mat.c = driver.c' },
	'mat USING gin (tags)' => { scan => 'SELECT * FROM mat WHERE tags @> ~{ARRAY[\'t5\']}~' },
);

sub available
{
	my ($name) = @_;
	return $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = '$name'") &&
	  defined $node->safe_psql('postgres', "CREATE EXTENSION $name");
}
if (available('pg_trgm'))
{
	push @matrix,
	  'item USING gin (email gin_trgm_ops)' => { scan => 'SELECT * FROM item WHERE email LIKE ~{\'%r777@%\'}~', pattern => 'SELECT * FROM item WHERE email ~* ~{\'user77[0-9]@\'}~', inner => 'SELECT * FROM driver JOIN item ON item.email LIKE driver.email' },
	  'item USING gist (email gist_trgm_ops)' => { scan => 'SELECT * FROM item WHERE email LIKE ~{\'%r777@%\'}~', order => 'SELECT * FROM item ORDER BY email <-> ~{\'User7\'}~ LIMIT 5' },
	  'item USING gist (email gist_trgm_ops (siglen = 32))' => { scan => 'SELECT * FROM item WHERE email LIKE ~{\'%r777@%\'}~' };
}
if (available('btree_gist'))
{
	push @matrix, 'item USING gist (d, during)' => { scan => 'SELECT * FROM item WHERE d = ~{3}~ AND during @> ~{\'2024-01-02\'}~::timestamptz' };
}

sub literal { return "'" . ($_[0] =~ s/'/''/gr) . "'" }

my $script = '';
while (my ($index, $places) = splice(@matrix, 0, 2))
{
	my $ddl = literal("CREATE INDEX fidelity ON $index");

	$script .= "INSERT INTO matrix VALUES ($ddl, " . literal($_) . ', ' . literal($places->{$_}) . ");\n" foreach sort keys %$places;
	$script .= "SELECT compare($ddl);\n";
}
$node->safe_psql('postgres', $script);

sub question { return $node->safe_psql('postgres', $_[0]) }

my $cost_ok = 'abs(supposed_cost - built_cost) <= 0.05 * built_cost + 0.01';
my $size_ok = 'supposed_size BETWEEN 0.7 * built_size AND 1.3 * built_size';
my ($all, $same, $close, $used) = split /\|/, question(
	"SELECT count(*), count(*) FILTER (WHERE supposed = built), count(*) FILTER (WHERE $cost_ok), count(*) FILTER (WHERE used) FROM outcome");
my ($sizes, $near) = split /\|/, question("SELECT count(*), count(*) FILTER (WHERE ok) FROM (SELECT DISTINCT ddl, $size_ok AS ok FROM outcome) o");

note "$all plans, $used of them with the index: same shape $same, cost within 5 % $close; of $sizes indexes the size of $near within 30 %";
note question("SELECT substr(ddl, 26), position, mode, round(supposed_cost::numeric, 2), round(built_cost::numeric, 2) FROM outcome WHERE NOT ($cost_ok) OR supposed <> built ORDER BY 1, 2, 3");
note question("SELECT DISTINCT substr(ddl, 26), supposed_size, built_size FROM outcome WHERE NOT ($size_ok) ORDER BY 1");
cmp_ok($all, '>', 300, 'a matrix worth its name');
cmp_ok($used / $all, '>', 0.6, 'most of the plans have the index');
cmp_ok($same / $all, '>=', 0.98, "same plan for $same of $all");
cmp_ok($close / $all, '>=', 0.98, "cost within 5 % for $close of $all");
is($near, $sizes, 'all sizes within 30 %');
if ($ENV{PERFAUDIT_FIDELITY})
{
	note question("SELECT substr(ddl, 26), position, mode, supposed, built FROM outcome WHERE supposed <> built");
}

done_testing();
