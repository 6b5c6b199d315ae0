/*
 * needs_column.c
 *		Reads the conditions of a query: which column or expression of which
 *		table is compared how.
 *
 * Executes nothing.  An expression is taken only when there is nothing in it to
 * fold and every function is built in, so that it is what the planner sees.
 */
#include "postgres.h"

#include "advise/needs_column.h"
#include "compat.h"

#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static Node *
strip(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

bool
pfa_needs_resolve(PfaLevel *level, Node *node, PfaNeed **need,
				  AttrNumber *attnum)
{
	RangeTblEntry *rte;
	Var		   *var;

	check_stack_depth();
	node = strip(node);
	if (node == NULL || !IsA(node, Var))
		return false;
	var = (Var *) node;
	for (Index up = 0; up < var->varlevelsup; up++)
	{
		level = level->parent;
		if (level == NULL)
			return false;
	}
	if (IS_SPECIAL_VARNO(var->varno) || var->varno > list_length(level->query->rtable) ||
		var->varattno <= 0)
		return false;
	rte = rt_fetch(var->varno, level->query->rtable);
	if (level->needs[var->varno - 1] != NULL)
	{
		*need = level->needs[var->varno - 1];
		*attnum = var->varattno;
		return true;
	}
	if (rte->rtekind == RTE_JOIN && var->varattno <= list_length(rte->joinaliasvars))
		return pfa_needs_resolve(level, list_nth(rte->joinaliasvars, var->varattno - 1),
								 need, attnum);
	if (level->levels[var->varno - 1] != NULL)
	{
		PfaLevel   *inner = level->levels[var->varno - 1];
		TargetEntry *entry = get_tle_by_resno(inner->query->targetList, var->varattno);

		/* a condition does not reach below these */
		if (entry == NULL || inner->query->setOperations != NULL ||
			inner->query->groupClause != NIL || inner->query->limitCount != NULL)
			return false;
		return pfa_needs_resolve(inner, (Node *) entry->expr, need, attnum);
	}
	return false;
}

PfaNeedColumn *
pfa_needs_add(PfaNeed *need, PfaNeedKind kind, AttrNumber attnum, bool inside_or)
{
	PfaNeedColumn *column;
	ListCell   *lc;
	int32		typmod;

	foreach(lc, need->columns)
	{
		column = lfirst(lc);
		if (column->attnum == attnum && column->kind == kind &&
			column->inside_or == inside_or)
			return column;
	}
	column = palloc0(sizeof(PfaNeedColumn));
	column->kind = kind;
	column->attnum = attnum;
	column->inside_or = inside_or;
	get_atttypetypmodcoll(need->relid, attnum, &column->type, &typmod, &column->collation);
	need->columns = lappend(need->columns, column);
	return column;
}

static bool
is_foldable_walker(Node *node, bool *bad)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Const:
		case T_RelabelType:
			break;
		case T_FuncExpr:
			if (((FuncExpr *) node)->funcid >= FirstNormalObjectId ||
				!contain_var_clause(node))
				*bad = true;
			break;
		case T_OpExpr:
			if (((OpExpr *) node)->opno >= FirstNormalObjectId ||
				!contain_var_clause(node))
				*bad = true;
			break;
		case T_CoerceViaIO:

			/*
			 * a column's own text is no expression to index: the type is
			 * wrong
			 */
			if (!contain_var_clause(node) ||
				IsA(strip((Node *) ((CoerceViaIO *) node)->arg), Var))
				*bad = true;
			break;
		default:
			*bad = true;
			break;
	}
	return *bad || expression_tree_walker(node, is_foldable_walker, bad);
}

Node *
pfa_needs_expression(PfaLevel *level, Node *node, PfaNeed **need)
{
	List	   *vars;
	ListCell   *lc;
	Index		varno;
	int			up = 0;
	bool		bad = false;

	node = strip(node);
	if (node == NULL ||
		(!IsA(node, FuncExpr) && !IsA(node, OpExpr) && !IsA(node, CoerceViaIO)))
		return NULL;
	/* a column of an outer query among the others is no matter for an index */
	for (PfaLevel *outer = level->parent; outer != NULL; outer = outer->parent)
	{
		if (contain_vars_of_level(node, ++up))
			return NULL;
	}
	vars = pull_var_clause(node, PVC_INCLUDE_AGGREGATES | PVC_INCLUDE_WINDOWFUNCS |
						   PVC_INCLUDE_PLACEHOLDERS);
	if (vars == NIL || !IsA(linitial(vars), Var))
		return NULL;
	varno = linitial_node(Var, vars)->varno;
	foreach(lc, vars)
	{
		Var		   *var = lfirst(lc);

		if (!IsA(var, Var) || var->varlevelsup != 0 || var->varno != varno ||
			var->varattno <= 0)
			return NULL;
	}
	*need = level->needs[varno - 1];
	if (*need == NULL)
		return NULL;
	is_foldable_walker(node, &bad);
	if (bad || contain_mutable_functions(node))
		return NULL;

	node = copyObject(node);
	fix_opfuncids(node);
	if (varno != 1)
		ChangeVarNodes(node, varno, 1, 0);
	/* an index knows nothing of the query's outer joins */
	foreach(lc, pull_var_clause(node, 0))
		PFA_VAR_FORGET_OUTER_JOINS(lfirst_node(Var, lc));
	return node;
}

