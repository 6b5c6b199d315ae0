/*
 * plan_preds.c
 *		The columns that a plan filters, joins, groups and sorts by.
 *
 * A column is followed down through the plan to the relation it comes from.
 * Where that is not possible the predicate is left out: must never assume.
 */
#include "postgres.h"

#include "catalog/pg_operator.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "plan_loops.h"
#include "plan_pattern.h"
#include "plan_preds.h"

#define DEPTH_MAX	50

typedef struct Source
{
	PlannedStmt *stmt;
	Plan	   *plan;			/* the node whose expressions are looked at */
	ParamListInfo params;		/* client parameters, or NULL */
	int			node;
	PfaPlanFacts *facts;
} Source;

/* A column, perhaps inside one function or cast. */
typedef struct Column
{
	Oid			relid;
	AttrNumber	attnum;
	Oid			funcid;
	Oid			collation;
	bool		nested;			/* funcid is given more than the column */
} Column;

typedef struct VarSearch
{
	Var		   *var;
	bool		several;
	bool		param;			/* an external parameter */
	bool		literal;
} VarSearch;

static bool
var_search_walker(Node *node, VarSearch *search)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		if (search->var && !equal(search->var, node))
			search->several = true;
		search->var = (Var *) node;
		return false;
	}
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		search->param = true;
	if (IsA(node, Const))
		search->literal = true;
	return expression_tree_walker(node, var_search_walker, search);
}

/* The plan below that a Var's number speaks of, and its output there. */
static TargetEntry *
output_below(PlannedStmt *stmt, Plan *plan, Var *var, Plan **below)
{
	List	   *outputs;

	if (IsA(plan, SubqueryScan) && var->varno > 0)
		*below = ((SubqueryScan *) plan)->subplan;
	else if (IsA(plan, Append) && ((Append *) plan)->appendplans != NIL)
		*below = linitial(((Append *) plan)->appendplans);
	else if (IsA(plan, MergeAppend) && ((MergeAppend *) plan)->mergeplans != NIL)
		*below = linitial(((MergeAppend *) plan)->mergeplans);
	else if (var->varno == OUTER_VAR)
		*below = outerPlan(plan);
	else if (var->varno == INNER_VAR)
		*below = innerPlan(plan);
	else
		*below = NULL;
	if (var->varno == INDEX_VAR && IsA(plan, IndexOnlyScan))
	{
		*below = plan;
		outputs = ((IndexOnlyScan *) plan)->indextlist;
	}
	else if (*below == NULL)
		return NULL;
	else
		outputs = (*below)->targetlist;
	if (var->varattno < 1 || var->varattno > list_length(outputs))
		return NULL;
	return list_nth(outputs, var->varattno - 1);
}

static bool
is_relation_scan(PlannedStmt *stmt, Plan *plan, Var *var)
{
	if (var->varno < 1 || var->varno > list_length(stmt->rtable) ||
		IsA(plan, SubqueryScan))
		return false;
	return rt_fetch(var->varno, stmt->rtable)->rtekind == RTE_RELATION;
}

/* Whether a function or cast is given a column, and nothing else. */
static bool
takes_column_alone(Node *expr)
{
	if (IsA(expr, CoerceViaIO))
		return IsA(pfa_plan_strip((Node *) ((CoerceViaIO *) expr)->arg), Var);
	return IsA(expr, FuncExpr) && list_length(((FuncExpr *) expr)->args) == 1 &&
		IsA(pfa_plan_strip(linitial(((FuncExpr *) expr)->args)), Var);
}

/* Follows an expression of a plan node to one column of one relation. */
static bool
find_column(PlannedStmt *stmt, Plan *plan, Node *expr, Column *column)
{
	memset(column, 0, sizeof(*column));
	for (int depth = 0; depth < DEPTH_MAX && expr && plan; depth++)
	{
		VarSearch	search = {0};
		TargetEntry *tle;

		expr = pfa_plan_strip(expr);
		var_search_walker(expr, &search);
		if (search.var == NULL || search.several || search.var->varattno < 0)
			return false;
		if ((Node *) search.var != expr && OidIsValid(column->funcid))
			column->nested = true;	/* of an expression below */
		else if ((Node *) search.var != expr)
		{
			column->nested = !takes_column_alone(expr);
			if (IsA(expr, FuncExpr))
				column->funcid = ((FuncExpr *) expr)->funcid;
			else if (IsA(expr, OpExpr))
				column->funcid = ((OpExpr *) expr)->opfuncid;
			else if (IsA(expr, CoerceViaIO))
				column->funcid = F_TEXTOUT; /* a cast through text */
			else
				return false;
		}
		if (is_relation_scan(stmt, plan, search.var))
		{
			column->relid = rt_fetch(search.var->varno, stmt->rtable)->relid;
			column->attnum = search.var->varattno;
			column->collation = search.var->varcollid;
			return OidIsValid(column->relid) && column->attnum > 0;
		}
		tle = output_below(stmt, plan, search.var, &plan);
		expr = tle ? (Node *) tle->expr : NULL;
	}
	return false;
}

