/*
 * known.c
 *		Plans executed of late, known by their address: a set-associative cache.
 *
 * What is not found is looked at again.  Must never throw or allocate, nor look
 * behind an address: the plan may be gone.
 */
#include "postgres.h"

#include "known.h"
#include "shape.h"

#define STAMPS		(1U << 16)	/* as many as there are, with 0, which is none */

uint64		pfa_known_plans[PFA_KNOWN_SETS][PFA_KNOWN_WAYS];

void
pfa_known_add(const PlannedStmt *stmt, uint32 stamp, uint32 what)
{
	uint64	   *set = pfa_known_set(stmt);
	uint64		key = pfa_known_key(stmt, stamp);

	/* an address of so many bits does not fit into a key */
	if ((uint64) (uintptr_t) stmt >> 48 != 0)
		return;
	for (int i = 0; i < PFA_KNOWN_WAYS; i++)
	{
		if ((set[i] ^ key) <= PFA_KNOWN_WHAT)
		{
			set[i] |= what;
			return;
		}
	}
	memmove(&set[1], &set[0], sizeof(uint64) * (PFA_KNOWN_WAYS - 1));
	set[0] = key | what;
}

uint32
pfa_known_stamp(void)
{
	static uint32 latest;

	if (++latest == STAMPS)
	{
		memset(pfa_known_plans, 0, sizeof(pfa_known_plans));
		latest = pfa_shape_renew_stamps(1);
	}
	return latest;
}
