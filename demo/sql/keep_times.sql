-- Keeps, for phase :phase, what pg_stat_statements measured and what perfaudit found. Must run before the next reset.
SELECT pg_sleep(0.2) \g /dev/null
INSERT INTO demo.times
SELECT :'phase', queryid, sum(calls), sum(total_exec_time)
  FROM pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND userid = 'shop_app'::regrole
 GROUP BY queryid;
INSERT INTO demo.findings SELECT :'phase', * FROM perfaudit.findings;
