/*
 * shapes.c
 *		Chooses the statements whose plans are worth improving, plans them as
 *		things are, and says what a unit of the planner's cost takes in
 *		milliseconds.
 *
 * Locks: see replan.c; released by pfa_shapes_release.
 */
#include "postgres.h"

#include <math.h>

#include "advise/advice.h"
#include "advise/progress.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* The statements that make up this share of the time are looked at, */
#define TIME_SHARE 0.995
/* but at least so many, and at most so many; so much of the time is for them. */
#define MIN_SHAPES 250
#define MAX_SHAPES 1000
#define PREPARE_SHARE 0.5
/* Kilobytes of memory: in all, and for the statements alone. */
#define MAX_MEMORY_KB (60 * 1024)
#define PREPARE_MEMORY_KB (40 * 1024)
/* A statement that ran once is somebody's experiment, where others ran often. */
#define MIN_CALLS 2
/* A short recording says little about a day; it counts as an hour. */
#define MIN_WINDOW_DAYS (1.0 / 24)
/* Share of executions of generic plans from which a shape is judged by it. */
#define GENERIC_SHARE 0.3
/* Time per cost may be so many times the median. */
#define CLAMP 4.0
/* What else the machine does makes one execution take so many times as long. */
#define NOISE 3.0
/* where no statement tells */
#define DEFAULT_MS_PER_COST 0.01

Size
pfa_advice_memory(const PfaAdvice *advice)
{
	return MemoryContextMemAllocated(advice->memory, true) / 1024;
}

TimestampTz
pfa_advice_share(const PfaAdvice *advice, double share)
{
	TimestampTz now = GetCurrentTimestamp();

	return now + (TimestampTz) (Max(advice->deadline - now, 0) * share);
}

bool
pfa_advice_expired(PfaAdvice *advice)
{
	CHECK_FOR_INTERRUPTS();
	pfa_progress_tick(advice);
	if (!advice->truncated && GetCurrentTimestamp() >= advice->deadline)
		advice->truncated = true;
	if (!advice->truncated && pfa_advice_memory(advice) > MAX_MEMORY_KB)
		advice->truncated = advice->full = true;
	return advice->truncated;
}

/* Whether an index could matter to it. */
static bool
is_interesting(const PfaWorkItem *item)
{
	if (item->catalog_only || item->temporary)
		return false;
	switch (item->operation)
	{
		case PFA_OP_SELECT:
		case PFA_OP_UPDATE:
		case PFA_OP_DELETE:
		case PFA_OP_MERGE:
			return true;
		case PFA_OP_INSERT:
			/* from a query that reads tables */
			return item->nscans > 0;
		default:
			return false;
	}
}

/* Whether advice on it was asked for. */
static bool
is_wanted(const PfaAdvice *advice, const PfaWorkItem *item)
{
	ListCell   *lc;

	foreach(lc, advice->only_queryids)
	{
		for (int i = 0; i < item->nqueryids; i++)
			if (item->queryids[i] != 0 && item->queryids[i] == *(uint64 *) lfirst(lc))
				return true;
	}
	return advice->only_queryids == NIL;
}

/* The caller's own query, as if it had been recorded. */
static List *
own_query(const PfaAdvice *advice)
{
	PfaWorkItem *item = palloc0(sizeof(PfaWorkItem));

	item->key.dbid = MyDatabaseId;
	item->key.userid = GetUserId();
	item->key.toplevel = true;
	item->operation = PFA_OP_SELECT;
	item->counters.calls = MIN_CALLS;
	item->query = item->sample = advice->query;
	item->search_path = namespace_search_path;
	item->nscans = 0;
	return list_make1(item);
}

static double
total_ms(const PfaWorkItem *item)
{
	return item->counters.exec_ns / 1e6;
}

/*
 * How often a statement must have run: once, if that is what most of them did
 * (a report, or a benchmark run once).
 */
static uint64
calls_wanted(List *items)
{
	int			once = 0;
	int			often = 0;
	ListCell   *lc;

	foreach(lc, items)
	{
		PfaWorkItem *item = lfirst(lc);

		if (item->operation != PFA_OP_SELECT || !is_interesting(item))
			continue;
		if (item->counters.calls < MIN_CALLS)
			once++;
		else
			often++;
	}
	return once > often ? 1 : MIN_CALLS;
}

