/*
 * literals.c
 *		Walks a query tree for literals and external parameters.
 *
 * The order is that of core's tree walkers, so it is the same for every
 * statement of one shape; lists of constants count as one value, as they do in
 * the shape.  Must never call an output function or detoast a value: a value
 * that is not plain to see is not a key.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "hashes.h"
#include "literals.h"
#include "shape.h"

typedef struct LiteralsWalk
{
	List	   *queries;		/* innermost first */
	PfaBindKind kind;			/* of what is being walked */
	Oid			relid;
	AttrNumber	attnum;
	PfaShapeFacts *facts;		/* when binding */
	PfaSurvey  *survey;			/* the same; NULL in rows of VALUES beyond the
								 * first */
	PfaValues  *values;			/* when hashing */
	int			n;				/* values met */
} LiteralsWalk;

static bool literals_walker(Node *node, LiteralsWalk *walk);

/* Records one value's use or hash. */
static void
meet(LiteralsWalk *walk, int paramid, const Const *literal, int list_length)
{
	int			at = walk->n++;

	if (walk->facts)
	{
		if (at < PFA_MAX_VALUES)
		{
			PfaBinding *binding = &walk->facts->bindings[at];

			memset(binding, 0, sizeof(*binding));
			binding->kind = walk->kind;
			binding->relid = walk->relid;
			binding->attnum = walk->attnum;
			binding->paramid = Min(paramid, PFA_PARAM_BEYOND);
			binding->list_length = paramid > 0 ? Min(list_length, 255) : 0;
			walk->facts->nbindings = at + 1;
		}
		else
			walk->facts->more_values = true;
	}
	if (walk->values && literal)
	{
		uint64		hash = literal->constisnull ? 0 :
			pfa_hashes_image(literal->consttype, literal->constlen,
							 literal->constbyval, literal->constvalue);

		if (!literal->constisnull && literal->constlen == -1)
			list_length = Max(list_length, pfa_hashes_elements(literal->consttype,
															   literal->constvalue, &hash));
		walk->values->all = hash_combine64(walk->values->all, hash + at);
		if (at < PFA_MAX_VALUES)
			walk->values->hash[at] = list_length > 1 ? 0 : hash;
		walk->values->list_length = Max(walk->values->list_length, list_length);
	}
}

/* Further elements of a list: part of the whole, of no place of their own. */
static void
meet_rest(LiteralsWalk *walk, List *elements)
{
	ListCell   *lc;

	if (walk->values == NULL)
		return;
	for_each_from(lc, elements, 1)
	{
		Node	   *node = pfa_shape_strip((Node *) lfirst(lc));

		if (IsA(node, Const) && !((Const *) node)->constisnull)
		{
			Const	   *c = (Const *) node;

			walk->values->all = hash_combine64(walk->values->all,
											   pfa_hashes_image(c->consttype, c->constlen,
																c->constbyval, c->constvalue));
		}
	}
}

static void
meet_param(LiteralsWalk *walk, const Param *param, int list_length)
{
	meet(walk, param->paramid, NULL, list_length);
	if (walk->survey)
		pfa_survey_add_param(walk->survey, param);
}

/* The plain column behind casts that change nothing, or NULL. */
static Var *
plain_column(Node *node)
{
	node = pfa_shape_strip(node);
	return node && IsA(node, Var) ? (Var *) node : NULL;
}

static bool
only_column_walker(Node *node, Var **only)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		if (*only && !equal(*only, node))
			return true;
		*only = (Var *) node;
		return false;
	}
	return IsA(node, SubLink) || IsA(node, Query) ||
		expression_tree_walker(node, only_column_walker, only);
}

/* The one column that an expression is made of, as in lower(name), or NULL. */
static Var *
only_column(Node *node)
{
	Var		   *only = NULL;

	return node && !only_column_walker(node, &only) ? only : NULL;
}

static bool
column_of(LiteralsWalk *walk, Var *var, Oid *relid, AttrNumber *attnum)
{
	Query	   *query;
	RangeTblEntry *rte;

	if (var->varlevelsup >= list_length(walk->queries) || var->varattno <= 0)
		return false;
	query = list_nth(walk->queries, var->varlevelsup);
	if (var->varno < 1 || var->varno > list_length(query->rtable))
		return false;
	rte = rt_fetch(var->varno, query->rtable);
	if (rte->rtekind == RTE_RELATION)
	{
		*relid = rte->relid;
		*attnum = var->varattno;
		return true;
	}
	if (rte->rtekind == RTE_SUBQUERY && rte->subquery &&
		var->varattno <= list_length(rte->subquery->targetList))
	{
		TargetEntry *tle = list_nth(rte->subquery->targetList, var->varattno - 1);

		*relid = tle->resorigtbl;
		*attnum = tle->resorigcol;
		return OidIsValid(*relid);
	}
	return false;
}

