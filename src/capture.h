/*
 * capture.h
 *		A DestReceiver that passes rows on and keeps hashes of their keys.
 */
#ifndef PFA_CAPTURE_H
#define PFA_CAPTURE_H

#include "perfaudit.h"
#include "executor/execdesc.h"
#include "shape.h"
#include "tcop/dest.h"

/* Where one statement's capture stands between its runs. */
typedef struct PfaCapture
{
	int			slot;			/* of results, or -1 */
	uint32		rows;			/* rows passed */
} PfaCapture;

#define PFA_CAPTURE_LEARN_AFTER	16	/* results of no use, after which... */
#define PFA_CAPTURE_LEARN_EVERY	16	/* ...one in so many is looked at */

/* Whether a result is worth a look: by what its shape has taught... */
static inline bool
pfa_capture_is_due(const PfaShape *shape)
{
	uint16		wasted = Max(shape->results_unused, shape->results_single);

	return wasted < PFA_CAPTURE_LEARN_AFTER || wasted % PFA_CAPTURE_LEARN_EVERY == 0;
}

/* ...and by what and for whom it is. */
extern bool pfa_capture_wanted(PfaShape *shape, const QueryDesc *queryDesc);

/* The receiver to be put before the given one, for one run. */
extern DestReceiver *pfa_capture_begin(PfaCapture *capture, PfaShape *shape,
									   const QueryDesc *queryDesc);
extern void pfa_capture_end(PfaCapture *capture);

/* At the statement's end: what its shape is to learn. */
extern void pfa_capture_learn(PfaShape *shape, uint64 rows);

#endif							/* PFA_CAPTURE_H */
