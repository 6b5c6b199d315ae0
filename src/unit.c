/*
 * unit.c
 *		Units of work: where they begin and end, and what repeats in them.
 *
 * Knows top-level statements only.  A repeat is published in the slab when it
 * crosses its threshold and updated by every later execution; when it turns
 * out to be none (a look-up before each insert), it is withdrawn.  Ending a
 * unit only changes states: the transaction callback must never throw,
 * allocate or wait.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/guc.h"

#include "compat.h"
#include "notice.h"
#include "results.h"
#include "settings.h"
#include "slab.h"
#include "store.h"
#include "track.h"
#include "unit.h"

#define SHAPES		64			/* shapes followed in a unit */
#define BATCH		10			/* list length from which it is a batch */

typedef struct UnitShape
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
} UnitShape;

typedef struct Unit
{
	bool		active;
	bool		aborted;		/* by an error, not by the client's ROLLBACK */
	bool		rolled_back;	/* the client said so */
	uint8		scope;			/* PfaScope */
	Oid			userid;
	char		application[NAMEDATALEN];
	char		name[NAMEDATALEN];	/* perfaudit.unit */
	uint64		start_ns;
	uint64		end_ns;			/* of the last statement */
	TimestampTz first_seen;
	TimestampTz last_seen;
	uint32		statements;
	uint64		exec_ns;
	uint64		gap_ns;
	uint16		write_serial;
	int			nshapes;
	UnitShape	shapes[SHAPES];
} Unit;

static Unit unit;
static bool ended;				/* by its transaction, or by DISCARD */
static uint64 last_first_shape; /* of a unit that failed */
static bool initialized;

/* -- ends ------------------------------------------------------------------ */

static void
end_unit(void)
{
	PfaUnitSum	sum;
	PfaSlabRepeat *live = pfa_slab_repeats();

	ended = false;
	if (!unit.active)
		return;
	unit.active = false;
	for (int i = 0; i < PFA_SLAB_REPEATS; i++)
	{
		if (live[i].state != PFA_LIVE_OPEN)
			continue;
		PFA_SLAB_CHANGE(&live[i]);
		live[i].state = PFA_LIVE_ENDED;
		PFA_SLAB_CHANGED(&live[i]);
	}
	memset(&sum, 0, sizeof(sum));
	sum.dbid = MyDatabaseId;
	sum.userid = unit.userid;
	sum.scope = unit.scope;
	strlcpy(sum.application, unit.application, NAMEDATALEN);
	sum.units = 1;
	sum.statements = sum.statements_max = unit.statements;
	sum.exec_ns = unit.exec_ns;
	sum.gap_ns = unit.gap_ns;
	sum.first_seen = unit.first_seen;
	sum.last_seen = unit.last_seen;
	pfa_slab_add_unit(&sum);
	last_first_shape = unit.aborted && unit.nshapes > 0 ? unit.shapes[0].shape : 0;
	pfa_results_forget();
	pfa_track_forget();
}

/* The same work again after a failure is no more work. */
static void
forget_failed_try(void)
{
	PfaSlabRepeat *live = pfa_slab_repeats();

	for (int i = 0; i < PFA_SLAB_REPEATS; i++)
	{
		if (live[i].state != PFA_LIVE_ENDED)
			continue;
		PFA_SLAB_CHANGE(&live[i]);
		live[i].state = PFA_LIVE_FREE;
		PFA_SLAB_CHANGED(&live[i]);
	}
}

static void
transaction_callback(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_ABORT:
			unit.aborted = !unit.rolled_back;
			/* FALLTHROUGH */
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			if (unit.active && unit.scope == PFA_SCOPE_TRANSACTION)
				ended = true;
			break;
		default:
			break;
	}
}

void
pfa_unit_init(void)
{
	if (initialized)
		return;
	initialized = true;
	RegisterXactCallback(transaction_callback, NULL);
}

/* Whether the statement that begins belongs to the unit there is. */
static bool
continues(const PfaUnitStatement *statement, PfaScope scope)
{
	if (!unit.active || ended || unit.scope != scope)
		return false;
	if (strncmp(unit.name, pfa_unit, NAMEDATALEN - 1) != 0)
		return false;
	if (scope == PFA_SCOPE_TRANSACTION)
		return true;
	return statement->now_ns - unit.end_ns - statement->plan_ns <=
		(uint64) pfa_burst_gap * 1000000 &&
		statement->now_ns - unit.start_ns <= (uint64) pfa_burst_max_time * 1000000 &&
		unit.statements < pfa_burst_max_statements &&
		unit.userid == statement->key->userid &&
		strncmp(unit.application, application_name ? application_name : "",
				NAMEDATALEN - 1) == 0;
}

