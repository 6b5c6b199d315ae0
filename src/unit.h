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

/*
 * Notes a statement's start; may end the unit before it.  Returns a handle for
 * its end, not 0.  pfa_unit_repeats then says whether the shape repeats and its
 * values are to be tracked.
 */
extern uint64 pfa_unit_begin(PfaShape *shape, Oid userid, TimestampTz now,
							 bool in_transaction);
extern PFA_LOCAL bool pfa_unit_repeats;

/* The values of the shape that has just begun. */
extern void pfa_unit_track(PfaShape *shape, const PfaValues *values);

/*
 * Tells the client of a repeat of the shape that has just begun, if it is to be
 * told; throws if telling does.
 */
extern void pfa_unit_tell(PfaShape *shape, const PfaKey *key);

extern void pfa_unit_end(uint64 handle, PfaShape *shape, const PfaExecution *execution,
						 uint64 end_ns, bool failed);

/* Whether there is a unit that ends with the transaction. */
extern PFA_LOCAL bool pfa_unit_in_transaction;

/* Its end only changes states: does not throw, allocate or wait. */
extern void pfa_unit_transaction_over(bool aborted);

/* The client rolls back a transaction in which nothing failed. */
extern void pfa_unit_rollback(void);

/* The connection goes to another client of a pool: the unit is over. */
extern void pfa_unit_cut(void);

/* A utility statement at top level; writes: it may have changed data. */
extern void pfa_unit_utility(uint64 end_ns, bool writes);

#endif							/* PFA_UNIT_H */
