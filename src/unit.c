/*
 * unit.c
 *		Units of work: where they begin and end, and what repeats in them.
 *
 * Knows top-level statements only.  Ending a unit only changes states: the
 * transaction callback must never throw, allocate or wait.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "storage/ipc.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "clock.h"
#include "compat.h"
#include "histogram.h"
#include "results.h"
#include "settings.h"
#include "slab.h"
#include "store.h"
#include "track.h"
#include "unit_internal.h"

PfaUnit		pfa_unit_current;
static bool ended;				/* by its transaction, or by DISCARD */
static uint64 last_first_shape; /* of a unit that failed */
static uint32 failed_serial;
static uint32 last_serial;
static bool initialized;

/* The setting's value that the unit has; forgotten when it may be freed. */
static const char *known_application;

/* -- ends ------------------------------------------------------------------ */

static void
end_unit(void)
{
	PfaUnitSum	sum;
	PfaSlabRepeat *live = pfa_slab_repeats();

	ended = false;
	if (!pfa_unit_current.active)
		return;
	pfa_unit_current.active = false;
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
	sum.userid = pfa_unit_current.userid;
	sum.scope = pfa_unit_current.scope;
	strlcpy(sum.application, pfa_unit_current.application, NAMEDATALEN);
	sum.units = 1;
	sum.statements = sum.statements_max = pfa_unit_current.statements;
	sum.exec_ns = pfa_unit_current.exec_ns;
	sum.gap_ns = pfa_unit_current.gap_ns;
	sum.first_seen = pfa_unit_current.first_seen;
	sum.last_seen = pfa_unit_current.last_seen;
	pfa_slab_add_unit(&sum);
	failed_serial = pfa_unit_current.serial;
	last_first_shape = pfa_unit_current.aborted && pfa_unit_current.nshapes > 0 ? pfa_unit_current.shapes[0].shape : 0;
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
		if (live[i].state != PFA_LIVE_ENDED || live[i].serial != failed_serial)
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
			if (pfa_unit_current.active && !ended &&
				pfa_unit_current.scope == PFA_SCOPE_TRANSACTION)
				pfa_unit_current.aborted = !pfa_unit_current.rolled_back;
			/* FALLTHROUGH */
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			if (pfa_unit_current.active && pfa_unit_current.scope == PFA_SCOPE_TRANSACTION)
				ended = true;
			break;
		default:
			break;
	}
}

static void
leave(int code, Datum arg)
{
	end_unit();
}

static void
initialize(void)
{
	if (initialized)
		return;
	initialized = true;
	RegisterXactCallback(transaction_callback, NULL);
	/* comes before the slab's own, which drains */
	before_shmem_exit(leave, 0);
}

/* Bytes of perfaudit.unit that are kept: whole characters. */
static int
unit_name_length(void)
{
	return pg_mbcliplen(pfa_unit, strlen(pfa_unit), NAMEDATALEN - 1);
}

/* Whether the statement that begins belongs to the unit there is. */
static bool
continues(const PfaUnitStatement *statement, PfaScope scope)
{
	if (!pfa_unit_current.active || ended || pfa_unit_current.scope != scope)
		return false;
	if ((pfa_unit_current.name[0] != '\0' || pfa_unit[0] != '\0') &&
		(strlen(pfa_unit_current.name) != unit_name_length() ||
		 memcmp(pfa_unit_current.name, pfa_unit, unit_name_length()) != 0))
		return false;
	if (scope == PFA_SCOPE_TRANSACTION)
		return true;
	return statement->now - pfa_unit_current.last_end <=
		(int64) pfa_burst_gap * 1000 &&
		statement->now - pfa_unit_current.first_seen <= (int64) pfa_burst_max_time * 1000 &&
		pfa_unit_current.statements < pfa_burst_max_statements &&
		pfa_unit_current.userid == statement->key->userid &&
		(application_name == known_application ||
		 strncmp(pfa_unit_current.application, application_name ? application_name : "",
				 NAMEDATALEN - 1) == 0);
}

