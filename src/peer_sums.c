/*
 * peer_sums.c
 *		What the pieces of a group come to: shown, or moved to the store.
 *
 * Look-ups that happen to find their values in somebody's list come in any order and
 * come again; a group is only shown when its order is no chance.
 *
 * Must never throw or allocate.
 *
 * Locks: readers, and who moves a group to the store, hold its partition's lock and
 * take the group's spinlock below it, for a copy.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "peer_groups_internal.h"
#include "settings.h"
#include "slab.h"
#include "track.h"

#define REST			(10 * USECS_PER_SEC)	/* after which a group is over */

/*
 * How unlikely it is, as a natural logarithm, that look-ups by chance come as a
 * group's have: once in a million, or once in twenty where the same rows are read
 * again, as others do who have a key only.
 */
#define EVIDENCE		13.5
#define EVIDENCE_SAME	16.5
#define EVIDENCE_ONCE	5.0		/* at most, for rows that were asked for once */

/* -- sums ------------------------------------------------------------------------- */

/*
 * Nobody is told of more time than has passed: what several connections did at the
 * same time took that time once.
 */
static void
bound_times(PfaPeerSum *sum)
{
	PfaRepeat  *repeat = &sum->repeat;
	uint64		passed = Max(sum->ended - sum->begun, 0) * 1000;

	repeat->exec_ns = Min(repeat->exec_ns, passed);
	repeat->gap_ns = Min(repeat->gap_ns, passed - repeat->exec_ns);
}

/* strays: of its executions, those that asked for something else */
static void
add_piece(PfaPeerSum *sum, const PfaSharedPiece *piece, uint32 strays)
{
	PfaRepeat  *repeat = &sum->repeat;
	const PfaPeerWork *work = &piece->work;
	PfaRepeat	own = {.n = work->n,.exec_ns = work->exec_ns,.gap_ns = work->gap_ns,.rows = work->rows};

	pfa_repeat_leave_out(&own, strays);
	repeat->n += own.n;
	repeat->same_values += work->same_values;
	repeat->distinct_values += piece->covered;
	repeat->compared += piece->compared;
	repeat->covered += piece->covered;
	repeat->others_vary |= work->others_vary;
	repeat->exec_ns += own.exec_ns;
	repeat->gap_ns += own.gap_ns;
	repeat->rows += own.rows;
	repeat->first_seen = Min(repeat->first_seen, work->first_seen);
	repeat->last_seen = Max(repeat->last_seen, work->last_seen);
	sum->begun = Min(sum->begun, work->first_seen);
	sum->ended = Max(sum->ended, work->ended);
}

/* Most of its values are the parent's: by chance others ask for some of them, too. */
static bool
fits(const PfaSharedPiece *piece, uint8 link)
{
	return link == PFA_LINK_NONE ? piece->covered == piece->compared :
		piece->covered * 5 >= piece->compared * 4;
}

/* What the pieces of a copied group come to; its own part stands in its repeat. */
static void
sum_up(const PfaSharedGroup *group, PfaPeerSum *sum)
{
	uint32		followers = 0;
	uint32		in_order = 0;
	uint32		covered = 0;
	int			unfit = 0;
	int			fit = 0;
	double		evidence = 0;
	double		once = 0;
	uint32		least = Min(10, (group->captured + 1) / 2);

	sum->repeat = group->repeat;
	sum->slot = group->slot;
	sum->pid = group->pid;
	sum->unit = group->unit;
	sum->begun = group->repeat.first_seen;
	sum->ended = group->repeat.last_seen;
	for (int i = 0; i < group->npieces; i++)
	{
		const PfaSharedPiece *piece = &group->pieces[i];

		if (piece->unit == 0 || piece->compared == 0)
			continue;
		if (!fits(piece, group->link))
		{
			unfit++;
			continue;
		}
		fit++;
		followers += piece->followers;
		in_order += piece->in_order;
		covered += piece->covered;
		evidence += piece->evidence;
		add_piece(sum, piece, piece->compared - piece->covered);
	}
	for (uint32 i = 0; i < Min(covered, group->captured); i++)
		once -= log(1.0 - (double) i / group->captured);
	evidence += Min(once, EVIDENCE_ONCE);
	sum->shown = fit > unfit && covered >= Max(least, pfa_repeat_threshold) &&
		in_order * 10 >= followers * 9 &&
		evidence >= (group->link == PFA_LINK_SAME ? EVIDENCE_SAME : EVIDENCE);
	bound_times(sum);
}

/* The backends of the pieces that count, and the parent's. */
static uint16
count_connections(const PfaSharedGroup *group)
{
	uint16		n = 1;

	for (int i = 0; i < group->npieces; i++)
	{
		const PfaSharedPiece *piece = &group->pieces[i];
		bool		known = piece->slot == group->slot;

		if (piece->unit == 0 || piece->compared == 0 || !fits(piece, group->link))
			continue;
		for (int j = 0; j < i; j++)
			known |= group->pieces[j].slot == piece->slot;
		n += !known;
	}
	return n;
}

/* All but the parent's values. */
static bool
copy_group(PfaSharedGroup *group, int partition, PfaSharedGroup *copy)
{
	bool		is;

	SpinLockAcquire(&group->lock);
	is = pfa_group_is_current(group) && pfa_store_partition(&group->repeat.id.child) == partition;
	if (is)
		memcpy(copy, group, offsetof(PfaSharedGroup, asked));
	SpinLockRelease(&group->lock);
	return is;
}

