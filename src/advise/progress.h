/*
 * progress.h
 *		How far a run of the advisor is, for those who wait for it.
 */
#ifndef PFA_PROGRESS_H
#define PFA_PROGRESS_H

#include "postgres.h"

struct PfaAdvice;

/* Shared memory: its size, and its place at start. */
extern Size pfa_progress_size(void);
extern void pfa_progress_init(void *place, bool found);

/* A run begins, ends (also by an error), and does something else from now on. */
extern void pfa_progress_begin(struct PfaAdvice *advice);
extern void pfa_progress_end(void);
extern void pfa_progress_phase(struct PfaAdvice *advice, const char *phase);

/* Publishes the counts, and tells the client once a second if he asked for it. */
extern void pfa_progress_tick(struct PfaAdvice *advice);

#endif							/* PFA_PROGRESS_H */