static void
start_unit(const PfaUnitStatement *statement, PfaScope scope)
{
	memset(&unit, 0, offsetof(Unit, shapes));
	unit.active = true;
	unit.scope = scope;
	unit.userid = statement->key->userid;
	strlcpy(unit.application, application_name ? application_name : "", NAMEDATALEN);
	strlcpy(unit.name, pfa_unit, NAMEDATALEN);
	unit.start_ns = unit.end_ns = statement->now_ns;
	unit.first_seen = unit.last_seen = statement->now;
	pfa_slab_drain_if_due(statement->now);
}

/* -- shapes ------------------------------------------------------------------ */

static UnitShape *
find_shape(uint64 shape)
{
	for (int i = 0; i < unit.nshapes; i++)
	{
		if (unit.shapes[i].shape == shape)
			return &unit.shapes[i];
	}
	return NULL;
}

bool
pfa_unit_wants_values(const PfaShapeFacts *facts)
{
	return unit.active && !ended &&
		facts->operation == PFA_OP_SELECT &&
		(facts->flags & (PFA_FLAG_CATALOG | PFA_FLAG_LOCKING)) == 0 &&
		find_shape(facts->shape) != NULL;
}

static UnitShape *
enter_shape(const PfaUnitStatement *statement)
{
	UnitShape  *us = NULL;

	if (unit.nshapes < SHAPES)
		us = &unit.shapes[unit.nshapes++];
	else
	{
		/* the least recent of those that did not repeat makes room */
		for (int i = 0; i < SHAPES; i++)
		{
			UnitShape  *other = &unit.shapes[i];

			if (other->live[0] >= 0 || other->live[1] >= 0)
				continue;
			if (us == NULL || other->last < us->last)
				us = other;
		}
		if (us == NULL)
			return NULL;
	}
	memset(us, 0, sizeof(*us));
	us->shape = statement->shape->facts.shape;
	us->tracker = us->live[0] = us->live[1] = -1;
	us->relid = statement->shape->facts.target;
	us->first_seen = statement->now;
	return us;
}

/* A look-up before each insert into the same table is validation. */
static void
note_insert(Oid target)
{
	for (int i = 0; i < unit.nshapes; i++)
	{
		UnitShape  *us = &unit.shapes[i];

		if (us->relid == target && us->calls > 0 &&
			us->last + 1 >= unit.statements - 1)
			us->validated++;
	}
}

static PfaSlabRepeat *
free_live(int *at)
{
	PfaSlabRepeat *live = pfa_slab_repeats();

	for (int attempt = 0; attempt < 2; attempt++)
	{
		for (int i = 0; i < PFA_SLAB_REPEATS; i++)
		{
			if (live[i].state == PFA_LIVE_FREE)
			{
				*at = i;
				return &live[i];
			}
		}
		pfa_slab_drain();
	}
	return NULL;
}

static void
withdraw(UnitShape *us, int which)
{
	PfaSlabRepeat *live;

	if (us->live[which] < 0)
		return;
	live = &pfa_slab_repeats()[us->live[which]];
	PFA_SLAB_CHANGE(live);
	live->state = PFA_LIVE_FREE;
	PFA_SLAB_CHANGED(live);
	us->live[which] = -1;
}

/* -- judging ----------------------------------------------------------------- */

