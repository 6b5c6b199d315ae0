/*
 * track_internal.h
 *		What track.c gathers and track_parent.c judges, and nobody else sees.
 */
#ifndef PFA_TRACK_INTERNAL_H
#define PFA_TRACK_INTERNAL_H

#include "results.h"
#include "track.h"

#define PFA_TRACKERS		12
#define PFA_TRACK_VALUES	64	/* a power of two */
#define PFA_TRACK_PLACES	3	/* key-like literals or parameters looked at */

#define PFA_NO_ROW			PG_UINT16_MAX

/* How often a place's values were found in a column of a result. */
typedef struct PfaHits
{
	uint16		hits;
	uint16		in_order;		/* not before the row of the hit before */
	uint16		last_row;
	uint16		last_seen;		/* values seen at the last hit */
	uint16		runs:13;		/* of the result, those with a hit */
	uint16		link:3;			/* PFA_LINK_* */
} PfaHits;

/* Those of a place and a result, by column. */
typedef struct PfaHitRow
{
	uint64		result_shape;	/* whose hits these are */
	uint32		result_turn;	/* which of its results */
	uint16		next_row;		/* that of the column that is followed has
								 * next */
	uint16		unseen;			/* values that came before it */
	PfaHits		columns[PFA_RESULT_COLUMNS];
} PfaHitRow;

typedef struct PfaTracker
{
	uint64		shape;			/* 0: free */
	uint32		added;			/* pfa_track_turns when last added to */
	uint32		born;			/* results opened before */
	uint16		used;			/* values in the table */
	uint64		last[PFA_MAX_VALUES];	/* the execution before's values */
	uint8		varied;			/* bindings that changed, a bit each */
	uint8		considered;		/* those that were thought of as places */
	uint16		changes[PFA_TRACK_PLACES];	/* how often they changed */
	uint16		seen[PFA_TRACK_PLACES]; /* known values */
	uint8		binding[PFA_TRACK_PLACES];	/* the shape's binding of each
											 * place */
	uint8		nplaces;
	int8		slot;			/* result that is followed, -1: none was yet */
	uint8		column;
	uint32		turn;			/* pfa_results_turn when it was found */
	uint32		followed;		/* values looked for nowhere else... */
	uint32		settled;		/* ...of which so many count as hits */
	uint32		values[PFA_TRACK_VALUES];
	uint16		serials[PFA_TRACK_VALUES];
	/* numbers + 1 of hit rows, 0: none yet */
	uint8		hit_row[PFA_TRACK_PLACES][PFA_RESULT_SLOTS];
} PfaTracker;

extern PFA_LOCAL PfaTracker pfa_track_all[PFA_TRACKERS];
extern PFA_LOCAL PfaHitRow pfa_track_hit_rows[];

/* The hits of a place in a result, or NULL. */
static inline PfaHitRow *
pfa_track_hits(const PfaTracker *tracker, int place, int slot)
{
	int			at = tracker->hit_row[place][slot];

	return at != 0 && pfa_track_hit_rows[at - 1].result_shape == pfa_results_get(slot)->shape ?
		&pfa_track_hit_rows[at - 1] : NULL;
}

/* Counts what was followed since the last time as hits. */
extern void pfa_track_settle(PfaTracker *tracker);

#endif							/* PFA_TRACK_INTERNAL_H */