/* Returns its place, or -1. */
static int
note(Source *source, const Column *column, PfaPredKind kind, Oid opno,
	 int position, int flags)
{
	PfaPlanFacts *facts = source->facts;
	PfaPred		pred;

	memset(&pred, 0, sizeof(pred));
	pred.relid = column->relid;
	pred.attnum = column->attnum;
	pred.funcid = column->funcid;
	pred.kind = kind;
	pred.opno = opno;
	pred.position = Min(position, 255);
	pred.flags = flags | (column->nested ? PFA_PRED_NESTED : 0);
	pred.node = source->node >= 0 ? source->node : 255;
	for (int i = 0; i < facts->npreds; i++)
	{
		PfaPred		known = facts->preds[i];

		known.other = 0;
		if (memcmp(&known, &pred, sizeof(pred)) == 0)
			return i;
	}
	if (facts->npreds == PFA_MAX_PREDS)
	{
		/* what is no condition is not missed */
		facts->truncated |= kind != PFA_PRED_OUTER;
		return -1;
	}
	facts->preds[facts->npreds] = pred;
	return facts->npreds++;
}

/* They are compared with each other. */
static void
pair(PfaPlanFacts *facts, int a, int b)
{
	if (a < 0 || b < 0 || a == b || facts->preds[a].other != 0 || facts->preds[b].other != 0)
		return;
	facts->preds[a].other = b + 1;
	facts->preds[b].other = a + 1;
}

/* The column that a nested loop takes from its outer side for its inner one. */
static bool
find_outer_column(PlannedStmt *stmt, Node *value, Column *column)
{
	Plan	   *loop;
	Node	   *given;

	value = pfa_plan_strip(value);
	return IsA(value, Param) && ((Param *) value)->paramkind == PARAM_EXEC &&
		pfa_plan_loop_of(stmt->planTree, ((Param *) value)->paramid, &loop, &given) &&
		find_column(stmt, loop, given, column);
}

static int
value_flags(Source *source, Node *value)
{
	VarSearch	search = {0};

	var_search_walker(value, &search);
	/* a custom plan shows a parameter's value as a constant */
	if (search.param || (search.literal && source->params))
		return PFA_PRED_PARAM;
	return search.literal ? PFA_PRED_LITERAL : 0;
}

/* Whether the comparison has another collation than the column itself. */
static int
collation_flag(const Column *column, Oid collation)
{
	return !OidIsValid(column->funcid) && OidIsValid(collation) &&
		OidIsValid(column->collation) && collation != column->collation ?
		PFA_PRED_COLLATED : 0;
}

/* Whether there is a column in it. */
static bool
note_comparison(Source *source, PfaPredKind kind, List *args, Oid opno,
				Oid collation, int flags)
{
	Node	   *left;
	Node	   *right;
	Node	   *looked_in;
	Column		a;
	Column		b;
	bool		has_a;
	bool		has_b;
	int			at_a = -1;
	int			at_b = -1;

	if (list_length(args) != 2)
		return false;
	left = linitial(args);
	right = lsecond(args);
	looked_in = pfa_plan_pattern_searched(opno, left, right);
	if (looked_in && find_column(source->stmt, source->plan, looked_in, &a))
	{
		note(source, &a, kind, OID_TEXT_LIKE_OP, 0,
			 flags | PFA_PRED_UNANCHORED | PFA_PRED_POSITION);
		return true;
	}
	has_a = find_column(source->stmt, source->plan, left, &a);
	has_b = find_column(source->stmt, source->plan, right, &b);
	if (has_a)
		at_a = note(source, &a, has_b ? PFA_PRED_JOIN : kind, opno, 0,
					flags | value_flags(source, right) | collation_flag(&a, collation) |
					pfa_plan_pattern_flags(opno, right, source->params));
	if (has_b && OidIsValid(get_commutator(opno)))
		at_b = note(source, &b, has_a ? PFA_PRED_JOIN : kind, get_commutator(opno), 0,
					flags | value_flags(source, left) | collation_flag(&b, collation));
	else if (has_a && !has_b && find_outer_column(source->stmt, right, &b))
		at_b = note(source, &b, PFA_PRED_OUTER, opno, 0, 0);
	pair(source->facts, at_a, at_b);
	return has_a || has_b;
}

static bool note_clause(Source *source, PfaPredKind kind, Node *clause, int flags);

/* One arm of an OR without a column, and no index serves the others. */
static bool
note_arms(Source *source, PfaPredKind kind, BoolExpr *expr, int flags)
{
	int			first = source->facts->npreds;
	bool		any = false;
	bool		all = true;
	ListCell   *lc;

	foreach(lc, expr->args)
	{
		bool		noted = note_clause(source, kind, lfirst(lc), flags);

		any |= noted;
		all &= noted;
	}
	for (int i = first; !all && expr->boolop == OR_EXPR && i < source->facts->npreds; i++)
		source->facts->preds[i].flags |= PFA_PRED_OPEN_OR;
	return expr->boolop == OR_EXPR ? all : any;
}

