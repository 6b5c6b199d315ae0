/*
 * frames.h
 *		Statements being executed: a fixed pool of frames.
 *
 * A frame belongs to an executor state and is unlinked by a reset callback on
 * its per-query context, whichever way the statement ends; nothing is found by
 * query id or by a QueryDesc's address.
 */
#ifndef PFA_FRAMES_H
#define PFA_FRAMES_H

#include "calls.h"
#include "capture.h"
#include "nodes/execnodes.h"
#include "perfaudit.h"
#include "plan_facts.h"
#include "scan_rows.h"
#include "shape.h"
#include "utils/memutils.h"

typedef struct PfaFrame
{
	PfaExecution x;
	struct PfaFrame *below;		/* next older frame in use, or next free */
	EState	   *estate;			/* NULL before the start is over */
	ErrorContextCallback context;	/* see nesting.h */
	int			xact_level;		/* of subtransactions, when it began, ... */
	int			run_xact_level; /* ...and its run */
	int			level;			/* of nesting, around its start or run */
	PfaShape   *shape;			/* verified by queryid before use */
	uint64		queryid;
	uint64		again;			/* pfa_changes when it was over and the next
								 * execution could be like it; 1: there may be
								 * one, 0: no */
	uint64		worker_queryid; /* that its parallel workers see */
	struct PfaUnitShape *unit_shape;	/* what unit gave at its start... */
	uint32		unit_serial;	/* ...of this unit; 0: it is in none */
	/* how far it is: 16 bytes */
	bool		used;
	bool		ending;			/* End goes on: the callback keeps it */
	bool		failed;
	bool		sampled;
	bool		plan_known;		/* the store has its plan */
	bool		settled;		/* its text, too */
	bool		plain;			/* nothing to be done before its end */
	bool		worker;			/* of a parallel worker, or silent: its rows
								 * are all that counts */
	bool		absorbed;		/* counts for the utility statement around it */
	bool		portal_limited; /* fetched in portions */
	uint8		dest_kind;		/* CommandDest of its run */
	bool		running;
	PfaFailure	failure;		/* the latest error raised below it */
	PfaPlanGlance glance;
	DestReceiver *dest;			/* the statement's own, while ours is in place */
	PfaCapture	capture;
	PfaScanSet	scans;			/* while it runs */
	uint64		seq_rows;
	uint64		temp_written;
	/* of the run that goes on */
	uint64		run_start_ns;
	uint64		run_end_ns;
	MemoryContextCallback callback;
	/* filled before they are looked at */
	PfaPlanEnd	end;
	PfaScan		read[PFA_MAX_SCANS];	/* x.nscans of them, once it ends */
} PfaFrame;

/* Level of subtransactions, kept up by nesting. */
extern PFA_LOCAL int pfa_frames_xact_level;

/* An error context callback: notes in the frame what error is raised. */
extern void pfa_frames_note_error(void *arg);

/* Frames in use, the youngest first; and those that are not. */
extern PFA_LOCAL PfaFrame *pfa_frames_youngest;
extern PFA_LOCAL const Size pfa_frames_size;	/* bytes of the pool */
extern PFA_LOCAL PfaFrame *pfa_frames_free;

/* Makes the pool at first; counts when it is empty. */
extern void pfa_frames_fill(void);

/* The first of the free ones, linked as the youngest, for another execution. */
static inline void
pfa_frames_take_first(void)
{
	PfaFrame   *frame = pfa_frames_free;

	pfa_frames_free = frame->below;
	frame->below = pfa_frames_youngest;
	pfa_frames_youngest = frame;
	frame->estate = NULL;
	frame->xact_level = pfa_frames_xact_level;
	memset(&frame->used, 0, 16);
	frame->used = true;
	frame->unit_serial = 0;
	memset(&frame->x.call.nested_ns, 0,
		   offsetof(PfaExecution, key) - offsetof(PfaExecution, call.nested_ns));
	frame->x.nscans = 0;
	frame->capture.slot = -1;
	frame->capture.rows = 0;
	frame->scans.n = 0;
	frame->seq_rows = frame->temp_written = 0;
}

/* A frame of which nothing is known; NULL (counted) when all are in use. */
static inline PfaFrame *
pfa_frames_take(void)
{
	PfaFrame   *frame = pfa_frames_free;

	if (unlikely(frame == NULL))
	{
		pfa_frames_fill();
		frame = pfa_frames_free;
		if (frame == NULL)
			return NULL;
	}
	pfa_frames_take_first();
	frame->again = 0;
	return frame;
}

/* Unlinks a frame from wherever it is. */
extern void pfa_frames_unlink(PfaFrame *frame);

/* One that is in use. */
static inline void
pfa_frames_give_back(PfaFrame *frame)
{
	if (likely(pfa_frames_youngest == frame))
		pfa_frames_youngest = frame->below;
	else
		pfa_frames_unlink(frame);
	frame->used = false;
	frame->estate = NULL;
	frame->below = pfa_frames_free;
	pfa_frames_free = frame;
}

static inline void
pfa_frames_release(PfaFrame *frame)
{
	if (frame->used)
		pfa_frames_give_back(frame);
}

/* Its shape, which may have lost its place in the cache meanwhile. */
static inline PfaShape *
pfa_frames_shape(PfaFrame *frame)
{
	if (unlikely(frame->shape->queryid != frame->queryid))
		frame->shape = pfa_shape_of_planned(frame->queryid, CMD_UNKNOWN);
	return frame->shape;
}

/* Ties a frame to a started executor state. */
static inline void
pfa_frames_bind(PfaFrame *frame, EState *estate)
{
	frame->estate = estate;
	MemoryContextRegisterResetCallback(estate->es_query_cxt, &frame->callback);
}

/*
 * Of frames without an executor state, left by errors of their start: the
 * youngest that began in this subtransaction or below it, or NULL.
 */
extern PfaFrame *pfa_frames_left(int xact_level);

/* The frame of an executor state, or NULL; mostly it is the youngest. */
extern PfaFrame *pfa_frames_search(const EState *estate);

static inline PfaFrame *
pfa_frames_find(const EState *estate)
{
	return pfa_frames_youngest && likely(pfa_frames_youngest->estate == estate) ?
		pfa_frames_youngest : pfa_frames_search(estate);
}

#endif							/* PFA_FRAMES_H */
