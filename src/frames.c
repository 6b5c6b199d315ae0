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

#include "errors.h"
#include "frames.h"
#include "store.h"

#define FRAMES		9

static PfaFrame pool[FRAMES];
const Size	pfa_frames_size = sizeof(pool);
static bool pool_ready;

int			pfa_frames_xact_level = 1;
PfaFrame   *pfa_frames_youngest;
PfaFrame   *pfa_frames_free;

/*
 * The executor's per-query context goes away.  A frame that is ending, or whose
 * run an error has just ended, is still needed.
 */
static void
context_gone(void *arg)
{
	PfaFrame   *frame = arg;

	frame->estate = NULL;
	if (!frame->ending && !frame->running)
		pfa_frames_release(frame);
}

void
pfa_frames_fill(void)
{
	if (pool_ready)
	{
		pg_atomic_fetch_add_u64(&pfa_totals->dropped_frames, 1);
		return;
	}
	for (int i = 0; i < FRAMES; i++)
	{
		pool[i].x.call.frame = &pool[i];
		pool[i].context.callback = pfa_frames_note_error;
		pool[i].context.arg = &pool[i];
		pool[i].callback.func = context_gone;
		pool[i].callback.arg = &pool[i];
		pool[i].below = pfa_frames_free;
		pfa_frames_free = &pool[i];
	}
	pool_ready = true;
}

/* Of a message, too, but then no abort follows before the next. */
void
pfa_frames_note_error(void *arg)
{
	((PfaFrame *) arg)->failure = pfa_errors_current();
}

void
pfa_frames_unlink(PfaFrame *frame)
{
	PfaFrame  **link = &pfa_frames_youngest;

	while (*link && *link != frame)
		link = &(*link)->below;
	if (*link)
		*link = frame->below;
}

PfaFrame *
pfa_frames_left(int xact_level)
{
	PfaFrame   *frame = pfa_frames_youngest;

	while (frame && (frame->estate != NULL || frame->xact_level < xact_level))
		frame = frame->below;
	return frame;
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
