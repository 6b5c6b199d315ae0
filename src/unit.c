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

#include "applications.h"
#include "clock.h"
#include "compat.h"
#include "makeup.h"
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
const char *pfa_unit_known_application;
static bool initialized;
static bool altered;			/* by the transaction whose unit is yet to
								 * begin */
static const PfaTagged *expected;	/* of the statement that begins */

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

bool
pfa_unit_fill_sum(PfaUnitSum *sum)
{
	memset(sum, 0, sizeof(*sum));
	sum->dbid = MyDatabaseId;
	sum->userid = pfa_unit_current.userid;
	sum->scope = pfa_unit_current.scope;
	memcpy(sum->application, pfa_unit_current.application, NAMEDATALEN);
	sum->tags = pfa_unit_current.tagged.tags;
	sum->units = 1;
	sum->statements = sum->statements_max = pfa_slab_line->now.unit_statements;
	sum->exec_ns = pfa_slab_line->now.unit_exec_ns;
	sum->gap_ns = pfa_slab_line->now.unit_gap_ns;
	sum->first_seen = pfa_unit_current.first_seen;
	sum->last_seen = pfa_unit_current.last_seen;
	/* what was done before a reset is forgotten */
	return pfa_unit_current.resets == pg_atomic_read_u64(&pfa_totals->resets);
}

/* What it had no room for is counted once: findings may be missing. */
static void
count_crowded(void)
{
	if (pfa_unit_current.crowded_shapes)
		pg_atomic_fetch_add_u64(&pfa_totals->crowded_shapes, 1);
	if (pfa_unit_current.crowded_repeats || pfa_track_crowded)
		pg_atomic_fetch_add_u64(&pfa_totals->crowded_repeats, 1);
	pfa_track_crowded = false;
}

/* Adds the unit to the sums, once; false if it is to be forgotten. */
static bool
sum_up(PfaUnitSum *sum)
{
	bool		counts = pfa_unit_fill_sum(sum);

	if (counts && !pfa_unit_current.summed)
	{
		if (likely(sum->scope != PFA_SCOPE_BURST && pfa_unit_current.paused_ns <= 0))
			pfa_slab_add_unit(sum);
		else
			pfa_unit_add_rest(*sum);
	}
	pfa_unit_current.summed = true;
	return counts;
}

static void
end_facts(void)
{
	PfaUnitSum	sum;
	bool		counts;

	pfa_unit_current.active = false;
	pfa_unit_cut();
	count_crowded();
	if (pfa_unit_current.published)
	{
		pfa_unit_show_last();
		end_repeats();
	}
	counts = sum_up(&sum);
	if (pfa_unit_current.makeup)
		pfa_makeup_end(&sum, counts);
	failed_serial = pfa_unit_current.serial;
	last_first_shape = pfa_unit_current.aborted && pfa_unit_current.nshapes > 0 ? pfa_unit_current.shapes[0].shape : 0;
	if (pfa_unit_current.scope == PFA_SCOPE_BURST)
		pfa_unit_end_burst();
}

static void
end_unit(void)
{
	if (!pfa_unit_current.active)
		return;
	end_facts();
	pfa_results_forget();
	pfa_track_forget();
}

void
pfa_unit_end_but(uint32 results_turn, uint32 trackers)
{
	end_facts();
	pfa_results_forget_before(results_turn);
	pfa_track_forget_but(trackers);
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
	if (pfa_unit_outlives(aborted))
		return;
	if (pfa_unit_current.published)
		pfa_unit_show_last();
	if (aborted)
		pfa_unit_current.aborted = !pfa_unit_current.rolled_back;
	if (pfa_unit_current.makeup)
		pfa_makeup_over();
	pfa_unit_cut();
}

