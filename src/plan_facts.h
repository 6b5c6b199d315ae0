/*
 * plan_facts.h
 *		What can be learnt from a plan and from what became of it.
 */
#ifndef PFA_PLAN_FACTS_H
#define PFA_PLAN_FACTS_H

#include "perfaudit.h"
#include "executor/execdesc.h"

/* A look at the plan tree, cheap enough for every execution. */
typedef struct PfaPlanGlance
{
	uint64		hash;			/* node types, relations, joins; no
								 * expressions */
	float4		calls;			/* node calls that the planner expects */
	uint16		nodes;
	bool		seq_scans:1;	/* has a sequential or sample scan */
	bool		parallel:1;		/* has a Gather */
	bool		spills:1;		/* has a node that may write to disk */
	bool		limits:1;		/* LIMIT or OFFSET at the top */
	bool		jit:1;			/* the planner wants code compiled */
	bool		prunes:1;		/* chooses partitions when it is executed */
} PfaPlanGlance;

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

extern void pfa_plan_glance(const PlannedStmt *stmt, PfaPlanGlance *glance);

/*
 * The id of the plan that others are told: the same glance by names.  Looks up
 * catalogs.
 */
extern uint64 pfa_plan_id(const PlannedStmt *stmt);

/* Before standard_ExecutorEnd. */
extern void pfa_plan_end(QueryDesc *queryDesc, const PfaPlanGlance *glance,
						 PfaPlanEnd *end);

/*
 * The facts of an execution that is about to end; row sums are filled when it
 * was instrumented.  Of a known plan only the sums are wanted: plan_id stays 0.
 * Otherwise allocates, and looks up catalogs.
 */
extern void pfa_plan_facts(QueryDesc *queryDesc, const PfaPlanGlance *glance,
						   bool known, PfaPlanFacts *facts);

#endif							/* PFA_PLAN_FACTS_H */
