/*
 * suggest_rows.h
 *		Between suggest_rows.c, which fills rows, and suggest_json.c, which
 *		writes their evidence.
 */
#ifndef PFA_SUGGEST_ROWS_H
#define PFA_SUGGEST_ROWS_H

#include "advice.h"

/* What one statement gains by one index. */
typedef struct PfaGain
{
	PfaShape   *shape;
	double		before;			/* planner cost, the rows above applied */
	double		after;
	double		ms_per_day;
} PfaGain;

/* The evidence of an advised index: its queries, its table, what was refused. */
extern Datum pfa_suggest_evidence(PfaAdvice *advice, const PfaCandidate *candidate,
								  List *gains);

/*
 * What the run could not do: statements skipped, tables and candidates
 * refused.  False if there is nothing to tell.
 */
extern bool pfa_suggest_leftovers(PfaAdvice *advice, Datum *evidence);

/* The evidence that a note rests on. */
extern Datum pfa_suggest_note_evidence(const PfaNote *note);

#endif							/* PFA_SUGGEST_ROWS_H */
