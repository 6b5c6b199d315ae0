/*
 * hold.h
 *		Advice that was given before is kept where nothing is clearly better.
 *
 * In this order, each once a run; of suggest_indexes_for(), which nobody asks every
 * day, none does anything.
 */
#ifndef PFA_HOLD_H
#define PFA_HOLD_H

#include "advice.h"
#include "given.h"

/*
 * Looks up what a call with these arguments was given before, and puts those of it
 * that still pay in the place of chosen ones that are hardly better.
 */
extern Bitmapset *pfa_hold_keep(PfaAdvice *advice, Bitmapset *chosen);

/* Since when and how often the chosen (PfaCandidate *, best first) are advised. */
extern void pfa_hold_settle(PfaAdvice *advice, List *chosen);

/* The rows are complete: what they advise is given. */
extern void pfa_hold_remember(PfaAdvice *advice);

/*
 * hold_match.c: reads what was given, and finds the candidates that are held of it,
 * chosen or not; one may be added for it.
 */
extern Bitmapset *pfa_hold_find(PfaAdvice *advice, const Bitmapset *chosen);

#endif							/* PFA_HOLD_H */
