/*
 * peer_groups.h
 *		One problem in pieces: a list read on one connection, and what repeats for
 *		its rows on several others.
 */
#ifndef PFA_PEER_GROUPS_H
#define PFA_PEER_GROUPS_H

#include "repeat.h"
#include "results.h"

/* A result as others see it. */
typedef struct PfaPeerResult
{
	uint64		who;			/* whose work it belongs to */
	TimestampTz ended;
	uint64		shape;
	uint64		queryid;
	int			slot;			/* its backend's */
	int			pid;
	uint32		serial;			/* among those of its slot, 0: none */
	uint32		unit;			/* serial of its backend's unit */
	uint32		rows;
	uint16		captured;		/* of them, here */
	uint8		ncolumns;
	int16		attnum[PFA_RESULT_COLUMNS];
	int16		resno[PFA_RESULT_COLUMNS];
	Oid			relid[PFA_RESULT_COLUMNS];
	uint32		hashes[PFA_RESULT_VALUES];	/* row by row */
} PfaPeerResult;

/* A backend's place in a group. */
typedef struct PfaPeerHandle
{
	uint16		group;
	uint16		piece;
	uint32		generation;
} PfaPeerHandle;

/* What a backend has done so far of a group's work. */
typedef struct PfaPeerWork
{
	uint32		n;				/* executions */
	uint32		same_values;
	bool		others_vary;
	uint64		exec_ns;
	uint64		gap_ns;
	uint64		rows;
	TimestampTz first_seen;
	TimestampTz last_seen;
	TimestampTz ended;
} PfaPeerWork;

typedef enum PfaPeerJoin
{
	PFA_PEER_JOINED,
	PFA_PEER_LATER,				/* somebody else is at it */
	PFA_PEER_NO_ROOM
} PfaPeerJoin;

/* A group as it is now. */
typedef struct PfaPeerSum
{
	PfaRepeat	repeat;
	int			slot;			/* the parent's backend */
	int			pid;
	uint32		unit;			/* and its unit */
	bool		shown;			/* its pieces make a repeat */
	TimestampTz begun;
	TimestampTz ended;
} PfaPeerSum;

extern Size pfa_groups_size(void);
extern void pfa_groups_init(void *place, bool found);

/*
 * Joins the group of what repeats for the rows of a result, by their column; opens
 * it if there is none.  Of repeat, what is the same for all.  Never waits.
 */
extern PfaPeerJoin pfa_groups_join(const PfaPeerResult *result, int column, uint8 link,
								   const PfaRepeat *repeat, uint32 unit,
								   PfaPeerHandle *handle);

/* Adds values, and tells what was done so far; false when the group is no more. */
extern bool pfa_groups_add(const PfaPeerHandle *handle, const uint32 *keys, int n,
						   const PfaPeerWork *work);

/* All that has been added by now; false if it proves nothing. */
extern bool pfa_groups_sum(const PfaPeerHandle *handle, PfaPeerSum *sum);

/* What was done turns out to have another parent. */
extern void pfa_groups_leave(const PfaPeerHandle *handle);

/*
 * Readers, who hold the partition's lock: its groups, at most max.  What the
 * parent's own backend has published of a shown one belongs to it: merge.
 */
extern int	pfa_groups_read(int partition, PfaPeerSum *sums, int max);
extern bool pfa_groups_merge(PfaPeerSum *sum, const PfaRepeat *own, int slot, int pid, uint32 unit);

#define PFA_PEER_GROUPS		40

/*
 * A repeat of this backend goes to its group, or else to the store, whose
 * partition is locked exclusively.
 */
extern void pfa_groups_add_repeat(const PfaRepeat *own, uint32 unit);

/*
 * Groups that nobody has added to for long go to the store; all of them, when no
 * other process is left.
 */
extern void pfa_groups_drain(void);
extern void pfa_groups_finish(void);

#endif							/* PFA_PEER_GROUPS_H */
