/*
 * suggest.c
 *		perfaudit.suggest_indexes(): runs the advisor and hands out its rows.
 *
 * Creates nothing and executes no recorded statement.  Locks on the workload's
 * tables are given back before the function returns; an error's are given back
 * by the transaction.
 */
#include "postgres.h"

#include "advise/advice.h"
#include "compat.h"
#include "shmem.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PFA_SQL_FUNCTION(perfaudit_suggest_indexes_1_0);

/* The arguments, checked. */
static void
read_arguments(FunctionCallInfo fcinfo, PfaAdvice *advice)
{
	int			max_ms;

	if (PG_ARGISNULL(0) || PG_GETARG_INT32(0) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_indexes must be at least 1")));
	if (!PG_ARGISNULL(1) && PG_GETARG_INT64(1) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("storage_budget must not be negative"),
				 errhint("It is in bytes; null means no limit.")));
	if (PG_ARGISNULL(2) || PG_GETARG_INT32(2) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_ms must be at least 1")));
	if (PG_ARGISNULL(3) || !(PG_GETARG_FLOAT8(3) >= 0 && PG_GETARG_FLOAT8(3) <= 100))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_gain must be between 0 and 100"),
				 errhint("It is the percentage of a statement's cost that an index has to save.")));
	advice->max_indexes = PG_GETARG_INT32(0);
	advice->storage_budget = PG_ARGISNULL(1) ? -1 : PG_GETARG_INT64(1);
	max_ms = PG_GETARG_INT32(2);
	advice->min_gain = PG_GETARG_FLOAT8(3);
	advice->deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), (int64) max_ms);
}

/*
 * suggest_indexes(max_indexes int, storage_budget bigint, max_ms int,
 *				   min_gain float8)
 */
Datum
perfaudit_suggest_indexes_1_0(PG_FUNCTION_ARGS)
{
	PfaAdvice	advice = {0};
	List	   *chosen;
	MemoryContext work;
	MemoryContext old;

	pfa_shmem_require();
	read_arguments(fcinfo, &advice);
	InitMaterializedSRF(fcinfo, 0);

	work = AllocSetContextCreate(CurrentMemoryContext, "perfaudit advice",
								 ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	pfa_shapes_prepare(&advice);
	pfa_evidence_weigh(&advice);
	pfa_candidates_make(&advice);
	chosen = pfa_search_run(&advice);
	pfa_suggest_emit(&advice, chosen, (ReturnSetInfo *) fcinfo->resultinfo);
	pfa_shapes_release(&advice);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
	return (Datum) 0;
}
