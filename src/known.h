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

#define PFA_KNOWN_PLANS		128 /* a power of two; the latest of each place */
#define PFA_KNOWN_SHIFT		25	/* leaves as many bits of 32 */

/* What may be known of a plan. */
#define PFA_KNOWN_NESTED	0x01	/* it is the shape's settled plan of this
									 * level */
#define PFA_KNOWN_TOP		0x02	/* the same */
#define PFA_KNOWN_UNTAGGED	0x04	/* its text has no tags */

#define PFA_KNOWN_AT(level) (1 << (level))

typedef struct PfaKnownPlan
{
	const PlannedStmt *stmt;
	uint32		stamp;			/* of its query id */
	uint32		what;			/* PFA_KNOWN_* */
} PfaKnownPlan;

extern PFA_LOCAL PfaKnownPlan pfa_known_plans[PFA_KNOWN_PLANS];

static inline PfaKnownPlan *
pfa_known_place(const PlannedStmt *stmt)
{
	return &pfa_known_plans[((uint32) ((uintptr_t) stmt >> 3) * 0x9E3779B1U) >> PFA_KNOWN_SHIFT];
}

/* What is known of a plan of an id with this stamp: PFA_KNOWN_*, or 0. */
static inline uint32
pfa_known_find(const PlannedStmt *stmt, uint32 stamp)
{
	const PfaKnownPlan *place = pfa_known_place(stmt);

	return place->stmt == stmt && place->stamp == stamp ? place->what : 0;
}

extern void pfa_known_add(const PlannedStmt *stmt, uint32 stamp, uint32 what);

/* A stamp that no id has. */
extern uint32 pfa_known_stamp(void);

#endif							/* PFA_KNOWN_H */
