-- perfaudit 1.0: install script, put together from src/sql by the Makefile.
\echo Use "CREATE EXTENSION perfaudit" to load this file. \quit

COMMENT ON SCHEMA perfaudit IS 'what is wrong with how applications use this database, with evidence and remedy';

