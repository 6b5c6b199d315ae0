/*
 * unit_internal.h
 *		What the parts of the unit share, and nobody else sees.
 */
#ifndef PFA_UNIT_INTERNAL_H
#define PFA_UNIT_INTERNAL_H

#include "unit_hot.h"
#include "unit_sums.h"

extern void pfa_unit_sum_pauses(PfaUnitSum *sum);

/* -- unit.c ---------------------------------------------------------------------- */

/* Whether perfaudit.unit, and the application, are as the unit has them. */
extern bool pfa_unit_has_name(void);
extern bool pfa_unit_has_application(void);

/* The unit as it is now, but for its pauses; false if it is to be forgotten. */
extern bool pfa_unit_fill_sum(PfaUnitSum *sum);

/*
 * A unit ends, of which results after this one and some trackers (bits) are kept
 * for the next; it begins.
 */
extern void pfa_unit_end_but(uint32 results_turn, uint32 trackers);
extern void pfa_unit_start(PfaScope scope, Oid userid, TimestampTz now);

/* -- unit_joined.c --------------------------------------------------------------- */

/*
 * Whether a statement that does not simply go on with the unit belongs to it:
 * its transaction is one of a burst, as far as is known.
 */
extern bool pfa_unit_joins(PfaScope scope, Oid userid, TimestampTz now, bool altered);

/* A statement of such a transaction is about to be counted. */
extern void pfa_unit_note_joined(PfaUnitShape *us);

/* The transaction in the burst is a unit of its own. */
extern void pfa_unit_part(void);

/*
 * A transaction is over: whether the unit goes on.  Only changes states.
 */
extern bool pfa_unit_outlives(bool aborted);

/*
 * Adds a unit that has pauses, or a burst: its transactions first, and then what else
 * it had.
 */
extern void pfa_unit_add_rest(PfaUnitSum rest);

/* The reset of a unit in such a transaction. */
extern void pfa_unit_joined_anew(void);

/* -- unit_shapes.c --------------------------------------------------------------- */

/* What the unit knows of a shape, or NULL; the shape remembers the place. */
extern PfaUnitShape *pfa_unit_search_shape(PfaShape *shape);

static inline PfaUnitShape *
pfa_unit_find_shape(PfaShape *shape)
{
	PfaUnitShape *us = &pfa_unit_current.shapes[shape->unit_place];

	return shape->unit_serial == pfa_unit_current.serial && us->shape == shape->facts.shape ?
		us : pfa_unit_search_shape(shape);
}

/* One of the unit before, with what it has counted; there must be room. */
extern void pfa_unit_take_over_shape(const PfaUnitShape *us);

/* NULL when there is no room. */
extern PfaUnitShape *pfa_unit_enter_shape(PfaShape *shape, TimestampTz now);

/* Whether a burst that begins now follows a change of the schema. */
extern bool pfa_unit_follows_schema_change(TimestampTz now);

/* -- unit_repeats.c, unit_writes.c ------------------------------------------------- */

/* What is published is brought up to date: the unit is over. */
extern void pfa_unit_show_last(void);

/* What the repeat is, if it is one; fills all but times... */
extern bool pfa_unit_judge(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key,
						   int which, PfaRepeat *repeat);

/* ...and those. */
extern void pfa_unit_fill_costs(const PfaUnitShape *us, PfaRepeat *repeat);

/* Judges a shape's repeats, and publishes or withdraws them. */
extern void pfa_unit_publish(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key);

/* The log is told once a unit: of what is published. */
extern void pfa_unit_write_log(PfaUnitShape *us);

/* What is published of a shape never was. */
extern void pfa_unit_withdraw(PfaUnitShape *us);

/* The values of an update that is watched. */
extern void pfa_unit_note_key(PfaUnitShape *us, const PfaShapeFacts *facts,
							  const PfaValues *values);

/* -- unit_offer.c, unit_peers.c ---------------------------------------------------- */

/* Whose work the unit is, hashed: lists of the same only are its own. */
extern uint64 pfa_unit_owner(void);

/*
 * A repeat in a burst, whose list may have been read on another connection: its
 * values, before it runs, and what it did, after.
 */
extern void pfa_unit_watch(PfaUnitShape *us, const PfaShape *shape, const PfaValues *values);
extern void pfa_unit_watched(PfaUnitShape *us, const PfaShape *shape,
							 const PfaExecution *execution);

/* What all connections have done of it; false if that is no proof yet. */
extern bool pfa_unit_spread(const PfaUnitShape *us, PfaRepeat *repeat);

/*
 * A burst ends; whether those just before this one ran a shape, and its values are
 * to be looked at.
 */
extern void pfa_unit_end_burst(void);
extern bool pfa_unit_remembers(const PfaUnitShape *us);
extern bool pfa_unit_ran_before(const PfaUnitShape *us);

/* Whether a shape writes row by row; fills what is its own. */
extern bool pfa_unit_judge_write(const PfaUnitShape *us, const PfaShapeFacts *facts,
								 PfaRepeat *repeat);

/* Whether a repeated SELECT reads what was written just before. */
extern bool pfa_unit_reads_back(const PfaUnitShape *us);

#endif							/* PFA_UNIT_INTERNAL_H */
