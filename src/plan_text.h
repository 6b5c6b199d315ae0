/*
 * plan_text.h
 *		A recorded plan in words, made when somebody looks.
 */
#ifndef PFA_PLAN_TEXT_H
#define PFA_PLAN_TEXT_H

#include "perfaudit.h"

/* The kind of a node, in the words of EXPLAIN. */
extern const char *pfa_plan_text_node(PfaNodeType type);

/*
 * The plan as a tree, much as EXPLAIN shows it; palloc'd.  Looks up catalogs of
 * the current database, which must be the plan's.
 */
extern char *pfa_plan_text(const PfaPlanFacts *facts);

#endif							/* PFA_PLAN_TEXT_H */
