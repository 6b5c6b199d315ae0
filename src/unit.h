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

#define PFA_UNIT_NO_SHAPE	(-1)

/* A top-level statement that begins. */
typedef struct PfaUnitStatement
{
	const PfaKey *key;
	const PfaShape *shape;
	ParamListInfo params;
	TimestampTz now;			/* when it arrived */
	/* gets the hashes of its values; false: not known */
	bool		(*take_values) (const struct PfaUnitStatement *statement,
								PfaValues *values);
} PfaUnitStatement;

/*
 * Whether the values of a shape are to be taken: it has been seen in this unit
 * before.
 */
extern bool pfa_unit_wants_values(const PfaShapeFacts *facts);

/*
 * Notes a statement's start; may end the unit before it and tell the client of
 * a repeat (and throw, if telling does).  Returns a handle for its end.
 */
extern int64 pfa_unit_begin(const PfaUnitStatement *statement);
extern void pfa_unit_end(int64 handle, const PfaUnitStatement *statement,
						 uint64 exec_ns, uint64 rows, uint64 end_ns, bool failed);

/* The client rolls back a transaction in which nothing failed. */
extern void pfa_unit_rollback(void);

/* The connection goes to another client of a pool: the unit is over. */
extern void pfa_unit_cut(void);

/* A utility statement at top level; writes: it may have changed data. */
extern void pfa_unit_utility(uint64 end_ns, bool writes);

#endif							/* PFA_UNIT_H */