/* Adds a condition on an expression, if pfa_needs_expression() has it. */
static PfaNeedColumn *
add_expression(PfaLevel *level, Node *node, PfaNeedKind kind, bool inside_or)
{
	PfaNeedColumn *column;
	PfaNeed    *need;
	ListCell   *lc;

	node = pfa_needs_expression(level, node, &need);
	if (node == NULL)
		return NULL;
	foreach(lc, need->columns)
	{
		column = lfirst(lc);
		if (column->attnum == 0 && column->kind == kind &&
			column->inside_or == inside_or && equal(column->expr, node))
			return column;
	}
	column = palloc0(sizeof(PfaNeedColumn));
	column->kind = kind;
	column->expr = node;
	column->inside_or = inside_or;
	column->type = exprType(node);
	column->collation = exprCollation(node);
	need->columns = lappend(need->columns, column);
	return column;
}

PfaNeedColumn *
pfa_needs_add_side(PfaLevel *level, Node *side, PfaNeedKind kind, bool inside_or)
{
	PfaNeed    *need;
	AttrNumber	attnum;

	if (pfa_needs_resolve(level, side, &need, &attnum))
		return pfa_needs_add(need, kind, attnum, inside_or);
	return add_expression(level, side, kind, inside_or);
}

/* Whether an expression has columns of this level, so that = joins. */
static bool
has_columns(Node *node)
{
	return contain_vars_of_level(node, 0);
}

/* left OP right, seen from its left side. */
static void
read_operator(PfaLevel *level, Oid opno, Node *left, Node *right,
			  bool inside_or)
{
	Oid			type = exprType(left);
	Oid			opclass = GetDefaultOpClass(type, BTREE_AM_OID);
	int			strategy = 0;

	if (!OidIsValid(opno) || !contain_vars_of_level(left, 0) || has_columns(right))
	{
		PfaNeed    *need;
		PfaNeed    *other;
		AttrNumber	attnum;
		AttrNumber	other_attnum;

		/* a column of one table and one of another */
		if (!OidIsValid(opno) || !pfa_needs_resolve(level, left, &need, &attnum) ||
			!OidIsValid(opclass) ||
			get_op_opfamily_strategy(opno, get_opclass_family(opclass)) != BTEqualStrategyNumber)
			return;
		if (pfa_needs_resolve(level, right, &other, &other_attnum) && other == need)
			return;
		pfa_needs_add(need, PFA_NEED_JOIN, attnum, inside_or);
		return;
	}
	if (OidIsValid(opclass))
		strategy = get_op_opfamily_strategy(opno, get_opclass_family(opclass));
	if (strategy == BTEqualStrategyNumber)
		pfa_needs_add_side(level, left, PFA_NEED_EQUAL, inside_or);
	else if (strategy != 0)
		pfa_needs_add_side(level, left, PFA_NEED_RANGE, inside_or);
	else if (!pfa_needs_elements(level, opno, left, inside_or))
		pfa_needs_pattern(level, opno, left, right, inside_or);
}

static void
read_bool(PfaLevel *level, BoolExpr *expr, bool inside_or)
{
	ListCell   *lc;
	PfaNeed    *need;
	AttrNumber	attnum;

	switch (expr->boolop)
	{
		case AND_EXPR:
			foreach(lc, expr->args)
				pfa_needs_condition(level, lfirst(lc), inside_or);
			break;
		case OR_EXPR:
			foreach(lc, expr->args)
				pfa_needs_condition(level, lfirst(lc), true);
			break;
		case NOT_EXPR:
			/* NOT flag: the column = false */
			if (pfa_needs_resolve(level, linitial(expr->args), &need, &attnum))
				pfa_needs_add(need, PFA_NEED_EQUAL, attnum, inside_or);
			break;
	}
}

void
pfa_needs_condition(PfaLevel *level, Node *node, bool inside_or)
{
	check_stack_depth();
	if (node == NULL)
		return;
	if (!inside_or)
		pfa_needs_add_fixed(level, node);
	switch (nodeTag(node))
	{
		case T_BoolExpr:
			read_bool(level, (BoolExpr *) node, inside_or);
			break;
		case T_OpExpr:
			{
				OpExpr	   *expr = (OpExpr *) node;

				if (list_length(expr->args) != 2)
					break;
				read_operator(level, expr->opno, linitial(expr->args),
							  lsecond(expr->args), inside_or);
				read_operator(level, get_commutator(expr->opno), lsecond(expr->args),
							  linitial(expr->args), inside_or);
				break;
			}
		case T_ScalarArrayOpExpr:
			{
				ScalarArrayOpExpr *expr = (ScalarArrayOpExpr *) node;

				if (expr->useOr)
				{
					read_operator(level, expr->opno, linitial(expr->args),
								  lsecond(expr->args), inside_or);
					pfa_needs_member(level, expr, inside_or);
				}
				break;
			}
		case T_NullTest:
			if (((NullTest *) node)->nulltesttype == IS_NULL)
				pfa_needs_add_side(level, (Node *) ((NullTest *) node)->arg, PFA_NEED_EQUAL, inside_or);
			break;
		case T_Var:
			pfa_needs_add_side(level, node, PFA_NEED_EQUAL, inside_or);
			break;
		case T_RowCompareExpr:
			/* keyset pagination: (a, b) < ($1, $2) */
			pfa_needs_add_side(level, linitial(((RowCompareExpr *) node)->largs), PFA_NEED_RANGE, inside_or);
			break;
		default:
			break;
	}
}
