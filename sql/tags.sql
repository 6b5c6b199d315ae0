-- Tags in the comments around a statement: found, units cut by them, shown.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA tags;
SET search_path = tags;
CREATE VIEW here AS SELECT b.tags FROM perfaudit.backends b WHERE b.pid = pg_backend_pid();
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO letters SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE people, letters;
-- each text in a unit of its own: DISCARD ends the one before
\set parsed 'SELECT ''DISCARD PLANS'', text FROM (VALUES '
\set each ') AS texts (text)'

-- sqlcommenter and marginalia, trailing and leading, with and without an end
\pset tuples_only on
:parsed
($$SELECT tags FROM here /*action='index',controller='users',db_driver='x',framework='rails_v7.1',unknown='z'*/$$),
($$SELECT tags FROM here /*application:Shop,controller:project_imports,action:show,line:/app/x.rb:12*/$$),
($$/*controller='users',action='show'*/ SELECT tags FROM here$$),
($$/* application:Shop, controller:users */ SELECT tags FROM here$$),
($$SELECT tags FROM here /*controller='users'*/ ;  $$),
($$SELECT tags FROM here; /*controller='users'*/$$),
($$SELECT tags FROM here; /* one */ /*controller='users'*/ ;$$),
($$/*job:Mail*/ SELECT tags FROM here /*controller='users'*/ /* application:Shop */$$),
($$SELECT tags FROM here /* controller = 'users' , action = 'index' */$$),
($$SELECT tags FROM here /* route=/users, controller=users */$$) :each \gexec
-- nothing in them that is known: no tags
:parsed
($$SELECT coalesce(tags::text, 'none') FROM here$$),
($$SELECT coalesce(tags::text, 'none') FROM here /* a remark */$$),
($$SELECT coalesce(tags::text, 'none') FROM here /**/$$),
($$SELECT coalesce(tags::text, 'none') FROM here /* controller */$$),
($$SELECT coalesce(tags::text, 'none') FROM here /*controller=''*/$$),
($$SELECT coalesce(tags::text, 'none') FROM here /* :=,;'' = ' */$$),
($$SELECT coalesce(tags::text, 'none') FROM here /*+ SeqScan(x) */$$),
($$SELECT coalesce(tags::text, 'none') FROM here /*Controller='users',xcontroller='users',controllers='users'*/$$) :each \gexec
-- escapes, odd quoting: a value that does not end is none; the first of a key counts
:parsed
($$SELECT tags FROM here /*route='%2Fapi%2Fusers%2F%3Aid',controller='a%20b%27c%22d%5c',action='100%25%'*/$$),
($$SELECT tags FROM here /*controller='it\'s',action='in,dex'*/$$),
($$SELECT tags FROM here /*controller:100%25,action:a'b*/$$),
($$SELECT tags FROM here /*controller='users',action='unterminated*/$$),
($$SELECT tags FROM here /*controller='users'x,action='index',,controller='other'*/$$),
($$SELECT tags FROM here /*controller='%0a%00use%7frs%1b'*/$$),
($$SELECT tags FROM here /*controller='caf%C3%A9',action='good%ffbad'*/$$) :each \gexec
-- not the statement's own comments: in strings, in the middle, of other kinds
:parsed
($$SELECT coalesce(tags::text, 'none') FROM here WHERE 'x /*controller=1*/' <> '… /*action=1*/'$$),
($$SELECT coalesce(tags::text, 'none') FROM here WHERE '/*controller=x,' <> 'y' -- */$$),
($$SELECT coalesce(tags::text, 'none') /*controller='x'*/ FROM here$$),
($$SELECT coalesce(tags::text, 'none') FROM here WHERE $q$/*controller='x'*/$q$ <> 'y'$$),
($$SELECT coalesce(tags::text, 'none') FROM here /* a /*controller='x'*/ b */$$) :each \gexec
-- a statement among others
SELECT coalesce(tags::text, 'none') FROM here /*controller='one'*/\; /*controller='two'*/ SELECT coalesce(tags::text, 'none') FROM here;
DISCARD PLANS\; SELECT coalesce(tags::text, 'none') FROM here\; SELECT coalesce(tags::text, 'none') FROM here /*controller='two'*/;
-- long ones: a text of 1 MB, a comment that is too long, 50 tags, long values
\set ECHO none
SELECT 'DISCARD PLANS', text FROM (VALUES
(format($$SELECT tags FROM here WHERE %L <> '' /*controller='after'*/$$, repeat('x', 1000000))),
(format($$/*controller='before'*/ SELECT tags FROM here WHERE %L <> ''$$, repeat('x', 1000000))),
(format($$SELECT coalesce(tags::text, 'none') FROM here /*%s,controller='users'*/$$, repeat('x', 1000000))),
(format($$/*%s,controller='users'*/ SELECT coalesce(tags::text, 'none') FROM here$$, repeat('x', 1000000))),
((SELECT format($$SELECT tags FROM here /*%s,controller='users'*/$$, string_agg(format('key%s=''value%s''', i, i), ',')) FROM generate_series(1, 50) i)),
(format($$SELECT tags, length(tags ->> 'controller') FROM here /*controller='%s'*/$$, repeat('é', 100))),
(format($$SELECT tags, length(tags ->> 'route') FROM here /*route='%s'*/$$, repeat('r', 500)))) AS texts (text) \gexec
\set ECHO all
-- one that does not end is no statement
SELECT 'SELECT 1 /*controller=''users''' \gexec
\pset tuples_only off

