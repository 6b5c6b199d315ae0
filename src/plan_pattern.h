/*
 * plan_pattern.h
 *		What is looked for inside of text.
 */
#ifndef PERFAUDIT_PLAN_PATTERN_H
#define PERFAUDIT_PLAN_PATTERN_H

#include "nodes/params.h"
#include "nodes/primnodes.h"

/* The expression below casts that change nothing. */
static inline Node *
pfa_plan_strip(Node *expr)
{
	while (IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	return expr;
}

/*
 * PFA_PRED_PREFIX and PFA_PRED_UNANCHORED, as the operator and the value that
 * a column is compared with have it; params are the client's, or NULL.
 */
extern int	pfa_plan_pattern_flags(Oid opno, Node *value, ParamListInfo params);

/*
 * What strpos(where, what) > 0 looks in, or NULL: the same as where LIKE
 * '%what%'.
 */
extern Node *pfa_plan_pattern_searched(Oid opno, Node *left, Node *right);

#endif							/* PERFAUDIT_PLAN_PATTERN_H */
