/*
 * frame_scans.h
 *		Rows that a running statement reads by sequential scans, less those of
 *		statements nested in it, plus those of its parallel workers.
 */
#ifndef PFA_FRAME_SCANS_H
#define PFA_FRAME_SCANS_H

#include "frames.h"

/* At the end of a run: takes from the runs around it what this one has read. */
extern void pfa_frame_scans_leave(PfaFrame *frame);

/* Before standard_ExecutorEnd, with which the set of scans goes. */
extern void pfa_frame_scans_keep(PfaFrame *frame);

/* After standard_ExecutorEnd: by then a leader's workers are gone. */
extern void pfa_frame_scans_add_workers(PfaFrame *frame);

#endif							/* PFA_FRAME_SCANS_H */
