/*
 * frames.c
 *		The pool of frames of running statements.
 *
 * Must never allocate: when the pool is empty a statement is not recorded, and
 * that is counted.  The reset callback must never throw or touch anything but
 * the frame.
 */
#include "postgres.h"

#include "nodes/execnodes.h"
#include "utils/memutils.h"

#include "frames.h"
#include "store.h"

#define FRAMES		40

static PfaFrame pool[FRAMES];
static PfaFrame *free_frames;
static bool pool_ready;

PfaFrame   *pfa_frames_youngest;

PfaFrame *
pfa_frames_take(void)
{
	PfaFrame   *frame;

	if (!pool_ready)
	{
		for (int i = 0; i < FRAMES; i++)
		{
			pool[i].below = free_frames;
			free_frames = &pool[i];
		}
		pool_ready = true;
	}
	frame = free_frames;
	if (frame == NULL)
	{
		pg_atomic_fetch_add_u64(&pfa_totals->dropped_frames, 1);
		return NULL;
	}
	free_frames = frame->below;
	memset(frame, 0, offsetof(PfaFrame, read));
	frame->used = true;
	frame->unit_handle = PFA_NOT_IN_UNIT;
	frame->capture.slot = -1;
	frame->below = pfa_frames_youngest;
	pfa_frames_youngest = frame;
	return frame;
}

void
pfa_frames_release(PfaFrame *frame)
{
	PfaFrame  **link = &pfa_frames_youngest;

	if (!frame->used)
		return;
	while (*link && *link != frame)
		link = &(*link)->below;
	if (*link)
		*link = frame->below;
	frame->used = false;
	frame->estate = NULL;
	frame->below = free_frames;
	free_frames = frame;
}

/* The executor's per-query context goes away. */
static void
context_gone(void *arg)
{
	PfaFrame   *frame = arg;

	frame->estate = NULL;
	if (!frame->ending)
		pfa_frames_release(frame);
}

void
pfa_frames_bind(PfaFrame *frame, EState *estate)
{
	frame->estate = estate;
	frame->callback.func = context_gone;
	frame->callback.arg = frame;
	MemoryContextRegisterResetCallback(estate->es_query_cxt, &frame->callback);
}

void
pfa_frames_sweep(void)
{
	PfaFrame   *frame = pfa_frames_youngest;

	while (frame)
	{
		PfaFrame   *below = frame->below;

		if (frame->estate == NULL)
			pfa_frames_release(frame);
		frame = below;
	}
}

PfaFrame *
pfa_frames_search(const EState *estate)
{
	for (PfaFrame *frame = pfa_frames_youngest; frame; frame = frame->below)
	{
		if (frame->estate == estate)
			return frame;
	}
	return NULL;
}
