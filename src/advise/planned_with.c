/*
 * planned_with.c
 *		perfaudit.planned_now() and planned_on_ssd(): which indexes a recorded shape
 *		would use if it were planned with the settings of their SET clauses.
 *
 * Under the rules of replan.c for those who did not ask for it, because findings
 * plans so: with the recorded values, as the advisor plans it;
 * tells the cost and the indexes, and no literal.  Nothing is executed.
 */
#include "postgres.h"

#include "advise/replan.h"
#include "compat.h"
#include "hooks.h"
#include "shmem.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

PFA_SQL_FUNCTION(perfaudit_planned_with_1_0);

#define PLANNED_COLUMNS 3
/* Share of executions with a generic plan from which that is the one judged. */
#define GENERIC_SHARE 0.3

static Datum
oid_array(List *oids)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(list_length(oids), 1));
	ListCell   *lc;

	foreach(lc, oids)
		elements[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	return PointerGetDatum(construct_array(elements, list_length(oids), OIDOID,
										   sizeof(Oid), true, TYPALIGN_INT));
}

/* Why it cannot be planned, or NULL. */
static const char *
plan_item(const PfaWorkItem *item, Datum *values, bool *nulls)
{
	PfaReplan  *replan;
	PfaReplanned planned;

	if (item == NULL)
		return "it is not recorded any more";
	replan = pfa_replan_prepare_unasked(item);
	if (pfa_replan_plan(replan, NIL, NIL,
						item->counters.generic >= GENERIC_SHARE * item->counters.calls,
						false, &planned))
	{
		values[0] = Float8GetDatum(planned.cost);
		values[1] = oid_array(planned.indexes);
		nulls[0] = nulls[1] = false;
	}
	pfa_replan_release(replan);
	return replan->skipped;
}

/*
 * planned_now(userid oid, toplevel bool, shape bigint), strict
 */
Datum
perfaudit_planned_with_1_0(PG_FUNCTION_ARGS)
{
	PfaKey		key = {0};
	Datum		values[PLANNED_COLUMNS] = {0};
	bool		nulls[PLANNED_COLUMNS] = {true, true, true};
	const char *volatile skipped = NULL;
	TupleDesc	desc;

	pfa_shmem_require();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	key.dbid = MyDatabaseId;
	key.userid = PG_GETARG_OID(0);
	key.toplevel = PG_GETARG_BOOL(1);
	key.shape = (uint64) PG_GETARG_INT64(2);
	pfa_hooks_suspend();
	PG_TRY();
	{
		skipped = plan_item(pfa_workload_find(&key), values, nulls);
	}
	PG_FINALLY();
	{
		pfa_hooks_resume();
	}
	PG_END_TRY();
	if (skipped != NULL)
	{
		values[2] = CStringGetTextDatum(skipped);
		nulls[2] = false;
	}
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
