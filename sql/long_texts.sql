-- Long lists: their texts are those of short ones, whether core's scanner was needed or not.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA long_texts;
SET search_path = long_texts;
CREATE TABLE t (id int PRIMARY KEY, name text, arr int[]);
CREATE TABLE u (id int, name text, arr int[]);
-- the text that is shown of a statement
CREATE FUNCTION shown(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM perfaudit.reset();
    EXECUTE statement;
    RETURN (SELECT query FROM perfaudit.statements WHERE NOT toplevel AND query ~ '\m[tu]\M|too long' AND query !~ 'perfaudit');
END $$;
-- lists that are plain to see, and the same with something for the scanner in them
CREATE TABLE pairs (plain text, hard text);
INSERT INTO pairs VALUES
    ('SELECT name FROM t WHERE id IN (1, 2, 3) AND name = ''x''', 'SELECT name FROM t WHERE id IN (1, 2, /* ) */ 3) AND name = ''x'''),
    ('SELECT name FROM t WHERE name IN (''a'', ''b'', ''it''''s (one'')', 'SELECT name FROM t WHERE name IN (''a'', ''b'', E''it\''s (one'')'),
    ('SELECT name FROM t WHERE name IN (''o''''a'', ''b)'')', 'SELECT name FROM t WHERE name IN (''o''''a'', $x$b)$x$)'),
    ('SELECT name FROM t WHERE id IN (-1 , -2, -3) OR id = -6', E'SELECT name FROM t WHERE id IN (-1 , -2,-- )\n -3) OR id = -6'),
    ('SELECT name FROM t WHERE id IN (1,2) AND name IN (''a'',''b'') AND arr && ''{1}''', 'SELECT name FROM t WHERE id IN (1,2) AND name IN (''a'',E''b'') AND arr && ''{1}'''),
    ('INSERT INTO u VALUES (1, ''a''), (2, ''b''), (3, ''c'') RETURNING name, 5', 'INSERT INTO u VALUES (1, ''a''), (2, E''b''), (3, /*)*/ ''c'') RETURNING name, 5'),
    ('INSERT INTO u VALUES (1, upper(''a''), ARRAY[1, 2]) , ( 2, ''b)'', ARRAY[3])', 'INSERT INTO u VALUES (1, upper(''a''), ARRAY[1, 2]) , ( 2, $$b)$$, ARRAY[3])'),
    ('INSERT INTO u SELECT id, name FROM (VALUES (1, ''a''), (2, ''b'')) v (id, name) WHERE id IN (1, 2)', 'INSERT INTO u SELECT id, name FROM (VALUES (1, ''a''), (2, E''b'')) v (id, name) WHERE id IN (1, 2)');
SELECT shown(plain) = shown(hard) AS same, shown(plain) FROM pairs;

-- of any length
SELECT shown(format('SELECT id FROM t WHERE id IN (%s) AND name <> ''y''', string_agg(i::text, ','))) FROM generate_series(1, 40000) i;
SELECT shown(format('SELECT id FROM t WHERE name IN (%s) AND name <> ''y''', string_agg(quote_literal(i || ' it''s (a'), ', '))) FROM generate_series(1, 20000) i;
SELECT shown(format('SELECT id FROM t WHERE id = ANY (ARRAY[%s]) AND name <> ''y''', string_agg(i::text, ', '))) FROM generate_series(1, 40000) i;
SELECT shown(format('INSERT INTO u VALUES %s RETURNING id, 7', string_agg(format('(%s, ''o''''b'', ARRAY[%s, %s])', i, i, i + 1), E',\n'))) FROM generate_series(1, 10000) i;
-- a value of a megabyte
SELECT shown(format('SELECT id FROM t WHERE name = %L AND id = 5', repeat('x''(', 400000)));
-- cut to perfaudit.max_text_length
SET perfaudit.max_text_length = 256;
SELECT length(shown(format('SELECT id FROM t WHERE %s', string_agg(format('id = %s', i), ' OR ')))) FROM generate_series(1, 1000) i;
SELECT shown(format('SELECT id FROM t WHERE id IN (%s) AND name <> ''y''', string_agg(i::text, ','))) FROM generate_series(1, 10000) i;
RESET perfaudit.max_text_length;
-- too long for the scanner
SELECT shown(format('SELECT id FROM t WHERE name IN (%s) AND name <> ''y''', string_agg(format('E''%s''', i), ', '))) FROM generate_series(1, 20000) i;
-- none is the whole text, none has a value
SELECT count(*) AS values FROM perfaudit.statements WHERE query ~ 'it''s|xxx|39999';
SET client_min_messages = warning;
DROP SCHEMA long_texts CASCADE;
