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
#include "results.h"
#include "settings.h"
#include "slab.h"
#include "store.h"
#include "track.h"
#include "unit_internal.h"

PfaUnit		pfa_unit_current;
bool		pfa_unit_in_transaction;
bool		pfa_unit_repeats;
static uint64 last_first_shape; /* of a unit that failed */
static uint32 failed_serial;
static uint32 last_serial;
static bool initialized;
static const PfaTagged *expected;	/* of the statement that begins */

/* The setting's value that the unit has; forgotten when it may be freed. */
static const char *known_application;

/* -- ends ------------------------------------------------------------------ */

static void
end_repeats(void)
{
	PfaSlabRepeat *live = pfa_slab_repeats;

	for (int i = 0; i < PFA_SLAB_REPEATS; i++)
	{
		if (live[i].state != PFA_LIVE_OPEN)
			continue;
		PFA_SLAB_CHANGE(&live[i]);
		live[i].state = PFA_LIVE_ENDED;
		PFA_SLAB_CHANGED(&live[i]);
	}
}

static void
end_unit(void)
{
	PfaUnitSum	sum;

	if (!pfa_unit_current.active)
		return;
	pfa_unit_current.active = false;
	pfa_unit_current.going = 0;
	pfa_unit_in_transaction = false;
	if (pfa_unit_current.published)
		end_repeats();
	memset(&sum, 0, sizeof(sum));
	sum.dbid = MyDatabaseId;
	sum.userid = pfa_unit_current.userid;
	sum.scope = pfa_unit_current.scope;
	memcpy(sum.application, pfa_unit_current.application, NAMEDATALEN);
	sum.tags = pfa_unit_current.tagged.tags;
	sum.units = 1;
	sum.statements = sum.statements_max = pfa_slab_line->now.unit_statements;
	sum.exec_ns = pfa_slab_line->now.unit_exec_ns;
	sum.gap_ns = pfa_slab_line->now.unit_gap_ns;
	sum.first_seen = pfa_unit_current.first_seen;
	sum.last_seen = pfa_unit_current.last_seen;
	/* what was done before a reset is forgotten */
	if (pfa_unit_current.resets == pg_atomic_read_u64(&pfa_totals->resets))
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
	PfaSlabRepeat *live = pfa_slab_repeats;

	for (int i = 0; i < PFA_SLAB_REPEATS; i++)
	{
		if (live[i].state != PFA_LIVE_ENDED || live[i].serial != failed_serial)
			continue;
		PFA_SLAB_CHANGE(&live[i]);
		live[i].state = PFA_LIVE_FREE;
		PFA_SLAB_CHANGED(&live[i]);
	}
}

void
pfa_unit_transaction_over(bool aborted)
{
	if (aborted)
		pfa_unit_current.aborted = !pfa_unit_current.rolled_back;
	pfa_unit_cut();
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
	/* comes before the slab's own, which drains */
	before_shmem_exit(leave, 0);
}

/* Bytes of perfaudit.unit that are kept: whole characters. */
static int
unit_name_length(void)
{
	return pg_mbcliplen(pfa_unit, strlen(pfa_unit), NAMEDATALEN - 1);
}

static bool
has_name(void)
{
	if (strlen(pfa_unit_current.name) != unit_name_length() ||
		memcmp(pfa_unit_current.name, pfa_unit, unit_name_length()) != 0)
		return false;
	pfa_unit_current.known_name = pfa_unit_changes;
	return true;
}

static bool
has_application(void)
{
	if (strncmp(pfa_unit_current.application, application_name ? application_name : "",
				NAMEDATALEN - 1) != 0)
		return false;
	known_application = application_name;
	return true;
}

/* Client time and round trip since the statement before; may be negative. */
static inline int64
gap_before(const PfaUnit *unit, TimestampTz now)
{
	return (now - unit->clock_offset) * 1000 - unit->last_end_ns;
}

/* Whether the statement that begins belongs to the unit there is... */
static inline bool
goes_on(const PfaUnit *unit, PfaScope scope, Oid userid, TimestampTz now)
{
	return unit->going == scope + 1 &&
		(scope == PFA_SCOPE_TRANSACTION ||
		 (gap_before(unit, now) <= unit->gap_max_ns && now <= unit->end_of_burst &&
		  unit->userid == userid &&
		  pfa_slab_line->now.unit_statements < pfa_burst_max_statements));
}

/* ...by name, too: without a call when nothing was set meanwhile. */
static inline bool
has_known_names(const PfaUnit *unit, PfaScope scope)
{
	return unit->known_name == pfa_unit_changes &&
		(scope == PFA_SCOPE_TRANSACTION || application_name == known_application);
}

