/*
 * unit_internal.h
 *		What unit.c and unit_repeats.c share, and nobody else sees.
 */
#ifndef PFA_UNIT_INTERNAL_H
#define PFA_UNIT_INTERNAL_H

#include "repeat.h"
#include "track.h"
#include "unit.h"

#define PFA_UNIT_SHAPES		48	/* shapes followed in a unit */
#define PFA_UNIT_BUCKETS	64	/* chains by which they are found */

typedef struct PfaUnitShape
{
	uint64		shape;
	uint32		last;			/* the unit's count of statements when it ran */
	uint32		calls;
	uint32		validated;		/* executions followed by an insert */
	int8		tracker;		/* -1: none yet, -2: not to be followed */
	int8		live[2];		/* slab repeats: with values that differ, that
								 * are the same; -1: not published */
	uint8		told;			/* bit mask of kinds told */
	uint32		judge_at;		/* executions after which it is judged next */
	uint8		next;			/* place + 1 of the next in its chain, or 0 */
	bool		recent;			/* ran again since the hand last came by */
	Oid			relid;			/* the table it reads */
	uint64		exec_ns;
	uint64		gap_ns;
	uint64		rows;
	TimestampTz first_seen;
} PfaUnitShape;

typedef struct PfaUnit
{
	bool		active;
	uint8		going;			/* scope + 1 while it goes on, 0 when it is
								 * over */
	uint32		serial;			/* tells units of this backend apart, not 0 */
	bool		aborted;		/* by an error, not by the client's ROLLBACK */
	bool		rolled_back;	/* the client said so */
	bool		published;		/* has published repeats */
	uint8		scope;			/* PfaScope */
	Oid			userid;
	char		application[NAMEDATALEN];
	char		name[NAMEDATALEN];	/* perfaudit.unit */
	PfaTagged	tagged;			/* by the comments of its statements */
	int64		last_end_ns;	/* when the last statement ended */
	int64		gap_max_ns;		/* in which the next of a burst must begin */
	int64		clock_offset;	/* microseconds from the clock that times runs
								 * to TimestampTz */
	TimestampTz first_seen;
	TimestampTz last_seen;
	uint16		write_serial;
	uint32		known_name;		/* the setting's changes when it was compared */
	uint64		resets;			/* that it knows of */
	TimestampTz end_of_burst;	/* the longest that it may last */
	int			nshapes;
	int			hand;			/* where to look for room next */
	uint8		chains[PFA_UNIT_BUCKETS];	/* place + 1 of the first, or 0 */
	PfaUnitShape shapes[PFA_UNIT_SHAPES];
} PfaUnit;

extern PFA_LOCAL PfaUnit pfa_unit_current;

/* What the unit knows of a shape, or NULL; the shape remembers the place. */
extern PfaUnitShape *pfa_unit_search_shape(PfaShape *shape);

static inline PfaUnitShape *
pfa_unit_find_shape(PfaShape *shape)
{
	PfaUnitShape *us = &pfa_unit_current.shapes[shape->unit_place];

	return shape->unit_serial == pfa_unit_current.serial && us->shape == shape->facts.shape ?
		us : pfa_unit_search_shape(shape);
}

/* NULL when there is no room. */
extern PfaUnitShape *pfa_unit_enter_shape(PfaShape *shape, TimestampTz now);

/* Whether the values of more executions may tell anything. */
static inline bool
pfa_unit_worth_tracking(const PfaUnitShape *us)
{
	return us->tracker != -2 && (us->tracker < 0 || !pfa_track_hopeless(us->tracker));
}

/* Something that is no SELECT. */
extern void pfa_unit_note_write(const PfaShape *shape);

/*
 * Judges a shape's repeats after an execution that is due; publishes, updates or
 * withdraws them.
 */
extern void pfa_unit_publish(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key);

/* After every other execution: what is published goes on as it was judged. */
extern void pfa_unit_update(PfaUnitShape *us);

#endif							/* PFA_UNIT_INTERNAL_H */
