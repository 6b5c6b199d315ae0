/*
 * tagging.h
 *		The tags of the statement that is about to begin.
 */
#ifndef PFA_TAGGING_H
#define PFA_TAGGING_H

#include "nodes/plannodes.h"
#include "shape.h"
#include "tags.h"

/*
 * Whether a text may have any: not if it neither begins nor ends with what may
 * be a comment.  True in all cases that are not so plain.
 */
static inline bool
pfa_tagging_possible(const PlannedStmt *stmt, const char *text)
{
	const char *end;

	if (text == NULL)
		return false;
	/* letters and parentheses come before and after all that is not plain */
	if (stmt->stmt_location > 0 || *text == '/' || *text <= ' ')
		return true;
	if (stmt->stmt_location < 0 || stmt->stmt_len <= 0)
		end = text + strlen(text);
	else
	{
		end = text + stmt->stmt_len;
		if (end[0] != '\0' && (end[0] != ';' || end[1] != '\0'))
			return true;
	}
	return end == text || end[-1] == '/' || end[-1] == ';' || end[-1] <= ' ';
}

/* The tags of the text that a plan belongs to, valid until the next call; or NULL. */
extern const PfaTagged *pfa_tagging_find(PfaShape *shape, const PlannedStmt *stmt,
										 const char *text);

#endif							/* PFA_TAGGING_H */