static bool
continues(PfaScope scope, Oid userid, TimestampTz now)
{
	const PfaUnit *unit = &pfa_unit_current;

	return goes_on(unit, scope, userid, now) &&
		(has_known_names(unit, scope) ||
		 (has_name() && (scope == PFA_SCOPE_TRANSACTION || has_application())));
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
	now->tags = pfa_unit_current.tagged.tags;
	now->unit_statements = 0;
	now->unit_exec_ns = now->unit_gap_ns = 0;
	now->repeated_n = 0;
	now->repeated_shape = 0;
	PFA_SLAB_CHANGED(pfa_slab_line);
}

static void
start_unit(PfaScope scope, Oid userid, TimestampTz now)
{
	initialize();
	memset(&pfa_unit_current, 0, offsetof(PfaUnit, shapes));
	pfa_unit_current.active = true;
	pfa_unit_current.serial = ++last_serial;
	pfa_unit_current.scope = scope;
	pfa_unit_current.going = scope + 1;
	pfa_unit_in_transaction = scope == PFA_SCOPE_TRANSACTION;
	pfa_unit_current.userid = userid;
	if (application_name)
		memcpy(pfa_unit_current.application, application_name,
			   Min(strlen(application_name), NAMEDATALEN - 1));
	known_application = application_name;
	if (pfa_unit[0] != '\0')
		memcpy(pfa_unit_current.name, pfa_unit, unit_name_length());
	if (expected)
		pfa_unit_current.tagged = *expected;
	pfa_unit_current.known_name = pfa_unit_changes;
	pfa_unit_current.resets = pfa_slab_resets;
	pfa_unit_current.end_of_burst = now + (int64) pfa_burst_max_time * 1000;
	pfa_unit_current.gap_max_ns = (int64) pfa_burst_gap * 1000000;
	/* from the clock that times runs to the one that times arrivals */
	pfa_unit_current.clock_offset = GetCurrentTimestamp() -
		(int64) (pfa_clock_ns() / 1000);
	pfa_unit_current.last_end_ns = (now - pfa_unit_current.clock_offset) * 1000;
	pfa_unit_current.first_seen = pfa_unit_current.last_seen = now;
	show_unit();
	pfa_slab_drain_if_due(now);
}

/*
 * A statement without tags, or without a trace, says nothing of where it belongs.
 * Within one trace a unit may learn its tags late.
 */
void
pfa_unit_expect(const PfaTagged *tagged)
{
	PfaTagged  *known = &pfa_unit_current.tagged;

	expected = tagged;
	if (tagged == NULL || pfa_unit_current.going == 0)
		return;
	if (tagged->trace != 0 && tagged->trace != known->trace)
		pfa_unit_cut();
	else if (tagged->tags.hash != 0 && tagged->tags.hash != known->tags.hash)
	{
		if (tagged->trace == 0 || known->tags.hash != 0)
		{
			pfa_unit_cut();
			return;
		}
		known->tags = tagged->tags;
		PFA_SLAB_CHANGE(pfa_slab_line);
		pfa_slab_line->now.tags = tagged->tags;
		PFA_SLAB_CHANGED(pfa_slab_line);
	}
}

/* -- statements ---------------------------------------------------------------- */

#define NO_SHAPE	PG_UINT64_MAX	/* the handle of one too many */

static inline uint64
handle_of(const PfaShape *shape)
{
	return (uint64) pfa_unit_current.serial * PFA_UNIT_SHAPES + shape->unit_place;
}

/* Notes the statement in the unit; returns the gap before it. */
static inline uint64
count_statement(PfaUnit *unit, const PfaShape *shape, TimestampTz now)
{
	PfaBackendNow *line = &pfa_slab_line->now;
	int64		gap = Max(gap_before(unit, now), 0);

	line->unit_statements++;
	line->unit_gap_ns += gap;
	line->running_shape = shape->facts.shape;
	unit->last_seen = now;
	return gap;
}

static void
begin_unit(const PfaShape *shape, PfaScope scope, Oid userid, TimestampTz now)
{
	end_unit();
	if (last_first_shape == shape->facts.shape)
		forget_failed_try();
	last_first_shape = 0;
	start_unit(scope, userid, now);
}

