/*
 * makeup.h
 *		What a unit of work is made of: runs of statements of one kind, and how
 *		many shapes there are.
 *
 * Kept of units that may be chatty only: of the current one of each backend, and
 * added up over those that have ended, by who ran them, how they began and tags.
 */
#ifndef PFA_MAKEUP_H
#define PFA_MAKEUP_H

#include "perfaudit.h"
#include "store.h"
#include "unit_internal.h"
#include "unit_sums.h"

#define PFA_MAKEUP_SUMS		128 /* in shared memory */
#define PFA_MAKEUP_EXAMPLES 8	/* shapes and tables kept as examples */

/* What is kept, from these sizes on; what is told is for SQL to decide. */
#define PFA_MAKEUP_RUN		3	/* different shapes in a run */
#define PFA_MAKEUP_SHAPES	15	/* different shapes in a unit */

typedef enum PfaVariant
{
	PFA_VARIANT_AGGREGATES = 0, /* one aggregate after the other */
	PFA_VARIANT_LISTS,			/* one look-up by a list after the other */
	PFA_VARIANT_SHAPES,			/* many different statements */
	PFA_VARIANTS				/* count, last */
} PfaVariant;

/* Statements of a unit that are told of together. */
typedef struct PfaRun
{
	uint32		n;				/* executions */
	uint32		shapes;			/* different ones */
	uint32		most;			/* executions of the most frequent */
	uint32		tables;			/* different ones, of those in relids */
	uint64		exec_ns;
	uint64		gap_ns;			/* between them */
	uint64		shape[PFA_MAKEUP_EXAMPLES]; /* in order; 0: no more */
	Oid			relids[PFA_MAKEUP_EXAMPLES];	/* 0: no more */
} PfaRun;

/* Those of many units. */
typedef struct PfaMakeupSum
{
	Oid			dbid;			/* 0: free */
	Oid			userid;
	uint8		scope;			/* PfaScope */
	uint8		variant;		/* PfaVariant */
	char		application[NAMEDATALEN];
	char		name[NAMEDATALEN];	/* perfaudit.unit of the latest */
	PfaTags		tags;
	uint64		units;
	uint64		statements;		/* all of their units */
	uint64		n_total;
	uint64		exec_ns;
	uint64		gap_ns;
	uint32		n_min;
	TimestampTz first_seen;
	TimestampTz last_seen;
	PfaRun		largest;
} PfaMakeupSum;

extern Size pfa_makeup_size(void);
extern void pfa_makeup_init(void *place, bool found);

/* What kind of statement a shape is, for PfaUnitShape.kind; cheap. */
static inline uint8
pfa_makeup_kind(const PfaShapeFacts *facts)
{
	if (facts->operation != PFA_OP_SELECT || (facts->flags & PFA_FLAG_LOCKING) != 0)
		return PFA_KIND_PLAIN;
	if ((facts->flags & PFA_FLAG_CATALOG) != 0)
		return PFA_KIND_ASIDE;
	if ((facts->flags & PFA_FLAG_AGGREGATE) != 0)
		return PFA_KIND_AGGREGATE;
	for (int i = 0; i < facts->nbindings; i++)
	{
		if (facts->bindings[i].kind == PFA_BIND_LIST)
			return PFA_KIND_LIST;
	}
	return PFA_KIND_PLAIN;
}

/* One begins that is the first of its shape in a unit that has many. */
extern void pfa_makeup_meet(PfaUnitShape *us);

/* The unit is over, but not gone: only changes states. */
extern void pfa_makeup_over(void);

/*
 * A unit takes over the run that goes on, of one in which so much time had passed
 * before it began.
 */
extern void pfa_makeup_take_over(uint8 run_kind, uint64 exec_ns, uint64 gap_ns);

/* The unit is gone, with what is told of it if it counts; takes the lock. */
extern void pfa_makeup_end(const PfaUnitSum *unit, bool counts);
extern void pfa_makeup_forget(void);

/* All of a database, palloc'd; takes the lock. */
extern PfaMakeupSum *pfa_makeup_read(Oid dbid, int *n);
extern void pfa_makeup_reset(Oid dbid, Oid userid);

#endif							/* PFA_MAKEUP_H */
