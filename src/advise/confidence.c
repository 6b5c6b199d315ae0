/*
 * confidence.c
 *		How sure advice is, from 0 to 1: how much of what it rests on was measured,
 *		and in how many hours the workload asked for it.
 */
#include "postgres.h"

#include "advise/given.h"
#include "advise/suggest_rows.h"

/* With nothing measured, and for the first time. */
#define LEAST 0.4
#define MEASURED 0.2
#define WITH_VALUES 0.2
#define OFTEN 0.1
#define OFTEN_CALLS 100
/* For each further hour of the clock in which it was advised, of so many at most. */
#define AGAIN 0.025
#define AGAIN_HOURS 4

float4
pfa_suggest_confidence(const PfaCandidate *candidate, const char *verified)
{
	const PfaShape *shape = ((PfaGain *) linitial(candidate->gains))->shape;
	double		confidence = LEAST;
	ListCell   *lc;

	foreach(lc, shape->evidence)
	{
		PfaEvidence *evidence = lfirst(lc);

		if (evidence->table == candidate->table && evidence->measured)
			confidence += MEASURED;
	}
	if (strcmp(verified, "generic") != 0)
		confidence += WITH_VALUES;
	if (shape->item->counters.calls >= OFTEN_CALLS)
		confidence += OFTEN;
	if (candidate->given != NULL && candidate->given->hours > 1)
		confidence += AGAIN * Min(candidate->given->hours - 1, AGAIN_HOURS);
	return (float4) confidence;
}