static bool
note_clause(Source *source, PfaPredKind kind, Node *clause, int flags)
{
	Column		column;

	check_stack_depth();
	switch (nodeTag(clause))
	{
		case T_OpExpr:
			return note_comparison(source, kind, ((OpExpr *) clause)->args,
								   ((OpExpr *) clause)->opno,
								   ((OpExpr *) clause)->inputcollid, flags);
		case T_ScalarArrayOpExpr:
			return note_comparison(source, kind, ((ScalarArrayOpExpr *) clause)->args,
								   ((ScalarArrayOpExpr *) clause)->opno,
								   ((ScalarArrayOpExpr *) clause)->inputcollid,
								   flags | PFA_PRED_LIST);
		case T_NullTest:
			if (!find_column(source->stmt, source->plan,
							 (Node *) ((NullTest *) clause)->arg, &column))
				return false;
			note(source, &column, kind, InvalidOid, 0,
				 flags | PFA_PRED_NULLTEST |
				 (((NullTest *) clause)->nulltesttype == IS_NOT_NULL ?
				  PFA_PRED_NEGATED : 0));
			return true;
		case T_Var:
			if (!find_column(source->stmt, source->plan, clause, &column))
				return false;
			note(source, &column, kind, BooleanEqualOperator, 0,
				 flags | PFA_PRED_LITERAL);
			return true;
		case T_BoolExpr:
			if (((BoolExpr *) clause)->boolop == OR_EXPR)
				flags |= PFA_PRED_INSIDE_OR;
			else if (((BoolExpr *) clause)->boolop == NOT_EXPR)
				flags |= PFA_PRED_NEGATED;
			return note_arms(source, kind, (BoolExpr *) clause, flags);
		default:
			return false;
	}
}

static void
note_clauses(Source *source, PfaPredKind kind, List *clauses)
{
	ListCell   *lc;

	foreach(lc, clauses)
		note_clause(source, kind, lfirst(lc), 0);
}

static void
note_keys(Source *source, PfaPredKind kind, List *outputs, int n,
		  const AttrNumber *indexes, const Oid *operators, const bool *nulls_first)
{
	for (int i = 0; i < n; i++)
	{
		Column		column;
		TargetEntry *tle;
		int			flags = 0;
		bool		reverse = false;

		if (indexes[i] < 1 || indexes[i] > list_length(outputs))
			continue;
		tle = list_nth(outputs, indexes[i] - 1);
		if (!find_column(source->stmt, source->plan, (Node *) tle->expr, &column))
			continue;
		if (kind == PFA_PRED_SORT)
		{
			get_equality_op_for_ordering_op(operators[i], &reverse);
			flags = (reverse ? PFA_PRED_DESC : 0) |
				(nulls_first[i] ? PFA_PRED_NULLS_FIRST : 0);
		}
		note(source, &column, kind, operators[i], i, flags);
	}
}

void
pfa_plan_preds(QueryDesc *queryDesc, Plan *plan, int node, PfaPlanFacts *facts)
{
	Source		source = {
		.stmt = queryDesc->plannedstmt,
		.plan = plan,
		.params = queryDesc->params && queryDesc->params->numParams > 0 ?
		queryDesc->params : NULL,
		.node = node,
		.facts = facts
	};

	switch (nodeTag(plan))
	{
		case T_IndexScan:
			note_clauses(&source, PFA_PRED_INDEX, ((IndexScan *) plan)->indexqualorig);
			break;
		case T_IndexOnlyScan:
			note_clauses(&source, PFA_PRED_INDEX, ((IndexOnlyScan *) plan)->indexqual);
			break;
		case T_BitmapHeapScan:
			note_clauses(&source, PFA_PRED_INDEX,
						 ((BitmapHeapScan *) plan)->bitmapqualorig);
			break;
		case T_HashJoin:
			note_clauses(&source, PFA_PRED_JOIN, ((HashJoin *) plan)->hashclauses);
			note_clauses(&source, PFA_PRED_JOIN, ((Join *) plan)->joinqual);
			break;
		case T_MergeJoin:
			note_clauses(&source, PFA_PRED_JOIN, ((MergeJoin *) plan)->mergeclauses);
			note_clauses(&source, PFA_PRED_JOIN, ((Join *) plan)->joinqual);
			break;
		case T_NestLoop:
			note_clauses(&source, PFA_PRED_JOIN, ((Join *) plan)->joinqual);
			break;
		case T_Sort:
		case T_IncrementalSort:
			note_keys(&source, PFA_PRED_SORT, plan->targetlist,
					  ((Sort *) plan)->numCols, ((Sort *) plan)->sortColIdx,
					  ((Sort *) plan)->sortOperators, ((Sort *) plan)->nullsFirst);
			break;
		case T_Agg:
			if (outerPlan(plan))
			{
				/* the indexes are those of the input */
				source.plan = outerPlan(plan);
				note_keys(&source, PFA_PRED_GROUP, outerPlan(plan)->targetlist,
						  ((Agg *) plan)->numCols, ((Agg *) plan)->grpColIdx,
						  ((Agg *) plan)->grpOperators, NULL);
				source.plan = plan;
			}
			break;
		default:
			break;
	}
	note_clauses(&source, PFA_PRED_FILTER, plan->qual);
}
