/*
 * store_room.c
 *		Making room for a statement, and who has to go.
 *
 * What comes when there is free room stays until it is cold.  When there is
 * none, what comes has to wait in a queue of a tenth of the partition's places;
 * who reaches its end without having been used again goes, and makes room for
 * the next.  Who comes back soon after that need not wait again.  So statements that are seen once, or in turn, more of them than
 * there are places, do not push out those that come again and again; but one in
 * a few stays in spite of that, or what was here first would be here forever.
 *
 * Of kin, that is statements on temporary tables, or with the same text on other
 * tables (a schema per tenant), no more than an eighth is kept when there is no
 * room: more of them make room for each other only.
 *
 * Must never throw, nor look at more than a bounded number of entries.  All
 * callers hold the partition's lock, exclusive.
 */
#include "postgres.h"

#include "store_internal.h"

#define WAITING_SHARE	10		/* one in so many places is for those waiting */
#define KIN_SHARE		8		/* one in so many for those of a kind */
#define KIN_SWEEP_LIMIT	160		/* entries looked at to find one of them */
#define STAYS_ANYWAY	16		/* one in so many of those waiting */
#define WORTH_KEEPING	(10 * INT64CONST(1000000))	/* ns of execution */

static void
leave_queue(PfaSharedPartition *part, PfaSharedStatement *entry)
{
	if (!entry->waiting)
		return;
	if (entry->older >= 0)
		pfa_store_statements[entry->older].newer = entry->newer;
	else
		part->oldest = entry->newer;
	if (entry->newer >= 0)
		pfa_store_statements[entry->newer].older = entry->older;
	else
		part->newest = entry->older;
	entry->waiting = false;
	part->waiting--;
}

void
pfa_store_await(PfaSharedPartition *part, PfaSharedStatement *entry)
{
	int32		self = entry - pfa_store_statements;

	entry->waiting = true;
	entry->newer = -1;
	entry->older = part->newest;
	if (part->newest >= 0)
		pfa_store_statements[part->newest].newer = self;
	else
		part->oldest = self;
	part->newest = self;
	part->waiting++;
}

void
pfa_store_set_kin(PfaSharedPartition *part, PfaSharedStatement *entry, uint32 kin)
{
	if (entry->kin != PFA_KIN_NONE)
		part->kin[entry->kin % PFA_KINDS]--;
	entry->kin = kin;
	if (kin != PFA_KIN_NONE)
		part->kin[kin % PFA_KINDS]++;
}

void
pfa_store_know_kin(PfaSharedStatement *entry, uint32 kin)
{
	if (entry->kin != kin)
		pfa_store_set_kin(&pfa_store_control->partitions[pfa_store_partition(&entry->key)],
						  entry, kin);
}

uint32
pfa_store_kin(uint8 flags, const char *text, uint32 length)
{
	uint64		hash = length;
	uint64		word;

	if (flags & PFA_FLAG_TEMPORARY)
		return PFA_KIN_TEMPORARY;
	for (; length >= sizeof(word); text += sizeof(word), length -= sizeof(word))
	{
		memcpy(&word, text, sizeof(word));
		hash = (hash ^ word) * UINT64CONST(0x9E3779B97F4A7C15);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, text, length);
	hash = (hash ^ word) * UINT64CONST(0x9E3779B97F4A7C15);
	return Max((uint32) (hash >> 32), PFA_KIN_TEMPORARY + 1);
}

void
pfa_store_gone(PfaSharedPartition *part, PfaSharedStatement *entry)
{
	leave_queue(part, entry);
	pfa_store_set_kin(part, entry, PFA_KIN_NONE);
}

static int
share(int one_in)
{
	return Max(1, pfa_store_control->per_partition / one_in);
}

/* One of too many of its kind. */
static PfaSharedStatement *
find_kin(int p, uint32 kin)
{
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	int			n = pfa_store_control->per_partition;
	PfaSharedStatement *victim = NULL;

	for (int i = 0; i < Min(n, KIN_SWEEP_LIMIT); i++)
	{
		PfaSharedStatement *entry = &pfa_store_statements[p * n + part->kin_hand];

		part->kin_hand = (part->kin_hand + 1) % n;
		if (entry->kin != kin)
			continue;
		if (entry->usage == 0)
			return entry;
		entry->usage--;
		if (victim == NULL || entry->usage < victim->usage)
			victim = entry;
	}
	return victim;
}

/* Who has waited longest, unless it has shown meanwhile that it is to stay. */
static PfaSharedStatement *
first_waiting(PfaSharedPartition *part)
{
	PfaSharedStatement *entry = &pfa_store_statements[part->oldest];

	leave_queue(part, entry);
	if (entry->usage > 0 || entry->counters.exec_ns >= WORTH_KEEPING ||
		++part->turn % STAYS_ANYWAY == 0)
		return NULL;
	return entry;
}

/* The clock's next step over those that do not wait; true: nobody uses it. */
static bool
step(int p, PfaSharedStatement **coldest)
{
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	int			n = pfa_store_control->per_partition;
	PfaSharedStatement *entry = &pfa_store_statements[p * n + part->hand];

	part->hand = (part->hand + 1) % n;
	if (!pfa_store_is_used(entry) || entry->waiting)
		return false;
	if (entry->usage == 0)
	{
		*coldest = entry;
		return true;
	}
	entry->usage--;
	if (*coldest == NULL || entry->usage < (*coldest)->usage)
		*coldest = entry;
	return false;
}

/* Where is noted that a statement has gone of late, unless another has since. */
static uint32 *
gone_place(int p, const PfaKey *key)
{
	int			n = pfa_store_control->per_partition;

	return &pfa_store_gone_hashes[p * n + (pfa_store_hash(key) / PFA_PARTITIONS) % n];
}

bool
pfa_store_went_lately(int p, const PfaKey *key)
{
	uint32	   *place = gone_place(p, key);
	bool		went = *place == pfa_store_hash(key);

	if (went)
		*place = 0;
	return went;
}

void
pfa_store_make_room(int p, uint32 kin)
{
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	PfaSharedStatement *victim = NULL;
	PfaSharedStatement *coldest = NULL;

	/* others may be counted with them: there need not be one of them */
	if (kin != PFA_KIN_NONE && part->kin[kin % PFA_KINDS] >= share(KIN_SHARE))
		victim = find_kin(p, kin);
	for (int i = 0; victim == NULL && i < PFA_SWEEP_LIMIT; i++)
	{
		if (part->waiting >= share(WAITING_SHARE))
			victim = first_waiting(part);
		else if (step(p, &coldest))
			victim = coldest;
	}
	if (victim == NULL)
		victim = coldest;
	if (victim == NULL && part->oldest >= 0)
		victim = &pfa_store_statements[part->oldest];
	if (victim == NULL)
		return;
	*gone_place(p, &victim->key) = pfa_store_hash(&victim->key);
	pfa_store_remove(part, victim);
	pg_atomic_fetch_add_u64(&pfa_totals->evicted_statements, 1);
}
