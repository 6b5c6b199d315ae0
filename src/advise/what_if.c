/*
 * what_if.c
 *		Plans under indexes that do not exist, or without some that do.
 *
 * The planner is told of hypothetical indexes by a hook that does something
 * only while pfa_whatif_plan runs (the static "current").  It must never act on
 * any other plan: planning can execute functions whose own statements are
 * planned, cached and run, so a planner hook switches "current" off for all
 * that is planned inside.  standard_planner is called directly: the planner
 * hooks of other modules neither see nor count these plans.
 *
 * The hooks are installed at first use, so a backend that never asks what-if
 * pays nothing.
 */
#include "postgres.h"

#include "advise/hypo_index.h"
#include "advise/plan_tree.h"
#include "advise/what_if.h"
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/pathnodes.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "storage/lmgr.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"

typedef struct WhatIf
{
	List	   *indexes;		/* PfaHypoIndex * */
	List	   *hidden;			/* OIDs */
} WhatIf;

/* What is supposed right now; NULL outside pfa_whatif_plan. */
static const WhatIf *current = NULL;

static bool installed = false;
static PFA_RELATION_INFO_HOOK_TYPE prev_relation_info = NULL;
static planner_hook_type prev_planner = NULL;
static explain_get_index_name_hook_type prev_index_name = NULL;
static get_index_stats_hook_type prev_index_stats = NULL;

/* Takes the hidden indexes out of what the planner knows of a relation. */
static void
hide_indexes(RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->indexlist)
	{
		IndexOptInfo *info = lfirst_node(IndexOptInfo, lc);

		if (list_member_oid(current->hidden, info->indexoid))
			rel->indexlist = foreach_delete_current(rel->indexlist, lc);
	}
}

static void
relation_info(PFA_RELATION_INFO_PARAMS)
{
	if (prev_relation_info)
		prev_relation_info(PFA_RELATION_INFO_ARGS);
	if (current == NULL || !PFA_RELATION_INFO_IS_TABLE)
		return;
	if (current->hidden != NIL)
		hide_indexes(rel);
	/* a parent's indexes are those of its children, which come on their own */
	if (!PFA_RELATION_INFO_INHPARENT)
		pfa_hypo_inject(current->indexes, PFA_RELATION_INFO_RELID, rel);
}

/*
 * Any planning that comes by here while something is supposed belongs to a
 * function that the planner is executing: its plan will be run.
 */
static PlannedStmt *
nested_planner(PFA_PLANNER_PARAMS)
{
	const WhatIf *outer = current;
	PlannedStmt *volatile result;

	if (outer == NULL)
	{
		if (prev_planner)
			return prev_planner(PFA_PLANNER_ARGS);
		return standard_planner(PFA_PLANNER_ARGS);
	}

	current = NULL;
	PG_TRY();
	{
		if (prev_planner)
			result = prev_planner(PFA_PLANNER_ARGS);
		else
			result = standard_planner(PFA_PLANNER_ARGS);
	}
	PG_FINALLY();
	{
		current = outer;
	}
	PG_END_TRY();
	return result;
}

/* The supposed index of a fake OID, or NULL. */
static const PfaHypoIndex *
find_supposed(Oid oid)
{
	ListCell   *lc;

	if (current == NULL)
		return NULL;
	foreach(lc, current->indexes)
	{
		const PfaHypoIndex *index = lfirst(lc);

		if (index->oid == oid)
			return index;
	}
	return NULL;
}

/* The name of a hypothetical index in a plan's text. */
static const char *
index_name(Oid oid)
{
	const PfaHypoIndex *index = find_supposed(oid);

	if (index != NULL)
		return pfa_hypo_describe(index);
	return prev_index_name ? prev_index_name(oid) : NULL;
}

/* The statistics belong to the index, which is there for longer than the plan. */
static void
keep_statistics(HeapTuple tuple)
{
}

/*
 * Whether the role that the statement is planned for may see all rows of the
 * index's table, as the planner asks of a real index's statistics: else their
 * values are kept from functions that could tell them.
 */
