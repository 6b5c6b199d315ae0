/*
 * handover.h
 *		What parsing and planning leave for the execution that follows.
 *
 * One statement is parsed, planned and started at a time, so one place is
 * enough; what is not taken by the next start of the same query id is lost.
 */
#ifndef PFA_HANDOVER_H
#define PFA_HANDOVER_H

#include "access/parallel.h"
#include "clock.h"
#include "literals.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "shape.h"
#include "utility.h"

typedef struct PfaPlanning
{
	uint64		queryid;
	uint64		start_ns;
} PfaPlanning;

/* A query has been analysed: shape and text are made sure of. */
extern void pfa_handover_parsed(Query *query, const char *text,
								const JumbleState *jumble, int nesting);

/* Any planning, recorded or not: what is known of the id's plan is over. */
static inline void
pfa_handover_plan_comes(const Query *query)
{
	PfaShape   *shape = query->queryId != 0 ? pfa_shape_find(query->queryId) : NULL;

	if (shape)
		pfa_shape_forget_plan(shape);
}

/* What planning left. */
typedef struct PfaPlanned
{
	uint64		queryid;		/* 0: nothing, or taken */
	uint64		ns;
	bool		generic;		/* without the parameters' values */
} PfaPlanned;

extern PFA_LOCAL PfaPlanned pfa_handover_plan;

/* Around planning; without a query id it is of no interest. */
static inline void
pfa_handover_plan_begin(PfaPlanning *planning, const Query *query)
{
	if (query->queryId == 0 || pfa_utility_explains > 0 || IsParallelWorker())
		return;
	planning->queryid = query->queryId;
	planning->start_ns = pfa_clock_ns();
}

static inline void
pfa_handover_planned(const PfaPlanning *planning, ParamListInfo params)
{
	pfa_handover_plan.queryid = planning->queryid;
	pfa_handover_plan.ns = pfa_clock_ns() - planning->start_ns;
	pfa_handover_plan.generic = params == NULL;
}

/* NULL if the statement was not planned just now, that is, comes from a cache. */
static inline const PfaPlanned *
pfa_handover_take_plan(uint64 queryid)
{
	bool		planned = queryid != 0 && pfa_handover_plan.queryid == queryid;

	pfa_handover_plan.queryid = 0;
	return planned ? &pfa_handover_plan : NULL;
}

/*
 * The hashes of the literals of the statement just parsed, of this query id; its
 * start takes them: sets the id to 0.
 */
extern PFA_LOCAL uint64 pfa_handover_values_queryid;
extern PFA_LOCAL PfaValues pfa_handover_values;

#endif							/* PFA_HANDOVER_H */
