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

#include "capture.h"
#include "perfaudit.h"
#include "plan_facts.h"
#include "scan_rows.h"
#include "shape.h"

#define PFA_NOT_IN_UNIT		(-2)

typedef struct PfaFrame
{
	struct PfaFrame *below;		/* next older frame in use, or next free */
	struct PfaFrame *outer_run; /* the run that this run is nested in */
	EState	   *estate;			/* NULL before the start is over */
	bool		used;
	bool		ending;			/* End goes on: the callback keeps it */
	bool		in_run;
	bool		failed;
	bool		sampled;
	bool		plan_known;		/* the store has its plan */
	bool		worker;			/* of a parallel worker, or silent: its rows
								 * are all that counts */
	bool		absorbed;		/* counts for the utility statement around it */
	bool		portal_limited; /* fetched in portions */
	bool		to_client;
	bool		generic;
	bool		planned;		/* just before */
	int64		unit_handle;	/* PFA_NOT_IN_UNIT, or what unit gave */
	PfaKey		key;
	uint64		queryid;
	uint64		worker_queryid; /* that its parallel workers see */
	PfaShape   *shape;			/* verified by queryid before use */
	uint64		plan_ns;
	PfaScanSet	scans;			/* while it runs */
	int			nread;			/* of read, once it ends */
	uint64		seq_rows;
	PfaCapture	capture;
	DestReceiver *dest;			/* the statement's own, while ours is in place */
	uint64		run_start_ns;
	uint64		run_end_ns;
	uint64		run_ns;			/* runs and finish */
	uint64		rows;
	int64		base_hit;
	int64		base_read;
	int64		base_temp;
	uint64		shared_hit;
	uint64		shared_read;
	uint64		temp_written;
	TimestampTz now;
	/* not zeroed: what follows is filled before it is looked at */
	PfaScan		read[PFA_MAX_SCANS];
	PfaPlanGlance glance;
	PfaPlanEnd	end;
	MemoryContextCallback callback;
} PfaFrame;

/* A zeroed frame, linked as the youngest; NULL (counted) when all are in use. */
extern PfaFrame *pfa_frames_take(void);
extern void pfa_frames_release(PfaFrame *frame);

/* Ties a frame to a started executor state. */
extern void pfa_frames_bind(PfaFrame *frame, EState *estate);

/* Between transactions: frames without an executor state, left by errors. */
extern void pfa_frames_sweep(void);

/* Frames in use, the youngest first. */
extern PfaFrame *pfa_frames_youngest;

/* The frame of an executor state, or NULL; mostly it is the youngest. */
extern PfaFrame *pfa_frames_search(const EState *estate);

static inline PfaFrame *
pfa_frames_find(const EState *estate)
{
	return pfa_frames_youngest && pfa_frames_youngest->estate == estate ?
		pfa_frames_youngest : pfa_frames_search(estate);
}

#endif							/* PFA_FRAMES_H */
