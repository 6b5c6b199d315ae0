/*
 * store_hours.c
 *		What the current hour of the clock has seen of a statement, and the hour
 *		before.
 *
 * An hour begins with the first figures of it that are moved in; until then
 * readers see that the one kept is over.  Callers hold the partition's lock, or
 * have a copy.  Must never throw.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "histogram.h"
#include "store_internal.h"

static int64
current_hour(void)
{
	return GetCurrentTimestamp() / USECS_PER_HOUR;
}

PfaHour *
pfa_store_other_hour(PfaSharedStatement *entry, int64 hour)
{
	int64		ahead = hour - entry->hour;

	/* the clock was set back: what is kept has not been yet */
	if (ahead < 0 && entry->hour > current_hour())
		ahead = 2;
	if (entry->hour == 0)
	{
		/* a new entry: both are empty */
		entry->hour = hour;
		ahead = 0;
	}
	else if (ahead > 0)
	{
		if (ahead == 1)
			entry->hours[1] = entry->hours[0];
		else
			memset(&entry->hours[1], 0, sizeof(PfaHour));
		memset(&entry->hours[0], 0, sizeof(PfaHour));
		entry->hour = hour;
		ahead = 0;
	}
	/* what an idle backend gathered may come when others are further */
	return ahead >= -1 ? &entry->hours[-ahead] : NULL;
}

const PfaHour *
pfa_store_hour(const PfaSharedStatement *entry, int which, int64 now)
{
	static const PfaHour none;
	int64		at = which - Max(0, now - entry->hour);

	return at >= 0 ? &entry->hours[at] : &none;
}
