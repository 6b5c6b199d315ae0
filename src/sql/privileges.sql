-- Everybody may look (other roles' texts are hidden); only superusers forget.

REVOKE ALL ON FUNCTION reset(name, name, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION reset_facts(oid, oid, bigint) FROM PUBLIC;
GRANT USAGE ON SCHEMA perfaudit TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA perfaudit TO PUBLIC;
