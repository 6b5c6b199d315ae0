/*
 * unit_hot.h
 *		What every statement goes through in its unit of work, inline: the unit
 *		goes on and knows the shape.  All else is in unit.c.
 */
#ifndef PFA_UNIT_HOT_H
#define PFA_UNIT_HOT_H

#include "repeat.h"
#include "settings.h"
#include "slab.h"
#include "track.h"
#include "unit.h"
#include "utils/guc.h"

#define PFA_UNIT_SHAPES		48	/* shapes followed in a unit */
#define PFA_LOOP_PAUSE		5	/* no loop waits so long: burst_gap by this */
#define PFA_UNIT_BUCKETS	64	/* chains by which they are found */

/* How a unit goes on, beside scope + 1; see unit_joined.c. */
#define PFA_GOING_JOINED	3	/* a burst, in a short transaction */
#define PFA_GOING_SHORT		4	/* after a short transaction: what follows may
								 * make it a burst */

/* Statements of a kind that follow one another are a run; see makeup.c. */
#define PFA_KIND_PLAIN		0
#define PFA_KIND_AGGREGATE	1
#define PFA_KIND_LIST		2
#define PFA_KIND_ASIDE		3	/* catalogs: neither part of a run nor its end */

/* A shape whose values are not tracked: none yet; never; it writes. */
#define PFA_UNIT_UNTRACKED	(-1)
#define PFA_UNIT_IGNORED	(-2)
#define PFA_UNIT_WRITES		(-3)

typedef struct PfaUnitShape
{
	uint64		shape;
	uint32		last;			/* the unit's count of statements when it ran */
	uint32		calls;
	uint16		validated;		/* executions followed by an insert that they
								 * prepared; writes that stand by themselves */
	uint16		written_after;	/* followed by any write to their table; the
								 * subtransaction of the last write */
	int8		tracker;		/* or one of the below */
	int8		live[2];		/* slab repeats: with values that differ, that
								 * are the same; -1: not published */
	uint8		told;			/* bits of kinds told, and from the third on
								 * of those that the log is done with */
	uint32		judge_at;		/* executions after which it is judged next */
	uint32		show_at;		/* from which something is to be done at an
								 * end: 0 while a repeat is published */
	uint8		next;			/* place + 1 of the next in its chain, or 0 */
	bool		followed;		/* its tracker followed its parent when it was
								 * judged */
	bool		recent;			/* ran again since the hand last came by */
	uint8		asks_existence:1;
	uint8		reads:1;		/* is a SELECT, not of catalogs alone */
	uint8		gathered:1;		/* its results of one row are put together */
	uint8		locks:1;		/* SELECT ... FOR UPDATE and the like */
	uint8		watched:1;		/* an update whose key is looked at */
	int8		watch;			/* place + 1 of what other connections may
								 * explain, 0: not thought of yet, -1: not */
	uint8		kind;			/* PFA_KIND_* */
	uint8		keys:4;			/* those looked at, but for the first... */
	uint8		same_keys:4;	/* ...and met before, as it seems */
	uint16		run;			/* the run of its kind that it was in, see
								 * makeup.c */
	uint16		run_n;			/* its executions in that */
	uint16		in_a_row;		/* executions with no statement and no pause
								 * between them and the ones before */
	uint16		alone;			/* writes before which the client waited, up
								 * to 65,535 */
	Oid			relid;			/* the table it reads */
	uint32		met;			/* keys, a bit each by their hashes */
	uint64		exec_ns;
	uint64		gap_ns;
	uint64		rows;
	TimestampTz first_seen;
} PfaUnitShape;

typedef struct PfaUnit
{
	bool		active;
	uint8		going;			/* scope + 1 or PFA_GOING_* while it goes on, 0
								 * when it is over */
	uint32		serial;			/* tells units of this backend apart, not 0 */
	bool		aborted;		/* by an error, not by the client's ROLLBACK */
	bool		rolled_back;	/* the client said so */
	bool		published;		/* has published repeats */
	bool		unexplained;	/* something repeats of which no parent is
								 * known */
	bool		altered;		/* by a utility statement */
	bool		joined;			/* a burst of transactions, too */
	bool		makeup;			/* there is something to tell of its makeup */
	uint8		run_kind;		/* PFA_KIND_* of the statement before */
	bool		ignored;		/* of an application that is not judged */
	uint8		scope;			/* PfaScope */
	Oid			userid;
	char		application[NAMEDATALEN];
	char		name[NAMEDATALEN];	/* perfaudit.unit */
	PfaTagged	tagged;			/* by the comments of its statements */
	int64		last_end_ns;	/* when the last statement ended */
	int64		gap_max_ns;		/* in which the next of a burst must begin;
								 * longer ones are pauses */
	int64		loop_gap_ns;	/* in which the next of a loop must begin */
	int64		paused_ns;		/* all pauses of a transaction */
	int64		pause_max_ns;
	uint64		pause_shape;	/* that ran before the longest, 0: not known */
	bool		paused_after_write;
	bool		summed;			/* added to the sums before its end */
	bool		crowded_shapes; /* there was no room for one more... */
	bool		crowded_repeats;	/* ...or for what one is judged by */
	int64		clock_offset;	/* microseconds from the clock that times runs
								 * to TimestampTz */
	TimestampTz first_seen;
	TimestampTz last_seen;
	uint16		write_serial;
	bool		changes_schema; /* a burst that does, or goes on after one */
	int64		write_mark;		/* tells writes that came together */
	uint32		known_name;		/* the setting's changes when it was compared */
	uint64		resets;			/* that it knows of */
	TimestampTz end_of_burst;	/* the longest that it may last */
	int			nshapes;
	int			hand;			/* where to look for room next */
	uint8		chains[PFA_UNIT_BUCKETS];	/* place + 1 of the first, or 0 */
	PfaUnitShape shapes[PFA_UNIT_SHAPES];
} PfaUnit;

