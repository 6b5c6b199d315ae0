/*
 * plan_again.c
 *		perfaudit.plan_again(): the plan of a recorded shape, as things are and
 *		with indexes supposed.
 *
 * For those only who have the privileges of the role that ran it, as replan.c
 * says.  From its normalised text and without values, so that no literal is in
 * what is shown; where that is no statement any more (interval $1), from the
 * text as it was sent, and then the costs alone are told.  Nothing is executed
 * or created.
 */
#include "postgres.h"

#include "advise/hypo_index.h"
#include "advise/replan.h"
#include "compat.h"
#include "hooks.h"
#include "shmem.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PFA_SQL_FUNCTION(perfaudit_plan_again_1_0);

#define PLAN_AGAIN_COLUMNS 5

static List *
suppose(ArrayType *array)
{
	List	   *indexes = NIL;
	Datum	   *ddl;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &ddl, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		PfaHypoIndex *index;

		if (nulls[i])
			continue;
		index = pfa_hypo_define(TextDatumGetCString(ddl[i]));
		/* a suggestion names what the statement's role wrote, not the caller */
		index->own_words = false;
		pfa_hypo_prepare(index, indexes);
		indexes = lappend(indexes, index);
	}
	return indexes;
}

/* Fills the cost, and the text if there is no literal in it. */
static bool
plan_with(PfaReplan *replan, List *indexes, int at, Datum *values, bool *nulls)
{
	PfaReplanned planned = {0};

	if (!pfa_replan_plan(replan, indexes, NIL, true, true, &planned))
		return false;
	values[at] = Float8GetDatum(planned.cost);
	nulls[at] = false;
	if (!replan->literals)
	{
		values[at + 2] = CStringGetTextDatum(pfa_whatif_explain(planned.plan, replan->text,
																indexes, NULL));
		nulls[at + 2] = false;
	}
	return true;
}

/* Why it cannot be planned, or NULL. */
static const char *
plan_both(const PfaWorkItem *item, ArrayType *ddl, Datum *values, bool *nulls)
{
	PfaReplan  *replan = pfa_replan_prepare(item);

	replan->shows = true;
	if (replan->skipped == NULL && plan_with(replan, NIL, 0, values, nulls))
		(void) plan_with(replan, suppose(ddl), 1, values, nulls);
	pfa_replan_release(replan);
	return replan->skipped;
}

static const char *
plan_shape(PfaWorkItem *item, ArrayType *ddl, Datum *values, bool *nulls)
{
	char	   *sample;
	const char *skipped;

	if (item == NULL)
		return "it is not recorded any more";
	sample = item->sample;
	item->sample = NULL;
	item->has_values = false;
	skipped = plan_both(item, ddl, values, nulls);
	if (skipped == NULL || sample == NULL)
		return skipped;
	item->sample = sample;
	return plan_both(item, ddl, values, nulls);
}

/*
 * plan_again(userid oid, toplevel bool, shape bigint, ddl text[]), strict
 */
Datum
perfaudit_plan_again_1_0(PG_FUNCTION_ARGS)
{
	Datum		values[PLAN_AGAIN_COLUMNS] = {0};
	bool		nulls[PLAN_AGAIN_COLUMNS] = {true, true, true, true, true};
	const char *volatile skipped = NULL;
	PfaKey		key = {0};

	pfa_shmem_require();
	key.dbid = MyDatabaseId;
	key.userid = PG_GETARG_OID(0);
	key.toplevel = PG_GETARG_BOOL(1);
	key.shape = (uint64) PG_GETARG_INT64(2);
	InitMaterializedSRF(fcinfo, 0);
	pfa_hooks_suspend();
	PG_TRY();
	{
		skipped = plan_shape(pfa_workload_find(&key), PG_GETARG_ARRAYTYPE_P(3), values, nulls);
	}
	PG_FINALLY();
	{
		pfa_hooks_resume();
	}
	PG_END_TRY();
	if (skipped != NULL)
	{
		values[4] = CStringGetTextDatum(skipped);
		nulls[4] = false;
	}
	tuplestore_putvalues(((ReturnSetInfo *) fcinfo->resultinfo)->setResult,
						 ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc,
						 values, nulls);
	return (Datum) 0;
}
