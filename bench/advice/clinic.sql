-- Another application, with what tempts an advisor: boolean columns, tiny tables, prefixes of indexes that exist, updates that
-- are HOT, columns that are only filtered beside a far more selective one. :scale 1 is 4 million rows. Not part of a run
-- without arguments: bench/advice/run 0.1 bench/advice/clinic.sql
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE insurers (id int PRIMARY KEY, name text NOT NULL, country text NOT NULL, public boolean NOT NULL);
CREATE TABLE wards (id int PRIMARY KEY, name text NOT NULL, floor int NOT NULL);
CREATE TABLE rooms (id int PRIMARY KEY, ward_id int NOT NULL REFERENCES wards, beds int NOT NULL, closed boolean NOT NULL);
CREATE TABLE doctors (id int PRIMARY KEY, ward_id int NOT NULL, last_name text NOT NULL, speciality text NOT NULL, on_leave boolean NOT NULL);
CREATE TABLE patients (id int PRIMARY KEY, insurer_id int NOT NULL, last_name text NOT NULL, first_name text NOT NULL, birth_date date NOT NULL,
    city text NOT NULL, vip boolean NOT NULL, allergies text[] NOT NULL, contact jsonb NOT NULL, last_seen timestamptz NOT NULL, merged_into int) WITH (fillfactor = 80);
CREATE TABLE visits (id int PRIMARY KEY, patient_id int NOT NULL, doctor_id int NOT NULL, ward_id int NOT NULL, status text NOT NULL, cancelled boolean NOT NULL,
    started_at timestamp NOT NULL, invoice_no text NOT NULL, diagnosis text NOT NULL, notes text NOT NULL);
CREATE INDEX visits_patient ON visits (patient_id, started_at);
CREATE TABLE prescriptions (id int PRIMARY KEY, visit_id int NOT NULL, patient_id int NOT NULL, drug_id int NOT NULL, days int NOT NULL, stopped_at timestamptz);
CREATE TABLE drugs (id int PRIMARY KEY, name text NOT NULL, code text UNIQUE NOT NULL, form text NOT NULL, stock int NOT NULL, info tsvector NOT NULL);
CREATE TABLE samples (id int PRIMARY KEY, visit_id int NOT NULL, barcode text NOT NULL, kind text NOT NULL, taken_at timestamptz NOT NULL, lab int NOT NULL);
CREATE TABLE analyses (sample_id int NOT NULL, analyte text NOT NULL, value float8 NOT NULL, abnormal boolean NOT NULL, validated boolean NOT NULL, PRIMARY KEY (sample_id, analyte));
CREATE TABLE messages (id int PRIMARY KEY, channel text NOT NULL, state text NOT NULL, due_at timestamptz NOT NULL, attempts int NOT NULL,
    locked_at timestamptz, locked_by int, body text NOT NULL) WITH (fillfactor = 70);
CREATE TABLE stays (id int PRIMARY KEY, room_id int NOT NULL, patient_id int NOT NULL, during tsrange NOT NULL);
CREATE TABLE accesses (id bigint NOT NULL, at timestamptz NOT NULL, user_id int NOT NULL, patient_id int NOT NULL, action text NOT NULL);
SELECT setseed(0.31);
\set patients '(200000 * :scale)::int'
\set visits '(1000000 * :scale)::int'
INSERT INTO insurers SELECT i, 'Insurer ' || i, 'C' || i % 6, i % 2 = 0 FROM generate_series(1, 60) i;
INSERT INTO wards SELECT i, 'Ward ' || i, i % 8 FROM generate_series(1, 40) i;
INSERT INTO rooms SELECT i, 1 + i % 40, 1 + i % 4, i % 9 = 0 FROM generate_series(1, 600) i;
INSERT INTO doctors SELECT i, 1 + i % 40, 'Doc' || md5(i::text), 'S' || i % 12, i % 10 = 0 FROM generate_series(1, 900) i;
INSERT INTO patients SELECT i, 1 + floor(random() * 60)::int, initcap(substr(md5((i / 2)::text), 1, 7)), 'F' || i % 3000, date '1930-01-01' + floor(random() * 33000)::int,
    'City ' || floor(300 * random() ^ 2)::int, random() < 0.3, CASE WHEN random() < 0.2 THEN ARRAY['a' || floor(random() * 300)::int, 'a' || floor(random() * 900)::int] ELSE '{}' END,
    jsonb_build_object('phone', '0' || i * 37, 'mail', 'p' || i || '@example.org'), now() - random() * interval '900 days', CASE WHEN random() < 0.01 THEN 1 + floor(random() * :patients)::int END
    FROM generate_series(1, :patients) i;
