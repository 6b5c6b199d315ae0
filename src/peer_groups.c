/*
 * peer_groups.c
 *		Repeats whose executions are spread over several connections, added up.
 *
 * A group has the values of a parent's column, and of each backend what it did for
 * them.  Every row of the parent is asked for once, in about the order of the rows,
 * on each connection for itself: so a queue hands out a list.  What that proves is
 * judged in peer_sums.c.
 *
 * Must never throw, allocate, or wait for more than a few instructions of another.
 *
 * Locks: to open or join a group takes the one lock of all, if it is free, and a
 * group's spinlock below it.  To add takes the spinlock alone.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "storage/lwlock.h"

#include "compat.h"
#include "peer_groups_internal.h"
#include "shmem.h"

#define NO_ROW			(-1)
#define DISORDER		3.0		/* what one out of order takes away */

PfaSharedGroup *pfa_groups;

Size
pfa_groups_size(void)
{
	return mul_size(sizeof(PfaSharedGroup), PFA_PEER_GROUPS);
}

void
pfa_groups_init(void *place, bool found)
{
	pfa_groups = place;
	if (found)
		return;
	memset(place, 0, pfa_groups_size());
	for (int i = 0; i < PFA_PEER_GROUPS; i++)
		SpinLockInit(&pfa_groups[i].lock);
}

/* -- joining ------------------------------------------------------------------ */

static bool
is_of(const PfaSharedGroup *group, const PfaPeerResult *result, int column,
	  const PfaRepeatId *id)
{
	return pfa_group_is_current(group) && group->slot == result->slot && group->pid == result->pid &&
		group->serial == result->serial && group->column == column &&
		memcmp(&group->repeat.id, id, sizeof(*id)) == 0;
}

static void
open_group(PfaSharedGroup *group, const PfaPeerResult *result, int column, uint8 link,
		   const PfaRepeat *repeat)
{
	group->column = column;
	group->link = link;
	group->beyond = result->rows > result->captured;
	group->captured = result->captured;
	group->statistics = pg_atomic_read_u64(&pfa_totals->generation);
	group->repeat = *repeat;
	group->slot = result->slot;
	group->pid = result->pid;
	group->unit = result->unit;
	group->serial = result->serial;
	group->last_seen = repeat->last_seen;
	group->last = NO_ROW;
	group->npieces = 0;
	memset(group->asked, 0, sizeof(group->asked));
	for (int row = 0; row < result->captured; row++)
		group->keys[row] = result->hashes[row * result->ncolumns + column];
	group->generation++;
	group->used = true;
}

static PfaPeerJoin
take_place(PfaSharedGroup *group, uint32 unit, PfaPeerHandle *handle)
{
	PfaSharedPiece	   *piece;

	if (group->npieces == PFA_GROUP_PIECES)
		return PFA_PEER_NO_ROOM;
	handle->group = group - pfa_groups;
	handle->piece = group->npieces;
	handle->generation = group->generation;
	piece = &group->pieces[group->npieces++];
	memset(piece, 0, sizeof(*piece));
	piece->slot = pfa_compat_slot();
	piece->pid = MyProcPid;
	piece->unit = unit;
	piece->last = NO_ROW;
	return PFA_PEER_JOINED;
}

PfaPeerJoin
pfa_groups_join(const PfaPeerResult *result, int column, uint8 link,
				const PfaRepeat *repeat, uint32 unit, PfaPeerHandle *handle)
{
	PfaSharedGroup *group = NULL;
	PfaPeerJoin joined;

	if (!LWLockConditionalAcquire(pfa_shmem_peers_lock(), LW_EXCLUSIVE))
		return PFA_PEER_LATER;
	for (int i = 0; i < PFA_PEER_GROUPS; i++)
	{
		if (is_of(&pfa_groups[i], result, column, &repeat->id))
		{
			group = &pfa_groups[i];
			break;
		}
		if (group == NULL && !pfa_group_is_current(&pfa_groups[i]))
			group = &pfa_groups[i];
	}
	if (group == NULL)
	{
		LWLockRelease(pfa_shmem_peers_lock());
		pg_atomic_fetch_add_u64(&pfa_totals->evicted_repeats, 1);
		return PFA_PEER_NO_ROOM;
	}
	SpinLockAcquire(&group->lock);
	if (!is_of(group, result, column, &repeat->id))
		open_group(group, result, column, link, repeat);
	joined = take_place(group, unit, handle);
	SpinLockRelease(&group->lock);
	LWLockRelease(pfa_shmem_peers_lock());
	return joined;
}

/* -- adding --------------------------------------------------------------------- */

/* The next row with a key that nobody has asked for yet, from the piece's last on. */
static int
find_row(const PfaSharedGroup *group, int last, uint32 key)
{
	for (int i = 1; i <= group->captured; i++)
	{
		int			row = (last + i) % group->captured;

		if (group->keys[row] == key && (group->asked[row / 64] & (UINT64CONST(1) << row % 64)) == 0)
			return row;
	}
	return NO_ROW;
}

static void
add_key(PfaSharedGroup *group, PfaSharedPiece *piece, uint32 key)
{
	int			row = find_row(group, piece->last, key);

	/* rows beyond those kept cannot be found */
	if (row == NO_ROW && group->beyond && group->last * 10 >= group->captured * 7)
		return;
	piece->compared++;
	if (row == NO_ROW)
		return;
	group->asked[row / 64] |= UINT64CONST(1) << row % 64;
	group->last = Max(group->last, row);
	piece->covered++;
	if (piece->last == NO_ROW)
		piece->run = 1;
	else
	{
		piece->followers++;
		if (row > piece->last)
		{
			piece->in_order++;
			piece->run++;
			/* of so many in a row, the last is the largest once in so often */
			piece->evidence += log(piece->run);
		}
		else
		{
			piece->run = 1;
			piece->evidence -= DISORDER;
		}
	}
	piece->last = row;
}

static PfaSharedPiece *
piece_of(const PfaPeerHandle *handle)
{
	PfaSharedGroup *group = &pfa_groups[handle->group];

	return pfa_group_is_current(group) && group->generation == handle->generation ?
		&group->pieces[handle->piece] : NULL;
}

bool
pfa_groups_add(const PfaPeerHandle *handle, const uint32 *keys, int n,
			   const PfaPeerWork *work)
{
	PfaSharedGroup *group = &pfa_groups[handle->group];
	PfaSharedPiece	   *piece;

	SpinLockAcquire(&group->lock);
	piece = piece_of(handle);
	if (piece != NULL)
	{
		for (int i = 0; i < n; i++)
			add_key(group, piece, keys[i]);
		piece->work = *work;
		group->last_seen = Max(group->last_seen, work->last_seen);
	}
	SpinLockRelease(&group->lock);
	return piece != NULL;
}

void
pfa_groups_leave(const PfaPeerHandle *handle)
{
	PfaSharedGroup *group = &pfa_groups[handle->group];
	PfaSharedPiece	   *piece;

	SpinLockAcquire(&group->lock);
	piece = piece_of(handle);
	if (piece != NULL)
		piece->unit = 0;
	SpinLockRelease(&group->lock);
}
