/*
 * shape_facts.c
 *		Operation, target, flags and bindings of a query; types of its parameters.
 *
 * Looked for once a query id, when it is parsed.  Must never change the query.
 */
#include "postgres.h"

#include "access/transam.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"

#include "literals.h"
#include "shape_facts.h"
#include "store.h"

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

/* SELECT count(...), of whatever. */
static bool
asks_count(Query *query)
{
	TargetEntry *tle;

	if (list_length(query->targetList) != 1)
		return false;
	tle = linitial(query->targetList);
	return IsA(tle->expr, Aggref) &&
		(((Aggref *) tle->expr)->aggfnoid == F_COUNT_ ||
		 ((Aggref *) tle->expr)->aggfnoid == F_COUNT_ANY);
}

/* The first of the query's relations that a column comes from: 0 is none. */
static bool
find_first_column(Node *node, Index *first)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		const Var  *var = (Var *) node;

		if (var->varlevelsup == 0 && (*first == 0 || var->varno < *first))
			*first = var->varno;
		return false;
	}
	return expression_tree_walker(node, find_first_column, first);
}

static Oid
user_relation(const RangeTblEntry *rte)
{
	return rte->rtekind == RTE_RELATION && rte->relid >= FirstNormalObjectId ?
		rte->relid : InvalidOid;
}

/*
 * What it returns rows of: of a join, the first that it returns columns of, since
 * others only lead there.  Its own come before those of the queries in it.
 */
static Oid
first_relation(Query *query, const PfaSurvey *survey)
{
	Index		first = 0;
	ListCell   *lc;

	if (list_length(query->rtable) > 1)
		find_first_column((Node *) query->targetList, &first);
	if (first > 0 && OidIsValid(user_relation(list_nth(query->rtable, first - 1))))
		return user_relation(list_nth(query->rtable, first - 1));
	foreach(lc, query->rtable)
	{
		if (OidIsValid(user_relation(lfirst(lc))))
			return user_relation(lfirst(lc));
	}
	return survey->relation;
}

void
pfa_shape_facts_find(Query *query, PfaShapeFacts *facts, PfaSurvey *survey)
{
	facts->operation = pfa_shape_operation(query->commandType);
	if (query->commandType != CMD_SELECT && query->resultRelation > 0)
		facts->target = ((RangeTblEntry *) list_nth(query->rtable,
													query->resultRelation - 1))->relid;
	pfa_literals_bind(query, facts, survey);
	if (!OidIsValid(facts->target))
		facts->target = first_relation(query, survey);
	if (!OidIsValid(survey->relation))
		facts->flags |= PFA_FLAG_CATALOG;
	if (survey->temporary)
		facts->flags |= PFA_FLAG_TEMPORARY;
	/* what is changed is a row that the worker of a queue takes */
	if (query->rowMarks != NIL || (survey->locks && query->commandType != CMD_SELECT))
		facts->flags |= PFA_FLAG_LOCKING;
	if (query->limitCount != NULL)
		facts->flags |= PFA_FLAG_LIMITED;
	if (query->hasAggs && query->groupClause == NIL && query->groupingSets == NIL &&
		query->setOperations == NULL)
	{
		facts->flags |= PFA_FLAG_AGGREGATE;
		if (asks_count(query))
			facts->flags |= PFA_FLAG_COUNT;
	}
	if (asks_existence(query))
		facts->flags |= PFA_FLAG_EXISTS;
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

typedef struct ParamsWalk
{
	Oid		   *types;
	int			n;
} ParamsWalk;

static bool
params_walker(Node *node, ParamsWalk *walk)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
	{
		Param	   *param = (Param *) node;

		if (param->paramid >= 1 && param->paramid <= PG_INT16_MAX)
		{
			if (param->paramid > walk->n)
			{
				walk->types = walk->types == NULL ?
					palloc0(sizeof(Oid) * param->paramid) :
					repalloc(walk->types, sizeof(Oid) * param->paramid);
				memset(walk->types + walk->n, 0,
					   sizeof(Oid) * (param->paramid - walk->n));
				walk->n = param->paramid;
			}
			walk->types[param->paramid - 1] = param->paramtype;
		}
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, params_walker, walk, 0);
	return expression_tree_walker(node, params_walker, walk);
}

Oid *
pfa_shape_param_types(Query *query, int *n)
{
	ParamsWalk	walk = {0};

	params_walker((Node *) query, &walk);
	*n = walk.n;
	return walk.types;
}
