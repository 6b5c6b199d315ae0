/*
 * known.h
 *		What is known of a plan by its address, without a look at it.
 *
 * An address is a sound key as long as every planning of a query id, recorded or
 * not, forgets what is known of the id's plans: the id's stamp changes.  A freed
 * plan's place may be taken by another plan, but only after that one's id was
 * planned.
 */
#ifndef PFA_KNOWN_H
#define PFA_KNOWN_H

#include "perfaudit.h"
#include "nodes/plannodes.h"

#define PFA_KNOWN_SETS		64	/* a power of two */
#define PFA_KNOWN_SHIFT		26	/* leaves as many bits of 32 */
#define PFA_KNOWN_WAYS		4	/* the latest of each set */

/* What may be known of a plan. */
#define PFA_KNOWN_NESTED	0x01	/* it is the shape's settled plan of this
									 * level */
#define PFA_KNOWN_TOP		0x02	/* the same */
#define PFA_KNOWN_UNTAGGED	0x04	/* its text has no tags */

#define PFA_KNOWN_AT(level) (1 << (level))

#define PFA_KNOWN_WHAT		0x07

/*
 * A plan's address without its lowest three bits, 45 bits of it; 16 of the stamp;
 * and what is known.
 */
extern PFA_LOCAL uint64 pfa_known_plans[PFA_KNOWN_SETS][PFA_KNOWN_WAYS];

static inline uint64 *
pfa_known_set(const PlannedStmt *stmt)
{
	return pfa_known_plans[((uint32) ((uintptr_t) stmt >> 3) * 0x9E3779B1U) >> PFA_KNOWN_SHIFT];
}

static inline uint64
pfa_known_key(const PlannedStmt *stmt, uint32 stamp)
{
	return (uint64) (uintptr_t) stmt << 16 | (uint64) stamp << 3;
}

/* What is known of a plan of an id with this stamp: PFA_KNOWN_*, or 0. */
static inline uint32
pfa_known_find(const PlannedStmt *stmt, uint32 stamp)
{
	const uint64 *set = pfa_known_set(stmt);
	uint64		key = pfa_known_key(stmt, stamp);

	for (int i = 0; i < PFA_KNOWN_WAYS; i++)
	{
		uint64		what = set[i] ^ key;

		if (what <= PFA_KNOWN_WHAT)
			return (uint32) what;
	}
	return 0;
}

extern void pfa_known_add(const PlannedStmt *stmt, uint32 stamp, uint32 what);

/* A stamp that no id has; when all are used up, all ids get new ones. */
extern uint32 pfa_known_stamp(void);

#endif							/* PFA_KNOWN_H */