/* The time since the workload began to be recorded, in days. */
static double
window_days(List *items)
{
	TimestampTz oldest = GetCurrentTimestamp();
	TimestampTz now = oldest;
	ListCell   *lc;

	foreach(lc, items)
	{
		PfaWorkItem *item = lfirst(lc);

		if (item->first_seen != 0 && item->first_seen < oldest)
			oldest = item->first_seen;
	}
	return Max(MIN_WINDOW_DAYS, (now - oldest) / 1000.0 / PFA_MS_PER_DAY);
}

/*
 * Whether it looks for a pattern: no index serves one that is not known, so that the
 * generic plan is as dear with an index as without.  New sessions, which begin with
 * their values, will stay with those.
 */
static bool
looks_for_pattern(const List *needs)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, needs)
	{
		foreach(lc2, ((PfaNeed *) lfirst(lc))->columns)
		{
			PfaNeedColumn *column = lfirst(lc2);

			if (column->kind == PFA_NEED_PREFIX ||
				(column->kind == PFA_NEED_CONTAINS && column->searchable))
				return true;
		}
	}
	return false;
}

/*
 * Plans a shape with its values, or generic if that is how it mostly runs (or
 * all there is).
 */
static void
plan_as_is(PfaAdvice *advice, PfaReplan *replan)
{
	const PfaWorkItem *item = replan->item;
	PfaShape   *shape = palloc0(sizeof(PfaShape));
	PfaReplanned planned;

	shape->id = list_length(advice->shapes);
	shape->item = item;
	shape->replan = replan;
	shape->needs = pfa_needs_collect(replan->query, replan->values);
	shape->generic = replan->has_params &&
		(replan->values == NULL ||
		 (item->counters.generic >= GENERIC_SHARE * item->counters.calls &&
		  !looks_for_pattern(shape->needs)));
	if (!pfa_replan_plan(replan, NIL, NIL, shape->generic, true, &planned))
	{
		advice->skipped = lappend(advice->skipped, replan);
		return;
	}
	advice->plans++;
	shape->cost = planned.cost + planned.disorder;
	shape->planner_cost = planned.cost;
	shape->plan = planned.plan;
	pfa_variants_find(advice, shape);
	shape->calls_per_day = item->counters.calls / advice->window_days;
	shape->mean_ms = total_ms(item) / item->counters.calls;

	/*
	 * nobody knows how long the caller's own query takes, nor how often it
	 * comes
	 */
	if (advice->query != NULL)
	{
		shape->calls_per_day = 1;
		shape->mean_ms = shape->cost;
	}
	shape->ms_per_cost = shape->mean_ms / Max(shape->cost, 0.01);
	advice->shapes = lappend(advice->shapes, shape);
}

