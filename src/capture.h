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

/* Whether a result is worth a look: by what its shape has taught... */
static inline bool
pfa_capture_is_due(const PfaShape *shape)
{
	return shape->results_skip == 0;
}

/* ...and by what and for whom it is. */
extern bool pfa_capture_wanted(PfaShape *shape, const QueryDesc *queryDesc);

/* The receiver to be put before the given one, for one run. */
extern DestReceiver *pfa_capture_begin(PfaCapture *capture, PfaShape *shape,
									   const QueryDesc *queryDesc, bool in_burst);
extern void pfa_capture_end(PfaCapture *capture);

/* At the statement's end: what its shape is to learn. */
extern void pfa_capture_learn_more(PfaShape *shape, uint64 rows);

static inline void
pfa_capture_learn(PfaShape *shape, uint64 rows)
{
	if (likely(shape->results_skip > 0 && rows <= 1))
		shape->results_skip--;
	else
		pfa_capture_learn_more(shape, rows);
}

#endif							/* PFA_CAPTURE_H */
