/*
 * collect.h
 *		One execution: from its start, through its runs, to facts.
 *
 * The only coordinator: it calls plan_facts, scan_rows, unit, capture and slab
 * in turn, and they do not call each other.
 */
#ifndef PFA_COLLECT_H
#define PFA_COLLECT_H

#include "perfaudit.h"
#include "executor/execdesc.h"
#include "frames.h"
#include "handover.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"

/* Whether statements of this backend are recorded at all. */
extern bool pfa_collect_enabled(void);

/* Planning failed: no execution follows that could be told of it. */
extern void pfa_collect_plan_failed(const PfaPlanning *planning, int nesting);

/* NULL when the execution is not recorded. */
extern PfaFrame *pfa_collect_start(QueryDesc *queryDesc, int eflags, int nesting);
extern void pfa_collect_started(PfaFrame *frame, QueryDesc *queryDesc);
extern PfaFrame *pfa_collect_frame(const QueryDesc *queryDesc);
extern void pfa_collect_run_begin(PfaFrame *frame, QueryDesc *queryDesc, uint64 count);
extern void pfa_collect_run_end(PfaFrame *frame, QueryDesc *queryDesc);
extern void pfa_collect_finish_begin(PfaFrame *frame);
extern void pfa_collect_finish_end(PfaFrame *frame);
extern void pfa_collect_end_begin(PfaFrame *frame, QueryDesc *queryDesc);
extern void pfa_collect_end(PfaFrame *frame);
extern void pfa_collect_failed(PfaFrame *frame);

/* For utility.c: a statement's identity, and a monotonic clock in nanoseconds. */
extern void pfa_collect_key(PfaKey *key, uint64 shape, bool toplevel);
extern uint64 pfa_collect_clock(void);

#endif							/* PFA_COLLECT_H */