extern PFA_LOCAL PfaUnit pfa_unit_current;

/* application_name as the unit has it; NULL when that may be freed. */
extern PFA_LOCAL const char *pfa_unit_known_application;

/* Whether the values of more executions may tell anything. */
static inline bool
pfa_unit_worth_tracking(const PfaUnitShape *us)
{
	return us->tracker >= PFA_UNIT_UNTRACKED ?
		us->tracker < 0 || !pfa_track_hopeless(us->tracker) : us->watched;
}

/* Something that is no SELECT; us may be NULL. */
extern void pfa_unit_note_write(PfaUnitShape *us, const PfaShape *shape);

/*
 * After an execution with which something is due: judges the shape's repeats now
 * and then, publishes or withdraws them; what is published goes on as it was judged.
 */
extern void pfa_unit_show(PfaUnitShape *us, PfaShape *shape,
						  const PfaExecution *execution);

/* A statement begins that is of a kind, or follows one that was. */
extern void pfa_makeup_follow(PfaUnitShape *us);

/* Client time and round trip since the statement before; may be negative. */
static inline int64
pfa_unit_gap(const PfaUnit *unit, TimestampTz now)
{
	return (now - unit->clock_offset) * 1000 - unit->last_end_ns;
}

/* A pause inside a transaction, after the unit's statement of that number. */
extern void pfa_unit_note_pause(int64 gap_ns, uint32 statement);

/* A gap before what is no statement of a unit: its message arrived then. */
extern void pfa_unit_note_end(TimestampTz arrived);

/* Whether the statement that begins belongs to the unit there is... */
static inline bool
pfa_unit_goes_on(const PfaUnit *unit, PfaScope scope, Oid userid, TimestampTz now,
				 int64 gap)
{
	return unit->going == scope + 1 &&
		(scope == PFA_SCOPE_TRANSACTION ||
		 (gap <= unit->gap_max_ns && now <= unit->end_of_burst &&
		  unit->userid == userid &&
		  pfa_slab_line->now.unit_statements < pfa_burst_max_statements));
}

/* ...by name, too: without a call when nothing was set meanwhile. */
static inline bool
pfa_unit_has_names(const PfaUnit *unit, PfaScope scope)
{
	return unit->known_name == pfa_unit_changes &&
		(scope == PFA_SCOPE_TRANSACTION || application_name == pfa_unit_known_application);
}

/* Notes the statement in the unit; returns its number there. */
static inline uint32
pfa_unit_count(PfaUnit *unit, const PfaShape *shape, TimestampTz now, int64 gap)
{
	PfaBackendNow *line = &pfa_slab_line->now;
	uint32		number = ++line->unit_statements;

	line->unit_gap_ns += gap;
	if (unlikely(gap > unit->gap_max_ns))
		pfa_unit_note_pause(gap, number - 1);
	line->running_shape = shape->facts.shape;
	unit->last_seen = now;
	return number;
}

/* One that the unit knows. */
static inline PfaUnitShape *
pfa_unit_begin_again(PfaUnit *unit, PfaShape *shape, PfaUnitShape *us, TimestampTz now,
					 int64 gap)
{
	uint32		number;

	gap = Max(gap, 0);
	us->gap_ns += gap;
	us->recent = true;
	us->calls++;
	number = pfa_unit_count(unit, shape, now, gap);
	us->in_a_row += us->last + 1 == number && gap < unit->loop_gap_ns;
	us->last = number;
	if (shape->facts.operation != PFA_OP_SELECT)
		pfa_unit_note_write(us, shape);
	if (unlikely((us->kind | unit->run_kind) != PFA_KIND_PLAIN))
		pfa_makeup_follow(us);
	pfa_unit_repeats = pfa_unit_worth_tracking(us);
	return us;
}

