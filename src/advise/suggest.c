/*
 * suggest.c
 *		perfaudit.suggest_indexes() and suggest_indexes_for(): run the advisor and
 *		hand out its rows.
 *
 * Creates nothing and executes no recorded statement.  Locks on the workload's
 * tables are given back before the function returns; an error's are given back
 * by the transaction.
 */
#include "postgres.h"

#include "advise/drops.h"
#include "advise/hold.h"
#include "advise/progress.h"
#include "compat.h"
#include "shmem.h"

#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PFA_SQL_FUNCTION(perfaudit_suggest_indexes_1_0);
PFA_SQL_FUNCTION(perfaudit_suggest_indexes_for_1_0);

bool
pfa_advice_wants(const PfaAdvice *advice, Oid relid)
{
	return advice->only_tables == NIL ||
		list_member_oid(advice->only_tables, pfa_advice_root(relid));
}

Oid
pfa_advice_root(Oid relid)
{
	List	   *ancestors = get_rel_relispartition(relid) ? get_partition_ancestors(relid) : NIL;

	return ancestors == NIL ? relid : llast_oid(ancestors);
}

/* The arguments that both functions have, from the first on, checked. */
static void
read_limits(FunctionCallInfo fcinfo, int first, PfaAdvice *advice)
{
	if (PG_ARGISNULL(first) || PG_GETARG_INT32(first) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_indexes must be at least 1")));
	if (!PG_ARGISNULL(first + 1) && PG_GETARG_INT64(first + 1) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("storage_budget must not be negative"),
				 errhint("It is in bytes; null means no limit.")));
	if (PG_ARGISNULL(first + 2) || PG_GETARG_INT32(first + 2) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_ms must be at least 1")));
	if (PG_ARGISNULL(first + 3) ||
		!(PG_GETARG_FLOAT8(first + 3) >= 0 && PG_GETARG_FLOAT8(first + 3) <= 100))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_gain must be between 0 and 100"),
				 errhint("It is the percentage of a statement's cost that an index has to save.")));
	advice->max_indexes = PG_GETARG_INT32(first);
	advice->storage_budget = PG_ARGISNULL(first + 1) ? -1 : PG_GETARG_INT64(first + 1);
	advice->max_ms = PG_GETARG_INT32(first + 2);
	advice->min_gain = PG_GETARG_FLOAT8(first + 3);
	advice->deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), (int64) advice->max_ms);
}

/* The elements of an array argument; none may be null, nor may there be none. */
static int
read_array(FunctionCallInfo fcinfo, int argument, const char *name, Oid type, int len,
		   bool byval, char align, Datum **elements)
{
	bool	   *nulls;
	int			n;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, len, byval, align,
					  elements, &nulls, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be empty", name),
				 errhint("Null means all.")));
	for (int i = 0; i < n; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain null elements", name)));
	return n;
}

/* What the advice is limited to. */
static void
read_choice(FunctionCallInfo fcinfo, PfaAdvice *advice)
{
	Datum	   *elements;
	int			n;

	n = PG_ARGISNULL(4) ? 0 : read_array(fcinfo, 4, "tables", REGCLASSOID, sizeof(Oid), true,
										 TYPALIGN_INT, &elements);
	for (int i = 0; i < n; i++)
	{
		Oid			relid = DatumGetObjectId(elements[i]);
		char		kind = get_rel_relkind(relid);

		if (kind == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("table with OID %u does not exist", relid)));
		if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW &&
			kind != RELKIND_PARTITIONED_TABLE)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" is not a table or materialized view", get_rel_name(relid))));
		advice->only_tables = list_append_unique_oid(advice->only_tables, pfa_advice_root(relid));
	}
	n = PG_ARGISNULL(5) ? 0 : read_array(fcinfo, 5, "queryids", INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
										 TYPALIGN_DOUBLE, &elements);
	for (int i = 0; i < n; i++)
	{
		uint64	   *queryid = palloc(sizeof(uint64));

		*queryid = (uint64) DatumGetInt64(elements[i]);
		advice->only_queryids = lappend(advice->only_queryids, queryid);
	}
	if (PG_ARGISNULL(6))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("include_drops must not be null")));
	advice->include_drops = PG_GETARG_BOOL(6);
	if (advice->include_drops && advice->only_queryids != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("include_drops cannot be combined with queryids"),
				 errdetail("That nobody would miss an index is proved by all recorded statements.")));
}

/* Advises, and writes the rows. */
static void
run(FunctionCallInfo fcinfo, PfaAdvice *advice)
{
	MemoryContext work;
	MemoryContext old;
	PfaTimeRun	around = pfa_time_limit_run(advice->deadline, advice->max_ms, advice->query != NULL);
	List	   *chosen;

	work = AllocSetContextCreate(CurrentMemoryContext, "perfaudit advice",
								 ALLOCSET_DEFAULT_SIZES);
	advice->memory = work;
	old = MemoryContextSwitchTo(work);
	pfa_progress_begin(advice);
	pfa_replan_begin();
	PG_TRY();
	{
		/* errors of the text are the caller's to see */
		if (advice->query != NULL)
			pfa_whatif_check(advice->query);
		pfa_shapes_prepare(advice);
		pfa_evidence_weigh(advice);
		pfa_progress_phase(advice, "finding candidates");
		pfa_candidates_make(advice);
		pfa_progress_phase(advice, "searching");
		chosen = pfa_search_run(advice);
		pfa_progress_phase(advice, "proving drops");
		if (advice->include_drops)
			pfa_drops_find(advice, chosen);
		pfa_progress_phase(advice, "checking");
		pfa_hold_settle(advice, chosen);
		pfa_suggest_emit(advice, chosen, (ReturnSetInfo *) fcinfo->resultinfo);
		pfa_shapes_release(advice);
		/* now nothing ends the call any more */
		pfa_hold_remember(advice);
	}
	PG_FINALLY();
	{
		pfa_time_limit_resume(around);
		pfa_progress_end();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

/*
 * suggest_indexes(max_indexes int, storage_budget bigint, max_ms int,
 *				   min_gain float8, tables regclass[], queryids bigint[],
 *				   include_drops boolean)
 */
Datum
perfaudit_suggest_indexes_1_0(PG_FUNCTION_ARGS)
{
	PfaAdvice	advice = {0};

	pfa_shmem_require();
	read_limits(fcinfo, 0, &advice);
	read_choice(fcinfo, &advice);
	InitMaterializedSRF(fcinfo, 0);
	run(fcinfo, &advice);
	return (Datum) 0;
}

/*
 * suggest_indexes_for(query text, max_indexes int, storage_budget bigint,
 *					   max_ms int, min_gain float8)
 */
Datum
perfaudit_suggest_indexes_for_1_0(PG_FUNCTION_ARGS)
{
	PfaAdvice	advice = {0};

	pfa_shmem_require();
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("query must not be null")));
	advice.query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	read_limits(fcinfo, 1, &advice);
	InitMaterializedSRF(fcinfo, 0);
	run(fcinfo, &advice);
	return (Datum) 0;
}
