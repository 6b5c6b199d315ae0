/*
 * repeat.h
 *		A shape repeated inside one unit of work, and what many units add up to.
 */
#ifndef PFA_REPEAT_H
#define PFA_REPEAT_H

#include "perfaudit.h"
#include "tags.h"

typedef enum PfaRepeatKind
{
	PFA_REPEAT_CHILD = 0,		/* different values, found in a parent's
								 * result */
	PFA_REPEAT_ORPHAN,			/* different values, parent unknown */
	PFA_REPEAT_DUPLICATE,		/* the same values again and again */
	PFA_REPEAT_WRITE			/* one row changed at a time */
} PfaRepeatKind;

typedef enum PfaScope
{
	PFA_SCOPE_TRANSACTION = 0,
	PFA_SCOPE_BURST
} PfaScope;

/* What is the same for all units in which the same repeat is seen. */
typedef struct PfaRepeatId
{
	PfaKey		child;
	uint64		parent;			/* shape of the parent, 0: unknown */
	Oid			child_relid;	/* the child's column that takes the values */
	Oid			parent_relid;	/* the column that they came from */
	int16		child_attnum;
	int16		parent_attnum;
	int16		parent_resno;	/* its place in the parent's result, from 1 */
	uint8		kind;			/* PfaRepeatKind */
	uint8		scope;			/* PfaScope */
	char		application[NAMEDATALEN];
	uint64		tags;			/* hash of the tags, 0: none */
} PfaRepeatId;

/* One unit's repeat. */
typedef struct PfaRepeat
{
	PfaRepeatId id;
	uint32		n;				/* executions in the unit */
	uint32		distinct_values;
	uint32		same_values;	/* executions whose values were seen before */
	uint32		compared;		/* executions whose values were compared */
	uint32		covered;		/* of them, found in the parent's column */
	uint32		parent_rows;	/* rows of the parent's result */
	uint8		others_vary:1;	/* not only the value from the parent differs */
	uint8		partly:1;		/* what follows the loop of covered values is
								 * none of it */
	uint8		operation:6;	/* PfaOperation of writes */
	uint8		connections;	/* of a pool, that the list and its children
								 * came over; 0: the one that tells it */
	uint16		before;			/* executions before it found its list, but
								 * for the first */
	Oid			returned;		/* table whose rows the child returns, or 0 */
	uint64		exec_ns;
	uint64		gap_ns;			/* from the end of the statement before */
	uint64		rows;			/* rows returned */
	TimestampTz first_seen;
	TimestampTz last_seen;
	PfaTags		tags;
} PfaRepeat;

#define PFA_REPEAT_HIST		48	/* n by the buckets of histogram.h: to 15,000 */

/* All units. */
typedef struct PfaSharedRepeat
{
	bool		used;
	bool		others_vary;
	uint16		connections;	/* most in one unit; 0: always one */
	Oid			returned;
	PfaRepeatId id;
	uint64		units;
	uint64		n_total;
	uint64		same_total;
	uint64		distinct_total;
	uint64		compared;
	uint64		covered;
	uint64		exec_ns;
	uint64		gap_ns;
	uint64		rows;
	uint64		saved_ns;		/* time beyond the first execution in each
								 * unit */
	uint32		n_min;
	uint32		n_max;
	uint32		parent_rows;	/* of the latest unit */
	TimestampTz first_seen;
	TimestampTz last_seen;
	uint16		n_hist[PFA_REPEAT_HIST];
	PfaTags		tags;
} PfaSharedRepeat;

/* Executions that are none of the repeat's, with their share of time. */
extern void pfa_repeat_leave_out(PfaRepeat *repeat, uint32 executions);

/* Adds one unit's repeat to the sum; a pure function. */
extern void pfa_repeat_add(PfaSharedRepeat *sum, const PfaRepeat *repeat);

#endif							/* PFA_REPEAT_H */
