/*
 * needs_fixed.c
 *		Conditions that hold whatever the parameters: what a partial index may
 *		be made for.
 *
 * A parameter of the client is none, since a plan for all its values proves
 * nothing about it.  Executes nothing; operators are built in.
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
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

static Node *
strip(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

static Node *
replace_var(Node *node, Var *var)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
		return (Node *) copyObject(var);
	return expression_tree_mutator(node, replace_var, var);
}

static void
add(PfaNeed *need, AttrNumber attnum, Node *clause, List *values, Oid opno)
{
	PfaNeedFixed *fixed = palloc0(sizeof(PfaNeedFixed));
	Oid			type;
	int32		typmod;
	Oid			collation;

	get_atttypetypmodcoll(need->relid, attnum, &type, &typmod, &collation);
	fixed->attnum = attnum;
	fixed->clause = replace_var(clause, makeVar(1, attnum, type, typmod, collation, 0));
	fix_opfuncids(fixed->clause);
	fixed->values = values;
	fixed->opno = opno;
	need->fixed = lappend(need->fixed, fixed);
}

/* column = literal, on either side */
static void
add_comparison(PfaLevel *level, OpExpr *expr)
{
	Oid			opno = expr->opno;
	Node	   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	PfaNeed    *need;
	AttrNumber	attnum;
	Oid			opclass;
	OpExpr	   *clause;

	if (IsA(left, Const))
	{
		opno = get_commutator(opno);
		left = right;
		right = linitial(expr->args);
	}
	if (!OidIsValid(opno) || opno >= FirstNormalObjectId ||
		!IsA(right, Const) || ((Const *) right)->constisnull ||
		!pfa_needs_resolve(level, left, &need, &attnum))
		return;
	opclass = GetDefaultOpClass(exprType(left), BTREE_AM_OID);
	if (!OidIsValid(opclass) ||
		get_op_opfamily_strategy(opno, get_opclass_family(opclass)) != BTEqualStrategyNumber)
		return;
	/* the planner makes the column, or its NOT, of a comparison of booleans */
	if (opno == BooleanEqualOperator)
	{
		add(need, attnum, DatumGetBool(((Const *) right)->constvalue) ? strip(left) :
			(Node *) makeBoolExpr(NOT_EXPR, list_make1(strip(left)), -1), NIL, InvalidOid);
		return;
	}
	clause = (OpExpr *) make_opclause(opno, BOOLOID, false, (Expr *) left, (Expr *) right,
									  InvalidOid, expr->inputcollid);
	add(need, attnum, (Node *) clause, list_make1(right), opno);
}

/* column IN (literals) */
static void
add_list(PfaLevel *level, ScalarArrayOpExpr *expr)
{
	ArrayExpr  *array = (ArrayExpr *) lsecond(expr->args);
	Node	   *left = linitial(expr->args);
	PfaNeed    *need;
	AttrNumber	attnum;
	Oid			opclass = GetDefaultOpClass(exprType(left), BTREE_AM_OID);
	ListCell   *lc;

	if (!expr->useOr || expr->opno >= FirstNormalObjectId || !IsA(array, ArrayExpr) ||
		array->multidims || !OidIsValid(opclass) ||
		get_op_opfamily_strategy(expr->opno, get_opclass_family(opclass)) != BTEqualStrategyNumber ||
		!pfa_needs_resolve(level, left, &need, &attnum))
		return;
	foreach(lc, array->elements)
	{
		if (!IsA(lfirst(lc), Const) || ((Const *) lfirst(lc))->constisnull)
			return;
	}
	add(need, attnum, (Node *) expr, array->elements, expr->opno);
}

void
pfa_needs_add_fixed(PfaLevel *level, Node *node)
{
	PfaNeed    *need;
	AttrNumber	attnum;
	Node	   *column = NULL;

	if (IsA(node, OpExpr) && list_length(((OpExpr *) node)->args) == 2)
	{
		add_comparison(level, (OpExpr *) node);
		return;
	}
	if (IsA(node, ScalarArrayOpExpr))
	{
		add_list(level, (ScalarArrayOpExpr *) node);
		return;
	}
	if (IsA(node, Var))
		column = node;
	else if (IsA(node, NullTest) && !((NullTest *) node)->argisrow)
		column = (Node *) ((NullTest *) node)->arg;
	else if (IsA(node, BoolExpr) && ((BoolExpr *) node)->boolop == NOT_EXPR)
		column = linitial(((BoolExpr *) node)->args);
	if (column != NULL && IsA(column, Var) && pfa_needs_resolve(level, column, &need, &attnum))
		add(need, attnum, node, NIL, InvalidOid);
}