static PfaBindKind
operator_kind(Oid opno)
{
	return pfa_survey_is_equality(opno) ? PFA_BIND_EQUAL : PFA_BIND_RANGE;
}

/* Walks one side of a comparison, bound to the column on the other. */
static bool
walk_bound(LiteralsWalk *walk, Node *node, PfaBindKind kind, Var *var)
{
	LiteralsWalk saved = *walk;
	bool		result;

	if (walk->facts)
	{
		walk->kind = kind;
		if (!column_of(walk, var, &walk->relid, &walk->attnum))
		{
			walk->relid = InvalidOid;
			walk->attnum = 0;
		}
	}
	result = literals_walker(node, walk);
	walk->kind = saved.kind;
	walk->relid = saved.relid;
	walk->attnum = saved.attnum;
	return result;
}

static bool
walk_comparison(LiteralsWalk *walk, List *args, Oid opno, bool list)
{
	Node	   *left;
	Node	   *right;
	PfaBindKind kind;
	Var		   *var;

	if (list_length(args) != 2)
		return expression_tree_walker((Node *) args, literals_walker, walk);
	check_stack_depth();
	left = linitial(args);
	right = lsecond(args);
	kind = walk->facts ? operator_kind(opno) : PFA_BIND_OTHER;
	if (list && kind == PFA_BIND_EQUAL)
		kind = PFA_BIND_LIST;
	if ((var = plain_column(left)) != NULL)
		return walk_bound(walk, right, kind, var);
	if ((var = plain_column(right)) != NULL)
		return walk_bound(walk, left, kind, var);
	/* an expression of a column, compared with none */
	if (walk->facts && kind == PFA_BIND_EQUAL && !contain_var_clause(right) &&
		(var = only_column(left)) != NULL)
		return literals_walker(left, walk) || walk_bound(walk, right, kind, var);
	return literals_walker(left, walk) || literals_walker(right, walk);
}

static bool
walk_as(LiteralsWalk *walk, PfaBindKind kind, void *node)
{
	walk->kind = kind;
	return literals_walker((Node *) node, walk);
}

static void
walk_values(LiteralsWalk *walk, List *rows)
{
	PfaSurvey  *survey = walk->survey;
	ListCell   *lc;

	if (survey && list_length(rows) > 1)
		survey->lists = true;
	foreach(lc, rows)
	{
		literals_walker(lfirst(lc), walk);
		walk->survey = NULL;
	}
	walk->survey = survey;
}

static void
walk_range_table(LiteralsWalk *walk, List *rtable)
{
	ListCell   *lc;

	foreach(lc, rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION && walk->survey)
			pfa_survey_add_relation(walk->survey, rte->relid);
		if (rte->rtekind == RTE_VALUES)
			walk_values(walk, rte->values_lists);
		else if (rte->rtekind != RTE_RELATION || rte->tablesample || rte->securityQuals)
			range_table_entry_walker(rte, literals_walker, walk, QTW_IGNORE_JOINALIASES);
	}
}

/*
 * Conditions first: they are what values are looked for in, and the bindings
 * are few.
 */
static bool
walk_query(LiteralsWalk *walk, Query *query)
{
	LiteralsWalk saved = *walk;

	if (walk->survey && query->rowMarks != NIL)
		walk->survey->locks = true;
	walk->queries = lcons(query, walk->queries);
	walk->relid = InvalidOid;
	walk->attnum = 0;
	walk_as(walk, PFA_BIND_OTHER, query->jointree);
	walk_as(walk, PFA_BIND_OTHER, query->havingQual);
	walk_as(walk, PFA_BIND_OTHER, query->mergeActionList);
	walk_as(walk, PFA_BIND_LIMIT, query->limitOffset);
	walk_as(walk, PFA_BIND_LIMIT, query->limitCount);
	walk->kind = PFA_BIND_OTHER;
	walk_range_table(walk, query->rtable);
	walk_as(walk, PFA_BIND_OTHER, query->cteList);
	walk_as(walk, PFA_BIND_TARGET, query->targetList);
	walk_as(walk, PFA_BIND_TARGET, query->onConflict);
	walk_as(walk, PFA_BIND_TARGET, query->returningList);
	walk_as(walk, PFA_BIND_TARGET, query->windowClause);
	walk->queries = list_delete_first(walk->queries);
	walk->kind = saved.kind;
	walk->relid = saved.relid;
	walk->attnum = saved.attnum;
	return false;
}

