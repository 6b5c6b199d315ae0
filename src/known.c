/*
 * known.c
 *		Plans executed of late, known by their address: a direct-mapped cache.
 *
 * What is not found is looked at again.  Must never throw or allocate, nor look
 * behind an address: the plan may be gone.
 */
#include "postgres.h"

#include "known.h"

PfaKnownPlan pfa_known_plans[PFA_KNOWN_PLANS];

void
pfa_known_add(const PlannedStmt *stmt, uint32 stamp, uint32 what)
{
	PfaKnownPlan *place = pfa_known_place(stmt);

	if (place->stmt != stmt || place->stamp != stamp)
	{
		place->stmt = stmt;
		place->stamp = stamp;
		place->what = 0;
	}
	place->what |= what;
}

uint32
pfa_known_stamp(void)
{
	static uint32 latest;

	/* all stamps were used: an old one must not be taken for a new one */
	if (++latest == 0)
	{
		memset(pfa_known_plans, 0, sizeof(pfa_known_plans));
		latest = 1;
	}
	return latest;
}
