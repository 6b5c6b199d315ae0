/*
 * track.h
 *		The values of one repeated shape in a unit of work: how many differ, how
 *		many are the same, and in which result's column they stand.
 */
#ifndef PFA_TRACK_H
#define PFA_TRACK_H

#include "links.h"
#include "literals.h"
#include "perfaudit.h"
#include "results.h"

/* Where the values of a repeat came from. */
typedef struct PfaParent
{
	uint64		shape;			/* 0: none found */
	uint64		queryid;
	Oid			relid;
	int16		attnum;
	int16		resno;
	uint32		rows;			/* of the parent's result */
	uint32		compared;		/* children whose value was looked for */
	uint32		covered;		/* of them, found */
	Oid			child_relid;	/* the child's column compared with it */
	int16		child_attnum;
	uint32		missing;		/* executions after which there may be one,
								 * or this may be none; 0: not known */
	bool		others_vary;	/* other values of the child differ as well */
	bool		partly;			/* not all executions are explained, but those
								 * covered */
	uint16		before;			/* values before the first that was found */
} PfaParent;

typedef struct PfaTrackSums
{
	uint32		compared;		/* executions whose values are known */
	uint32		distinct_values;
	uint32		same_values;	/* values seen before, nothing written since */
	uint32		lists;			/* executions with a list of several values */
	bool		keyed;			/* an equality's value varied */
} PfaTrackSums;

/* A tracker for a shape, or -1: all are taken by shapes repeated more. */
extern int	pfa_track_open(uint64 shape);
extern void pfa_track_forget(void);

/* All but those whose bits are set. */
extern void pfa_track_forget_but(uint32 trackers);

/*
 * Adds one execution's values, false if another shape has taken the tracker;
 * write_serial counts what the session has written in this unit.
 */
extern bool pfa_track_add(int tracker, const PfaShapeFacts *facts,
						  const PfaValues *values, uint16 write_serial);

/* How a tracker stands. */
typedef enum PfaTrackState
{
	PFA_TRACK_LOOKS = 0,
	PFA_TRACK_VARIED,			/* many different values */
	PFA_TRACK_FOLLOWS			/* its parent is known, and values come in the
								 * order of the parent's rows */
} PfaTrackState;

extern PFA_LOCAL uint8 pfa_track_states[];
extern PFA_LOCAL const Size pfa_track_size; /* bytes */
extern PFA_LOCAL const Size pfa_tree_size;

/* Whether values of a tracker are looked for in its own shape's results. */
extern bool pfa_tree_watches(int tracker);

/*
 * Whether more values are not worth a look for the time being: many different
 * ones, and no result that they could have come from.
 */
static inline bool
pfa_track_hopeless(int tracker)
{
	return pfa_track_states[tracker] == PFA_TRACK_VARIED && pfa_results_count == 0;
}

static inline bool
pfa_track_follows(int tracker)
{
	return pfa_track_states[tracker] == PFA_TRACK_FOLLOWS;
}

/*
 * The value of the only parameter of one that follows, if it is a number, and
 * where the parent's next row has it: all is done then that pfa_track_add does.
 * False if it has another, and nothing is done.
 */
extern bool pfa_track_follow(int tracker, const PfaShapeFacts *facts,
							 ParamListInfo params, uint16 write_serial);

/* What is left to do for such a value when it was done once: see track_follow.c. */
typedef struct PfaTrail
{
	uint64		shape;			/* whose values; 0: nobody's */
	const uint32 *next;			/* the parent's next row's value... */
	const uint32 *end;			/* ...unless there is none */
	uint64		last;			/* hash of the value before */
	uint32		stride;			/* from row to row */
	uint32		turn;			/* pfa_results_turn at its begin */
	uint32		passed;			/* rows that are yet to be counted */
	Oid			type;			/* of the parameter */
	uint16		serial;			/* write_serial at its begin */
} PfaTrail;

extern PFA_LOCAL PfaTrail pfa_track_trails[];

static inline bool
pfa_track_trails_on(PfaTrail *trail, uint64 shape, ParamListInfo params, uint16 write_serial)
{
	const ParamExternData *param = &params->params[0];
	uint64		hash;

	if (trail->shape != shape || trail->next >= trail->end || trail->turn != pfa_results_turn ||
		trail->serial != write_serial || params->numParams != 1 ||
		params->paramFetch != NULL || param->isnull || param->ptype != trail->type)
		return false;
	hash = pfa_hashes_key(trail->type, param->value);
	if (pfa_results_key(hash) != *trail->next || hash == trail->last)
		return false;
	trail->next += trail->stride;
	trail->last = hash;
	trail->passed++;
	return true;
}

/* What was counted, all executions included. */
extern const PfaTrackSums *pfa_track_sums(int tracker);

/* The same by who knows what a trail has passed, which are but distinct values to him. */
extern PFA_LOCAL PfaTrackSums pfa_track_all_sums[];

/* Nothing is left to be counted: the rows passed may make room. */
extern void pfa_track_settle_all(void);

/* A value was found in a result that is new to its tracker: a loop may begin. */
extern PFA_LOCAL bool pfa_track_met;

/* There was no room for what a value was found in: until somebody says otherwise. */
extern PFA_LOCAL bool pfa_track_crowded;

/* More values are worth a look, whatever is known of results. */
static inline void
pfa_track_look(int tracker)
{
	if (pfa_track_states[tracker] == PFA_TRACK_VARIED)
		pfa_track_states[tracker] = PFA_TRACK_LOOKS;
}

/* Whether a tracker is still that of a shape: another may have taken it. */
extern PFA_LOCAL bool pfa_track_belongs(int tracker, uint64 shape);

/*
 * How far statements of a unit may have nothing to do with each other: more is asked
 * for then.
 */
typedef enum PfaDoubt
{
	PFA_DOUBT_NONE = 0,			/* they are one transaction */
	PFA_DOUBT_BURST,
	PFA_DOUBT_TRANSACTIONS		/* a burst of transactions, too */
} PfaDoubt;

/* The best explanation of the values so far; looks up foreign keys if needed. */
extern void pfa_track_parent(int tracker, const PfaShapeFacts *facts, PfaDoubt doubt,
							 PfaParent *parent);

#endif							/* PFA_TRACK_H */