INSERT INTO visits SELECT i, 1 + floor(random() * :patients)::int, 1 + floor(900 * random())::int, 1 + floor(random() * 40)::int,
    CASE WHEN random() < 0.985 THEN 'closed' WHEN random() < 0.5 THEN 'open' ELSE 'waiting' END, random() < 0.25,
    timestamp '2020-01-01' + random() * interval '1500 days', 'I' || 100000000 + i, 'D' || floor(2000 * random() ^ 3)::int, repeat(md5(i::text), 3) FROM generate_series(1, :visits) i;
INSERT INTO prescriptions SELECT i, 1 + floor(random() * :visits)::int, 1 + floor(random() * :patients)::int, 1 + floor(random() * 8000 * sqrt(:scale))::int, floor(random() * 30)::int,
    CASE WHEN random() < 0.98 THEN now() END FROM generate_series(1, :visits) i;
INSERT INTO drugs SELECT i, 'Drug ' || substr(md5(i::text), 1, 14), 'K' || i, 'form' || i % 5, random() * 500,
    to_tsvector('simple', 'w' || floor(random() * 900)::int || ' w' || floor(random() * 4000)::int) FROM generate_series(1, (8000 * sqrt(:scale))::int) i;
INSERT INTO samples SELECT i, 1 + floor(random() * :visits)::int, 'B' || md5(i::text), 'k' || floor(random() * 8)::int, timestamptz '2020-01-01' + i * interval '100 seconds', floor(random() * 5)::int
    FROM generate_series(1, :visits / 2) i;
INSERT INTO analyses SELECT i, 'n' || j, random() * 100, random() < 0.15, random() < 0.99 FROM generate_series(1, :visits / 4) i, generate_series(1, 4) j;
INSERT INTO messages SELECT i, 'ch' || i % 4, CASE WHEN random() < 0.99 THEN 'sent' ELSE 'pending' END, timestamptz '2024-01-01' + i * interval '40 seconds', 0, NULL, NULL, md5(i::text)
    FROM generate_series(1, :visits / 5) i;
INSERT INTO stays SELECT i, 1 + i % 600, 1 + floor(random() * :patients)::int, tsrange(t, t + random() * interval '9 days')
    FROM (SELECT i, timestamp '2020-01-01' + random() * interval '1500 days' AS t FROM generate_series(1, :visits / 10) i) x;
INSERT INTO accesses SELECT i, timestamptz '2023-01-01' + i * interval '30 seconds', 1 + floor(random() * 1500)::int, 1 + floor(random() * :patients)::int, 'act' || i % 5
    FROM generate_series(1, :visits) i;
VACUUM ANALYZE;