/*
 * Tracks the parameter of the shape that has just begun, if it is as expected; if
 * not, false, and pfa_unit_track is to be called.
 */
static inline bool
pfa_unit_follow(const PfaUnitShape *us, const PfaShape *shape, ParamListInfo params)
{
	uint16		serial = pfa_unit_current.write_serial;

	return us->tracker >= 0 &&
		(likely(pfa_track_trails_on(&pfa_track_trails[us->tracker], us->shape, params, serial)) ||
		 (pfa_track_follows(us->tracker) &&
		  pfa_track_follow(us->tracker, &shape->facts, params, serial)));
}

/* A new unit, or a shape that is new in this one. */
extern PfaUnitShape *pfa_unit_begin_slowly(PfaShape *shape, Oid userid, TimestampTz now,
										   PfaScope scope);

/*
 * Notes a statement's start; may end the unit before it.  What is returned, with
 * the unit's serial, is for its end; NULL when there is no room for its shape.
 * pfa_unit_repeats then says whether the shape repeats and its values are to be
 * tracked.
 */
static inline PfaUnitShape *
pfa_unit_begin(PfaShape *shape, Oid userid, TimestampTz now, bool in_transaction)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaScope	scope = in_transaction ? PFA_SCOPE_TRANSACTION : PFA_SCOPE_BURST;
	PfaUnitShape *us = &unit->shapes[shape->unit_place];
	int64		gap = pfa_unit_gap(unit, now);

	/* mostly the unit goes on and knows the shape; nothing is called then */
	if (unlikely(shape->unit_serial != unit->serial || us->shape != shape->facts.shape ||
				 !pfa_unit_goes_on(unit, scope, userid, now, gap) ||
				 !pfa_unit_has_names(unit, scope)))
		return pfa_unit_begin_slowly(shape, userid, now, scope);
	return pfa_unit_begin_again(unit, shape, us, now, gap);
}

/*
 * The same for a shape of which pfa_unit_stays was true at its last end, when
 * nothing has changed since (pfa_changes).
 */
static inline PfaUnitShape *
pfa_unit_begin_steadily(PfaShape *shape, PfaUnitShape *us, Oid userid, TimestampTz now,
						bool in_transaction)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaScope	scope = in_transaction ? PFA_SCOPE_TRANSACTION : PFA_SCOPE_BURST;
	int64		gap = pfa_unit_gap(unit, now);

	if (unlikely(!pfa_unit_goes_on(unit, scope, userid, now, gap) ||
				 (scope == PFA_SCOPE_BURST && application_name != pfa_unit_known_application)))
		return pfa_unit_begin_slowly(shape, userid, now, scope);
	return pfa_unit_begin_again(unit, shape, us, now, gap);
}

/* Whether the unit, by this name, knows the shape by this place. */
static inline bool
pfa_unit_stays(const PfaUnitShape *us, const PfaShape *shape)
{
	const PfaUnit *unit = &pfa_unit_current;

	return us == &unit->shapes[shape->unit_place] && shape->unit_serial == unit->serial &&
		us->shape == shape->facts.shape && unit->known_name == pfa_unit_changes;
}

/* A statement of a unit is over; a cursor may have run last long before. */
static inline void
pfa_unit_count_over(const PfaExecution *execution, uint64 end_ns)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaSlabLine *line = pfa_slab_line;

	unit->last_end_ns = Max(unit->last_end_ns, (int64) end_ns);
	PFA_SLAB_CHANGE(line);
	line->now.unit_exec_ns += execution->exec_ns;
	line->now.running_shape = 0;
	line->now.statements++;
	line->now.exec_ns += execution->exec_ns;
	line->now.hist[execution->bucket]++;
	PFA_SLAB_CHANGED(line);
}

/* What the unit knows of its shape, which is still there (pfa_unit_stays). */
static inline void
pfa_unit_end_again(PfaUnitShape *us, PfaShape *shape, const PfaExecution *execution,
				   bool failed)
{
	PfaBackendNow *now = &pfa_slab_line->now;

	us->exec_ns += execution->exec_ns;
	us->rows += execution->rows;
	if (us->calls > now->repeated_n && us->calls > 1)
	{
		now->repeated_n = us->calls;
		now->repeated_shape = us->shape;
	}
	if (unlikely(us->calls >= us->show_at) && !failed)
		pfa_unit_show(us, shape, execution);
}

/* ...and its end; serial: the unit's at its start. */
static inline void
pfa_unit_end(PfaUnitShape *us, uint32 serial, PfaShape *shape,
			 const PfaExecution *execution, uint64 end_ns, bool failed)
{
	pfa_unit_count_over(execution, end_ns);
	/* a cursor may end in another unit than it began in */
	if (likely(serial == pfa_unit_current.serial && us != NULL &&
			   us->shape == execution->key.shape))
		pfa_unit_end_again(us, shape, execution, failed);
}

#endif							/* PFA_UNIT_HOT_H */
