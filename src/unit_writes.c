/*
 * unit_writes.c
 *		Writes in the current unit of work, and those that come row by row.
 *
 * A shape that changes one row at a time is a repeat when the client waited for
 * each: what comes in one message, or in a pipeline, has no round trips to
 * spare.  The server tells by itself: inside a transaction it counts the time
 * that it is idle; outside of one such statements share their transaction.
 *
 * Changes of the schema are somebody's migration or restore: silent.  So is what
 * stands by itself: each write in a savepoint of its own, since it may fail, or
 * right after a look-up of its table that decides about it (validation,
 * get-or-create) or locks its row (queues); and the same few rows again and again.
 *
 * Must never throw, allocate or wait.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "settings.h"
#include "slab.h"
#include "store.h"
#include "unit_internal.h"

#define WATCH			12		/* executions of an update whose keys are looked
								 * at */

/* The last change of the schema: its transaction's begin, or its own end. */
static TimestampTz schema_transaction;
static TimestampTz schema_changed;
static uint32 schema_name;		/* the unit's name, by changes of the setting */

/*
 * A look-up before each insert into the same table is validation; so is the
 * question before an update whether another such row exists.  Whether there was
 * one that decides about the write, or locks its row.
 */
static bool
note_look_up(Oid target, bool insert)
{
	bool		guards = false;

	for (int i = 0; i < pfa_unit_current.nshapes; i++)
	{
		PfaUnitShape *us = &pfa_unit_current.shapes[i];

		if (us->relid == target && us->tracker != PFA_UNIT_WRITES && us->calls > 0 &&
			us->last + 1 >= pfa_slab_line->now.unit_statements - 1)
		{
			us->written_after += us->written_after < PG_UINT16_MAX;
			us->judge_at = us->show_at = 0;
			us->validated += (insert || us->asks_existence) && us->validated < PG_UINT16_MAX;
			guards |= insert || us->asks_existence || us->locks;
		}
	}
	return guards;
}

/* Whether a savepoint is set for each. */
static inline bool
has_savepoint(PfaUnitShape *us)
{
	uint16		now = GetCurrentSubTransactionId();
	bool		other = now != TopSubTransactionId && now != us->written_after;

	us->written_after = now;
	return other;
}

/*
 * What is read again after each write, a version or what a trigger has set, comes
 * from the write.  A loop that reads what it then writes begins with reading.
 */
bool
pfa_unit_reads_back(const PfaUnitShape *us)
{
	uint32		writes = 0;

	for (int i = 0; i < pfa_unit_current.nshapes; i++)
	{
		const PfaUnitShape *write = &pfa_unit_current.shapes[i];

		if (write->tracker == PFA_UNIT_WRITES && write->relid == us->relid &&
			write->first_seen < us->first_seen)
			writes += write->calls;
	}
	return writes >= us->calls &&
		us->written_after * 4 >= (Min(us->calls, PG_UINT16_MAX) - 1) * 3;
}

/* Whether the client waited for the statement before. */
static inline bool
came_alone(PfaUnit *unit)
{
	int64		mark = pfa_unit_in_transaction ?
		pfa_compat_idle_in_transaction() : GetCurrentTransactionStartTimestamp();
	bool		alone = mark != unit->write_mark;

	unit->write_mark = mark;
	return alone;
}

void
pfa_unit_note_write(PfaUnitShape *us, const PfaShape *shape)
{
	bool		guarded;

	pfa_unit_current.write_serial++;
	if (came_alone(&pfa_unit_current) && us != NULL && us->alone < PG_UINT16_MAX)
		us->alone++;
	guarded = note_look_up(shape->facts.target, shape->facts.operation == PFA_OP_INSERT);
	if (us != NULL && (has_savepoint(us) || guarded) && us->validated < PG_UINT16_MAX)
		us->validated++;
}

/* The values that its row is found by. */
static uint64
key_of(const PfaShapeFacts *facts, const PfaValues *values)
{
	uint64		key = 0;

	for (int i = 0; i < values->n; i++)
	{
		if (facts->bindings[i].kind == PFA_BIND_EQUAL &&
			facts->bindings[i].relid == facts->target)
			key = hash_combine64(key, values->hash[i]);
	}
	return key;
}

void
pfa_unit_note_key(PfaUnitShape *us, const PfaShapeFacts *facts, const PfaValues *values)
{
	uint64		key = key_of(facts, values);
	uint32		bit = 1U << (key % 32);

	if (us->met != 0)
	{
		us->keys++;
		us->same_keys += (us->met & bit) != 0;
	}
	us->met |= bit;
	us->watched = key != 0 && us->calls < WATCH;
}

void
pfa_unit_note_schema_change(void)
{
	if (IsTransactionBlock())
		schema_transaction = GetCurrentTransactionStartTimestamp();
	else
	{
		pfa_unit_current.changes_schema = true;
		schema_changed = GetCurrentTimestamp();
		schema_name = pfa_unit_changes;
	}
}

bool
pfa_unit_follows_schema_change(TimestampTz now)
{
	return schema_name == pfa_unit_changes && now - schema_changed <= pfa_burst_gap * INT64CONST(1000);
}

static bool
changes_schema(const PfaUnit *unit)
{
	return unit->scope == PFA_SCOPE_TRANSACTION ?
		schema_transaction == GetCurrentTransactionStartTimestamp() : unit->changes_schema;
}

bool
pfa_unit_judge_write(const PfaUnitShape *us, const PfaShapeFacts *facts, PfaRepeat *repeat)
{
	const PfaUnit *unit = &pfa_unit_current;

	if (us->calls < pfa_repeat_threshold || us->rows > us->calls ||
		us->alone * 2 < Min(us->calls, PG_UINT16_MAX) || changes_schema(unit) ||
		us->validated * 2 >= Min(us->calls, PG_UINT16_MAX) || us->same_keys * 2 > us->keys)
		return false;
	/* a queue's worker takes its rows one by one; what is temporary is its own */
	if (facts->flags & (PFA_FLAG_LOCKING | PFA_FLAG_TEMPORARY))
		return false;
	/* what mostly finds nothing to change looks for work */
	if (facts->operation != PFA_OP_INSERT && us->rows * 2 < us->calls)
		return false;
	/* a pool's requests do other things too, between two writes of one shape */
	if (unit->scope == PFA_SCOPE_BURST &&
		us->calls * UINT64CONST(5) < pfa_slab_line->now.unit_statements * UINT64CONST(3))
		return false;
	memset(repeat, 0, sizeof(*repeat));
	repeat->id.kind = PFA_REPEAT_WRITE;
	repeat->id.child_relid = facts->target;
	repeat->operation = facts->operation;
	for (int i = 0; i < facts->nbindings; i++)
	{
		if (facts->bindings[i].kind == PFA_BIND_EQUAL &&
			facts->bindings[i].relid == facts->target)
		{
			repeat->id.child_attnum = facts->bindings[i].attnum;
			break;
		}
	}
	return true;
}
