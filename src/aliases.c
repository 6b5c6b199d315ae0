/*
 * aliases.c
 *		Query id to shape, in shared memory: a set-associative cache.
 *
 * What is here can always be computed again from the statement, so an entry
 * may be overwritten at any time and a full set simply loses its oldest.  Must
 * never allocate or throw.
 *
 * Locks: to write, one of a few LWLocks by the set's number; nothing is taken
 * below.  Readers take none: an alias has no query id while it is written, and
 * another stamp afterwards.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "port/pg_bitutils.h"

#include "aliases.h"
#include "compat.h"
#include "settings.h"
#include "shmem.h"

#define WAYS	4

typedef struct SharedAlias
{
	uint64		queryid;		/* 0: free */
	Oid			dbid;
	uint32		stamp;			/* when put, by the set's count */
	PfaShapeFacts facts;
} SharedAlias;

static SharedAlias *aliases;
static uint32 mask;				/* of a set's number */

static uint32
set_count(void)
{
	return pg_nextpower2_32(Max(64, pfa_max_statements * 2 / WAYS));
}

Size
pfa_aliases_size(void)
{
	return mul_size(mul_size(sizeof(SharedAlias), WAYS), set_count());
}

void
pfa_aliases_init(void *place, bool found)
{
	aliases = place;
	mask = set_count() - 1;
	if (!found)
		memset(place, 0, pfa_aliases_size());
}

static uint32
set_of(uint64 queryid, Oid dbid)
{
	return (uint32) hash_combine64(queryid, dbid) & mask;
}

bool
pfa_aliases_find(uint64 queryid, Oid dbid, PfaShapeFacts *facts)
{
	const SharedAlias *set = &aliases[set_of(queryid, dbid) * WAYS];

	for (int i = 0; i < WAYS; i++)
	{
		const volatile SharedAlias *alias = &set[i];
		uint32		stamp;

		if (alias->queryid != queryid || alias->dbid != dbid)
			continue;
		stamp = alias->stamp;
		pg_read_barrier();
		*facts = set[i].facts;
		pg_read_barrier();
		/* overwritten meanwhile: as good as not there */
		return alias->queryid == queryid && alias->stamp == stamp;
	}
	return false;
}

void
pfa_aliases_put(uint64 queryid, Oid dbid, const PfaShapeFacts *facts)
{
	uint32		set = set_of(queryid, dbid);
	LWLock	   *lock = pfa_shmem_alias_lock(set);
	SharedAlias *victim = NULL;
	uint32		newest = 0;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < WAYS; i++)
	{
		SharedAlias *alias = &aliases[set * WAYS + i];

		newest = Max(newest, alias->stamp);
		if (alias->queryid == queryid && alias->dbid == dbid)
		{
			victim = alias;
			break;
		}
		if (victim == NULL || alias->stamp < victim->stamp)
			victim = alias;
	}
	victim->queryid = 0;
	pg_write_barrier();
	victim->dbid = dbid;
	victim->stamp = newest + 1;
	victim->facts = *facts;
	pg_write_barrier();
	victim->queryid = queryid;
	LWLockRelease(lock);
}
