/*
 * unit.h
 *		The unit of work: an explicit transaction, or a burst of statements
 *		outside of one.  Judges what cannot be reconstructed later: repeats.
 */
#ifndef PFA_UNIT_H
#define PFA_UNIT_H

#include "literals.h"
#include "perfaudit.h"
#include "shape.h"
#include "tags.h"

/*
 * Whether the values of a shape are to be taken: it has been seen in this unit
 * before.
 */
extern bool pfa_unit_wants_values(PfaShape *shape);

/*
 * What the comments of the statement that is about to begin say, or NULL when it
 * has begun; stays the caller's.  Tags that differ from the unit's end the unit.
 */
extern void pfa_unit_expect(const PfaTagged *tagged);

/* Whether the shape that has just begun repeats, and its values are to be tracked. */
extern PFA_LOCAL bool pfa_unit_repeats;

/*
 * Instead of pfa_unit_begin for a statement that is not judged, as its comment
 * says; it has no place for its shape.
 */
extern void pfa_unit_pass(const PfaShape *shape, Oid userid, TimestampTz now,
						  bool in_transaction);

/* The values of the shape that has just begun. */
extern void pfa_unit_track(PfaShape *shape, const PfaValues *values);

/*
 * Tells the client of a repeat of the shape that has just begun, if it is to be
 * told; throws if telling does.
 */
extern void pfa_unit_tell(PfaShape *shape, const PfaKey *key);

/* Whether there is a unit that ends with the transaction. */
extern PFA_LOCAL bool pfa_unit_in_transaction;

/* Its end only changes states: does not throw, allocate or wait. */
extern void pfa_unit_transaction_over(bool aborted);

/* The client rolls back a transaction in which nothing failed. */
extern void pfa_unit_rollback(void);

/* The connection goes to another client of a pool: the unit is over. */
extern void pfa_unit_cut(void);

/*
 * A utility statement at top level; writes: it may have changed data; ends: the
 * transaction.
 */
extern void pfa_unit_utility(uint64 end_ns, bool writes, bool ends);

/* It has changed the schema. */
extern void pfa_unit_note_schema_change(void);

/*
 * A result of several rows has been looked at: others may find the values of their
 * repeats there.
 */
extern void pfa_unit_offer(PfaShape *shape, int result, uint64 end_ns);

#endif							/* PFA_UNIT_H */
