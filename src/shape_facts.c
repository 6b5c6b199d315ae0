/*
 * shape_facts.c
 *		Operation, target, flags and bindings of a query; types of its parameters.
 *
 * Looked for once a query id, when it is parsed.  Must never change the query.
 */
#include "postgres.h"

#include "access/transam.h"
#include "miscadmin.h"
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

/* -- which tables -------------------------------------------------------------- */

typedef struct TablesWalk
{
	uint32		hash;
	Oid			target;
	bool		met;			/* the target */
} TablesWalk;

static void add_tables(Query *query, TablesWalk *walk);

static bool
tables_walker(Node *node, TablesWalk *walk)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
			/* what is met most is gone through without a detour */
		case T_Var:
		case T_Const:
		case T_Param:
		case T_RangeTblRef:
			return false;
		case T_TargetEntry:
			return tables_walker((Node *) ((TargetEntry *) node)->expr, walk);
		case T_List:
			{
				ListCell   *lc;

				foreach(lc, (List *) node)
					tables_walker(lfirst(lc), walk);
				return false;
			}
		case T_FromExpr:
			tables_walker((Node *) ((FromExpr *) node)->fromlist, walk);
			return tables_walker(((FromExpr *) node)->quals, walk);
		case T_Query:
			add_tables((Query *) node, walk);
			return false;
		default:
			return expression_tree_walker(node, tables_walker, walk);
	}
}

/* In the order of their places, those of queries in the query, too. */
static void
add_tables(Query *query, TablesWalk *walk)
{
	ListCell   *lc;

	check_stack_depth();
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION)
		{
			walk->hash = (walk->hash + rte->relid) * 0x9E3779B1;
			walk->hash ^= walk->hash >> 15;
			walk->met |= rte->relid == walk->target;
		}
		else if (rte->rtekind == RTE_SUBQUERY)
			add_tables(rte->subquery, walk);
	}
	foreach(lc, query->cteList)
		add_tables((Query *) ((CommonTableExpr *) lfirst(lc))->ctequery, walk);
	/* those in expressions are looked for only if there are any */
	if (query->hasSubLinks)
		query_tree_walker(query, tables_walker, walk, QTW_IGNORE_RT_SUBQUERIES |
						  QTW_IGNORE_CTE_SUBQUERIES | QTW_IGNORE_JOINALIASES);
}

static uint32
hash_of_tables(const TablesWalk *walk)
{
	return walk->hash >> 21;
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
	if (PFA_QUERYID_BY_NAME)
	{
		TablesWalk	walk = {0};

		add_tables(query, &walk);
		facts->tables = hash_of_tables(&walk);
	}
}

static pg_noinline bool
tables_fit(Query *query, const PfaShapeFacts *facts)
{
	TablesWalk	walk = {.target = facts->target};

	add_tables(query, &walk);
	return hash_of_tables(&walk) == facts->tables && (walk.met || !OidIsValid(facts->target));
}

bool
pfa_shape_facts_fit(Query *query, const PfaShapeFacts *facts)
{
	/* a table alone, as in most, is the target, or one of the catalogs */
	if (list_length(query->rtable) == 1 && !query->hasSubLinks && query->cteList == NIL)
	{
		const RangeTblEntry *rte = linitial(query->rtable);

		if (rte->rtekind == RTE_RELATION)
			return rte->relid == facts->target ||
				(!OidIsValid(facts->target) && !OidIsValid(user_relation(rte)));
	}
	return tables_fit(query, facts);
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
