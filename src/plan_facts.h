/*
 * plan_facts.h
 *		What can be learnt from a plan and from what became of it.
 */
#ifndef PFA_PLAN_FACTS_H
#define PFA_PLAN_FACTS_H

#include "perfaudit.h"
#include "executor/execdesc.h"
#include "plan_glance.h"

/* What can be read for nothing when an execution ends. */
typedef struct PfaPlanEnd
{
	uint64		offset_rows;	/* rows that OFFSET discarded */
	bool		limit_reached;	/* LIMIT cut the result */
	bool		spilled;		/* some node wrote to disk */
	bool		jit;			/* code was compiled */
	uint64		jit_ns;			/* workers' included, where they told */
	uint64		jit_functions;
} PfaPlanEnd;

/* Before standard_ExecutorEnd. */
extern void pfa_plan_end(QueryDesc *queryDesc, const PfaPlanGlance *glance,
						 PfaPlanEnd *end);

/*
 * The facts of an execution that is about to end; row sums are filled when it
 * was instrumented.  Of a known plan only the sums are wanted, and what it looks
 * for in text: plan_id stays 0.
 * Otherwise allocates, and looks up catalogs.
 */
extern void pfa_plan_facts(QueryDesc *queryDesc, const PfaPlanGlance *glance,
						   bool known, PfaPlanFacts *facts);

#endif							/* PFA_PLAN_FACTS_H */
