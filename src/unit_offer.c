/*
 * unit_offer.c
 *		Lists of the current unit of work, for repeats on other connections.
 *
 * Must never throw, allocate or wait.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "peers.h"
#include "slab.h"
#include "unit_internal.h"

#define SHORT			3		/* statements of a transaction whose lists others may
								 * find */

uint64
pfa_unit_owner(void)
{
	const PfaUnit *unit = &pfa_unit_current;
	struct
	{
		Oid			dbid;
		Oid			userid;
		uint64		tags;
		uint64		trace;
		char		application[NAMEDATALEN];
		char		name[NAMEDATALEN];
	}			owner;
	Size		length = sizeof(owner);
	uint64		hash;

	owner.dbid = MyDatabaseId;
	owner.userid = unit->userid;
	owner.tags = unit->tagged.tags.hash;
	owner.trace = unit->tagged.trace;
	memcpy(owner.application, unit->application, NAMEDATALEN);
	memcpy(owner.name, unit->name, NAMEDATALEN);
	/* most units have no name, and short ones are hashed in a fifth of the time */
	if (unit->name[0] == '\0')
		length = (char *) owner.application + strlen(owner.application) + 1 - (char *) &owner;
	hash = hash_bytes_extended((const unsigned char *) &owner, length, 0);
	return hash != 0 ? hash : 1;
}

/*
 * One that is read again and again is nobody's in particular.  Whether a transaction
 * is a short one, which may be one of a burst, is not known when it begins.
 */
void
pfa_unit_offer(PfaShape *shape, int at, uint64 end_ns)
{
	const PfaUnit *unit = &pfa_unit_current;
	const PfaResult *result = pfa_results_get(at);
	const PfaUnitShape *us;

	if (unit->scope == PFA_SCOPE_TRANSACTION && pfa_slab_line->now.unit_statements > SHORT)
		return;
	us = pfa_unit_find_shape(shape);
	if (us == NULL || unit->ignored || result->shape != shape->facts.shape)
		return;
	if (us->calls > 1 || (unit->scope == PFA_SCOPE_BURST && pfa_unit_ran_before(us)))
		pfa_peers_withdraw(result->shape);
	else if (pfa_peers_publish(pfa_unit_owner(), result, unit->serial,
							   unit->clock_offset + (TimestampTz) (end_ns / 1000)))
		shape->results_unused = 0;
}