/* What the repeat is, if it is one; fills all but times. */
static bool
judge(UnitShape *us, const PfaUnitStatement *statement, int which, PfaRepeat *repeat)
{
	const PfaShapeFacts *facts = &statement->shape->facts;
	PfaTrackSums sums;
	PfaParent	parent;

	if (us->tracker < 0 || us->validated * 2 >= us->calls)
		return false;
	pfa_track_sums(us->tracker, &sums);
	memset(repeat, 0, sizeof(*repeat));
	if (which == 1)
	{
		/* the same values: most of all executions */
		if (sums.same_values + 2 < pfa_repeat_threshold ||
			sums.distinct_values * 5 > sums.compared + 1)
			return false;
		repeat->id.kind = PFA_REPEAT_DUPLICATE;
	}
	else
	{
		if (sums.distinct_values + 1 < pfa_repeat_threshold ||
			sums.lists * 2 > sums.compared)
			return false;
		pfa_track_parent(us->tracker, facts, &parent);
		if (parent.shape != 0)
		{
			PfaShape   *source = pfa_shape_find(parent.queryid);

			if (source)
				source->results_unused = 0;
			repeat->id.kind = PFA_REPEAT_CHILD;
			repeat->id.parent = parent.shape;
			repeat->id.parent_relid = parent.relid;
			repeat->id.parent_attnum = parent.attnum;
			repeat->id.parent_resno = parent.resno;
			repeat->id.child_relid = parent.child_relid;
			repeat->id.child_attnum = parent.child_attnum;
			repeat->parent_rows = parent.rows;
			repeat->compared = parent.compared;
			repeat->covered = parent.covered;
		}
		else if (unit.scope == PFA_SCOPE_TRANSACTION && sums.keyed &&
				 sums.distinct_values + 1 >= 2 * pfa_repeat_threshold)
		{
			repeat->id.kind = PFA_REPEAT_ORPHAN;
			for (int i = 0; i < facts->nbindings; i++)
			{
				if (facts->bindings[i].kind == PFA_BIND_EQUAL)
				{
					repeat->id.child_relid = facts->bindings[i].relid;
					repeat->id.child_attnum = facts->bindings[i].attnum;
					break;
				}
			}
			repeat->compared = sums.compared;
		}
		else
			return false;
	}
	repeat->id.child = *statement->key;
	repeat->id.scope = unit.scope;
	strlcpy(repeat->id.application, unit.application, NAMEDATALEN);
	if (!OidIsValid(repeat->id.child_relid))
		repeat->id.child_relid = facts->target;
	repeat->distinct_values = sums.distinct_values;
	repeat->same_values = sums.same_values;
	return true;
}

static void
fill_costs(const UnitShape *us, PfaRepeat *repeat)
{
	repeat->n = us->calls;
	repeat->exec_ns = us->exec_ns;
	repeat->gap_ns = us->gap_ns;
	repeat->rows = us->rows;
	repeat->first_seen = us->first_seen;
	repeat->last_seen = unit.last_seen;
}

/* Once published, a repeat's parent is looked for again only now and then. */
static bool
due(uint32 calls)
{
	return calls < 16 || (calls & (calls - 1)) == 0 || calls % 64 == 0;
}

static void
publish(UnitShape *us, const PfaUnitStatement *statement, int which)
{
	PfaSlabRepeat *live;
	PfaRepeat	repeat;
	int			at = us->live[which];

	/* a reset may have taken it away */
	if (at >= 0 && pfa_slab_repeats()[at].state != PFA_LIVE_OPEN)
		at = us->live[which] = -1;
	if (at >= 0 && !due(us->calls))
	{
		PfaTrackSums sums;

		pfa_track_sums(us->tracker, &sums);
		live = &pfa_slab_repeats()[at];
		PFA_SLAB_CHANGE(live);
		/* all between two looks are taken to be as those before */
		if (live->repeat.compared > 0)
		{
			live->repeat.covered = (uint32) ((uint64) live->repeat.covered *
											 sums.compared / live->repeat.compared);
			live->repeat.compared = sums.compared;
		}
		live->repeat.distinct_values = sums.distinct_values;
		live->repeat.same_values = sums.same_values;
		fill_costs(us, &live->repeat);
		PFA_SLAB_CHANGED(live);
		return;
	}
	if (!judge(us, statement, which, &repeat))
	{
		withdraw(us, which);
		return;
	}
	fill_costs(us, &repeat);
	if (at < 0)
	{
		live = free_live(&at);
		if (live == NULL)
			return;
		us->live[which] = at;
	}
	else
		live = &pfa_slab_repeats()[at];
	PFA_SLAB_CHANGE(live);
	live->state = PFA_LIVE_OPEN;
	live->repeat = repeat;
	PFA_SLAB_CHANGED(live);
}

/* Tells the client before the execution that crosses the threshold starts. */
static void
tell(UnitShape *us, const PfaUnitStatement *statement)
{
	for (int which = 0; which < 2; which++)
	{
		PfaRepeat	repeat;

		if ((us->told & (1 << which)) ||
			(us->calls < pfa_repeat_report &&
			 us->exec_ns + us->gap_ns < (uint64) pfa_repeat_report_time * 1000000))
			continue;
		if (us->calls < pfa_repeat_threshold ||
			!judge(us, statement, which, &repeat))
			continue;
		us->told |= 1 << which;
		fill_costs(us, &repeat);
		pfa_notice_repeat(&repeat);
	}
}

