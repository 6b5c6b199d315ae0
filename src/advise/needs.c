/*
 * needs.c
 *		What a query asks of each table it uses.
 *
 * The facts of a plan tell what was filtered and what it cost; the query tells
 * how conditions belong together, which keys are sorted by under a LIMIT, and
 * the expressions.  Columns are followed through joins and sub-selects (views)
 * down to their table.  Only structure is read: nothing is folded, because that
 * would execute functions.
 */
#include "postgres.h"

#include "advise/needs.h"
#include "advise/needs_column.h"
#include "compat.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static PfaLevel *make_level(Query *query, PfaLevel *parent, List **needs, ParamListInfo values);
static void collect_level(PfaLevel *level);
static bool collect_sublinks(Node *node, PfaLevel *level);
static bool collect_used(Node *node, PfaLevel *level);

/* Whether advice on a table makes sense. */
static bool
is_interesting(const RangeTblEntry *rte)
{
	char		persistence;

	if (rte->rtekind != RTE_RELATION || rte->relid < FirstNormalObjectId)
		return false;
	if (rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_MATVIEW &&
		rte->relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	persistence = get_rel_persistence(rte->relid);
	return persistence != RELPERSISTENCE_TEMP;
}

static PfaLevel *
make_level(Query *query, PfaLevel *parent, List **needs, ParamListInfo values)
{
	PfaLevel   *level = palloc0(sizeof(PfaLevel));
	int			n = list_length(query->rtable);
	ListCell   *lc;

	level->query = query;
	level->parent = parent;
	level->all = needs;
	level->values = values;
	level->needs = palloc0(sizeof(PfaNeed *) * Max(n, 1));
	level->levels = palloc0(sizeof(PfaLevel *) * Max(n, 1));
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		int			i = foreach_current_index(lc);

		if (is_interesting(rte))
		{
			level->needs[i] = palloc0(sizeof(PfaNeed));
			level->needs[i]->relid = rte->relid;
			*needs = lappend(*needs, level->needs[i]);
		}
		else if (rte->rtekind == RTE_SUBQUERY)
			level->levels[i] = make_level(rte->subquery, level, needs, values);
	}
	return level;
}

static PfaNeedKey *
make_key(AttrNumber attnum, Node *expr, bool descending, bool nulls_first)
{
	PfaNeedKey *key = palloc(sizeof(PfaNeedKey));

	key->attnum = attnum;
	key->expr = expr;
	key->descending = descending;
	key->nulls_first = nulls_first;
	return key;
}

/* The sort keys, if all are of one table; or a distance before all of them. */
static void
collect_order(PfaLevel *level)
{
	Query	   *query = level->query;
	PfaNeed    *owner = NULL;
	List	   *keys = NIL;
	ListCell   *lc;

	if (query->sortClause == NIL || query->groupClause != NIL ||
		query->hasAggs || query->hasWindowFuncs || query->setOperations != NULL)
		return;
	foreach(lc, query->sortClause)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		Node	   *expr = get_sortgroupclause_expr(clause, query->targetList);
		PfaNeed    *need;
		AttrNumber	attnum = 0;
		Node	   *key = NULL;
		bool		descending;

		if (!pfa_compat_ordering(clause->sortop, &descending))
			return;
		if (owner == NULL && !descending && query->limitCount != NULL &&
			pfa_needs_nearest(level, expr, &need))
		{
			need->nearest = true;
			return;
		}
		if (!pfa_needs_resolve(level, expr, &need, &attnum) &&
			(key = pfa_needs_expression(level, expr, &need)) == NULL)
			return;
		if (owner != NULL && need != owner)
			return;
		owner = need;
		keys = lappend(keys, make_key(attnum, key, descending, clause->nulls_first));
	}
	owner->order = keys;
	owner->limited = (query->limitCount != NULL);
}

/* min(column) and max(column) that an index answers with one look. */
static bool
collect_extremes(Node *node, PfaLevel *level)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
	{
		Aggref	   *aggref = (Aggref *) node;
		HeapTuple	tuple;
		Oid			sortop = InvalidOid;
		PfaNeed    *need;
		AttrNumber	attnum;

		tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggref->aggfnoid));
		if (HeapTupleIsValid(tuple))
		{
			sortop = ((Form_pg_aggregate) GETSTRUCT(tuple))->aggsortop;
			ReleaseSysCache(tuple);
		}
		if (OidIsValid(sortop) && list_length(aggref->args) == 1 &&
			pfa_needs_resolve(level, (Node *) linitial_node(TargetEntry, aggref->args)->expr,
							  &need, &attnum))
			need->extremes = lappend(need->extremes, make_key(attnum, NULL, false, false));
		return false;
	}
	return expression_tree_walker(node, collect_extremes, level);
}