-- a prepared statement's text is its own, whichever runs before
PREPARE tagged AS SELECT tags FROM here /*controller='prepared'*/;
PREPARE plain AS SELECT tags FROM here;
PREPARE other AS SELECT tags FROM here /*controller='other'*/;
PREPARE far AS SELECT tags, 1 AS one FROM here /*controller='far'*/;
\pset tuples_only on
DISCARD SEQUENCES;
EXECUTE plain;
EXECUTE tagged;
EXECUTE plain;
EXECUTE other;
EXECUTE tagged;
EXECUTE tagged;
DISCARD SEQUENCES;
EXECUTE plain;
EXECUTE tagged;
DISCARD SEQUENCES;
EXECUTE tagged;
EXECUTE far;
EXECUTE tagged;
EXECUTE far;
\pset tuples_only off
DEALLOCATE ALL;

-- shapes do not know of comments
\o /dev/null
SELECT perfaudit.reset();
SELECT name FROM people WHERE id = 1;
SELECT name FROM people WHERE id = 2 /*controller='users'*/;
/*controller='people'*/ SELECT name FROM people WHERE id = 3;
\o
SELECT calls, query FROM perfaudit.statements WHERE query ~ 'FROM people WHERE id';

-- nor do their texts, whichever comes first; hints and what is inside stay
\o /dev/null
SELECT perfaudit.reset();
/*controller='people',traceparent='00-1-2-01'*/ /* a /* nested */ one */ -- and a line
SELECT name FROM people WHERE id = 1 /*action='b'*/ /* ' -- quoted? */ ;
SELECT count(*) FROM people WHERE name = '/* no comment */';
SELECT id FROM people /* inside */ WHERE name <> 'it''s /*' /*controller='people'*/;
/*+ SeqScan(people) */ SELECT name, id FROM people WHERE id = 2 /*controller='people'*/;
/*controller='people'*/ PREPARE commented AS /* x */ SELECT id, name FROM people WHERE id = 3 /*controller='people'*/;
EXECUTE commented;
DEALLOCATE commented;
/*controller='people'*/ CREATE TABLE commented () /*controller='people'*/;
-- first
/*controller='people'*/ DROP TABLE commented;
\o
-- from PostgreSQL 18 on a statement begins after the hint
SELECT regexp_replace(query, '^/\*\+.*?\*/ ', '') AS query FROM perfaudit.statements WHERE query ~ 'FROM people|commented' AND query !~ 'perfaudit' ORDER BY regexp_replace(query, '^/\*\+.*?\*/ ', '') COLLATE "C";

-- a change of tags ends a unit, also in a transaction; statements without any go on
\set repeats 'SELECT tags, scope, kind, units, n_max FROM perfaudit.repeats ORDER BY tags::text, scope, kind;'
\set units 'SELECT tags, scope, units, statements, statements_max FROM perfaudit.units WHERE database = current_database() AND tags IS NOT NULL ORDER BY tags::text;'
DISCARD PLANS;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM people ORDER BY id LIMIT 12 /*controller='users',action='index'*/;
SELECT 'SAVEPOINT s', format('SELECT * FROM letters WHERE person_id = %s /*controller=''users'',action=''index''*/', i), 'SELECT 1' FROM generate_series(1, 12) i \gexec
SELECT id FROM people ORDER BY id LIMIT 14 /*controller='people',action='list'*/;
SELECT format('SELECT * FROM letters WHERE person_id = %s /*controller=''people'',action=''list''*/', i) FROM generate_series(1, 14) i \gexec
COMMIT;
\o
:repeats
:units
DISCARD PLANS;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM letters WHERE id = 5 /*route=''GET /a''*/') FROM generate_series(1, 12) i \gexec
SELECT format('SELECT * FROM letters WHERE id = 5 /*route=''GET /b''*/') FROM generate_series(1, 13) i \gexec
SELECT format('SELECT * FROM letters WHERE id = 5 /*route=''GET /%s''*/', i % 2) FROM generate_series(1, 40) i \gexec
\o
:repeats

