-- Settings: who may set what, bad values, unknown names.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
\set VERBOSITY sqlstate
-- all of them, so that a new one is noticed here
SELECT name, setting, unit, context, min_val, max_val FROM pg_settings WHERE name LIKE 'perfaudit.%' ORDER BY name COLLATE "C";
SELECT name FROM pg_settings WHERE name LIKE 'perfaudit.%' AND (short_desc IS NULL OR short_desc !~ '^[A-Z0-9].*\.$');
-- unknown names and values
SET perfaudit.nothing = 1;
SET perfaudit.notice = 'loud';
SET perfaudit.notice = 1;
SET perfaudit.enabled = 'maybe';
SET perfaudit.burst_gap = -1;
SET perfaudit.burst_gap = '1d';
SET perfaudit.burst_gap = 'soon';
SET perfaudit.sample_budget = 2;
SET perfaudit.scan_kept_share = -0.1;
SET perfaudit.repeat_threshold = 1;
SET perfaudit.large_table_rows = 0;
SET perfaudit.max_statements = 1000;
SET perfaudit.text_memory = '16MB';
SHOW perfaudit.notice;
-- a name of a unit longer than is kept
SELECT set_config('perfaudit.unit', repeat('u', 500), false) <> '' AS set;
SELECT length(unit) <= 64 AS cut FROM perfaudit.backends WHERE pid = pg_backend_pid();
RESET perfaudit.unit;
-- everybody sets what is his own, not what is recorded
CREATE ROLE regress_perfaudit_settings;
SET ROLE regress_perfaudit_settings;
SELECT name, set_config(name, current_setting(name), false) = current_setting(name) AS set FROM pg_settings
WHERE name LIKE 'perfaudit.%' AND context = 'user' ORDER BY name COLLATE "C";
SET perfaudit.unit = 'request 5';
SET perfaudit.notice = notice;
SET perfaudit.enabled = off;
SET perfaudit.provenance = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.burst_gap = 1000;
RESET ROLE;
DROP ROLE regress_perfaudit_settings;
-- the threshold that a detector compares with
SET perfaudit.slow_statement = '2s';
SELECT perfaudit.threshold('slow_statement'), perfaudit.threshold('large_table_rows'), perfaudit.threshold('scan_kept_share');
SELECT perfaudit.threshold('nothing');
SELECT settings->>'perfaudit.slow_statement' AS shown FROM perfaudit.detectors WHERE kind = 'slow_statement';
SELECT d.kind, s.name AS unknown FROM perfaudit.detector_list d, unnest(d.settings) AS s (name)
WHERE NOT EXISTS (SELECT FROM pg_settings p WHERE p.name = s.name);