static void
update_now(const PfaUnitStatement *statement, UnitShape *us)
{
	PfaBackendNow *now = pfa_slab_now_change();

	now->userid = unit.userid;
	now->in_unit = true;
	now->scope = unit.scope;
	now->unit_start = unit.first_seen;
	now->unit_statements = unit.statements;
	now->unit_exec_ns = unit.exec_ns;
	now->unit_gap_ns = unit.gap_ns;
	now->running_shape = statement->shape->facts.shape;
	if (unit.statements == 1)
	{
		memcpy(now->application, unit.application, NAMEDATALEN);
		memcpy(now->unit, unit.name, NAMEDATALEN);
		now->repeated_n = 0;
		now->repeated_shape = 0;
	}
	if (us && us->calls > 1 && us->calls >= now->repeated_n)
	{
		now->repeated_n = us->calls;
		now->repeated_shape = us->shape;
	}
	pfa_slab_now_changed();
}

int
pfa_unit_begin(const PfaUnitStatement *statement)
{
	const PfaShapeFacts *facts = &statement->shape->facts;
	PfaScope	scope = IsTransactionBlock() ? PFA_SCOPE_TRANSACTION : PFA_SCOPE_BURST;
	UnitShape  *us;
	uint64		gap = 0;

	if (!continues(statement, scope))
	{
		end_unit();
		if (last_first_shape == facts->shape)
			forget_failed_try();
		last_first_shape = 0;
		start_unit(statement, scope);
	}
	else if (statement->now_ns > unit.end_ns + statement->plan_ns)
		gap = statement->now_ns - unit.end_ns - statement->plan_ns;
	unit.statements++;
	unit.gap_ns += gap;
	unit.last_seen = statement->now;

	us = find_shape(facts->shape);
	if (us == NULL)
		us = enter_shape(statement);
	if (us == NULL)
	{
		update_now(statement, NULL);
		return -1;
	}
	us->calls++;
	us->last = unit.statements;
	if (us->calls > 1)
		us->gap_ns += gap;
	if (facts->operation == PFA_OP_SELECT &&
		(facts->flags & (PFA_FLAG_CATALOG | PFA_FLAG_LOCKING)) == 0 &&
		us->calls > 1 && statement->values->known)
	{
		if (us->tracker == -1)
		{
			us->tracker = pfa_track_open(us->shape);
			if (us->tracker < 0)
				us->tracker = -2;
		}
		if (us->tracker >= 0)
			pfa_track_add(us->tracker, facts, statement->values, unit.write_serial);
	}
	else if (facts->operation != PFA_OP_SELECT)
	{
		unit.write_serial++;
		if (facts->operation == PFA_OP_INSERT)
			note_insert(facts->target);
	}
	update_now(statement, us);
	if (pfa_notice != PFA_NOTICE_OFF)
		tell(us, statement);
	return us - unit.shapes;
}

void
pfa_unit_end(int handle, const PfaUnitStatement *statement,
			 uint64 exec_ns, uint64 rows, uint64 end_ns, bool failed)
{
	UnitShape  *us = handle >= 0 ? &unit.shapes[handle] : NULL;
	PfaBackendNow *now;

	unit.exec_ns += exec_ns;
	unit.end_ns = end_ns;
	if (us && us->shape == statement->key->shape)
	{
		us->exec_ns += exec_ns;
		us->rows += rows;
		if (us->calls >= pfa_repeat_threshold && us->tracker >= 0 && !failed)
		{
			publish(us, statement, 0);
			publish(us, statement, 1);
		}
	}
	now = pfa_slab_now_change();
	now->unit_exec_ns = unit.exec_ns;
	now->running_shape = 0;
	pfa_slab_now_changed();
}

void
pfa_unit_rollback(void)
{
	unit.rolled_back = true;
}

void
pfa_unit_cut(void)
{
	ended = unit.active;
}

void
pfa_unit_utility(uint64 end_ns, bool writes)
{
	if (!unit.active)
		return;
	if (end_ns > unit.end_ns)
		unit.end_ns = end_ns;
	if (writes)
		unit.write_serial++;
}
