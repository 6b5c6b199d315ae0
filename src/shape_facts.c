/*
 * shape_facts.c
 *		Operation, target, flags and bindings of a query.
 *
 * Looked for once a query id, when it is parsed.  Must never change the query.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_class.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

#include "literals.h"
#include "shape_facts.h"
#include "store.h"

typedef struct FactsWalk
{
	PfaShapeFacts *facts;
	int			relations;
	bool		user_relation;
} FactsWalk;

static bool
facts_walker(Node *node, FactsWalk *walk)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION)
		{
			walk->relations++;
			if (rte->relid >= FirstNormalObjectId)
			{
				walk->user_relation = true;
				if (!OidIsValid(walk->facts->target))
					walk->facts->target = rte->relid;
				if (get_rel_persistence(rte->relid) == RELPERSISTENCE_TEMP)
					walk->facts->flags |= PFA_FLAG_TEMPORARY;
			}
		}
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, facts_walker, walk,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, facts_walker, walk);
}

PfaOperation
pfa_shape_operation(CmdType command)
{
	switch (command)
	{
		case CMD_SELECT:
			return PFA_OP_SELECT;
		case CMD_INSERT:
			return PFA_OP_INSERT;
		case CMD_UPDATE:
			return PFA_OP_UPDATE;
		case CMD_DELETE:
			return PFA_OP_DELETE;
		case CMD_MERGE:
			return PFA_OP_MERGE;
		case CMD_UTILITY:
			return PFA_OP_UTILITY;
		default:
			return PFA_OP_UNKNOWN;
	}
}

/* SELECT EXISTS (...), or SELECT 1 ... LIMIT 1. */
static bool
asks_existence(Query *query)
{
	TargetEntry *tle;

	if (list_length(query->targetList) != 1)
		return false;
	tle = linitial(query->targetList);
	if (IsA(tle->expr, SubLink))
		return ((SubLink *) tle->expr)->subLinkType == EXISTS_SUBLINK &&
			query->jointree->fromlist == NIL;
	return IsA(tle->expr, Const) && query->limitCount != NULL;
}

void
pfa_shape_facts_find(Query *query, PfaShapeFacts *facts)
{
	FactsWalk	walk = {.facts = facts};

	facts->operation = pfa_shape_operation(query->commandType);
	if (query->commandType != CMD_SELECT && query->resultRelation > 0)
		facts->target = ((RangeTblEntry *) list_nth(query->rtable,
													query->resultRelation - 1))->relid;
	facts_walker((Node *) query, &walk);
	if (!walk.user_relation)
		facts->flags |= PFA_FLAG_CATALOG;
	if (query->rowMarks != NIL)
		facts->flags |= PFA_FLAG_LOCKING;
	if (query->limitCount != NULL)
		facts->flags |= PFA_FLAG_LIMITED;
	if (query->hasAggs && query->groupClause == NIL && query->groupingSets == NIL &&
		query->setOperations == NULL)
		facts->flags |= PFA_FLAG_AGGREGATE;
	if (asks_existence(query))
		facts->flags |= PFA_FLAG_EXISTS;
	pfa_literals_bind(query, facts);
}

bool
pfa_shape_facts_fit(Query *query, const PfaShapeFacts *facts)
{
	bool		user_relation = false;
	ListCell   *lc;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind != RTE_RELATION || rte->relid < FirstNormalObjectId)
			continue;
		if (rte->relid == facts->target)
			return true;
		user_relation = true;
	}
	return !user_relation;
}
