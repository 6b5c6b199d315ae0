/*
 * unit_sums.c
 *		Units of work, added up by role, application, tags and scope, in a
 *		fixed shared array.
 *
 * Must never throw or allocate.  When there are more identities than places,
 * the one seen longest ago makes room.
 *
 * Locks: one LWLock of its own; nothing is taken below.
 */
#include "postgres.h"

#include "compat.h"
#include "shmem.h"
#include "unit_sums.h"

const int	pfa_pause_floor_ms[PFA_PAUSE_BUCKETS] = {0, 500, 1000, 2000, 5000, 20000};

static PfaUnitSum *sums;

Size
pfa_unit_sums_size(void)
{
	return sizeof(PfaUnitSum) * PFA_UNIT_SUMS;
}

void
pfa_unit_sums_init(void *place, bool found)
{
	sums = place;
	if (!found)
		memset(place, 0, pfa_unit_sums_size());
}

bool
pfa_unit_sums_same(const PfaUnitSum *a, const PfaUnitSum *b)
{
	return a->dbid == b->dbid && a->userid == b->userid && a->scope == b->scope &&
		a->tags.hash == b->tags.hash && strcmp(a->application, b->application) == 0;
}

void
pfa_unit_sums_merge(PfaUnitSum *a, const PfaUnitSum *b)
{
	if (a->dbid == 0)
	{
		*a = *b;
		return;
	}
	a->units += b->units;
	a->statements += b->statements;
	a->statements_max = Max(a->statements_max, b->statements_max);
	a->exec_ns += b->exec_ns;
	a->gap_ns += b->gap_ns;
	a->first_seen = Min(a->first_seen, b->first_seen);
	a->last_seen = Max(a->last_seen, b->last_seen);
	if (b->pause_max_ns == 0)
		return;
	if (b->pause_max_ns > a->pause_max_ns)
	{
		a->pause_max_ns = b->pause_max_ns;
		a->pause_shape = b->pause_shape;
	}
	for (int i = 0; i < PFA_PAUSE_BUCKETS; i++)
	{
		a->paused_ns[i] += b->paused_ns[i];
		a->paused[i] += b->paused[i];
		a->paused_after_write[i] += b->paused_after_write[i];
	}
}

void
pfa_unit_sums_add(const PfaUnitSum *sum)
{
	PfaUnitSum *place = NULL;

	LWLockAcquire(pfa_shmem_units_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < PFA_UNIT_SUMS; i++)
	{
		if (pfa_unit_sums_same(&sums[i], sum))
		{
			place = &sums[i];
			break;
		}
		if (place == NULL || sums[i].last_seen < place->last_seen)
			place = &sums[i];
	}
	if (!pfa_unit_sums_same(place, sum))
		place->dbid = 0;
	pfa_unit_sums_merge(place, sum);
	LWLockRelease(pfa_shmem_units_lock());
}

int
pfa_unit_sums_read(PfaUnitSum *copies)
{
	int			n = 0;

	LWLockAcquire(pfa_shmem_units_lock(), LW_SHARED);
	for (int i = 0; i < PFA_UNIT_SUMS; i++)
	{
		if (sums[i].dbid != 0)
			copies[n++] = sums[i];
	}
	LWLockRelease(pfa_shmem_units_lock());
	return n;
}

void
pfa_unit_sums_reset(Oid dbid, Oid userid)
{
	LWLockAcquire(pfa_shmem_units_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < PFA_UNIT_SUMS; i++)
	{
		if ((dbid == 0 || sums[i].dbid == dbid) &&
			(userid == 0 || sums[i].userid == userid))
			memset(&sums[i], 0, sizeof(PfaUnitSum));
	}
	LWLockRelease(pfa_shmem_units_lock());
}
