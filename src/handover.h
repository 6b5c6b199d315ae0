/*
 * handover.h
 *		What parsing and planning leave for the execution that follows.
 *
 * Mostly one statement is parsed, planned and started at a time.  Rules, and
 * functions in SQL up to 17, have several planned before the first one starts:
 * a few wait.
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
	int			level;			/* how deep it was nested */
} PfaPlanned;

extern PFA_LOCAL PfaPlanned pfa_handover_plan;	/* the latest */
extern PFA_LOCAL int pfa_handover_waiting;	/* others before it */
extern PFA_LOCAL const Size pfa_handover_size;	/* bytes of theirs */

/*
 * A planning is over, and the one before, or others, have not been taken.  The
 * time of one that was for the same execution: the server compares a generic
 * plan with one for the values.
 */
extern uint64 pfa_handover_make_way(uint64 queryid, bool generic, int level);
extern const PfaPlanned *pfa_handover_take_waiting(uint64 queryid, int level);

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
pfa_handover_planned(const PfaPlanning *planning, ParamListInfo params, int level)
{
	uint64		ns = pfa_clock_ns() - planning->start_ns;

	if (unlikely(pfa_handover_plan.queryid != 0 || pfa_handover_waiting > 0))
		ns += pfa_handover_make_way(planning->queryid, params == NULL, level);
	pfa_handover_plan.queryid = planning->queryid;
	pfa_handover_plan.ns = ns;
	pfa_handover_plan.generic = params == NULL;
	pfa_handover_plan.level = level;
}

/* NULL if the statement was not planned just now, that is, comes from a cache. */
static inline const PfaPlanned *
pfa_handover_take_plan(uint64 queryid, int level)
{
	bool		planned = queryid != 0 && pfa_handover_plan.queryid == queryid;

	if (unlikely(pfa_handover_waiting > 0))
		return pfa_handover_take_waiting(queryid, level);
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
