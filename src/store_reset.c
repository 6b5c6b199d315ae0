/*
 * store_reset.c
 *		Forgetting: everything, or a database's, a role's or a shape's part.
 *
 * A full reset bumps the generation, and every backend throws away what it has
 * gathered.  A partial one is remembered for a while, and what backends have
 * gathered up to then is neither shown nor drained.  Must never throw.
 *
 * Locks: one partition at a time.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "store_internal.h"

static bool
matches(const PfaKey *key, Oid dbid, Oid userid, uint64 shape)
{
	return (dbid == 0 || key->dbid == dbid) &&
		(userid == 0 || key->userid == userid) &&
		(shape == 0 || key->shape == shape);
}

bool
pfa_store_was_reset(const PfaKey *key, TimestampTz last_seen)
{
	if (pg_atomic_read_u64(&pfa_totals->resets) == 0)
		return false;
	for (int i = 0; i < PFA_RECENT_RESETS; i++)
	{
		const PfaSharedReset *reset = &pfa_store_control->recent[i];

		if (reset->at != 0 && last_seen <= reset->at &&
			matches(key, reset->dbid, reset->userid, reset->shape))
			return true;
	}
	return false;
}

int64
pfa_store_reset(Oid dbid, Oid userid, uint64 shape)
{
	int64		removed = 0;
	bool		all = dbid == 0 && userid == 0 && shape == 0;

	if (all)
	{
		pg_atomic_fetch_add_u64(&pfa_totals->generation, 1);
		pg_atomic_write_u64(&pfa_totals->reset_at, (uint64) GetCurrentTimestamp());
		/* backends look at this count only; again at the end, for the texts */
		pg_atomic_fetch_add_u64(&pfa_totals->resets, 1);
	}
	else
	{
		PfaSharedReset *reset;

		/* one writer at a time is all that the first lock is for */
		pfa_store_lock(0, LW_EXCLUSIVE);
		reset = &pfa_store_control->recent[pg_atomic_read_u64(&pfa_totals->resets) %
										   PFA_RECENT_RESETS];
		reset->at = 0;
		reset->dbid = dbid;
		reset->userid = userid;
		reset->shape = shape;
		pg_write_barrier();
		reset->at = GetCurrentTimestamp();
		pg_atomic_fetch_add_u64(&pfa_totals->resets, 1);
		pfa_store_unlock(0);
	}
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		PfaSharedStatement *entry;
		PfaSharedRepeat *repeat;
		int			at = 0;

		pfa_store_lock(p, LW_EXCLUSIVE);
		while ((entry = pfa_store_next(p, &at)) != NULL)
		{
			if (!matches(&entry->key, dbid, userid, shape))
				continue;
			pfa_store_remove(&pfa_store_control->partitions[p], entry);
			removed++;
		}
		at = 0;
		while ((repeat = pfa_store_next_repeat(p, &at)) != NULL)
		{
			if (!matches(&repeat->id.child, dbid, userid, shape))
				continue;
			memset(repeat, 0, sizeof(*repeat));
			pfa_store_control->partitions[p].used_repeats--;
		}
		pfa_store_unlock(p);
	}
	if (all)
		pg_atomic_fetch_add_u64(&pfa_totals->resets, 1);
	return removed;
}
