/*
 * unit_pauses.c
 *		Pauses of the client inside a transaction: what is longer than any round
 *		trip, and in a burst would end it.
 *
 * A connection is held meanwhile, and whatever the transaction has locked.
 *
 * Must never throw or wait.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/timestamp.h"

#include "slab.h"
#include "unit_internal.h"

/* The statement before, of those that the unit still knows. */
static uint64
shape_before(uint32 statement)
{
	const PfaUnit *unit = &pfa_unit_current;

	for (int i = 0; i < unit->nshapes; i++)
	{
		if (statement > 0 && unit->shapes[i].last == statement)
			return unit->shapes[i].shape;
	}
	return 0;
}

void
pfa_unit_note_pause(int64 gap_ns, uint32 statement)
{
	PfaUnit    *unit = &pfa_unit_current;

	unit->paused_ns += gap_ns;
	unit->paused_after_write |= TransactionIdIsValid(GetTopTransactionIdIfAny());
	if (gap_ns <= unit->pause_max_ns)
		return;
	unit->pause_max_ns = gap_ns;
	unit->pause_shape = shape_before(statement);
}

void
pfa_unit_note_end(TimestampTz arrived)
{
	PfaUnit    *unit = &pfa_unit_current;
	int64		gap = pfa_unit_gap(unit, arrived);

	/* no short transaction of a burst waits */
	if (gap > unit->gap_max_ns && unit->going == PFA_GOING_JOINED)
	{
		pfa_unit_part();
		gap = pfa_unit_gap(unit, arrived);
	}
	/* a statement that has begun with it has counted the same gap */
	if (gap <= 0 || arrived == unit->last_seen)
		return;
	pfa_slab_line->now.unit_gap_ns += gap;
	if (gap > unit->gap_max_ns)
		pfa_unit_note_pause(gap, pfa_slab_line->now.unit_statements);
}

void
pfa_unit_sum_pauses(PfaUnitSum *sum)
{
	const PfaUnit *unit = &pfa_unit_current;
	int			bucket = PFA_PAUSE_BUCKETS - 1;

	if (unit->paused_ns <= 0)
		return;
	while (bucket > 0 && unit->paused_ns < pfa_pause_floor_ms[bucket] * INT64CONST(1000000))
		bucket--;
	sum->paused[bucket] = 1;
	sum->paused_ns[bucket] = unit->paused_ns;
	sum->paused_after_write[bucket] = unit->paused_after_write ? 1 : 0;
	sum->pause_max_ns = unit->pause_max_ns;
	sum->pause_shape = unit->pause_shape;
}
