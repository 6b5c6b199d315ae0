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

#define PFA_NO_ROW			PG_UINT8_MAX	/* none has so many */

/* How often a place's values were found in a column of a result. */
typedef struct PfaHits
{
	uint16		hits;
	uint16		in_order;		/* not before the row of the hit before */
	uint16		last_seen;		/* values seen at the last hit */
	uint16		runs:13;		/* of the result, those with a hit */
	uint16		link:3;			/* PFA_LINK_* */
	uint8		last_row;
	uint8		skipped;		/* rows between those in order, up to 255 */
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
	bool		no_tree;		/* its values do not come from its own
								 * results */
	int8		slot;			/* result that is followed, -1: none was yet */
	uint8		column;
	uint8		proved_place:2; /* all values were once in this column, in
								 * order... */
	uint8		proved_slot:3;
	uint8		proved_column:3;
	uint16		proved;			/* ...so many; 0: in none */
	uint32		turn;			/* pfa_results_turn when it was found */
	uint32		followed;		/* values looked for nowhere else... */
	uint32		settled;		/* ...of which so many count as hits */
	uint32		values[PFA_TRACK_VALUES];
	uint16		serials[PFA_TRACK_VALUES];
	/* numbers + 1 of hit rows, 0: none yet */
	uint8		hit_row[PFA_TRACK_PLACES][PFA_RESULT_SLOTS];
} PfaTracker;

/*
 * A result whose rows the values of a place are looked for in, one after the
 * other: of one tracker at a time.
 */
typedef struct PfaWalk
{
	const PfaTracker *tracker;	/* whose; NULL: nobody's */
	uint64		shape;			/* of the result */
	uint32		turn;			/* which of its results */
	uint8		columns;		/* that may have given values, a bit each */
	uint8		place;
	uint8		slot;
	uint8		lost;			/* values in a row that were not found */
	uint8		row;			/* where the latest was found */
	uint16		values;			/* looked for */
	uint16		advance;		/* rows between those found one after another,
								 * summed */
	uint16		found[PFA_RESULT_COLUMNS];	/* values, in each column */
} PfaWalk;

extern PFA_LOCAL PfaWalk pfa_track_walk;
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

/*
 * What hits skipped, and the rows up to another, but for those with what the row
 * before had, or, of who asks once only, with what was asked for.
 */
extern uint8 pfa_track_skip(const PfaTracker *tracker, const PfaResult *result,
							int column, const PfaHits *hits, uint32 to);

/* Looks for a value in the next rows of what is walked. */
extern void pfa_track_walk_on(uint32 key);

/*
 * From now on, if nobody else's is; columns: a bit for each that a foreign key
 * links to the place.
 */
extern void pfa_track_walk_begin(const PfaTracker *tracker, int place, int slot,
								 uint8 columns);

/*
 * The column that gave most values, if all of them together gave (nearly) all; -1
 * if not, missing then: executions after which they may, or 0.
 */
extern int	pfa_track_walked(const PfaTracker *tracker, uint32 *found, uint32 *missing);

/* -- track_tree.c: a walk through a tree, of one tracker at a time ----------------- */

/* A value of a place, of a shape of which there is a result of several rows. */
extern void pfa_tree_add(PfaTracker *tracker, int place, const PfaBinding *binding,
						 const PfaResult *own, uint32 key);

/* Whether the values came from the shape's own results; fills the parent, missing then. */
extern bool pfa_tree_parent(PfaTracker *tracker, const PfaShapeFacts *facts,
							PfaParent *parent);

/* Of this tracker, or (NULL) whosever it is; for good. */
extern void pfa_tree_forget(const PfaTracker *tracker);
extern void pfa_tree_give_up(PfaTracker *tracker);

/* What is walked or watched for a tracker, or (NULL) for all. */
static inline void
pfa_track_let_go(const PfaTracker *tracker)
{
	if (tracker == NULL || pfa_track_walk.tracker == tracker)
		pfa_track_walk.tracker = NULL;
	pfa_tree_forget(tracker);
}

/* -- track_chance.c: what values may have in common with a list by chance ------------ */

/*
 * How many values there are of which a column has some, 0 if not known; rows: no
 * more than so many, 0 if not known.
 */
extern uint32 pfa_track_domain(PfaResult *result, int column, uint32 distinct,
							   uint32 rows);

/*
 * Whether so many of what was asked for would be found by chance where the list has
 * some (distinct) of the values that there are; once: no value was asked for twice.
 */
extern bool pfa_track_by_chance(uint32 asked, uint32 found, uint32 distinct,
								uint32 domain, bool once);

/* Of the values looked for, as many as the rows that were not kept would have. */
extern uint32 pfa_track_beyond(const PfaResult *result, uint32 distinct, uint32 looked);

/* Whether a value was asked for before, if it is remembered. */
static inline bool
pfa_track_asked(const PfaTracker *tracker, uint32 key)
{
	uint32		at = (key >> 1) & (PFA_TRACK_VALUES - 1);

	while (tracker->values[at] != 0 && tracker->values[at] != key)
		at = (at + 1) & (PFA_TRACK_VALUES - 1);
	return tracker->values[at] == key;
}

/* Counts what was followed since the last time as hits. */
extern void pfa_track_settle(PfaTracker *tracker);

/* Another or the same value of a vector; key: not 0. */
extern void pfa_track_add_vector(int t, uint32 key, uint16 serial);

/* A value of one that follows; false if it is not the next row's. */
extern bool pfa_track_follow_value(int t, uint64 hash, uint16 serial);

#endif							/* PFA_TRACK_INTERNAL_H */
