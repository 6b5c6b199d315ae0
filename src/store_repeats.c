/*
 * store_repeats.c
 *		Repeats added up over units of work.
 *
 * A few places a partition, looked through one by one; when all are taken the
 * one seen longest ago makes room.  All callers hold the partition's lock,
 * exclusive to change.  Must never throw.
 */
#include "postgres.h"

#include "histogram.h"
#include "store_internal.h"

void
pfa_repeat_leave_out(PfaRepeat *repeat, uint32 executions)
{
	uint32		n = repeat->n - Min(executions, repeat->n);
	double		share = repeat->n > 0 ? (double) n / repeat->n : 0;

	repeat->n = n;
	repeat->exec_ns *= share;
	repeat->gap_ns *= share;
	repeat->rows *= share;
}

void
pfa_repeat_add(PfaSharedRepeat *sum, const PfaRepeat *repeat)
{
	/* rows that are written together still take about half of their time */
	uint64		cost = repeat->gap_ns +
		(repeat->id.kind == PFA_REPEAT_WRITE ? repeat->exec_ns / 2 : repeat->exec_ns);
	uint32		beyond = repeat->id.kind == PFA_REPEAT_DUPLICATE ?
		repeat->same_values : repeat->n - 1;
	int			bucket = Min(pfa_hist_bucket(repeat->n), PFA_REPEAT_HIST - 1);

	if (sum->units == 0)
	{
		sum->id = repeat->id;
		sum->tags = repeat->tags;
		sum->n_min = repeat->n;
		sum->first_seen = repeat->first_seen;
	}
	sum->used = true;
	sum->others_vary |= repeat->others_vary;
	sum->connections = Max(sum->connections, repeat->connections);
	sum->returned = repeat->returned;
	sum->units++;
	sum->n_total += repeat->n;
	sum->same_total += repeat->same_values;
	sum->distinct_total += repeat->distinct_values;
	sum->compared += repeat->compared;
	sum->covered += repeat->covered;
	sum->exec_ns += repeat->exec_ns;
	sum->gap_ns += repeat->gap_ns;
	sum->rows += repeat->rows;
	sum->saved_ns += repeat->n > 0 ? cost / repeat->n * beyond : 0;
	sum->n_min = Min(sum->n_min, repeat->n);
	sum->n_max = Max(sum->n_max, repeat->n);
	sum->parent_rows = repeat->parent_rows;
	sum->first_seen = Min(sum->first_seen, repeat->first_seen);
	sum->last_seen = Max(sum->last_seen, repeat->last_seen);
	if (sum->n_hist[bucket] < PG_UINT16_MAX)
		sum->n_hist[bucket]++;
}

void
pfa_store_add_repeat(const PfaRepeat *repeat)
{
	int			p = pfa_store_partition(&repeat->id.child);
	PfaSharedRepeat *first = &pfa_store_repeats[p * PFA_REPEATS_PER_PARTITION];
	PfaSharedRepeat *end = first + PFA_REPEATS_PER_PARTITION;
	PfaSharedRepeat *oldest = first;

	for (PfaSharedRepeat *slot = first; slot < end; slot++)
	{
		if (slot->used && slot->id.child.shape == repeat->id.child.shape &&
			memcmp(&slot->id, &repeat->id, sizeof(PfaRepeatId)) == 0)
		{
			pfa_repeat_add(slot, repeat);
			return;
		}
	}
	for (PfaSharedRepeat *slot = first; slot < end && oldest->used; slot++)
	{
		if (!slot->used || slot->last_seen < oldest->last_seen)
			oldest = slot;
	}
	if (oldest->used)
		pg_atomic_fetch_add_u64(&pfa_totals->evicted_repeats, 1);
	else
		pfa_store_control->partitions[p].used_repeats++;
	memset(oldest, 0, sizeof(*oldest));
	pfa_repeat_add(oldest, repeat);
}

PfaSharedRepeat *
pfa_store_next_repeat(int partition, int *at)
{
	while (*at < PFA_REPEATS_PER_PARTITION)
	{
		PfaSharedRepeat *slot = &pfa_store_repeats[partition * PFA_REPEATS_PER_PARTITION + (*at)++];

		if (slot->used)
			return slot;
	}
	return NULL;
}