/* A new unit, for those who look at backends. */
static void
show_unit(void)
{
	PfaBackendNow *now = &pfa_slab_line->now;

	PFA_SLAB_CHANGE(pfa_slab_line);
	now->userid = pfa_unit_current.userid;
	now->in_unit = true;
	now->scope = pfa_unit_current.scope;
	now->unit_start = pfa_unit_current.first_seen;
	memcpy(now->application, pfa_unit_current.application, NAMEDATALEN);
	memcpy(now->unit, pfa_unit_current.name, NAMEDATALEN);
	now->unit_statements = 0;
	now->repeated_n = 0;
	now->repeated_shape = 0;
	PFA_SLAB_CHANGED(pfa_slab_line);
}

static void
start_unit(const PfaUnitStatement *statement, PfaScope scope)
{
	initialize();
	memset(&pfa_unit_current, 0, offsetof(PfaUnit, shapes));
	pfa_unit_current.active = true;
	pfa_unit_current.serial = ++last_serial;
	pfa_unit_current.scope = scope;
	pfa_unit_current.userid = statement->key->userid;
	strlcpy(pfa_unit_current.application, application_name ? application_name : "", NAMEDATALEN);
	known_application = application_name;
	strlcpy(pfa_unit_current.name, pfa_unit, unit_name_length() + 1);
	pfa_unit_current.last_end = statement->now;
	/* from the clock that times runs to the one that times arrivals */
	pfa_unit_current.clock_offset = GetCurrentTimestamp() -
		(int64) (pfa_clock_ns() / 1000);
	pfa_unit_current.first_seen = pfa_unit_current.last_seen = statement->now;
	show_unit();
	pfa_slab_drain_if_due(statement->now);
}

/* -- shapes ------------------------------------------------------------------ */

static PfaUnitShape *
find_shape(uint64 shape)
{
	static int	last;			/* often the same again */

	if (last < pfa_unit_current.nshapes && pfa_unit_current.shapes[last].shape == shape)
		return &pfa_unit_current.shapes[last];
	for (int i = 0; i < pfa_unit_current.nshapes; i++)
	{
		if (pfa_unit_current.shapes[i].shape == shape)
		{
			last = i;
			return &pfa_unit_current.shapes[i];
		}
	}
	return NULL;
}

bool
pfa_unit_wants_values(const PfaShapeFacts *facts)
{
	PfaUnitShape *us;

	if (!pfa_unit_current.active || ended || facts->operation != PFA_OP_SELECT ||
		(facts->flags & (PFA_FLAG_CATALOG | PFA_FLAG_LOCKING)) != 0)
		return false;
	us = find_shape(facts->shape);
	return us != NULL && us->tracker != -2 &&
		(us->tracker < 0 || !pfa_track_hopeless(us->tracker));
}

