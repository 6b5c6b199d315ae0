/*
 * store_restore.c
 *		Putting back what an earlier run of the server had.
 *
 * Never makes room: what was put first stays, which is the most used.
 *
 * Locks: none, the postmaster is alone when it restores.
 */
#include "postgres.h"

#include "store_internal.h"

PfaSharedStatement *
pfa_store_restore(const PfaSharedStatement *saved)
{
	PfaSharedPartition *part =
		&pfa_store_control->partitions[pfa_store_partition(&saved->key)];
	PfaSharedStatement *entry;
	int32		next;

	if (part->free_statement < 0 || !pfa_store_is_used(saved) ||
		pfa_store_find(&saved->key) != NULL)
		return NULL;
	entry = pfa_store_enter(&saved->key, saved->first_seen, saved->kin);
	next = entry->next;
	*entry = *saved;
	entry->next = next;
	entry->waiting = false;
	entry->text = entry->values = InvalidDsaPointer;
	entry->plans[0] = entry->plans[1] = -1;
	return entry;
}

bool
pfa_store_restore_plan(PfaSharedStatement *entry, const PfaSharedPlan *saved)
{
	PfaSharedPartition *part =
		&pfa_store_control->partitions[pfa_store_partition(&entry->key)];
	int32	   *place = &entry->plans[entry->plans[0] < 0 ? 0 : 1];
	int32		slot = part->free_plan;

	if (*place >= 0 || slot < 0)
		return false;
	part->free_plan = pfa_store_plans[slot].next_free;
	part->used_plans++;
	pfa_store_plans[slot] = *saved;
	*place = slot;
	return true;
}

bool
pfa_store_restore_repeat(const PfaSharedRepeat *saved)
{
	int			p = pfa_store_partition(&saved->id.child);

	for (int i = 0; i < PFA_REPEATS_PER_PARTITION; i++)
	{
		PfaSharedRepeat *slot = &pfa_store_repeats[p * PFA_REPEATS_PER_PARTITION + i];

		if (slot->used)
			continue;
		*slot = *saved;
		pfa_store_control->partitions[p].used_repeats++;
		return true;
	}
	return false;
}
