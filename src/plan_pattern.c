/*
 * plan_pattern.c
 *		What is looked for inside of text, and whether a b-tree could serve it.
 *
 * The values of patterns are looked at, and neither kept nor shown.
 */
#include "postgres.h"

#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "perfaudit.h"
#include "plan_pattern.h"

/* Whether a pattern of LIKE begins with something to look up in an index. */
static bool
has_prefix(Oid opno, Node *pattern)
{
	struct varlena *value;

	if ((opno != OID_TEXT_LIKE_OP && opno != OID_BPCHAR_LIKE_OP) ||
		!IsA(pattern, Const) || ((Const *) pattern)->constisnull ||
		((Const *) pattern)->consttype != TEXTOID)
		return false;
	value = (struct varlena *) DatumGetPointer(((Const *) pattern)->constvalue);
	if ((VARATT_IS_EXTENDED(value) && !VARATT_IS_SHORT(value)) ||
		VARSIZE_ANY_EXHDR(value) == 0)
		return false;
	return strchr("%_\\", *VARDATA_ANY(value)) == NULL;
}

/* Text, varchar, char(n), citext, and domains of them. */
static bool
is_text(Oid type)
{
	char		category;
	bool		preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING && get_typlen(type) == -1;
}

/* The text that a column is compared with, if it is there to be looked at. */
static struct varlena *
text_compared(Node *value, ParamListInfo params)
{
	Oid			type;
	Datum		datum;
	bool		null;

	value = pfa_plan_strip(value);
	if (IsA(value, Const))
	{
		type = ((Const *) value)->consttype;
		datum = ((Const *) value)->constvalue;
		null = ((Const *) value)->constisnull;
	}
	else if (IsA(value, Param) && ((Param *) value)->paramkind == PARAM_EXTERN &&
			 params && params->paramFetch == NULL &&
			 ((Param *) value)->paramid <= params->numParams)
	{
		const ParamExternData *param = &params->params[((Param *) value)->paramid - 1];

		type = param->ptype;
		datum = param->value;
		null = param->isnull;
	}
	else
		return NULL;
	if (null || !is_text(type) ||
		VARATT_IS_EXTERNAL(DatumGetPointer(datum)) ||
		VARATT_IS_COMPRESSED(DatumGetPointer(datum)))
		return NULL;
	return (struct varlena *) DatumGetPointer(datum);
}

/* Whether a regular expression says how the text begins; SIMILAR TO is one. */
static bool
is_anchored(const char *text, Size length)
{
	const char *end = text + length;

	if (text == end || *text != '^')
		return false;
	text++;
	while (end - text > 2 && strncmp(text, "(?:", 3) == 0)
		text += 3;
	return text < end && *text != '.';
}

/* LIKE '%x', a regular expression without a beginning, whatever ignores case. */
static bool
is_unanchored(Oid opno, Node *value, ParamListInfo params)
{
	char	   *name = get_opname(opno);
	struct varlena *text;
	char		first;

	if (name == NULL || (name[0] != '~' || strspn(name, "~*") != strlen(name)))
		return false;
	if (strchr(name, '*'))
		return true;
	text = text_compared(value, params);
	if (text == NULL || VARSIZE_ANY_EXHDR(text) == 0)
		return false;
	first = *VARDATA_ANY(text);
	if (strcmp(name, "~") == 0)
		return !is_anchored(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text));
	return first == '%' || first == '_';
}

int
pfa_plan_pattern_flags(Oid opno, Node *value, ParamListInfo params)
{
	return (has_prefix(opno, value) ? PFA_PRED_PREFIX : 0) |
		(is_unanchored(opno, value, params) ? PFA_PRED_UNANCHORED : 0);
}

/* A pattern's operator or function, like all that compare text, is told a collation. */
static bool
compares_text(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if ((IsA(node, OpExpr) || IsA(node, ScalarArrayOpExpr) || IsA(node, FuncExpr)) &&
		OidIsValid(exprInputCollation(node)))
		return true;
	return expression_tree_walker(node, compares_text, context);
}

bool
pfa_plan_pattern_possible(List *conditions)
{
	return compares_text((Node *) conditions, NULL);
}

bool
pfa_plan_pattern_decides(const PfaPlanFacts *facts, int node)
{
	int			all = 0;
	int			unanchored = 0;
	bool		alone = false;

	for (int i = 0; i < facts->npreds; i++)
	{
		const PfaPred *pred = &facts->preds[i];
		bool		in_or = (pred->flags & PFA_PRED_INSIDE_OR) != 0;

		if (pred->node != node || pred->kind != PFA_PRED_FILTER)
			continue;
		if ((pred->flags & PFA_PRED_PREFIX) && !in_or)
			return false;
		all++;
		if (pred->flags & PFA_PRED_UNANCHORED)
		{
			unanchored++;
			alone |= !in_or;
		}
	}
	return alone || (all > 0 && unanchored == all);
}

Node *
pfa_plan_pattern_searched(Oid opno, Node *left, Node *right)
{
	FuncExpr   *call = (FuncExpr *) left;
	char	   *name;
	int			least;

	if (!IsA(left, FuncExpr) ||
		(call->funcid != F_STRPOS && call->funcid != F_POSITION_TEXT_TEXT) ||
		!IsA(right, Const) || ((Const *) right)->constisnull ||
		((Const *) right)->consttype != INT4OID || (name = get_opname(opno)) == NULL)
		return NULL;
	least = DatumGetInt32(((Const *) right)->constvalue);
	if (least == 0 ? strcmp(name, ">") != 0 && strcmp(name, "<>") != 0 :
		least != 1 || strcmp(name, ">=") != 0)
		return NULL;
	return linitial(call->args);
}
