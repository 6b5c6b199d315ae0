/*
 * suggest_rows.h
 *		Between suggest_rows.c, which fills rows, and suggest_json.c, which
 *		writes their evidence, and confidence.c.
 */
#ifndef PFA_SUGGEST_ROWS_H
#define PFA_SUGGEST_ROWS_H

#include "advice.h"

/* confidence.c: 0 to 1; verified: how the planner was asked. */
extern float4 pfa_suggest_confidence(const PfaCandidate *candidate, const char *verified);

/* The evidence of an advised index: its queries, its table, what was refused. */
extern Datum pfa_suggest_evidence(PfaAdvice *advice, const PfaCandidate *candidate);

/* What the run could not do: statements skipped, tables and candidates refused. */
extern Datum pfa_suggest_leftovers(PfaAdvice *advice);

/* What is known of an index that is to go, and the proof. */
struct PfaDrop;
extern Datum pfa_suggest_drop_evidence(const struct PfaDrop *drop);

/* The evidence that a note rests on. */
extern Datum pfa_suggest_note_evidence(const PfaNote *note);

#endif							/* PFA_SUGGEST_ROWS_H */
