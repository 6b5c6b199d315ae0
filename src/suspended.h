/*
 * suspended.h
 *		Cursors that wait while more statements begin than there are frames.
 */
#ifndef PFA_SUSPENDED_H
#define PFA_SUSPENDED_H

#include "frames.h"

/*
 * A frame, when all are in use: that of the cursor that has waited the longest,
 * which is counted with what it has read so far; NULL when none waits.
 */
extern PfaFrame *pfa_suspended_make_room(void);

#endif							/* PFA_SUSPENDED_H */
