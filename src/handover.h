/*
 * handover.h
 *		What parsing and planning leave for the execution that follows.
 *
 * One statement is parsed, planned and started at a time, so one place is
 * enough; what is not taken by the next start of the same query id is lost.
 */
#ifndef PFA_HANDOVER_H
#define PFA_HANDOVER_H

#include "literals.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"

typedef struct PfaPlanning
{
	uint64		queryid;
	uint64		start_ns;
} PfaPlanning;

/* A query has been analysed: shape and text are made sure of. */
extern void pfa_handover_parsed(Query *query, const char *text, int nesting);

/* Around planning; false when it is of no interest. */
extern bool pfa_handover_plan_begin(PfaPlanning *planning, const Query *query);
extern void pfa_handover_planned(const PfaPlanning *planning, ParamListInfo params);

/*
 * What planning left: false if the statement was not planned just now, that
 * is, comes from a cache.  generic: without the parameters' values.
 */
extern bool pfa_handover_take_plan(uint64 queryid, uint64 *plan_ns, bool *generic);

/* The hashes of the literals of a statement just parsed; false if unknown. */
extern bool pfa_handover_take_values(uint64 queryid, PfaValues *values);

#endif							/* PFA_HANDOVER_H */