/* All its executions were cut off: nobody knows how long it takes. */
static bool
never_ended(const PfaWorkItem *item)
{
	return item->cut_off > 0 && item->cut_off == item->counters.calls;
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/*
 * Cost of the rows that sequential scans really read, a call.  Under a LIMIT the
 * planner may hope for an early end that never comes.
 */
static double
cost_of_rows_read(const PfaWorkItem *item)
{
	double		rows = 0;

	for (int i = 0; i < item->nscans; i++)
		rows += item->scans[i].rows;
	return rows / item->counters.calls * (cpu_tuple_cost + cpu_operator_cost);
}

/*
 * If it takes far longer than its generic plan promises and the recorded values
 * explain more of that, it is judged by these.
 */
static void
judge_by_values(PfaAdvice *advice, PfaShape *shape)
{
	PfaReplanned planned;

	if (!shape->generic || shape->replan->values == NULL || advice->query != NULL ||
		shape->ms_per_cost <= advice->ms_per_cost * CLAMP || pfa_advice_expired(advice))
		return;
	if (!pfa_replan_plan(shape->replan, NIL, NIL, false, true, &planned))
	{
		advice->skipped = lappend(advice->skipped, shape->replan);
		return;
	}
	advice->plans++;
	if (planned.cost <= shape->planner_cost * CLAMP)
		return;
	shape->generic = false;
	shape->cost = planned.cost + planned.disorder;
	shape->planner_cost = planned.cost;
	shape->plan = planned.plan;
	pfa_variants_find(advice, shape);
	shape->ms_per_cost = shape->mean_ms / Max(shape->cost, 0.01);
}

/*
 * What a shape's time says of its cost, beyond what chance does to the mean of so many
 * executions: after a few all are taken to need what is usual.
 */
static double
told_rate(const PfaShape *shape, double usual)
{
	double		ratio = shape->ms_per_cost / usual;
	double		chance = pow(NOISE, 1 / sqrt(shape->item->counters.calls));

	if (ratio > chance)
		ratio /= chance;
	else if (ratio < 1 / chance)
		ratio *= chance;
	else
		ratio = 1;
	return ratio * usual;
}

/* The planner's cost is no time: each shape tells its own exchange rate. */
static void
calibrate(PfaAdvice *advice)
{
	int			n = list_length(advice->shapes);
	double	   *rates;
	ListCell   *lc;

	if (n == 0)
		return;
	rates = palloc(sizeof(double) * n);
	n = 0;
	foreach(lc, advice->shapes)
		if (!never_ended(((PfaShape *) lfirst(lc))->item))
			rates[n++] = ((PfaShape *) lfirst(lc))->ms_per_cost;
	qsort(rates, n, sizeof(double), compare_doubles);
	advice->ms_per_cost = n > 0 ? Max(rates[n / 2], 1e-9) : DEFAULT_MS_PER_COST;
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);

		shape->usual_ms_per_cost = advice->ms_per_cost;
		judge_by_values(advice, shape);
		if (advice->query == NULL)
			shape->ms_per_cost = told_rate(shape, advice->ms_per_cost);
		/* a much slower one waits for something that no index ends */
		shape->ms_per_cost = Min(shape->ms_per_cost, advice->ms_per_cost * CLAMP *
								 Max(1, cost_of_rows_read(shape->item) / Max(shape->cost, 0.01)));
		/* a much faster one was lucky with its values: others may come */
		shape->ms_per_cost = Max(shape->ms_per_cost, advice->ms_per_cost / CLAMP);
		if (never_ended(shape->item))
		{
			shape->ms_per_cost = advice->ms_per_cost;
			shape->mean_ms = shape->cost * shape->ms_per_cost;
		}
	}
}

void
pfa_shapes_prepare(PfaAdvice *advice)
{
	List	   *wanted = NIL;
	double		total = 0;
	double		sum = 0;
	TimestampTz enough = pfa_advice_share(advice, PREPARE_SHARE);
	uint64		calls;
	ListCell   *lc;

	advice->items = advice->query ? own_query(advice) : pfa_workload_read(MyDatabaseId);
	advice->window_days = window_days(advice->items);
	calls = advice->only_queryids != NIL ? 1 : calls_wanted(advice->items);
	foreach(lc, advice->items)
	{
		PfaWorkItem *item = lfirst(lc);

		if (item->counters.calls >= calls && is_interesting(item) && is_wanted(advice, item))
		{
			wanted = lappend(wanted, item);
			total += total_ms(item);
		}
	}
	advice->wanted = Min(list_length(wanted), MAX_SHAPES);
	pfa_progress_phase(advice, "planning statements");
	/* they come with the most expensive first */
	foreach(lc, wanted)
	{
		PfaWorkItem *item = lfirst(lc);
		int			place = foreach_current_index(lc);
		PfaReplan  *replan;

		if (place >= MAX_SHAPES ||
			(place >= MIN_SHAPES && sum >= TIME_SHARE * total) ||
			pfa_advice_expired(advice))
			break;
		if (pfa_advice_memory(advice) > PREPARE_MEMORY_KB)
			advice->full = true;
		if (GetCurrentTimestamp() >= enough || advice->full)
		{
			advice->cut = list_length(wanted) - place;
			break;
		}
		sum += total_ms(item);
		replan = pfa_replan_prepare(item);
		if (replan->skipped != NULL)
			advice->skipped = lappend(advice->skipped, replan);
		else
			plan_as_is(advice, replan);
	}
	calibrate(advice);
}

void
pfa_shapes_release(PfaAdvice *advice)
{
	ListCell   *lc;

	foreach(lc, advice->shapes)
	{
		pfa_replan_release(((PfaShape *) lfirst(lc))->replan);
		pfa_variants_release(lfirst(lc));
	}
	foreach(lc, advice->skipped)
		pfa_replan_release(lfirst(lc));
	foreach(lc, advice->locked)
		UnlockRelationOid(lfirst_oid(lc), AccessShareLock);
	advice->locked = NIL;
}
