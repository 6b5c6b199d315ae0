/*
 * distinct.h
 *		How many different values statements are asked with, across units of work:
 *		an estimate, from few of their executions.
 */
#ifndef PFA_DISTINCT_H
#define PFA_DISTINCT_H

#include "aliases.h"
#include "perfaudit.h"
#include "store.h"

#define PFA_DISTINCT_EVERY		32	/* executions of a backend, of which one
									 * is looked at */
#define PFA_DISTINCT_REGISTERS	32
#define PFA_DISTINCT_SHAPES		512 /* in shared memory */

/* What is known of a shape; registers as in HyperLogLog. */
typedef struct PfaDistinct
{
	uint64		shape;			/* 0: free */
	Oid			dbid;
	Oid			userid;
	uint32		sampled;		/* executions looked at */
	uint32		units;			/* of a backend, one after the other, that
								 * these were in */
	TimestampTz last_seen;
	uint8		registers[PFA_DISTINCT_REGISTERS];
} PfaDistinct;

extern Size pfa_distinct_size(void);
extern void pfa_distinct_init(void *place, bool found);

/* Executions of this backend until the next that is looked at. */
extern PFA_LOCAL uint32 pfa_distinct_in;

/* Whether the values of a shape are counted. */
static inline bool
pfa_distinct_counts(const PfaShapeFacts *facts)
{
	return facts->operation == PFA_OP_SELECT &&
		(facts->flags & (PFA_FLAG_CATALOG | PFA_FLAG_LOCKING | PFA_FLAG_TEMPORARY)) == 0;
}

/* One is looked at: which is the next?  And what it was asked with. */
extern void pfa_distinct_draw(void);
extern void pfa_distinct_add(const PfaKey *key, uint64 values, TimestampTz now);

/* Copies of all of a database, PFA_DISTINCT_SHAPES at most; takes the lock. */
extern int	pfa_distinct_read(Oid dbid, PfaDistinct *copies);
extern void pfa_distinct_reset(Oid dbid, Oid userid, uint64 shape);

/* How many values there were; a pure function. */
extern double pfa_distinct_estimate(const PfaDistinct *of);

#endif							/* PFA_DISTINCT_H */
