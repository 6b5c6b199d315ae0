/*
 * record.h
 *		One execution's figures into the slab, its plan and text into the store.
 */
#ifndef PFA_RECORD_H
#define PFA_RECORD_H

#include "perfaudit.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "settings.h"
#include "shape.h"
#include "slab.h"
#include "value_sets.h"

/* Adds an execution to what waits in the slab. */
extern void pfa_record_execution(const PfaExecution *execution, PfaShape *shape);

/* What every one has. */
static inline void
pfa_record_add(PfaCounters *sum, const PfaExecution *execution, bool counts)
{
	uint64		ns = execution->exec_ns;

	if (counts)
	{
		if (sum->calls == 0 || ns < sum->exec_min_ns)
			sum->exec_min_ns = ns;
		if (ns > sum->exec_max_ns)
			sum->exec_max_ns = ns;
		sum->calls++;
	}
	sum->rows += execution->rows;
	sum->exec_ns += ns;
	sum->nested_ns += execution->call.nested_ns;
	sum->shared_hit += execution->shared_hit;
	sum->shared_read += execution->shared_read;
	sum->generic += execution->generic;
	if (execution->planned)
	{
		sum->plans++;
		sum->plan_ns += execution->plan_ns;
		sum->plan_max_ns = Max(sum->plan_max_ns, execution->plan_ns);
	}
}

/* Whether the shape's entry is where it was, and holds nothing but executions like it. */
static inline bool
pfa_record_fits(const PfaExecution *execution, const PfaShape *shape)
{
	const PfaSlabEntry *entry = shape->slab_hint;

	return pfa_slab_is_entry(entry, &execution->key) &&
		entry->pending.plan_hash == execution->plan_hash &&
		entry->pending.queryids[0] == shape->queryid;
}

/*
 * One that counts, with nothing that few have; mostly nothing is called.  fits:
 * see above.
 */
static inline void
pfa_record_plainly(PfaExecution *execution, PfaShape *shape, bool fits)
{
	PfaSlabEntry *entry = shape->slab_hint;

	if (likely(fits && entry->pending.hist.count[execution->bucket] < PG_UINT8_MAX))
	{
		PFA_SLAB_CHANGE(entry);
		entry->pending.hist.count[execution->bucket]++;
		entry->pending.last_seen = execution->now;
		pfa_record_add(&entry->pending.counters, execution, true);
		PFA_SLAB_CHANGED(entry);
		return;
	}
	execution->counts = true;
	execution->rare = NULL;
	pfa_record_execution(execution, shape);
}

extern void pfa_record_other_caller(const PfaExecution *execution, PfaSlabEntry *entry);

/* Counts how often one execution of the caller runs it. */
static inline void
pfa_record_called(PfaCalled *sum, const PfaExecution *execution, PfaShape *shape)
{
	uint32		called;

	if (shape->called_by != execution->caller.execution)
	{
		shape->called_by = execution->caller.execution;
		shape->unit_serial = PFA_SHAPE_CALLED;
		sum->callers++;
	}
	shape->unit_serial = (shape->unit_serial + 1) | PFA_SHAPE_CALLED;
	called = shape->unit_serial - PFA_SHAPE_CALLED;
	if (called > sum->most)
		sum->most = called;
}

/* Adds who called it, after that, if it was nested. */
static inline void
pfa_record_caller(const PfaExecution *execution, PfaShape *shape)
{
	PfaSlabEntry *entry = shape->slab_hint;

	/* what went straight to the store has told it there */
	if (!pfa_slab_is_entry(entry, &execution->key))
		return;
	if (unlikely(entry->pending.caller.id != execution->caller.id))
		pfa_record_other_caller(execution, entry);
	/* a number that readers see or do not: no bracket */
	if (!execution->key.toplevel && execution->caller.id != 0)
		pfa_record_called(&entry->pending.called, execution, shape);
}

/* What the store knows of a plan, of all backends. */
typedef struct PfaPlanSeen
{
	bool		known;
	uint32		sampled;		/* executions */
	uint64		id;				/* published; 0 if not known */
	double		run_ns;			/* mean of an execution, 0 if not known */
} PfaPlanSeen;

extern void pfa_record_plan_seen(const PfaKey *key, uint64 plan_hash, PfaPlanSeen *seen);

/* Puts a plan's facts, and values if they are wanted and there are few. */
extern void pfa_record_plan(const PfaKey *key, const PfaPlanFacts *facts,
							const PfaExecutionValues *values, TimestampTz now);

/* Whether the store has a shape's text, as far as this backend knows. */
static inline bool
pfa_record_knows_text(const PfaShape *shape, Oid userid, bool toplevel)
{
	return shape->text_epoch == pfa_epoch && shape->text_user == userid &&
		shape->plan.text_toplevel == toplevel;
}

static inline bool
pfa_record_has_text(const PfaKey *key, const PfaShape *shape)
{
	return pfa_record_knows_text(shape, key->userid, key->toplevel);
}

/*
 * Makes sure that the store has the statement's text, from the query when it
 * was just parsed, else from the text alone; and, if it is executed, what to
 * plan it again with.
 */
extern void pfa_record_new_text(const PfaKey *key, PfaShape *shape, Query *query,
								const JumbleState *jumble, const char *text, int location,
								int length, const struct QueryDesc *executed);

static inline void
pfa_record_text(const PfaKey *key, PfaShape *shape, Query *query,
				const JumbleState *jumble, const char *text, int location, int length,
				const struct QueryDesc *executed)
{
	if (unlikely(!pfa_record_has_text(key, shape)))
		pfa_record_new_text(key, shape, query, jumble, text, location, length, executed);
}

#endif							/* PFA_RECORD_H */
