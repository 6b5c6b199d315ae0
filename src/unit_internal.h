/*
 * unit_internal.h
 *		What unit.c and unit_repeats.c share, and nobody else sees.
 */
#ifndef PFA_UNIT_INTERNAL_H
#define PFA_UNIT_INTERNAL_H

#include "repeat.h"
#include "unit.h"

#define PFA_UNIT_SHAPES		64	/* shapes followed in a unit */

typedef struct PfaUnitShape
{
	uint64		shape;
	uint32		last;			/* the unit's count of statements when it ran */
	uint32		calls;
	uint32		validated;		/* executions followed by an insert */
	int8		tracker;		/* -1: none yet, -2: none to be had */
	int8		live[2];		/* slab repeats: with values that differ, that
								 * are the same; -1: not published */
	uint8		told;			/* bit mask of kinds told */
	Oid			relid;			/* the table it reads */
	uint64		exec_ns;
	uint64		gap_ns;
	uint64		rows;
	TimestampTz first_seen;
} PfaUnitShape;

typedef struct PfaUnit
{
	bool		active;
	uint32		serial;			/* tells units of this backend apart */
	bool		aborted;		/* by an error, not by the client's ROLLBACK */
	bool		rolled_back;	/* the client said so */
	uint8		scope;			/* PfaScope */
	Oid			userid;
	char		application[NAMEDATALEN];
	char		name[NAMEDATALEN];	/* perfaudit.unit */
	TimestampTz last_end;		/* when the last statement ended */
	int64		clock_offset;	/* microseconds from the clock that times runs
								 * to TimestampTz */
	TimestampTz first_seen;
	TimestampTz last_seen;
	uint32		statements;
	uint64		exec_ns;
	uint64		gap_ns;
	uint16		write_serial;
	int			nshapes;
	PfaUnitShape shapes[PFA_UNIT_SHAPES];
} PfaUnit;

extern PfaUnit pfa_unit_current;

/* After its first executions a repeat is judged only now and then. */
static inline bool
pfa_unit_is_due(uint32 calls)
{
	return calls < 16 || (calls & (calls - 1)) == 0 || calls % 64 == 0;
}

/*
 * Publishes a shape's repeats after an execution, updates or withdraws them;
 * tells the client before one.
 */
extern void pfa_unit_publish(PfaUnitShape *us, const PfaUnitStatement *statement);
extern void pfa_unit_tell(PfaUnitShape *us, const PfaUnitStatement *statement);

#endif							/* PFA_UNIT_INTERNAL_H */
