/*
 * suspended.c
 *		Cursors that wait while more statements begin than there are frames.
 *
 * Each open cursor has a frame as long as it lives.  A session that keeps many of
 * them open would have none left for anything else, so the oldest gives up its
 * own: it is recorded as if it ended here.  What it reads later is not counted.
 *
 * Must never touch a frame whose statement runs, or has not run yet.
 */
#include "postgres.h"

#include "nodes/memnodes.h"

#include "collect.h"
#include "frame_scans.h"
#include "suspended.h"

static inline bool
waits(const PfaFrame *frame)
{
	return frame->estate != NULL && frame->x.exec_ns != 0 && !frame->running &&
		!frame->ending && !frame->failed && !frame->worker && !frame->absorbed;
}

/* The frame no longer hears of its executor state's end. */
static bool
unbind(PfaFrame *frame)
{
	MemoryContextCallback **link = &frame->estate->es_query_cxt->reset_cbs;

	while (*link && *link != &frame->callback)
		link = &(*link)->next;
	if (*link == NULL)
		return false;
	*link = frame->callback.next;
	/* if an error comes before it is released, an abort finds it */
	frame->estate = NULL;
	frame->ending = true;
	return true;
}

PfaFrame *
pfa_suspended_make_room(void)
{
	PfaFrame   *oldest = NULL;

	for (PfaFrame *frame = pfa_frames_youngest; frame; frame = frame->below)
	{
		if (waits(frame))
			oldest = frame;
	}
	if (oldest == NULL || !unbind(oldest))
		return NULL;
	if (oldest->scans.n > 0)
		pfa_frame_scans_keep(oldest);
	memset(&oldest->end, 0, sizeof(oldest->end));
	pfa_collect_end(oldest);
	return pfa_frames_take();
}
