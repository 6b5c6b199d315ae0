/*
 * tagging.h
 *		The tags of the statement that is about to begin.
 */
#ifndef PFA_TAGGING_H
#define PFA_TAGGING_H

#include "nodes/plannodes.h"
#include "shape.h"
#include "tags.h"

/* Whether a text is known to have none, without a look at it. */
static inline bool
pfa_tagging_none(const PfaShape *shape, const PlannedStmt *stmt)
{
	return shape->untagged == stmt;
}

/* The tags of the text that a plan belongs to, valid until the next call; or NULL. */
extern const PfaTagged *pfa_tagging_find(PfaShape *shape, const PlannedStmt *stmt,
										 const char *text);

#endif							/* PFA_TAGGING_H */
