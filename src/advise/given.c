/*
 * given.c
 *		What suggest_indexes() has advised of late: a table in shared memory.
 *
 * Looked at and written only by those who ask for advice, once a call each; no
 * other statement knows of it.  Of fixed size: who has most in it makes room first,
 * with what he was told longest ago, so that nobody's calls push out the advice
 * that others were given, unless theirs is more.
 *
 * Locks: one, for the moment of copying.
 */
#include "postgres.h"

#include "advise/given.h"
#include "shmem.h"

#include "common/hashfn.h"
#include "utils/timestamp.h"

/* Roles are counted by so many hashes; those that share one count together. */
#define OWNERS 2048

static PfaSharedGiven *table;

Size
pfa_given_size(void)
{
	return mul_size(PFA_GIVEN, sizeof(PfaSharedGiven));
}

void
pfa_given_init(void *place, bool found)
{
	table = place;
	if (!found)
		memset(table, 0, PFA_GIVEN * sizeof(PfaSharedGiven));
}

static bool
is_of(const PfaSharedGiven *given, const PfaGivenKey *key)
{
	return given->key.dbid == key->dbid && given->key.userid == key->userid &&
		given->key.args == key->args;
}

int
pfa_given_read(const PfaGivenKey *key, PfaSharedGiven *into)
{
	int			n = 0;

	LWLockAcquire(pfa_shmem_advice_lock(), LW_SHARED);
	for (int i = 0; i < PFA_GIVEN; i++)
		if (is_of(&table[i], key))
			into[n++] = table[i];
	LWLockRelease(pfa_shmem_advice_lock());
	return n;
}

void
pfa_given_count(PfaSharedGiven *given, TimestampTz now)
{
	int64		hour = now / USECS_PER_HOUR;

	if (given->hours == 0)
		given->first = now;
	/* a clock that was set back counts no hour twice */
	if (given->hours == 0 || hour > given->hour)
	{
		given->hours++;
		given->hour = hour;
	}
	given->last = now;
	given->held = true;
}

static int
owner_of(const PfaSharedGiven *given)
{
	return hash_combine(hash_uint32(given->key.dbid), hash_uint32(given->key.userid)) % OWNERS;
}

/* A place for another one: free, or the oldest of who has most. */
static PfaSharedGiven *
make_room(void)
{
	uint16		counts[OWNERS] = {0};
	PfaSharedGiven *victim = NULL;
	int			most = 0;

	for (int i = 0; i < PFA_GIVEN; i++)
	{
		if (table[i].key.dbid == InvalidOid)
			return &table[i];
		most = Max(most, ++counts[owner_of(&table[i])]);
	}
	for (int i = 0; i < PFA_GIVEN; i++)
		if (counts[owner_of(&table[i])] == most &&
			(victim == NULL || table[i].last < victim->last))
			victim = &table[i];
	return victim;
}

/* The place of one that was given before, or a new one. */
static PfaSharedGiven *
place_of(const PfaGivenKey *key, const PfaSharedGiven *given)
{
	PfaSharedGiven *place;

	for (int i = 0; i < PFA_GIVEN; i++)
		if (table[i].index == given->index && is_of(&table[i], key))
			return &table[i];
	place = make_room();
	*place = *given;
	place->key = *key;
	place->hours = 0;
	return place;
}

void
pfa_given_write(const PfaGivenKey *key, const PfaSharedGiven *list, int n, TimestampTz now)
{
	LWLockAcquire(pfa_shmem_advice_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < PFA_GIVEN; i++)
		if (is_of(&table[i], key))
			table[i].held = false;
	for (int i = 0; i < n; i++)
		pfa_given_count(place_of(key, &list[i]), now);
	LWLockRelease(pfa_shmem_advice_lock());
}

void
pfa_given_reset(Oid dbid, Oid userid)
{
	LWLockAcquire(pfa_shmem_advice_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < PFA_GIVEN; i++)
		if ((dbid == InvalidOid || table[i].key.dbid == dbid) &&
			(userid == InvalidOid || table[i].key.userid == userid))
			memset(&table[i], 0, sizeof(PfaSharedGiven));
	LWLockRelease(pfa_shmem_advice_lock());
}

const PfaSharedGiven *
pfa_given_next(int *at)
{
	while (*at < PFA_GIVEN)
	{
		const PfaSharedGiven *given = &table[(*at)++];

		/* a literal is not saved, not even as part of a hash */
		if (given->key.dbid != InvalidOid && given->plain)
			return given;
	}
	return NULL;
}

bool
pfa_given_restore(const PfaSharedGiven *saved)
{
	for (int i = 0; i < PFA_GIVEN; i++)
		if (table[i].key.dbid == InvalidOid)
		{
			table[i] = *saved;
			return true;
		}
	return false;
}
