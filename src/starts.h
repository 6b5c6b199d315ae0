/*
 * starts.h
 *		Executions that are no statement of their own: their frames.
 */
#ifndef PFA_STARTS_H
#define PFA_STARTS_H

#include "frames.h"

/*
 * A nested statement that is not recorded still reads rows that are not those of
 * the statement around it.
 */
extern PfaFrame *pfa_starts_silently(QueryDesc *queryDesc);

/* A parallel worker's: what it reads is its leader's. */
extern PfaFrame *pfa_starts_in_worker(QueryDesc *queryDesc, int nesting);

/* A statement without an id: it may be that of the utility statement around it. */
extern PfaFrame *pfa_starts_in_utility(int nesting);

#endif							/* PFA_STARTS_H */
