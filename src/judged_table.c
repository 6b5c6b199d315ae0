/*
 * judged_table.c
 *		The table that people speak of, for a relation that facts speak of.
 *
 * Judging asks for thousands of relations, so this is no SQL.  Must never throw
 * for what is gone.  Locks: pg_inherits, for a look into its index.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"

#include "compat.h"
#include "shmem.h"

PFA_SQL_FUNCTION(perfaudit_judged_table_1_0);
PFA_SQL_FUNCTION(perfaudit_named_table_1_0);

#define DEPTH_MAX	16

/* The first of those that it inherits from or is a partition of, or none. */
static Oid
parent_of(Relation inherits, Oid relid)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			parent = InvalidOid;

	ScanKeyInit(&keys[0], Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	ScanKeyInit(&keys[1], Anum_pg_inherits_inhseqno, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(1));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		parent = ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent;
	systable_endscan(scan);
	return parent;
}

static bool
is_judged(Oid relid, bool foreign)
{
	HeapTuple	tuple;
	Form_pg_class class;
	bool		judged;

	if (relid < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	if (!HeapTupleIsValid(tuple))
		return false;
	class = (Form_pg_class) GETSTRUCT(tuple);
	judged = class->relpersistence != RELPERSISTENCE_TEMP &&
		(class->relkind == RELKIND_RELATION || class->relkind == RELKIND_PARTITIONED_TABLE ||
		 class->relkind == RELKIND_MATVIEW ||
		 (foreign && class->relkind == RELKIND_FOREIGN_TABLE));
	ReleaseSysCache(tuple);
	return judged;
}

static Datum
top_of(FunctionCallInfo fcinfo, bool foreign)
{
	Oid			relid = PG_GETARG_OID(0);
	Relation	inherits;

	pfa_shmem_require();
	if (!is_judged(relid, foreign))
		PG_RETURN_NULL();
	inherits = table_open(InheritsRelationId, AccessShareLock);
	for (int depth = 0; depth < DEPTH_MAX; depth++)
	{
		Oid			parent = parent_of(inherits, relid);

		if (!OidIsValid(parent))
			break;
		relid = parent;
	}
	table_close(inherits, AccessShareLock);
	PG_RETURN_OID(relid);
}

Datum
perfaudit_judged_table_1_0(PG_FUNCTION_ARGS)
{
	return top_of(fcinfo, false);
}

Datum
perfaudit_named_table_1_0(PG_FUNCTION_ARGS)
{
	return top_of(fcinfo, true);
}
