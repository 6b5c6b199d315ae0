/*
 * frame_scans.c
 *		Rows read by sequential scans, from frame to frame.
 *
 * Every run's figures include those of the runs nested in it, for the relations
 * that both scan; so each takes its own off the nearest run around it that
 * scans the relation.  Must never throw: without memory figures stay inclusive.
 */
#include "postgres.h"

#include "frame_scans.h"
#include "slab.h"
#include "store.h"

void
pfa_frame_scans_leave(PfaFrame *frame)
{
	int			n = frame->scans.n;
	int64		fixed[2 * PFA_MAX_SCANS];
	int64	   *rows = fixed;

	if (n > PFA_MAX_SCANS)
		rows = palloc_extended(sizeof(int64) * 2 * n, MCXT_ALLOC_NO_OOM);
	if (rows == NULL)
		return;
	pfa_scan_leave(&frame->scans, rows, rows + n);
	/* what this run has read is not what the run around it has read */
	for (int i = 0; i < n; i++)
	{
		if (rows[i] == 0 && rows[n + i] == 0)
			continue;
		for (PfaCall *outer = frame->x.call.outer; outer; outer = outer->outer)
		{
			if (outer->frame && outer->frame->scans.n > 0 &&
				pfa_scan_subtract(&outer->frame->scans, frame->scans.scans[i].relid,
								  rows[i], rows[n + i]))
				break;
		}
	}
	if (rows != fixed)
		pfree(rows);
}

void
pfa_frame_scans_keep(PfaFrame *frame)
{
	for (int i = 0; i < frame->scans.n; i++)
	{
		PfaRelScan *scan = &frame->scans.scans[i];

		if (scan->rows <= 0 && scan->scans <= 0)
			continue;
		frame->seq_rows += Max(scan->rows, 0);
		if (frame->x.nscans < PFA_MAX_SCANS)
		{
			frame->read[frame->x.nscans].relid = scan->relid;
			frame->read[frame->x.nscans].rows = Max(scan->rows, 0);
			frame->read[frame->x.nscans++].scans = Max(scan->scans, 0);
		}
		else
			pg_atomic_fetch_add_u64(&pfa_totals->dropped_scans, 1);
	}
}

void
pfa_frame_scans_add_workers(PfaFrame *frame)
{
	PfaScan		theirs[PFA_SLAB_WORKERS];
	int			taken = pfa_slab_take_from_workers(frame->worker_queryid, theirs,
												   PFA_SLAB_WORKERS);

	for (int i = 0; i < taken; i++)
	{
		int			at = 0;

		frame->seq_rows += theirs[i].rows;
		while (at < frame->x.nscans && frame->read[at].relid != theirs[i].relid)
			at++;
		if (at < frame->x.nscans)
		{
			frame->read[at].rows += theirs[i].rows;
			frame->read[at].scans += theirs[i].scans;
		}
		else if (at < PFA_MAX_SCANS)
			frame->read[frame->x.nscans++] = theirs[i];
		else
			pg_atomic_fetch_add_u64(&pfa_totals->dropped_scans, 1);
	}
}
