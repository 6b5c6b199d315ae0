/*
 * unit_sums.h
 *		Units of work, added up by role, application, tags and scope.
 */
#ifndef PFA_UNIT_SUMS_H
#define PFA_UNIT_SUMS_H

#include "perfaudit.h"
#include "tags.h"

#define PFA_UNIT_SUMS		512 /* in shared memory */

/* Units of a transaction by the sum of their pauses, from so many ms on. */
#define PFA_PAUSE_BUCKETS	6
extern const int pfa_pause_floor_ms[PFA_PAUSE_BUCKETS];

typedef struct PfaUnitSum
{
	Oid			dbid;			/* 0: free */
	Oid			userid;
	uint32		scope;			/* PfaScope */
	uint32		unused;
	char		application[NAMEDATALEN];
	uint64		units;
	uint64		statements;
	uint64		statements_max;
	uint64		exec_ns;
	uint64		gap_ns;			/* between statements: client and network */
	TimestampTz first_seen;
	TimestampTz last_seen;
	PfaTags		tags;
	uint64		pause_max_ns;	/* the longest pause */
	uint64		pause_shape;	/* that ran before it, 0: not known */
	uint64		paused_ns[PFA_PAUSE_BUCKETS];
	uint32		paused[PFA_PAUSE_BUCKETS];	/* units with pauses, ... */
	uint32		paused_after_write[PFA_PAUSE_BUCKETS];	/* ...with locks held */
} PfaUnitSum;

extern Size pfa_unit_sums_size(void);
extern void pfa_unit_sums_init(void *place, bool found);

/* Adds b to a, which is of the same identity or free. */
extern void pfa_unit_sums_merge(PfaUnitSum *a, const PfaUnitSum *b);
extern bool pfa_unit_sums_same(const PfaUnitSum *a, const PfaUnitSum *b);

/* The shared sums; each takes the one lock for a moment. */
extern void pfa_unit_sums_add(const PfaUnitSum *sum);
extern int	pfa_unit_sums_read(PfaUnitSum *copies); /* PFA_UNIT_SUMS of them */
extern void pfa_unit_sums_reset(Oid dbid, Oid userid);

#endif							/* PFA_UNIT_SUMS_H */