/* Conditions of the join tree. */
static void
collect_jointree(PfaLevel *level, Node *node)
{
	ListCell   *lc;

	if (node == NULL || IsA(node, RangeTblRef))
		return;
	if (IsA(node, FromExpr))
	{
		FromExpr   *from = (FromExpr *) node;

		foreach(lc, from->fromlist)
			collect_jointree(level, lfirst(lc));
		pfa_needs_condition(level, from->quals, false);
	}
	else if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		collect_jointree(level, join->larg);
		collect_jointree(level, join->rarg);
		pfa_needs_condition(level, join->quals, false);
	}
}

/* x IN (SELECT y ...) joins x with y. */
static void
collect_any_sublink(SubLink *sublink, PfaLevel *level, PfaLevel *inner)
{
	Node	   *test = sublink->testexpr;
	PfaNeed    *need;
	AttrNumber	attnum;
	Node	   *output;

	if (sublink->subLinkType != ANY_SUBLINK || test == NULL || !IsA(test, OpExpr) ||
		list_length(((OpExpr *) test)->args) != 2)
		return;
	if (pfa_needs_resolve(level, linitial(((OpExpr *) test)->args), &need, &attnum))
		pfa_needs_add(need, PFA_NEED_JOIN, attnum, false);
	if (inner->query->targetList == NIL)
		return;
	output = (Node *) linitial_node(TargetEntry, inner->query->targetList)->expr;
	if (pfa_needs_resolve(inner, output, &need, &attnum))
		pfa_needs_add(need, PFA_NEED_JOIN, attnum, false);
}

static bool
collect_sublinks(Node *node, PfaLevel *level)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		SubLink    *sublink = (SubLink *) node;
		PfaLevel   *inner;

		if (sublink->subselect && IsA(sublink->subselect, Query))
		{
			inner = make_level((Query *) sublink->subselect, level, level->all, level->values);
			collect_level(inner);
			collect_any_sublink(sublink, level, inner);
		}
		return collect_sublinks(sublink->testexpr, level);
	}
	if (IsA(node, Query))
		return false;			/* a level of its own */
	return expression_tree_walker(node, collect_sublinks, level);
}

/* A Var that is no plain column of a table: a whole row, or a join's column. */
static void
collect_used_var(Var *var, PfaLevel *level)
{
	RangeTblEntry *rte;
	int			i = var->varno - 1;

	for (Index up = 0; up < var->varlevelsup && level != NULL; up++)
		level = level->parent;
	if (level == NULL || IS_SPECIAL_VARNO(var->varno) ||
		var->varno > list_length(level->query->rtable))
		return;
	rte = rt_fetch(var->varno, level->query->rtable);
	if (level->needs[i] != NULL)
		level->needs[i]->whole = true;
	else if (rte->rtekind == RTE_JOIN)
	{
		if (var->varattno > 0 && var->varattno <= list_length(rte->joinaliasvars))
			(void) collect_used(list_nth(rte->joinaliasvars, var->varattno - 1), level);
		else
			(void) collect_used((Node *) rte->joinaliasvars, level);
	}
}

/* The columns that a level reads; its sub-queries are levels of their own. */
static bool
collect_used(Node *node, PfaLevel *level)
{
	PfaNeed    *need;
	AttrNumber	attnum;

	check_stack_depth();
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, Var))
	{
		if (pfa_needs_resolve(level, node, &need, &attnum))
			need->used = bms_add_member(need->used, attnum);
		else
			collect_used_var((Var *) node, level);
		return false;
	}
	return expression_tree_walker(node, collect_used, level);
}

static void
collect_level(PfaLevel *level)
{
	Query	   *query = level->query;
	ListCell   *lc;

	check_stack_depth();
	(void) query_tree_walker(query, collect_used, level,
							 QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES |
							 QTW_IGNORE_JOINALIASES);
	for (int i = 0; i < list_length(query->rtable); i++)
		if (level->needs[i] != NULL &&
			(query->commandType != CMD_SELECT || query->rowMarks != NIL))
			level->needs[i]->whole = true;
	collect_jointree(level, (Node *) query->jointree);
	collect_order(level);
	if (query->hasAggs && query->groupClause == NIL)
		collect_extremes((Node *) query->targetList, level);
	if (query->hasSubLinks)
	{
		collect_sublinks((Node *) query->targetList, level);
		collect_sublinks((Node *) query->jointree, level);
		collect_sublinks(query->havingQual, level);
	}
	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (IsA(cte->ctequery, Query))
			collect_level(make_level((Query *) cte->ctequery, level, level->all, level->values));
	}
	for (int i = 0; i < list_length(query->rtable); i++)
		if (level->levels[i] != NULL)
			collect_level(level->levels[i]);
}

List *
pfa_needs_collect(Query *query, ParamListInfo values)
{
	List	   *needs = NIL;

	collect_level(make_level(query, NULL, &needs, values));
	return needs;
}