/* What there is to show: the pieces' sum, or what the parent's backend did alone. */
static bool
show(const PfaSharedGroup *group, PfaPeerSum *sum)
{
	sum_up(group, sum);
	if (!sum->shown)
		sum->repeat = group->repeat;
	else
		sum->repeat.connections = count_connections(group);
	return sum->repeat.n > 0 &&
		!pfa_store_was_reset(&sum->repeat.id.child, sum->repeat.last_seen);
}

bool
pfa_groups_sum(const PfaPeerHandle *handle, PfaPeerSum *sum)
{
	PfaSharedGroup *group = &pfa_groups[handle->group];
	PfaSharedGroup copy;
	int			partition = pfa_store_partition(&group->repeat.id.child);

	if (!copy_group(group, partition, &copy) || copy.generation != handle->generation)
		return false;
	sum_up(&copy, sum);
	return sum->shown;
}

int
pfa_groups_read(int partition, PfaPeerSum *sums, int max)
{
	PfaSharedGroup copy;
	int			n = 0;

	for (int i = 0; i < PFA_PEER_GROUPS && n < max; i++)
	{
		if (pfa_groups[i].used && copy_group(&pfa_groups[i], partition, &copy) && show(&copy, &sums[n]))
			n++;
	}
	return n;
}

bool
pfa_groups_merge(PfaPeerSum *sum, const PfaRepeat *own, int slot, int pid, uint32 unit)
{
	PfaSharedPiece		piece = {0};

	if (!sum->shown || sum->slot != slot || sum->pid != pid || sum->unit != unit ||
		memcmp(&sum->repeat.id, &own->id, sizeof(own->id)) != 0)
		return false;
	piece.compared = own->compared;
	piece.covered = own->covered;
	piece.work.n = own->n;
	piece.work.same_values = own->same_values;
	piece.work.others_vary = own->others_vary;
	piece.work.exec_ns = own->exec_ns;
	piece.work.gap_ns = own->gap_ns;
	piece.work.rows = own->rows;
	piece.work.first_seen = own->first_seen;
	piece.work.last_seen = own->last_seen;
	piece.work.ended = own->last_seen;
	add_piece(sum, &piece, 0);
	bound_times(sum);
	return true;
}

/* -- to the store ------------------------------------------------------------------ */

void
pfa_groups_add_repeat(const PfaRepeat *own, uint32 unit)
{
	int			slot = pfa_compat_slot();
	bool		taken = false;

	for (PfaSharedGroup *group = pfa_groups; group < pfa_groups + PFA_PEER_GROUPS && !taken; group++)
	{
		if (!group->used || group->slot != slot || group->unit != unit)
			continue;
		SpinLockAcquire(&group->lock);
		if (pfa_group_is_current(group) && group->slot == slot && group->pid == MyProcPid &&
			group->unit == unit && group->repeat.n == 0 &&
			memcmp(&group->repeat.id, &own->id, sizeof(own->id)) == 0)
		{
			group->repeat = *own;
			taken = true;
		}
		SpinLockRelease(&group->lock);
	}
	if (!taken)
		pfa_store_add_repeat(own);
}

/* Whether the parent's backend still has something that belongs to it. */
static bool
is_held(int partition, const PfaPeerSum *sum)
{
	PfaSlabRepeat live;
	int			slot = sum->slot;
	int			at = 0;

	while (pfa_slab_read_repeat(partition, &slot, &at, &live) && slot == sum->slot)
	{
		if (live.pid == sum->pid && live.serial == sum->unit &&
			memcmp(&live.repeat.id, &sum->repeat.id, sizeof(PfaRepeatId)) == 0)
			return true;
	}
	return false;
}

static void
close_group(PfaSharedGroup *group)
{
	PfaSharedGroup copy;
	PfaPeerSum	sum;
	int			partition = pfa_store_partition(&group->repeat.id.child);
	bool		over = false;

	pfa_store_lock(partition, LW_EXCLUSIVE);
	if (!pfa_group_is_current(group))
	{
		/* what was reset is forgotten */
		SpinLockAcquire(&group->lock);
		group->used &= pfa_group_is_current(group);
		SpinLockRelease(&group->lock);
	}
	else if (copy_group(group, partition, &copy))
	{
		bool		counts = show(&copy, &sum);

		if (!is_held(partition, &sum))
		{
			SpinLockAcquire(&group->lock);
			over = group->used && group->generation == copy.generation &&
				group->last_seen == copy.last_seen;
			if (over)
				group->used = false;
			SpinLockRelease(&group->lock);
		}
		if (over && counts)
			pfa_store_add_repeat(&sum.repeat);
	}
	pfa_store_unlock(partition);
}

void
pfa_groups_drain(void)
{
	TimestampTz now = 0;

	for (int i = 0; i < PFA_PEER_GROUPS; i++)
	{
		if (!pfa_groups[i].used)
			continue;
		if (now == 0)
			now = GetCurrentTimestamp();
		if (now - pfa_groups[i].last_seen > REST)
			close_group(&pfa_groups[i]);
	}
}

void
pfa_groups_finish(void)
{
	for (int i = 0; i < PFA_PEER_GROUPS; i++)
	{
		PfaPeerSum	sum;

		if (pfa_group_is_current(&pfa_groups[i]) && show(&pfa_groups[i], &sum))
			pfa_store_add_repeat(&sum.repeat);
		pfa_groups[i].used = false;
	}
}