static void
leave(int code, Datum arg)
{
	/*
	 * the client has gone, or was sent away, while a transaction waited for
	 * it
	 */
	if (pfa_unit_in_transaction && pfa_slab_line->now.running_shape == 0)
		pfa_unit_note_end(GetCurrentTimestamp());
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

bool
pfa_unit_has_name(void)
{
	if (strlen(pfa_unit_current.name) != unit_name_length() ||
		memcmp(pfa_unit_current.name, pfa_unit, unit_name_length()) != 0)
		return false;
	pfa_unit_current.known_name = pfa_unit_changes;
	return true;
}

bool
pfa_unit_has_application(void)
{
	if (strncmp(pfa_unit_current.application, application_name ? application_name : "",
				NAMEDATALEN - 1) != 0)
		return false;
	pfa_unit_known_application = application_name;
	return true;
}

static bool
continues(PfaScope scope, Oid userid, TimestampTz now)
{
	const PfaUnit *unit = &pfa_unit_current;

	if (unit->going != scope + 1)
		return unit->going != 0 && pfa_unit_joins(scope, userid, now, altered);
	return pfa_unit_goes_on(unit, scope, userid, now, pfa_unit_gap(unit, now)) &&
		(pfa_unit_has_names(unit, scope) ||
		 (pfa_unit_has_name() && (scope == PFA_SCOPE_TRANSACTION || pfa_unit_has_application())));
}

/* Whether a burst has only been cut for its length. */
static bool
was_cut_short(const PfaUnit *unit, Oid userid, TimestampTz now)
{
	return unit->going == PFA_SCOPE_BURST + 1 && unit->userid == userid &&
		pfa_unit_gap(unit, now) <= unit->gap_max_ns && pfa_unit_has_name() && pfa_unit_has_application();
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

/* A transaction waits for its client from its begin on, or since a unit before. */
static int64
waits_since(PfaScope scope, int64 last_end_ns, TimestampTz now)
{
	TimestampTz since = scope == PFA_SCOPE_TRANSACTION ?
		Min(GetCurrentTransactionStartTimestamp(), now) : now;
	int64		since_ns = (since - pfa_unit_current.clock_offset) * 1000;

	return scope == PFA_SCOPE_TRANSACTION ? Max(since_ns, last_end_ns) : since_ns;
}

void
pfa_unit_start(PfaScope scope, Oid userid, TimestampTz now)
{
	int64		last_end_ns = pfa_unit_current.last_end_ns;

	initialize();
	pfa_changes++;
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
	pfa_unit_known_application = application_name;
	if (unlikely(pfa_ignore_applications[0] != '\0'))
		pfa_unit_current.ignored = pfa_applications_have(pfa_ignore_applications,
														 pfa_unit_current.application);
	if (pfa_unit[0] != '\0')
		memcpy(pfa_unit_current.name, pfa_unit, unit_name_length());
	if (expected)
		pfa_unit_current.tagged = *expected;
	pfa_unit_current.known_name = pfa_unit_changes;
	pfa_unit_current.resets = pfa_slab_resets;
	pfa_unit_current.end_of_burst = now + (int64) pfa_burst_max_time * 1000;
	pfa_unit_current.gap_max_ns = (int64) pfa_burst_gap * 1000000;
	pfa_unit_current.loop_gap_ns = pfa_unit_current.gap_max_ns / PFA_LOOP_PAUSE;
	/* from the clock that times runs to the one that times arrivals */
	pfa_unit_current.clock_offset = GetCurrentTimestamp() -
		(int64) (pfa_clock_ns() / 1000);
	pfa_unit_current.last_end_ns = waits_since(scope, last_end_ns, now);
	pfa_unit_current.first_seen = pfa_unit_current.last_seen = now;
	pfa_unit_current.altered = altered && scope == PFA_SCOPE_TRANSACTION;
	altered = false;
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

static void
begin_unit(const PfaShape *shape, PfaScope scope, Oid userid, TimestampTz now)
{
	bool		changing = scope == PFA_SCOPE_BURST &&
		(pfa_unit_follows_schema_change(now) ||
		 (pfa_unit_current.changes_schema && was_cut_short(&pfa_unit_current, userid, now)));

	end_unit();
	if (last_first_shape == shape->facts.shape)
		forget_failed_try();
	last_first_shape = 0;
	pfa_unit_start(scope, userid, now);
	pfa_unit_current.changes_schema = changing;
}

/* A reset: the unit goes on, as if it began now. */
static void
count_anew(PfaUnit *unit, TimestampTz now)
{
	PfaBackendNow *line = &pfa_slab_line->now;

	pfa_makeup_forget();
	unit->resets = pfa_slab_resets;
	unit->first_seen = now;
	unit->changes_schema = false;
	unit->paused_ns = unit->pause_max_ns = 0;
	unit->pause_shape = 0;
	unit->paused_after_write = false;
	for (int i = 0; i < unit->nshapes; i++)
		unit->shapes[i].last = 0;
	PFA_SLAB_CHANGE(pfa_slab_line);
	line->unit_start = now;
	line->unit_statements = 0;
	line->unit_exec_ns = line->unit_gap_ns = 0;
	PFA_SLAB_CHANGED(pfa_slab_line);
	pfa_unit_joined_anew();
}

/* The first statement of a unit, or the first of its shape in this one. */
PfaUnitShape *
pfa_unit_begin_slowly(PfaShape *shape, Oid userid, TimestampTz now, PfaScope scope)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaUnitShape *us;
	uint32		number;

	if (!continues(scope, userid, now))
		begin_unit(shape, scope, userid, now);
	if (unit->resets != pfa_slab_resets)
		count_anew(unit, now);
	us = pfa_unit_find_shape(shape);
	if (us != NULL)
	{
		pfa_unit_note_joined(us);
		return pfa_unit_begin_again(unit, shape, us, now, pfa_unit_gap(unit, now));
	}
	pfa_unit_repeats = false;
	number = pfa_unit_count(unit, shape, now, Max(pfa_unit_gap(unit, now), 0));
	us = pfa_unit_enter_shape(shape, now);
	if (us == NULL)
		return NULL;
	pfa_unit_note_joined(us);
	us->calls = 1;
	us->last = number;
	pfa_unit_repeats = unit->scope == PFA_SCOPE_BURST && pfa_unit_remembers(us);
	if ((us->kind | unit->run_kind) != PFA_KIND_PLAIN)
		pfa_makeup_follow(us);
	if (unit->nshapes >= PFA_MAKEUP_SHAPES && !unit->ignored)
		pfa_makeup_meet(us);
	if (shape->facts.operation != PFA_OP_SELECT)
		pfa_unit_note_write(us, shape);
	return us;
}

void
pfa_unit_pass(const PfaShape *shape, Oid userid, TimestampTz now, bool in_transaction)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaScope	scope = in_transaction ? PFA_SCOPE_TRANSACTION : PFA_SCOPE_BURST;

	if (!continues(scope, userid, now))
		begin_unit(shape, scope, userid, now);
	if (unit->resets != pfa_slab_resets)
		count_anew(unit, now);
	pfa_unit_count(unit, shape, now, Max(pfa_unit_gap(unit, now), 0));
	if (shape->facts.operation != PFA_OP_SELECT)
		pfa_unit_note_write(NULL, shape);
	pfa_unit_repeats = false;
}

void
pfa_unit_rollback(void)
{
	if (pfa_unit_in_transaction)
		pfa_unit_current.rolled_back = true;
}

void
pfa_unit_cut(void)
{
	pfa_unit_current.going = 0;
	pfa_unit_in_transaction = false;
}

/* It may come before the first statement of the unit that it belongs to. */
static void
note_alteration(void)
{
	PfaScope	scope = IsTransactionBlock() ? PFA_SCOPE_TRANSACTION : PFA_SCOPE_BURST;

	pfa_unit_current.write_serial++;
	/* no short one */
	if (pfa_unit_current.going == PFA_GOING_JOINED)
		pfa_unit_part();
	else if (pfa_unit_current.going == PFA_GOING_SHORT)
		pfa_unit_cut();
	if (pfa_unit_current.going == scope + 1)
		pfa_unit_current.altered = true;
	else
		altered = scope == PFA_SCOPE_TRANSACTION;
}

void
pfa_unit_utility(uint64 end_ns, bool writes, bool ends)
{
	PfaUnit    *unit = &pfa_unit_current;
	TimestampTz now = GetCurrentStatementStartTimestamp();

	if (writes)
		note_alteration();
	if (pfa_unit_in_transaction)
		pfa_unit_note_end(now);
	else if (unit->going != 0 && pfa_unit_gap(unit, now) > unit->gap_max_ns)
		pfa_unit_cut();
	/* the client waits from the statement before to the first of a transaction */
	if (unit->going == 0 || pfa_unit_in_transaction || !IsTransactionBlock())
		unit->last_end_ns = end_ns;
	if (!unit->active)
		return;

	/*
	 * a pause is told at once, though the unit is over with the next
	 * statement
	 */
	if (ends && unit->paused_ns > 0)
	{
		PfaUnitSum	sum;

		sum_up(&sum);
	}
	pfa_unit_known_application = NULL;
}