static PfaUnitShape *
enter_shape(const PfaUnitStatement *statement)
{
	PfaUnitShape *us = NULL;

	if (pfa_unit_current.nshapes < PFA_UNIT_SHAPES)
		us = &pfa_unit_current.shapes[pfa_unit_current.nshapes++];
	else
	{
		/* the least recent of those that did not repeat makes room */
		for (int i = 0; i < PFA_UNIT_SHAPES; i++)
		{
			PfaUnitShape *other = &pfa_unit_current.shapes[i];

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
	for (int i = 0; i < pfa_unit_current.nshapes; i++)
	{
		PfaUnitShape *us = &pfa_unit_current.shapes[i];

		if (us->relid == target && us->calls > 0 &&
			us->last + 1 >= pfa_unit_current.statements - 1)
			us->validated++;
	}
}

/* Looks at the values of a shape's second and later executions. */
static void
track(PfaUnitShape *us, const PfaUnitStatement *statement)
{
	const PfaShapeFacts *facts = &statement->shape->facts;
	PfaValues	values;

	if ((facts->flags & (PFA_FLAG_CATALOG | PFA_FLAG_LOCKING)) != 0 ||
		!statement->take_values(statement, &values))
		return;
	if (us->tracker == -1)
	{
		us->tracker = pfa_track_open(us->shape);
		if (us->tracker < 0)
			us->tracker = -2;
	}
	if (us->tracker >= 0)
		pfa_track_add(us->tracker, facts, &values, pfa_unit_current.write_serial);
}

int64
pfa_unit_begin(const PfaUnitStatement *statement)
{
	const PfaShapeFacts *facts = &statement->shape->facts;
	PfaScope	scope = IsTransactionBlock() ? PFA_SCOPE_TRANSACTION : PFA_SCOPE_BURST;
	PfaUnitShape *us;
	uint64		gap = 0;

	if (!continues(statement, scope))
	{
		end_unit();
		if (last_first_shape == facts->shape)
			forget_failed_try();
		last_first_shape = 0;
		start_unit(statement, scope);
	}
	else if (statement->now > pfa_unit_current.last_end)
		gap = (statement->now - pfa_unit_current.last_end) * 1000;
	pfa_unit_current.statements++;
	pfa_unit_current.gap_ns += gap;
	pfa_unit_current.last_seen = statement->now;

	us = find_shape(facts->shape);
	if (us == NULL)
		us = enter_shape(statement);
	pfa_slab_line->now.running_shape = facts->shape;
	if (us == NULL)
		return PFA_UNIT_NO_SHAPE;
	us->calls++;
	us->last = pfa_unit_current.statements;
	if (us->calls > 1)
		us->gap_ns += gap;
	if (facts->operation != PFA_OP_SELECT)
	{
		pfa_unit_current.write_serial++;
		if (facts->operation == PFA_OP_INSERT)
			note_insert(facts->target);
	}
	else if (us->calls > 1 && us->tracker != -2 &&
			 (us->tracker < 0 || !pfa_track_hopeless(us->tracker)))
		track(us, statement);
	if (pfa_notice != PFA_NOTICE_OFF)
		pfa_unit_tell(us, statement);
	return (int64) pfa_unit_current.serial * PFA_UNIT_SHAPES +
		(us - pfa_unit_current.shapes);
}

void
pfa_unit_end(int64 handle, const PfaUnitStatement *statement,
			 uint64 exec_ns, uint64 rows, uint64 end_ns, bool failed)
{
	PfaUnitShape *us = NULL;
	PfaBackendNow *now;

	/* a cursor may end in another unit than it began in */
	if (handle >= 0 && handle / PFA_UNIT_SHAPES == pfa_unit_current.serial)
		us = &pfa_unit_current.shapes[handle % PFA_UNIT_SHAPES];
	pfa_unit_current.exec_ns += exec_ns;
	pfa_unit_current.last_end = end_ns / 1000 + pfa_unit_current.clock_offset;
	if (us && us->shape == statement->key->shape)
	{
		us->exec_ns += exec_ns;
		us->rows += rows;
		if (us->calls >= pfa_repeat_threshold && us->tracker >= 0 && !failed &&
			(us->live[0] >= 0 || us->live[1] >= 0 || pfa_unit_is_due(us->calls)))
		{
			pfa_unit_publish(us, statement);
		}
	}
	now = &pfa_slab_line->now;
	PFA_SLAB_CHANGE(pfa_slab_line);
	now->unit_statements = pfa_unit_current.statements;
	now->unit_exec_ns = pfa_unit_current.exec_ns;
	now->unit_gap_ns = pfa_unit_current.gap_ns;
	now->running_shape = 0;
	if (us && us->calls > 1 && us->calls >= now->repeated_n)
	{
		now->repeated_n = us->calls;
		now->repeated_shape = us->shape;
	}
	now->statements++;
	now->exec_ns += exec_ns;
	now->hist[pfa_hist_bucket(exec_ns / 1000)]++;
	PFA_SLAB_CHANGED(pfa_slab_line);
}

void
pfa_unit_rollback(void)
{
	pfa_unit_current.rolled_back = true;
}

void
pfa_unit_cut(void)
{
	ended = pfa_unit_current.active;
}

void
pfa_unit_utility(uint64 end_ns, bool writes)
{
	if (!pfa_unit_current.active)
		return;
	pfa_unit_current.last_end = end_ns / 1000 + pfa_unit_current.clock_offset;
	known_application = NULL;
	if (writes)
		pfa_unit_current.write_serial++;
}