static bool
literals_walker(Node *node, LiteralsWalk *walk)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
			/* what is met most is gone through without a detour */
		case T_Var:
		case T_RangeTblRef:
			return false;
		case T_TargetEntry:
			return literals_walker((Node *) ((TargetEntry *) node)->expr, walk);
		case T_List:
			{
				ListCell   *lc;

				foreach(lc, (List *) node)
					literals_walker(lfirst(lc), walk);
				return false;
			}
		case T_FromExpr:
			literals_walker((Node *) ((FromExpr *) node)->fromlist, walk);
			return literals_walker(((FromExpr *) node)->quals, walk);
		case T_Const:
			/* the parser's own constants have no place in the text */
			if (((Const *) node)->location >= 0)
				meet(walk, 0, (Const *) node, 0);
			return false;
		case T_Param:
			if (((Param *) node)->paramkind == PARAM_EXTERN)
				meet_param(walk, (Param *) node, 0);
			return false;
		case T_ArrayExpr:
			if (pfa_shape_is_list((ArrayExpr *) node))
			{
				ArrayExpr  *array = (ArrayExpr *) node;
				Node	   *first = pfa_shape_strip(linitial(array->elements));

				if (walk->survey && list_length(array->elements) > 1)
					walk->survey->lists = true;
				if (IsA(first, Const))
					meet(walk, 0, (Const *) first, list_length(array->elements));
				else
					meet_param(walk, (Param *) first, list_length(array->elements));
				meet_rest(walk, array->elements);
				return false;
			}
			break;
		case T_OpExpr:
			return walk_comparison(walk, ((OpExpr *) node)->args,
								   ((OpExpr *) node)->opno, false);
		case T_ScalarArrayOpExpr:
			return walk_comparison(walk, ((ScalarArrayOpExpr *) node)->args,
								   ((ScalarArrayOpExpr *) node)->opno, true);
		case T_Query:
			return walk_query(walk, (Query *) node);
		default:
			break;
	}
	return expression_tree_walker(node, literals_walker, walk);
}

void
pfa_literals_bind(Query *query, PfaShapeFacts *facts, PfaSurvey *survey)
{
	LiteralsWalk walk = {.facts = facts,.survey = survey};

	facts->nbindings = 0;
	facts->more_values = false;
	walk_query(&walk, query);
}

void
pfa_literals_hash(Query *query, PfaValues *values)
{
	LiteralsWalk walk = {.values = values};

	memset(values, 0, sizeof(*values));
	walk_query(&walk, query);
	values->n = Min(walk.n, PFA_MAX_VALUES);
	values->known = true;
}

/* A value that is no key; list_length: of an array. */
static pg_noinline uint64
hash_param(const ParamExternData *param, int *list_length)
{
	int16		typlen;
	bool		typbyval;
	uint64		hash;

	get_typlenbyval(param->ptype, &typlen, &typbyval);
	hash = pfa_hashes_image(param->ptype, typlen, typbyval, param->value);
	if (typlen == -1)
		*list_length = pfa_hashes_elements(param->ptype, param->value, &hash);
	return hash;
}

/* One parameter's hash joins the whole, and its places. */
static inline void
add_param(PfaValues *values, const PfaShapeFacts *facts, int number, uint64 hash,
		  int list_length)
{
	values->all = hash_combine64(values->all, hash + number - 1);
	for (int i = 0; i < facts->nbindings; i++)
	{
		const PfaBinding *binding = &facts->bindings[i];

		if (binding->paramid != number || number >= PFA_PARAM_BEYOND)
			continue;
		values->hash[i] = hash;
		if (list_length > 1 || binding->list_length > 1)
		{
			/* one of many is no key */
			values->hash[i] = 0;
			values->list_length = Max(values->list_length, binding->list_length);
		}
	}
}

void
pfa_literals_add_params(PfaValues *values, const PfaShapeFacts *facts,
						ParamListInfo params)
{
	if (params == NULL || params->paramFetch != NULL)
		return;
	for (int i = 0; i < params->numParams; i++)
	{
		const ParamExternData *param = &params->params[i];
		uint64		hash = 0;
		int			list_length = 0;

		if (OidIsValid(param->ptype) && !param->isnull)
		{
			hash = pfa_hashes_key(param->ptype, param->value);
			if (unlikely(hash == 0))
				hash = hash_param(param, &list_length);
		}
		values->list_length = Max(values->list_length, list_length);
		add_param(values, facts, i + 1, hash, list_length);
	}
	values->n = facts->nbindings;
	values->known = true;
}
