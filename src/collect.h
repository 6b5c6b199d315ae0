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
#include "access/parallel.h"
#include "commands/extension.h"
#include "frames.h"
#include "handover.h"
#include "nodes/params.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "settings.h"
#include "shmem.h"
#include "unit.h"

/* At the server's start. */
extern void pfa_collect_install(void);

/* Whether statements are recorded at the moment, if this backend's are. */
static inline bool
pfa_collect_enabled(void)
{
	return pfa_enabled && !creating_extension;
}

/* Planning failed: no execution follows that could be told of it. */
extern void pfa_collect_plan_failed(const PfaPlanning *planning, int nesting);

/* NULL when the execution is not recorded. */
extern PfaFrame *pfa_collect_start(QueryDesc *queryDesc, int eflags, int nesting);

static inline void
pfa_collect_started(PfaFrame *frame, QueryDesc *queryDesc)
{
	pfa_frames_bind(frame, queryDesc->estate);
	if (unlikely(!frame->plain && frame->glance.seq_scans))
		pfa_scan_find(queryDesc, &frame->scans);
}

static inline PfaFrame *
pfa_collect_frame(const QueryDesc *queryDesc)
{
	return queryDesc->estate ? pfa_frames_find(queryDesc->estate) : NULL;
}

extern void pfa_collect_run_begin(PfaFrame *frame, QueryDesc *queryDesc, uint64 count);
extern void pfa_collect_run_end(PfaFrame *frame, QueryDesc *queryDesc);

/* Whether ExecutorFinish may do anything for this statement. */
static inline bool
pfa_collect_finish_matters(const QueryDesc *queryDesc)
{
	return queryDesc->operation != CMD_SELECT ||
		queryDesc->plannedstmt->hasModifyingCTE;
}

extern void pfa_collect_finish_begin(PfaFrame *frame);
extern void pfa_collect_finish_end(PfaFrame *frame);
extern void pfa_collect_end_slowly(PfaFrame *frame, QueryDesc *queryDesc);

/* Before standard_ExecutorEnd. */
static inline void
pfa_collect_end_begin(PfaFrame *frame, QueryDesc *queryDesc)
{
	frame->ending = true;
	if (unlikely(!frame->plain))
		pfa_collect_end_slowly(frame, queryDesc);
}

extern void pfa_collect_end(PfaFrame *frame);
extern void pfa_collect_failed(PfaFrame *frame);

/* Its backend ends in the middle of it. */
extern void pfa_collect_cut_short(PfaFrame *frame);

/* A transaction was committed, prepared or aborted; outside: of any statement. */
extern void pfa_collect_transaction_over(bool aborted, bool outside);

/* The identity of a statement of the current role. */
static inline void
pfa_collect_key(PfaKey *key, uint64 shape, bool toplevel)
{
	key->shape = shape;
	key->dbid = MyDatabaseId;
	key->userid = GetUserId();
	key->toplevel = toplevel ? 1 : 0;
	key->unused = 0;
}

#endif							/* PFA_COLLECT_H */