-- a request by its trace, not by the span that changes; no trace is ever shown
DISCARD PLANS;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM letters WHERE id = 5 /*controller=''users'',traceparent=''00-%s-%s-01''*/', repeat((n % 10)::text, 32), lpad(i::text, 16, '0'))
FROM generate_series(1, 3) n, generate_series(1, 12) i \gexec
DISCARD PLANS;
\o
:repeats
:units
-- within a trace the tags may come late; another value is another trace
DISCARD PLANS;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT * FROM letters WHERE id = 5 /*traceparent=''abc''*/' FROM generate_series(1, 6) \gexec
SELECT 'SELECT * FROM letters WHERE id = 5 /*traceparent=''abc'',controller=''late''*/' FROM generate_series(1, 6) \gexec
SELECT 'SELECT * FROM letters WHERE id = 5 /*traceparent=''abd'',controller=''late''*/' FROM generate_series(1, 7) \gexec
\o
SELECT tags FROM here;
:repeats

-- findings say where the work comes from; each place has a finding of its own
DISCARD PLANS;
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM people ORDER BY id LIMIT 20 /*controller='users',action='index',application='Shop'*/;
SELECT format('SELECT * FROM letters WHERE person_id = %s /*controller=''users'',action=''index'',application=''Shop''*/', i) FROM generate_series(1, 20) i \gexec
SELECT id FROM people ORDER BY id LIMIT 20 /*route='GET /conversations'*/;
SELECT format('SELECT * FROM letters WHERE person_id = %s /*route=''GET /conversations''*/', i) FROM generate_series(1, 20) i \gexec
BEGIN;
SELECT format('SELECT * FROM letters WHERE id = 3 /*job:Mail*/') FROM generate_series(1, 20) i \gexec
SELECT format('SELECT * FROM letters WHERE person_id = %s /*framework:rails*/', i) FROM generate_series(1, 20) i \gexec
COMMIT;
\o
SELECT kind, summary, evidence -> 'tags' AS tags FROM perfaudit.findings WHERE kind IN ('n_plus_one', 'duplicate_statement') ORDER BY kind, summary;
SELECT count(*), count(DISTINCT finding_id) FROM perfaudit.findings WHERE kind IN ('n_plus_one', 'duplicate_statement');

-- notices say it too
DISCARD PLANS;
SET perfaudit.notice = notice;
\o /dev/null
SELECT id FROM people ORDER BY id LIMIT 10 /*controller='users',action='index'*/;
SELECT format('SELECT * FROM letters WHERE person_id = %s /*controller=''users'',action=''index''*/', i) FROM generate_series(1, 10) i \gexec
SELECT 'SELECT * FROM letters WHERE id = 5 /*route=''GET%20%2Fa%0a%1b%00'',job=''%s%n'',framework=''longer than is kept of it''*/' FROM generate_series(1, 10) \gexec
DISCARD PLANS;
BEGIN;
SELECT format('SELECT * FROM letters WHERE person_id = %s /*controller=''%s''*/', i, repeat('x', 60)) FROM generate_series(1, 10) i \gexec
COMMIT;
DISCARD PLANS;
SELECT 'SELECT * FROM letters WHERE id = 5 /*traceparent=''00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01''*/' FROM generate_series(1, 10) \gexec
\o
RESET perfaudit.notice;

-- shown to those who may see the statements
CREATE ROLE regress_perfaudit_tags;
GRANT USAGE ON SCHEMA tags TO regress_perfaudit_tags;
SET ROLE regress_perfaudit_tags;
SELECT count(*) > 0 AS units, count(tags) AS tags FROM perfaudit.units WHERE username <> current_user;
SELECT count(*) FROM perfaudit.repeats;
SELECT count(tags) FROM perfaudit.backends WHERE username <> current_user;
RESET ROLE;
DROP OWNED BY regress_perfaudit_tags;
DROP ROLE regress_perfaudit_tags;
