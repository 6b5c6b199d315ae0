/*
 * peers.h
 *		Lists that this backend has read of late, for other backends to find the
 *		values of their repeats in; and what this one looks for in theirs.
 */
#ifndef PFA_PEERS_H
#define PFA_PEERS_H

#include "peer_groups.h"
#include "results.h"

#define PFA_PEER_RESULTS	3	/* of each backend */
#define PFA_PEER_WATCHES	6	/* shapes that a backend looks closer at */
#define PFA_PEER_VALUES		8	/* values of a shape that wait */
#define PFA_PEER_PLACES		2	/* key-like values of a shape */

typedef enum PfaPeerState
{
	PFA_PEER_REMEMBERED = 0,	/* it ran, its values are not known */
	PFA_PEER_WATCHED,
	PFA_PEER_JOINS,				/* a parent has been found */
	PFA_PEER_DONE				/* there is none to be found */
} PfaPeerState;

/*
 * A shape that ran in a chain of bursts that follow one another: its values are
 * looked for in what others have read.
 */
typedef struct PfaPeerWatch
{
	uint64		shape;
	uint32		chain;			/* 0: free */
	uint8		state;			/* PfaPeerState */
	uint8		nplaces;
	uint8		place;			/* that is compared with the parent's column */
	uint8		n;				/* values that wait */
	uint8		varied;			/* bindings that did, a bit each */
	bool		begun;			/* there are values of an execution before */
	uint32		unit;			/* that... */
	PfaPeerWork now;			/* ...did this */
	PfaPeerWork before;			/* in units before it */
	uint8		bindings[PFA_PEER_PLACES];
	uint32		last[PFA_MAX_VALUES];	/* the execution before's values */
	uint32		values[PFA_PEER_PLACES][PFA_PEER_VALUES];
	PfaPeerHandle handle;
} PfaPeerWatch;

extern Size pfa_peers_size(void);
extern void pfa_peers_init(void *place, bool found);

/* The watch of a shape in a chain, and a new one: -1 if there is none, no room. */
extern int	pfa_peers_find_watch(uint64 shape, uint32 chain);
extern int	pfa_peers_add_watch(uint64 shape, uint32 chain);
extern PfaPeerWatch *pfa_peers_get_watch(int at);

/*
 * Whether it is a shape's turn to be watched; what led to nothing is less often
 * done.
 */
extern bool pfa_peers_turn(uint64 shape);
extern void pfa_peers_learn(uint64 shape, bool found);

/*
 * Lets others find a result; who they must be: a hash.  True if somebody has used
 * the one before of its shape.
 */
extern bool pfa_peers_publish(uint64 who, const PfaResult *result, uint32 unit,
							  TimestampTz ended);

/* No longer, unless it has been used. */
extern void pfa_peers_withdraw(uint64 shape);

/* Somebody uses a result of another backend: it was worth looking at. */
extern void pfa_peers_note_used(const PfaPeerResult *result);

/*
 * The next result, of another unit than this backend's, that had ended before began,
 * and not before since; start with zero.
 */
extern bool pfa_peers_next(int *at, uint64 who, uint32 unit, TimestampTz since,
						   TimestampTz began, PfaPeerResult *copy);

#endif							/* PFA_PEERS_H */
