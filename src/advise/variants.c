/*
 * variants.c
 *		A statement under other recorded values than the first: planned as well
 *		where its plan is another one then, so that advice is good for all of them.
 *
 * Locks: those of replan.c, given back by pfa_variants_release.
 */
#include "postgres.h"

#include "advise/advice.h"
#include "advise/plan_tree.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Rows expected of a node may differ by such a factor, and so many, at most. */
#define ROWS_FACTOR 1.5
#define ROWS_SLACK 20.0
/* Nodes of a plan that are compared. */
#define MAX_NODES 64
/* So much of the time is for finding them. */
#define VARIANT_SHARE 0.15

/* What is compared of a plan. */
typedef struct Outline
{
	int			n;
	NodeTag		tags[MAX_NODES];
	double		rows[MAX_NODES];
} Outline;

static void
outline_node(Plan *plan, void *context)
{
	Outline    *outline = context;

	if (outline->n >= MAX_NODES)
		return;
	outline->tags[outline->n] = nodeTag(plan);
	outline->rows[outline->n++] = plan->plan_rows;
}

/* Whether two plans do the same with about as many rows. */
static bool
are_alike(const Outline *a, const Outline *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->tags[i] != b->tags[i] ||
			Max(a->rows[i], b->rows[i]) > ROWS_FACTOR * Min(a->rows[i], b->rows[i]) + ROWS_SLACK)
			return false;
	return true;
}

static bool
is_known(const List *outlines, const Outline *outline)
{
	ListCell   *lc;

	foreach(lc, outlines)
		if (are_alike(lfirst(lc), outline))
			return true;
	return false;
}

static bool
has_condition(List *needs, Oid relid, const PfaNeedFixed *fixed)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, needs)
	{
		PfaNeed    *need = lfirst(lc);

		foreach(lc2, need->relid == relid ? need->fixed : NIL)
			if (equal(((PfaNeedFixed *) lfirst(lc2))->clause, fixed->clause))
				return true;
	}
	return false;
}

/* Whether an expression is searched or sorted by there, too. */
static bool
has_expression(List *needs, Oid relid, Node *expr)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, needs)
	{
		PfaNeed    *need = lfirst(lc);

		if (need->relid != relid)
			continue;
		foreach(lc2, need->columns)
			if (equal(((PfaNeedColumn *) lfirst(lc2))->expr, expr))
				return true;
		foreach(lc2, need->order)
			if (equal(((PfaNeedKey *) lfirst(lc2))->expr, expr))
				return true;
	}
	return false;
}

/* Columns and keys that are expressions with literals of this text alone. */
static void
forget_expressions(PfaNeed *need, List *others)
{
	ListCell   *lc;

	foreach(lc, need->columns)
	{
		Node	   *expr = ((PfaNeedColumn *) lfirst(lc))->expr;

		if (expr != NULL && !has_expression(others, need->relid, expr))
			need->columns = foreach_delete_current(need->columns, lc);
	}
	foreach(lc, need->order)
	{
		Node	   *expr = ((PfaNeedKey *) lfirst(lc))->expr;

		if (expr != NULL && !has_expression(others, need->relid, expr))
		{
			need->order = NIL;
			break;
		}
	}
}

/*
 * What another text has other literals for is no condition that a partial index
 * could be built for, nor an expression that could be a key: a client puts its
 * values into the text.
 */
static void
forget_conditions(PfaShape *shape, const PfaReplan *other)
{
	List	   *needs = pfa_needs_collect(other->query, other->values);
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, shape->needs)
	{
		PfaNeed    *need = lfirst(lc);

		foreach(lc2, need->fixed)
			if (!has_condition(needs, need->relid, lfirst(lc2)))
				need->fixed = foreach_delete_current(need->fixed, lc2);
		forget_expressions(need, needs);
	}
}

/*
 * Plans it with one more set of values; false, and nothing is kept, if its plan
 * is none that is new.
 */
static bool
try_variant(PfaAdvice *advice, PfaShape *shape, const PfaWorkItem *item,
			List **outlines, MemoryContext keep)
{
	PfaReplan  *replan = pfa_replan_prepare(item);
	PfaReplanned planned;
	Outline    *outline;
	MemoryContext old;

	if (replan->skipped == NULL && replan->literals)
		forget_conditions(shape, replan);
	if (replan->skipped == NULL && (!replan->has_params || replan->values != NULL) &&
		pfa_replan_plan(replan, NIL, NIL, false, true, &planned))
	{
		advice->plans++;
		old = MemoryContextSwitchTo(keep);
		outline = palloc0(sizeof(Outline));
		pfa_plan_visit(planned.plan, outline_node, outline);
		if (!is_known(*outlines, outline))
		{
			*outlines = lappend(*outlines, outline);
			shape->variants = lappend(shape->variants, replan);
			shape->cost += planned.cost + planned.disorder;
			shape->planner_cost += planned.cost;
			MemoryContextSwitchTo(old);
			return true;
		}
		pfree(outline);
		MemoryContextSwitchTo(old);
	}
	pfa_replan_release(replan);
	return false;
}

void
pfa_variants_find(PfaAdvice *advice, PfaShape *shape)
{
	MemoryContext keep = CurrentMemoryContext;
	TimestampTz enough = pfa_advice_share(advice, VARIANT_SHARE);
	Outline    *first;
	List	   *outlines;
	ListCell   *lc;

	/* the plan for all values is the same for all */
	if (shape->generic || shape->item->others == NIL)
		return;
	first = palloc0(sizeof(Outline));
	pfa_plan_visit(shape->plan, outline_node, first);
	outlines = list_make1(first);
	foreach(lc, shape->item->others)
	{
		MemoryContext work;
		bool		kept;

		if (pfa_advice_expired(advice) || GetCurrentTimestamp() >= enough)
			break;
		work = AllocSetContextCreate(keep, "perfaudit variant", ALLOCSET_SMALL_SIZES);
		MemoryContextSwitchTo(work);
		kept = try_variant(advice, shape, lfirst(lc), &outlines, keep);
		MemoryContextSwitchTo(keep);
		/* one that is kept lives there */
		if (!kept)
			MemoryContextDelete(work);
	}
	shape->cost /= 1 + list_length(shape->variants);
	shape->planner_cost /= 1 + list_length(shape->variants);
	list_free_deep(outlines);
}

bool
pfa_variants_plan(PfaShape *shape, List *indexes, List *hidden, PfaReplanned *result)
{
	double		sum;
	double		disorder;
	ListCell   *lc;

	if (!pfa_replan_plan(shape->replan, indexes, hidden, shape->generic, false, result))
		return false;
	sum = result->cost;
	disorder = result->disorder;
	foreach(lc, shape->variants)
	{
		PfaReplanned planned;

		if (!pfa_replan_plan(lfirst(lc), indexes, hidden, false, false, &planned))
		{
			/* from now on it is judged without it, as it was so far */
			shape->replan->skipped = ((PfaReplan *) lfirst(lc))->skipped;
			return false;
		}
		sum += planned.cost;
		disorder += planned.disorder;
		result->indexes = list_concat_unique_oid(result->indexes, planned.indexes);
		list_free(planned.indexes);
	}
	result->cost = sum / (1 + list_length(shape->variants));
	result->disorder = disorder / (1 + list_length(shape->variants));
	return true;
}

void
pfa_variants_release(PfaShape *shape)
{
	ListCell   *lc;

	foreach(lc, shape->variants)
		pfa_replan_release(lfirst(lc));
}
