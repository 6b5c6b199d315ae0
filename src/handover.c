/*
 * handover.c
 *		From parsing and planning to the execution that follows.
 *
 * Must never change the query, and must do nothing but look things up for a
 * statement that this backend knows already.
 */
#include "postgres.h"

#include "access/parallel.h"

#include "clock.h"
#include "collect.h"
#include "compat.h"
#include "distinct.h"
#include "handover.h"
#include "record.h"
#include "settings.h"
#include "shape.h"
#include "slab.h"
#include "unit.h"
#include "utility.h"

#define WAITING		6			/* plans that wait for their executions */

PfaPlanned	pfa_handover_plan;
int			pfa_handover_waiting;
static PfaPlanned waiting[WAITING]; /* the oldest first */
const Size	pfa_handover_size = sizeof(waiting);
static bool started;			/* an execution, since one was added to them */

uint64		pfa_handover_values_queryid;
PfaValues	pfa_handover_values;

static pg_noinline void
keep_text(PfaShape *shape, Query *query, const JumbleState *jumble, const char *text, int nesting)
{
	PfaKey		key;

	pfa_collect_key(&key, shape->facts.shape, nesting == 0);
	pfa_record_new_text(&key, shape, query, jumble, text, 0, 0, NULL);
}

void
pfa_handover_parsed(Query *query, const char *text, const JumbleState *jumble, int nesting)
{
	PfaShape   *shape;

	if (query->utilityStmt || query->queryId == 0 || pfa_utility_explains > 0 ||
		text == NULL || IsParallelWorker() || (nesting > 0 && !pfa_track_nested))
		return;
	if (!pfa_slab_begin())
		return;
	shape = pfa_shape_of_query(query, text, jumble);
	if (unlikely(!pfa_record_knows_text(shape, GetUserId(), nesting == 0)))
		keep_text(shape, query, jumble, text, nesting);
	if (nesting == 0 && (pfa_unit_wants_values(shape) || pfa_distinct_in == 1))
	{
		pfa_literals_hash(query, &pfa_handover_values);
		pfa_handover_values_queryid = query->queryId;
	}
}

static void
remove_waiting(int at)
{
	pfa_handover_waiting--;
	memmove(&waiting[at], &waiting[at + 1], sizeof(PfaPlanned) * (pfa_handover_waiting - at));
}

static void
forget_waiting(int from_level)
{
	for (int i = pfa_handover_waiting - 1; i >= 0; i--)
	{
		if (waiting[i].level >= from_level)
			remove_waiting(i);
	}
}

/* The latest; what was planned inside something that is over is not executed any more. */
static void
let_wait(int level)
{
	if (pfa_handover_plan.queryid != 0 && pfa_handover_plan.level <= level)
	{
		if (pfa_handover_waiting == WAITING)
			remove_waiting(0);
		waiting[pfa_handover_waiting++] = pfa_handover_plan;
	}
	pfa_handover_plan.queryid = 0;
}

uint64
pfa_handover_make_way(uint64 queryid, bool generic, int level)
{
	const PfaPlanned *before = &pfa_handover_plan;

	/* those that are executed together are planned without an execution between */
	forget_waiting(started ? level : level + 1);
	started = false;
	if (before->queryid == queryid && before->generic && !generic)
		return before->ns;
	let_wait(level);
	return 0;
}

const PfaPlanned *
pfa_handover_take_waiting(uint64 queryid, int level)
{
	static PfaPlanned taken;

	started = true;
	forget_waiting(level + 1);
	let_wait(level);
	for (int i = 0; i < pfa_handover_waiting; i++)
	{
		if (waiting[i].queryid != queryid)
			continue;
		taken = waiting[i];
		remove_waiting(i);
		return &taken;
	}
	return NULL;
}
