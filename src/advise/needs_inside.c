/*
 * needs_inside.c
 *		Conditions on what is inside a value, of which a btree knows little:
 *		patterns in texts, elements of jsonb, arrays and tsvector, ranges and
 *		shapes.
 *
 * Executes nothing.  Operator classes, an extension's too, were made by superusers.
 */
#include "postgres.h"

#include "advise/needs_column.h"

#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static Node *
strip(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/* Types whose values are those of text. */
static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

/*
 * The pattern of a LIKE, if it is known: a literal, a recorded parameter, or
 * the beginning of a concatenation ('%' || $1), of which whole is false.
 */
static const char *
known_pattern(PfaLevel *level, Node *node, bool *whole)
{
	Datum		value;

	*whole = true;
	node = strip(node);
	while (node != NULL && IsA(node, OpExpr) &&
		   ((OpExpr *) node)->opno < FirstNormalObjectId &&
		   strcmp(get_opname(((OpExpr *) node)->opno), "||") == 0)
	{
		node = strip(linitial(((OpExpr *) node)->args));
		*whole = false;
	}
	if (node != NULL && IsA(node, Const) && !((Const *) node)->constisnull &&
		is_text(((Const *) node)->consttype))
		value = ((Const *) node)->constvalue;
	else if (node != NULL && IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN &&
			 is_text(((Param *) node)->paramtype) && level->values != NULL &&
			 ((Param *) node)->paramid <= level->values->numParams)
		value = level->values->params[((Param *) node)->paramid - 1].value;
	else
		return NULL;
	return TextDatumGetCString(value);
}

/* Whether three characters in a row are fixed, as a trigram needs. */
static bool
has_run(const char *pattern, const char *special)
{
	int			run = 0;

	for (; *pattern; pattern++)
	{
		run = (strchr(special, *pattern) != NULL) ? 0 : run + 1;
		if (run >= 3)
			return true;
	}
	return false;
}

void
pfa_needs_pattern(PfaLevel *level, Oid opno, Node *left, Node *right, bool inside_or)
{
	const char *name = get_opname(opno);
	const char *pattern;
	bool		like;
	bool		regex;
	bool		whole;
	PfaNeedColumn *column;

	if (opno >= FirstNormalObjectId || name == NULL)
		return;
	like = strcmp(name, "~~") == 0;
	regex = strcmp(name, "~") == 0 || strcmp(name, "~*") == 0;
	if (!like && !regex && strcmp(name, "~~*") != 0)
		return;
	if (exprType(right) != TEXTOID)
		return;
	pattern = known_pattern(level, right, &whole);
	if (pattern == NULL)
		return;
	if (like && *pattern != '\0' && strchr("%_\\", *pattern) == NULL)
	{
		pfa_needs_add_side(level, left, PFA_NEED_PREFIX, inside_or);
		return;
	}
	column = pfa_needs_add_side(level, left, PFA_NEED_CONTAINS, inside_or);
	if (column != NULL)
		column->searchable |= !whole || has_run(pattern, regex ? "%_\\.*+?[](){}|^$" : "%_\\");
}

/*
 * An extension's class serves that extension's operators: those of btree_gist would
 * have even <> of integers.
 */
static bool
serves(Oid opclass, Oid opno)
{
	return OidIsValid(opclass) &&
		(opclass < FirstNormalObjectId) == (opno < FirstNormalObjectId) &&
		get_op_opfamily_strategy(opno, get_opclass_family(opclass)) != 0;
}

/*
 * The operator class that serves the operator: of GIN (for jsonb the smaller one, if
 * it does), else of GiST.
 */
static Oid
elements_opclass(Oid opno, Oid type, Oid *am)
{
	Oid			opclass = InvalidOid;

	*am = GIN_AM_OID;
	if (getBaseType(type) == JSONBOID)
		opclass = get_opclass_oid(GIN_AM_OID, list_make2(makeString("pg_catalog"),
														 makeString("jsonb_path_ops")),
								  true);
	if (serves(opclass, opno))
		return opclass;
	opclass = GetDefaultOpClass(type, GIN_AM_OID);
	if (serves(opclass, opno))
		return opclass;
	*am = GIST_AM_OID;
	opclass = GetDefaultOpClass(type, GIST_AM_OID);
	if (serves(opclass, opno))
		return opclass;
	return InvalidOid;
}

bool
pfa_needs_elements(PfaLevel *level, Oid opno, Node *left, bool inside_or)
{
	Oid			am;
	Oid			opclass = elements_opclass(opno, exprType(left), &am);
	PfaNeedColumn *column;

	if (!OidIsValid(opclass))
		return false;
	column = pfa_needs_add_side(level, left, PFA_NEED_ELEMENTS, inside_or);
	if (column != NULL)
	{
		/* several operators: the class that serves all */
		if (OidIsValid(column->opclass) && column->opclass != opclass)
			opclass = GetDefaultOpClass(column->type, am);
		column->opno = opno;
		column->opclass = opclass;
		column->am = am;
	}
	return true;
}

static bool
orders_by(Oid opno, Oid opfamily)
{
	return SearchSysCacheExists3(AMOPOPID, ObjectIdGetDatum(opno), CharGetDatum(AMOP_ORDER),
								 ObjectIdGetDatum(opfamily));
}

/* column <-> value: GiST returns what is nearest first, if its class knows that order. */
bool
pfa_needs_nearest(PfaLevel *level, Node *node, PfaNeed **need)
{
	OpExpr	   *expr = (OpExpr *) node;
	Oid			opno;
	Node	   *left;
	Oid			opclass;
	AttrNumber	attnum;
	PfaNeedColumn *column;

	if (node == NULL || !IsA(node, OpExpr) || list_length(expr->args) != 2)
		return false;
	opno = expr->opno;
	left = linitial(expr->args);
	if (contain_vars_of_level(lsecond(expr->args), 0))
	{
		opno = get_commutator(opno);
		left = lsecond(expr->args);
		if (contain_vars_of_level(linitial(expr->args), 0))
			return false;
	}
	opclass = GetDefaultOpClass(exprType(left), GIST_AM_OID);
	if (!OidIsValid(opno) || !OidIsValid(opclass) ||
		!orders_by(opno, get_opclass_family(opclass)) ||
		!pfa_needs_resolve(level, left, need, &attnum))
		return false;
	column = pfa_needs_add(*need, PFA_NEED_ELEMENTS, attnum, false);
	column->opno = opno;
	column->opclass = opclass;
	column->am = GIST_AM_OID;
	return true;
}

/* value = ANY (column): no index serves it as it is written. */
void
pfa_needs_member(PfaLevel *level, ScalarArrayOpExpr *expr, bool inside_or)
{
	Node	   *value = linitial(expr->args);
	Node	   *array = lsecond(expr->args);
	PfaNeed    *need;
	AttrNumber	attnum;

	if (expr->opno >= FirstNormalObjectId || contain_vars_of_level(value, 0) ||
		!op_hashjoinable(expr->opno, exprType(value)) ||
		!pfa_needs_resolve(level, array, &need, &attnum))
		return;
	pfa_needs_add(need, PFA_NEED_MEMBER, attnum, inside_or);
}
