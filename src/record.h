/*
 * record.h
 *		One execution's figures into the slab, its plan and text into the store.
 */
#ifndef PFA_RECORD_H
#define PFA_RECORD_H

#include "perfaudit.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "shape.h"

/* One execution (counters.calls 1 or, for one that only adds, 0). */
typedef struct PfaExecution
{
	PfaKey		key;
	uint64		plan_hash;		/* 0: no plan */
	PfaCounters counters;
	TimestampTz now;
	int			nscans;
	const PfaScan *scans;
} PfaExecution;

extern void pfa_record_execution(const PfaExecution *execution, PfaShape *shape);

/*
 * How often all backends have sampled a plan; -1 if the store does not know it.
 */
extern int	pfa_record_plan_sampled(const PfaKey *key, uint64 plan_hash);

/* Puts a plan's facts, and values if they are wanted and not there. */
extern void pfa_record_plan(const PfaKey *key, const PfaPlanFacts *facts,
							ParamListInfo params, TimestampTz now);

/*
 * Makes sure that the store has the statement's text, from the query when it
 * was just parsed, else from the text alone.
 */
extern void pfa_record_text(const PfaKey *key, PfaShape *shape, Query *query,
							const char *text, int location, int length);

#endif							/* PFA_RECORD_H */
