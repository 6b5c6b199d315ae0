/*
 * plan_pattern.h
 *		What is looked for inside of text.
 */
#ifndef PERFAUDIT_PLAN_PATTERN_H
#define PERFAUDIT_PLAN_PATTERN_H

#include "nodes/params.h"
#include "nodes/primnodes.h"

#include "perfaudit.h"

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

/*
 * Whether the conditions of a scan may be patterns: to be looked at in every
 * execution whose rows are counted, since each may have a value of its own.
 */
extern bool pfa_plan_pattern_possible(List *conditions);

/*
 * Whether a scan whose predicates are known was told to look for a pattern
 * without a fixed beginning: one of its conditions, or all arms of an OR; and
 * for none with a fixed beginning beside it.
 */
extern bool pfa_plan_pattern_decides(const PfaPlanFacts *facts, int node);

#endif							/* PERFAUDIT_PLAN_PATTERN_H */