/* A reset: the unit goes on, as if it began now. */
static void
count_anew(PfaUnit *unit, TimestampTz now)
{
	PfaBackendNow *line = &pfa_slab_line->now;

	unit->resets = pfa_slab_resets;
	unit->first_seen = now;
	for (int i = 0; i < unit->nshapes; i++)
		unit->shapes[i].last = 0;
	PFA_SLAB_CHANGE(pfa_slab_line);
	line->unit_start = now;
	line->unit_statements = 0;
	line->unit_exec_ns = line->unit_gap_ns = 0;
	PFA_SLAB_CHANGED(pfa_slab_line);
}

/* One that the unit knows. */
static inline uint64
begin_again(PfaUnit *unit, PfaShape *shape, PfaUnitShape *us, TimestampTz now)
{
	us->gap_ns += count_statement(unit, shape, now);
	us->recent = true;
	us->calls++;
	us->last = pfa_slab_line->now.unit_statements;
	if (shape->facts.operation != PFA_OP_SELECT)
		pfa_unit_note_write(shape);
	pfa_unit_repeats = pfa_unit_worth_tracking(us);
	return handle_of(shape);
}

/* The first statement of a unit, or the first of its shape in this one. */
static pg_noinline uint64
begin_slowly(PfaShape *shape, Oid userid, TimestampTz now, PfaScope scope)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaUnitShape *us;

	if (!continues(scope, userid, now))
		begin_unit(shape, scope, userid, now);
	if (unit->resets != pfa_slab_resets)
		count_anew(unit, now);
	us = pfa_unit_find_shape(shape);
	if (us != NULL)
		return begin_again(unit, shape, us, now);
	pfa_unit_repeats = false;
	count_statement(unit, shape, now);
	us = pfa_unit_enter_shape(shape, now);
	if (us == NULL)
		return NO_SHAPE;
	us->calls = 1;
	us->last = pfa_slab_line->now.unit_statements;
	if (shape->facts.operation != PFA_OP_SELECT)
		pfa_unit_note_write(shape);
	return handle_of(shape);
}

uint64
pfa_unit_begin(PfaShape *shape, Oid userid, TimestampTz now, bool in_transaction)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaScope	scope = in_transaction ? PFA_SCOPE_TRANSACTION : PFA_SCOPE_BURST;
	PfaUnitShape *us = &unit->shapes[shape->unit_place];

	/* mostly the unit goes on and knows the shape; nothing is called then */
	if (unlikely(shape->unit_serial != unit->serial || us->shape != shape->facts.shape ||
				 !goes_on(unit, scope, userid, now) || !has_known_names(unit, scope)))
		return begin_slowly(shape, userid, now, scope);
	return begin_again(unit, shape, us, now);
}

/* What a repeat is told by after one of its executions. */
static pg_noinline void
show_repeat(PfaUnitShape *us, const PfaShape *shape, const PfaExecution *execution)
{
	if (us->calls < us->judge_at && (us->live[0] >= 0 || us->live[1] >= 0))
		pfa_unit_update(us);
	/* also at once, if a reset has taken it away */
	if (us->calls >= us->judge_at)
		pfa_unit_publish(us, shape, &execution->key);
}

void
pfa_unit_end(uint64 handle, PfaShape *shape, const PfaExecution *execution,
			 uint64 end_ns, bool failed)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaSlabLine *line = pfa_slab_line;
	PfaUnitShape *us = &unit->shapes[handle % PFA_UNIT_SHAPES];

	unit->last_end_ns = end_ns;
	PFA_SLAB_CHANGE(line);
	line->now.unit_exec_ns += execution->exec_ns;
	line->now.running_shape = 0;
	line->now.statements++;
	line->now.exec_ns += execution->exec_ns;
	line->now.hist[execution->bucket]++;
	PFA_SLAB_CHANGED(line);
	/* a cursor may end in another unit than it began in */
	if (unlikely(handle / PFA_UNIT_SHAPES != unit->serial || us->shape != execution->key.shape))
		return;
	us->exec_ns += execution->exec_ns;
	us->rows += execution->rows;
	if (us->calls > line->now.repeated_n && us->calls > 1)
	{
		line->now.repeated_n = us->calls;
		line->now.repeated_shape = us->shape;
	}
	if (us->tracker >= 0 && !failed)
		show_repeat(us, shape, execution);
}

void
pfa_unit_rollback(void)
{
	pfa_unit_current.rolled_back = true;
}

void
pfa_unit_cut(void)
{
	pfa_unit_current.going = 0;
	pfa_unit_in_transaction = false;
}

void
pfa_unit_utility(uint64 end_ns, bool writes)
{
	if (!pfa_unit_current.active)
		return;
	pfa_unit_current.last_end_ns = end_ns;
	known_application = NULL;
	if (writes)
		pfa_unit_current.write_serial++;
}
