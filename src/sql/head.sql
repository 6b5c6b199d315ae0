-- perfaudit 1.0: install script, put together from src/sql by the Makefile.
\echo Use "CREATE EXTENSION perfaudit" to load this file. \quit

-- A schema of this name that is there already may have functions in it whose arguments fit
-- better than those of ours, and whoever owns it may add some later: so it must be empty, and
-- a superuser's alone.  Operators are compared for their own types only, for the same reason.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_namespace n
            JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
            LEFT JOIN pg_catalog.aclexplode(n.nspacl) a ON a.privilege_type = 'CREATE'::pg_catalog.text
            LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
            LEFT JOIN pg_catalog.pg_depend d ON d.refobjid = n.oid
                AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid
                AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid
        WHERE n.nspname = 'perfaudit'::pg_catalog.name
            AND (NOT o.rolsuper OR (a.grantee IS NOT NULL AND g.rolsuper IS NOT TRUE) OR d.objid IS NOT NULL))
    THEN
        RAISE EXCEPTION 'schema "perfaudit" exists already, and is not empty or not a superuser''s alone'
            USING ERRCODE = 'duplicate_schema',
            HINT = 'Drop it, or give it another name: CREATE EXTENSION makes its own.';
    END IF;
END
$$;

COMMENT ON SCHEMA perfaudit IS 'what is wrong with how applications use this database, with evidence and remedy';