CREATE SCHEMA bench;
CREATE TABLE bench.queries (id int GENERATED ALWAYS AS IDENTITY, name text, weight int, query text, params text);
CREATE TABLE bench.sizes AS SELECT :patients AS patients, :visits AS visits;
CREATE FUNCTION bench.n(int) RETURNS int LANGUAGE sql AS 'SELECT 1 + floor(random() * $1)::int';
CREATE FUNCTION bench.p() RETURNS int LANGUAGE sql AS 'SELECT bench.n(patients) FROM bench.sizes';
CREATE FUNCTION bench.v() RETURNS int LANGUAGE sql AS 'SELECT bench.n(visits) FROM bench.sizes';
INSERT INTO bench.queries (name, weight, query, params) VALUES
-- served, or not worth an index
('patient', 40, 'SELECT * FROM patients WHERE id = $1', 'bench.p()'),
('visits_of_patient', 20, 'SELECT id, diagnosis FROM visits WHERE patient_id = $1', 'bench.p()'),
('visits_of_patient_year', 10, 'SELECT id, diagnosis FROM visits WHERE patient_id = $1 AND started_at >= $2', $$bench.p(); '2022-05-05'$$),
('visits_of_patient_open', 5, 'SELECT id FROM visits WHERE patient_id = $1 AND status = $2 AND NOT cancelled', $$bench.p(); 'open'$$),
('insurers_of_country', 20, 'SELECT id, name FROM insurers WHERE country = $1 AND public', $$'C' || bench.n(5)$$),
('rooms_of_ward', 20, 'SELECT id, beds FROM rooms WHERE ward_id = $1 AND NOT closed', 'bench.n(40)'),
('doctors_of_ward', 10, 'SELECT id, last_name FROM doctors WHERE ward_id = $1 AND speciality = $2', $$bench.n(40); 'S' || bench.n(11)$$),
('vips', 1, 'SELECT count(*) FROM patients WHERE vip', ''),
('not_cancelled', 1, 'SELECT count(*) FROM visits WHERE NOT cancelled', ''),
('closed_visits', 1, $$SELECT count(*) FROM visits WHERE status = 'closed'$$, ''),
('results_of_sample', 20, 'SELECT analyte, value FROM analyses WHERE sample_id = $1', 'bench.v() / 4'),
('abnormal_of_sample', 8, 'SELECT analyte FROM analyses WHERE sample_id = $1 AND abnormal', 'bench.v() / 4'),
('see', 60, 'UPDATE patients SET last_seen = now() WHERE id = $1', 'bench.p()'),
('not_seen', 1, 'SELECT count(*) FROM patients WHERE last_seen < $1', $$timestamptz '2019-01-01'$$),
('lock_message', 80, 'UPDATE messages SET locked_at = now(), attempts = attempts + 1 WHERE id = $1', 'bench.v() / 5'),
('stale_locks', 1, 'SELECT id FROM messages WHERE locked_at < $1', $$timestamptz '2020-01-01'$$),
('many_attempts', 1, 'SELECT count(*) FROM messages WHERE attempts > $1', '20'),
('drug_by_code', 20, 'SELECT * FROM drugs WHERE code = $1', $$'K' || bench.n(1000)$$),
-- patients
('by_name', 15, 'SELECT id, first_name, birth_date FROM patients WHERE upper(last_name) = upper($1)', 'substr(md5((bench.p() / 2)::text), 1, 7)'),
('by_birth', 6, 'SELECT id, last_name FROM patients WHERE birth_date = $1 AND vip', $$date '1930-01-01' + bench.n(33000)$$),
('by_phone', 8, $$SELECT id FROM patients WHERE contact ->> 'phone' = $1$$, $$'0' || bench.p() * 37$$),
('allergic', 3, 'SELECT id FROM patients WHERE allergies @> ARRAY[$1]', $$'a' || bench.n(800)$$),
('merged', 4, 'SELECT id FROM patients WHERE merged_into = $1', 'bench.p()'),
('of_insurer_in_city', 2, 'SELECT id, last_name FROM patients WHERE insurer_id = $1 AND city = $2', $$bench.n(60); 'City ' || bench.n(290)$$),
-- visits
('invoice', 15, 'SELECT id, patient_id FROM visits WHERE ward_id = $1 AND invoice_no = $2', $$bench.n(40); 'I' || 100000000 + bench.v()$$),
('day_of_doctor', 10, 'SELECT id, patient_id, started_at FROM visits WHERE doctor_id = $1 AND started_at >= $2 AND started_at < $3 ORDER BY started_at', $$bench.n(900); timestamp '2022-03-01'; timestamp '2022-03-08'$$),
('latest_of_doctor', 6, 'SELECT id, started_at FROM visits WHERE doctor_id = $1 ORDER BY started_at DESC LIMIT 20', 'bench.n(900)'),
('waiting', 10, $$SELECT id, patient_id FROM visits WHERE status = 'waiting' ORDER BY started_at LIMIT 30$$, ''),
('diagnosis_month', 2, 'SELECT count(DISTINCT patient_id) FROM visits WHERE diagnosis = $1', $$'D' || 300 + bench.n(1600)$$),
-- prescriptions, samples
('prescriptions_of_visit', 15, 'SELECT p.id, d.name FROM prescriptions p JOIN drugs d ON d.id = p.drug_id WHERE p.visit_id = $1', 'bench.v()'),
('prescriptions_of_patient', 10, 'SELECT drug_id, days FROM prescriptions WHERE patient_id = $1 AND stopped_at IS NULL', 'bench.p()'),
('users_of_drug', 3, 'SELECT count(DISTINCT patient_id) FROM prescriptions WHERE drug_id = $1', 'bench.n(2000)'),
('drug_search', 5, 'SELECT id, name FROM drugs WHERE info @@ to_tsquery($1, $2)', $$'simple'; 'w' || bench.n(3900)$$),
('barcode', 12, 'SELECT id, visit_id FROM samples WHERE barcode = $1 AND lab = $2', $$'B' || md5((bench.v() / 2)::text); bench.n(4)$$),
('samples_of_visit', 8, 'SELECT s.id, r.analyte, r.value FROM samples s JOIN analyses r ON r.sample_id = s.id WHERE s.visit_id = $1', 'bench.v()'),
('not_validated', 3, 'SELECT sample_id, analyte FROM analyses WHERE NOT validated LIMIT 100', ''),
('validate', 10, 'UPDATE analyses SET validated = true WHERE sample_id = $1 AND analyte = $2', $$bench.v() / 4; 'n2'$$),
-- messages, stays, accesses
('due', 15, $$SELECT id, body FROM messages WHERE state = 'pending' AND channel = $1 ORDER BY due_at LIMIT 10 FOR UPDATE SKIP LOCKED$$, $$'ch' || bench.n(3)$$),
('occupied', 5, 'SELECT room_id, patient_id FROM stays WHERE during && tsrange($1, $2)', $$timestamp '2021-04-04'; timestamp '2021-04-04 02:00'$$),
('stays_of_patient', 6, 'SELECT room_id, during FROM stays WHERE patient_id = $1', 'bench.p()'),
('who_looked', 4, 'SELECT at, user_id, action FROM accesses WHERE patient_id = $1 ORDER BY at DESC LIMIT 50', 'bench.p()'),
('hour', 3, 'SELECT action, count(*) FROM accesses WHERE at >= $1 AND at < $2 GROUP BY action', $$timestamptz '2023-01-05'; timestamptz '2023-01-05 01:00'$$),
('log', 60, $$INSERT INTO accesses VALUES (1, now(), $1, $2, 'act1')$$, 'bench.n(1500); bench.p()');
CREATE TABLE bench.answers (verdict text, name text, "table" regclass, method text, keys text, predicate text DEFAULT '');
INSERT INTO bench.answers VALUES
('needed', 'by_name', 'patients', 'btree', 'upper\(last_name\).*', ''),
('needed', 'by_birth', 'patients', 'btree', 'birth_date', ''),
('needed', 'by_phone', 'patients', 'btree', '.*contact ->> ''phone''.*', ''),
('needed', 'allergic', 'patients', 'gin', 'allergies', ''),
('needed', 'merged', 'patients', 'btree', 'merged_into', ''),
('needed', 'of_insurer_in_city', 'patients', 'btree', '(city|insurer_id)(, (insurer_id|city))?', ''),
('needed', 'invoice', 'visits', 'btree', 'invoice_no(, ward_id)?', ''),
('needed', 'doctor', 'visits', 'btree', 'doctor_id, started_at.*', ''),
('needed', 'waiting', 'visits', 'btree', '(started_at|status, started_at).*', ''),
('needed', 'diagnosis_month', 'visits', 'btree', 'diagnosis(, patient_id)?', ''),
('needed', 'prescriptions_of_visit', 'prescriptions', 'btree', 'visit_id(, drug_id)?', ''),
('needed', 'prescriptions_of_patient', 'prescriptions', 'btree', 'patient_id', ''),
('needed', 'users_of_drug', 'prescriptions', 'btree', 'drug_id(, patient_id)?', ''),
('needed', 'drug_search', 'drugs', 'gin', 'info', ''),
('needed', 'barcode', 'samples', 'btree', 'barcode(, lab)?', ''),
('fine', 'barcode', 'samples', 'hash', 'barcode', ''),
('needed', 'samples_of_visit', 'samples', 'btree', 'visit_id', ''),
('fine', 'not_validated', 'analyses', 'btree', '(sample_id|validated|sample_id, analyte|analyte)', 'NOT validated'),
('needed', 'due', 'messages', 'btree', '(channel, due_at|due_at|channel, state, due_at|state, channel, due_at|state, due_at)', ''),
('needed', 'occupied', 'stays', 'gist', 'during', ''),
('needed', 'stays_of_patient', 'stays', 'btree', 'patient_id', ''),
('needed', 'who_looked', 'accesses', 'btree', 'patient_id(, at.*)?', ''),
('needed', 'hour', 'accesses', '(btree|brin)', 'at', '');
