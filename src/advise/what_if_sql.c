/*
 * what_if_sql.c
 *		perfaudit.what_if(): the planner's answer to indexes supposed by hand.
 *
 * The query is the caller's own text: it is analysed and planned as him, and
 * his privileges are checked as EXPLAIN checks them.  Never executed.
 */
#include "postgres.h"

#include "advise/analyze_one.h"
#include "advise/hypo_index.h"
#include "advise/hypo_sample.h"
#include "advise/plan_tree.h"
#include "advise/replan.h"
#include "advise/what_if.h"
#include "compat.h"
#include "hooks.h"
#include "shmem.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/cmdtag.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PFA_SQL_FUNCTION(perfaudit_what_if_1_0);

#define WHAT_IF_COLUMNS 7

/* Elements of an array argument that may not be NULL. */
static int
array_elements(FunctionCallInfo fcinfo, int argument, const char *name,
			   Oid type, int len, bool byval, char align, Datum **elements)
{
	bool	   *nulls;
	int			n;

	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, len, byval, align,
					  elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain null elements", name)));
	return n;
}

static List *
hidden_argument(FunctionCallInfo fcinfo)
{
	List	   *hidden = NIL;
	Datum	   *elements;
	int			n;

	n = array_elements(fcinfo, 2, "hide", REGCLASSOID, sizeof(Oid), true,
					   TYPALIGN_INT, &elements);
	for (int i = 0; i < n; i++)
		hidden = list_append_unique_oid(hidden, DatumGetObjectId(elements[i]));
	return hidden;
}

/* The query as the planner takes it. */
static Query *
analyze_query(const char *sql)
{
	RawStmt    *raw = pfa_parse_one(sql, "query");
	Query	   *query;
	List	   *rewritten;

	if (!pfa_is_plannable(raw))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query is not a SELECT, INSERT, UPDATE, DELETE or MERGE statement"),
				 errdetail("The statement is %s.", GetCommandTagName(CreateCommandTag(raw->stmt)))));
	query = pfa_analyze_one(raw, sql, NULL, NULL, false);
	if (query->commandType == CMD_UTILITY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("query is not a SELECT, INSERT, UPDATE, DELETE or MERGE statement"),
				 errdetail("The statement is %s.", GetCommandTagName(CreateCommandTag((Node *) query)))));
	rewritten = pg_rewrite_query(query);
	if (list_length(rewritten) != 1 ||
		linitial_node(Query, rewritten)->commandType == CMD_UTILITY)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("query does not have exactly one plan"),
				 errdetail("Rules rewrite it into %d statements.", list_length(rewritten))));
	return linitial_node(Query, rewritten);
}

/*
 * What a superuser asks about is not planned as him if that would execute code of
 * others, be it of the table's owner: there is nothing that he may not read.  Nor is
 * what would ask another server: it will be skipped.
 */
static void
check_query(const char *sql)
{
	Query	   *query = analyze_query(sql);

	if ((!superuser() || pfa_trust_query(query)) &&
		!pfa_trust_asks_servers(pfa_replan_relids(query)))
		pfa_compat_check_permissions(pfa_whatif_plan(query, sql, NIL, NIL, NULL));
}

void
pfa_whatif_check(const char *sql)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile PfaTrustGuard guard = PFA_TRUST_ALL;
	PfaTimeLimit limit;

	pfa_hooks_suspend();
	PG_TRY();
	{
		pfa_time_limit_arm(&limit);
		guard = pfa_trust_guard(superuser() ? PFA_TRUST_SUPERUSERS : PFA_TRUST_ALL);
		check_query(sql);
	}
	PG_CATCH();
	{
		pfa_time_limit_disarm(&limit);
		pfa_trust_unguard(guard);
		pfa_hooks_resume();
		if (!limit.cut || limit.others || geterrcode() != ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("planning the query takes longer than max_ms")));
	}
	PG_END_TRY();
	pfa_time_limit_disarm(&limit);
	pfa_trust_unguard(guard);
	pfa_hooks_resume();
	pfa_time_limit_pass_on(&limit);
}

/* The statements whose index the plan uses. */
static Datum
used_statements(PlannedStmt *plan, List *indexes, Datum *ddl)
{
	List	   *oids = pfa_plan_indexes(plan);
	ArrayBuildState *used = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell   *lc;

	foreach(lc, indexes)
	{
		PfaHypoIndex *index = lfirst(lc);

		if (list_member_oid(oids, index->oid))
			used = accumArrayResult(used, ddl[foreach_current_index(lc)], false,
									TEXTOID, CurrentMemoryContext);
	}
	return makeArrayResult(used, CurrentMemoryContext);
}

/* The row for a query, with nothing of us recorded. */
static void
compute_row(const char *sql, Datum *ddl, int nddl, List *hidden,
			bool plan_text, Datum *values, bool *nulls)
{
	List	   *indexes = NIL;
	Query	   *query;
	PlannedStmt *before;
	PlannedStmt *after;
	double		cost_before;
	double		cost_after;
	uint64		pages = 0;

	query = analyze_query(sql);
	before = pfa_whatif_plan(query, sql, NIL, NIL, NULL);
	pfa_compat_check_permissions(before);
	hidden = pfa_whatif_hidden(hidden);
	for (int i = 0; i < nddl; i++)
	{
		PfaHypoIndex *index = pfa_hypo_define(TextDatumGetCString(ddl[i]));

		pfa_hypo_prepare(index, indexes);
		pages += index->pages;
		indexes = lappend(indexes, index);
		CHECK_FOR_INTERRUPTS();
	}
	pfa_hypo_sample_forget();
	after = pfa_whatif_plan(query, sql, indexes, hidden, NULL);

	cost_before = before->planTree->total_cost;
	cost_after = after->planTree->total_cost;
	values[0] = Float8GetDatum(cost_before);
	values[1] = Float8GetDatum(cost_after);
	values[2] = Float8GetDatum(cost_before > 0 ?
							   100 * (cost_before - cost_after) / cost_before : 0);
	values[3] = used_statements(after, indexes, ddl);
	values[4] = Int64GetDatum((int64) pages * BLCKSZ);
	nulls[5] = nulls[6] = !plan_text;
	if (plan_text)
	{
		values[5] = CStringGetTextDatum(pfa_whatif_explain(before, sql, NIL, NULL));
		values[6] = CStringGetTextDatum(pfa_whatif_explain(after, sql, indexes, NULL));
	}
}

/*
 * what_if(query text, ddl text[], hide regclass[], plan_text boolean)
 */
Datum
perfaudit_what_if_1_0(PG_FUNCTION_ARGS)
{
	Datum		values[WHAT_IF_COLUMNS] = {0};
	bool		nulls[WHAT_IF_COLUMNS] = {0};
	Datum	   *ddl;
	int			nddl;
	char	   *sql;

	pfa_shmem_require();
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("query must not be null")));
	sql = text_to_cstring(PG_GETARG_TEXT_PP(0));
	nddl = array_elements(fcinfo, 1, "ddl", TEXTOID, -1, false, TYPALIGN_INT, &ddl);

	InitMaterializedSRF(fcinfo, 0);
	pfa_hooks_suspend();
	PG_TRY();
	{
		compute_row(sql, ddl, nddl, hidden_argument(fcinfo),
					!PG_ARGISNULL(3) && PG_GETARG_BOOL(3), values, nulls);
	}
	PG_FINALLY();
	{
		pfa_hooks_resume();
	}
	PG_END_TRY();

	tuplestore_putvalues(((ReturnSetInfo *) fcinfo->resultinfo)->setResult,
						 ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc,
						 values, nulls);
	return (Datum) 0;
}