static bool
may_see_values(PlannerInfo *root, Oid oid)
{
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		RelOptInfo *rel = root->simple_rel_array[i];
		RangeTblEntry *rte;
		Index		varno = i;
		Oid			userid;
		bool		found = false;
		ListCell   *lc;

		if (rel == NULL)
			continue;
		foreach(lc, rel->indexlist)
			found |= (lfirst_node(IndexOptInfo, lc)->indexoid == oid);
		if (!found)
			continue;

		/* the table that the query names is the one whose privileges count */
		while (root->append_rel_array != NULL && root->append_rel_array[varno] != NULL &&
			   planner_rt_fetch(root->append_rel_array[varno]->parent_relid,
								root)->rtekind == RTE_RELATION)
			varno = root->append_rel_array[varno]->parent_relid;
		rte = planner_rt_fetch(varno, root);
		userid = PFA_READER_OF(rte, rel);
		if (rte->securityQuals != NIL ||
			pg_class_aclcheck(rte->relid, OidIsValid(userid) ? userid : GetUserId(),
							  ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/* Statistics of a hypothetical index's expression. */
static bool
index_stats(PlannerInfo *root, Oid oid, AttrNumber column, VariableStatData *vardata)
{
	const PfaHypoIndex *index = find_supposed(oid);

	if (index != NULL)
	{
		/* a partial index's say nothing about the other rows */
		if (index->facts == NULL || index->pred != NIL ||
			column < 1 || column > index->nkeys ||
			index->facts->stats[column - 1] == NULL)
			return false;
		vardata->statsTuple = index->facts->stats[column - 1];
		vardata->freefunc = keep_statistics;
		vardata->acl_ok = may_see_values(root, oid);
		return true;
	}
	return prev_index_stats ? prev_index_stats(root, oid, column, vardata) : false;
}

static void
install_hooks(void)
{
	if (installed)
		return;
	prev_relation_info = PFA_RELATION_INFO_HOOK;
	PFA_RELATION_INFO_HOOK = relation_info;
	prev_planner = planner_hook;
	planner_hook = nested_planner;
	prev_index_name = explain_get_index_name_hook;
	explain_get_index_name_hook = index_name;
	prev_index_stats = get_index_stats_hook;
	get_index_stats_hook = index_stats;
	installed = true;
}

PlannedStmt *
pfa_whatif_plan(Query *query, const char *text, List *indexes, List *hidden,
				ParamListInfo values)
{
	const WhatIf *outer = current;
	WhatIf		supposed = {indexes, hidden};
	PlannedStmt *volatile plan;

	install_hooks();
	current = &supposed;
	PG_TRY();
	{
		/* planning scribbles on its input */
		plan = PFA_STANDARD_PLANNER(copyObject(query), text,
									CURSOR_OPT_PARALLEL_OK, values);
	}
	PG_FINALLY();
	{
		current = outer;
	}
	PG_END_TRY();
	return plan;
}

/*
 * The executor is started for EXPLAIN only: it opens no index and evaluates
 * nothing.  standard_ExecutorStart keeps other modules' hooks from seeing an
 * execution that is none.
 */
static char *
print_plan(PlannedStmt *plan, const char *text, ParamListInfo values)
{
	ExplainState *es = NewExplainState();
	QueryDesc  *desc;

	es->costs = true;
	es->format = EXPLAIN_FORMAT_TEXT;
	desc = CreateQueryDesc(plan, text, GetActiveSnapshot(), InvalidSnapshot,
						   None_Receiver, values, NULL, 0);
	standard_ExecutorStart(desc, PFA_EXPLAIN_EFLAGS);
	ExplainBeginOutput(es);
	ExplainPrintPlan(es, desc);
	ExplainEndOutput(es);
	standard_ExecutorEnd(desc);
	FreeQueryDesc(desc);

	/* without the last line's end */
	if (es->str->len > 0 && es->str->data[es->str->len - 1] == '\n')
		es->str->data[--es->str->len] = '\0';
	return es->str->data;
}

char *
pfa_whatif_explain(PlannedStmt *plan, const char *text, List *indexes,
				   ParamListInfo values)
{
	const WhatIf *outer = current;
	WhatIf		supposed = {indexes, NIL};
	char	   *volatile result;

	install_hooks();
	current = &supposed;
	PG_TRY();
	{
		result = print_plan(pfa_plan_without_pruning(plan, values == NULL), text, values);
	}
	PG_FINALLY();
	{
		current = outer;
	}
	PG_END_TRY();
	return result;
}

/* Raises an error for an index that may not be left out. */
static void
check_hidden(Oid oid)
{
	Oid			table = IndexGetRelation(oid, true);
	char		kind;

	/* before the lock: it holds up who wants to drop the index */
	if (OidIsValid(table) &&
		pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(table, GetUserId(), ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(table)),
					   get_rel_name(table));
	if (OidIsValid(table))
		LockRelationOid(oid, AccessShareLock);
	kind = get_rel_relkind(oid);
	if (kind == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index with OID %u does not exist", oid)));
	if (kind != RELKIND_INDEX && kind != RELKIND_PARTITIONED_INDEX)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not an index", get_rel_name(oid))));
	if (OidIsValid(get_index_constraint(oid)) || get_index_ref_constraints(oid) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot hide index \"%s\"", get_rel_name(oid)),
				 errdetail("The index backs a constraint, which the planner relies upon.")));
}

List *
pfa_whatif_hidden(List *hidden)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, hidden)
	{
		Oid			oid = lfirst_oid(lc);

		check_hidden(oid);
		if (get_rel_relkind(oid) == RELKIND_PARTITIONED_INDEX)
			result = list_concat_unique_oid(result,
											find_all_inheritors(oid, AccessShareLock, NULL));
		else
			result = list_append_unique_oid(result, oid);
	}
	return result;
}
