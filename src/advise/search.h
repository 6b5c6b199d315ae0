/*
 * search.h
 *		Between strategy.c, search.c, which adds indexes one by one, relax.c, which
 *		lets go of them, and refine.c, which improves upon a set of them.
 */
#ifndef PFA_SEARCH_H
#define PFA_SEARCH_H

#include "advice.h"

/* What a step from one set of candidates to another is worth. */
typedef struct PfaStep
{
	double		gain_ms;		/* a day, of reading */
	double		percent;		/* the largest gain of a shape, of its cost so
								 * far */
	double		percent_first;	/* the same, of its cost as things are */
	double		calls_per_day;	/* of the shapes that gain */
} PfaStep;

/* refine.c: asks the planner about the shapes that the difference concerns. */
extern void pfa_refine_weigh(PfaAdvice *advice, const Bitmapset *from,
							 const Bitmapset *to, PfaStep *step);

/*
 * refine.c: candidates that only together help a shape (both arms of an OR), to
 * be added to the chosen; or NULL.  free_mb: what they may take; -1: no limit.
 */
extern Bitmapset *pfa_refine_group(PfaAdvice *advice, const Bitmapset *chosen,
								   int most, double free_mb);

/* refine.c: smaller ones for those that do nearly the same. */
extern Bitmapset *pfa_refine_shrink(PfaAdvice *advice, Bitmapset *chosen);

/* refine.c: others of the same table for those that a later choice made worse. */
extern Bitmapset *pfa_refine_swap(PfaAdvice *advice, Bitmapset *chosen, bool *changed);

/* refine.c: one for two of a table, where that keeps nearly all they are worth. */
extern Bitmapset *pfa_refine_merge(PfaAdvice *advice, Bitmapset *chosen);

/*
 * relax.c: a set to begin with, from all that plans would like to have down to
 * what fits and pays.
 */
extern Bitmapset *pfa_relax_run(PfaAdvice *advice);

/*
 * relax.c: the chosen with one that there was no room for, for which others went,
 * where that saves most; NULL: none does.
 */
extern Bitmapset *pfa_relax_exchange(PfaAdvice *advice, const Bitmapset *chosen);

/*
 * search.c: plans with all candidates at once; shapes that gain nothing from them
 * are left alone from now on.
 */
extern void pfa_search_prepare(PfaAdvice *advice);

/* search.c: adds candidates to those chosen until none pays. */
extern Bitmapset *pfa_search_add(PfaAdvice *advice, Bitmapset *chosen);

/*
 * search.c: removes what the last choice made superfluous, as indexes of the same
 * table do; last: NULL for all choices.
 */
extern Bitmapset *pfa_search_drop(PfaAdvice *advice, Bitmapset *chosen,
								  const Bitmapset *last);

/*
 * search.c: milliseconds a day that the step to the chosen gains, but no more than
 * they leave: a small share of a huge gain may be most of what is left.
 */
extern double pfa_search_worth(PfaAdvice *advice, const Bitmapset *without,
							   const Bitmapset *chosen);

/* search.c: NULL, or why a step that adds the candidate does not pay. */
extern const char *pfa_search_refusal(PfaAdvice *advice, const PfaCandidate *candidate,
									  const PfaStep *step, bool first, double remaining);

#endif							/* PFA_SEARCH_H */
