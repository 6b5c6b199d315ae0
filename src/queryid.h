/*
 * queryid.h
 *		Query ids, the server's own, mostly without computing them again.
 */
#ifndef PFA_QUERYID_H
#define PFA_QUERYID_H

#include "compat.h"
#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "perfaudit.h"

/* Whether statements have ids: by the server's setting compute_query_id. */
static inline bool
pfa_queryid_enabled(void)
{
	return compute_query_id != COMPUTE_QUERY_ID_OFF;
}

/*
 * Gives a query just analysed, which nobody has given one yet, the id that core's
 * JumbleQuery computes for it.  Returns what JumbleQuery did if it had to be
 * called, else NULL.
 */
extern JumbleState *pfa_queryid_assign(const ParseState *pstate, Query *query);

extern PFA_LOCAL const Size pfa_queryid_size;	/* bytes of this backend */

#endif							/* PFA_QUERYID_H */
