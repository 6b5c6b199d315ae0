/*
 * candidates.c
 *		Which indexes are worth asking the planner about.
 *
 * Per use of a table that wastes reading: equality columns first, as few as
 * leave a page of rows, then one range column or the sort keys; join columns
 * alone and behind them; keys of a sort under a LIMIT; min and max.  The planner
 * arbitrates, so both orders of what is unclear are offered.  What an existing
 * index does already, and what can serve no search, is not.
 */
#include "postgres.h"

#include "advise/advice.h"
#include "advise/candidates.h"
#include "advise/hypo_index.h"
#include "advise/index_keys.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#define MAX_CANDIDATES 4000
#define MAX_RANGES 2
/* So much of the time is for measuring what they would be like. */
#define MEASURE_SHARE 0.4
/* Rows that a search in order soon meets are so large a share. */
#define COMMON_SHARE 0.1

static PfaCandidate *
make_candidate(PfaAdvice *advice, PfaTable *table, PfaHypoIndex *index)
{
	PfaCandidate *candidate = palloc0(sizeof(PfaCandidate));

	candidate->id = list_length(advice->candidates);
	candidate->table = table;
	candidate->index = index;
	advice->candidates = lappend(advice->candidates, candidate);
	return candidate;
}

void
pfa_candidates_offer(PfaAdvice *advice, PfaShape *shape, PfaTable *table,
					 PfaIndexKeys *keys)
{
	PfaHypoIndex *index = pfa_keys_make_index(table, keys);
	PfaCandidate *candidate;
	ListCell   *lc;

	if (index == NULL || pfa_tables_has_index(table, index) ||
		!pfa_candidates_may_show(index))
		return;
	foreach(lc, advice->candidates)
	{
		candidate = lfirst(lc);
		if (pfa_keys_same_index(candidate->index, index))
		{
			shape->relevant = bms_add_member(shape->relevant, candidate->id);
			return;
		}
	}
	if (list_length(advice->candidates) >= MAX_CANDIDATES)
	{
		advice->crowded = true;
		return;
	}
	candidate = make_candidate(advice, table, index);
	shape->relevant = bms_add_member(shape->relevant, candidate->id);
}

/* Equalities, then one more column. */
static void
offer_with(PfaAdvice *advice, PfaShape *shape, PfaTable *table,
		   List *equalities, PfaNeedColumn *last)
{
	PfaIndexKeys keys = {0};

	pfa_keys_add_columns(&keys, equalities);
	pfa_keys_add_column(&keys, last);
	pfa_candidates_offer(advice, shape, table, &keys);
}

/* Equalities, then the keys of the order. */
static void
offer_order(PfaAdvice *advice, PfaShape *shape, PfaTable *table,
			List *equalities, List *order)
{
	PfaIndexKeys keys = {0};

	pfa_keys_add_columns(&keys, equalities);
	pfa_keys_add_order(&keys, order);
	pfa_candidates_offer(advice, shape, table, &keys);
}

/* Joins: the inner side of a nested loop, with what else it is filtered by. */
static void
offer_joins(PfaAdvice *advice, PfaShape *shape, PfaTable *table,
			const PfaNeed *need, List *equalities)
{
	List	   *joins = NIL;
	List	   *ranges = pfa_candidates_of_kind(need, PFA_NEED_RANGE, false);
	PfaNeedColumn *range = ranges == NIL ? NULL : pfa_candidates_take_range(table, &ranges);
	PfaIndexKeys keys = {0};
	ListCell   *lc;

	/* what is unique finds its row as it is */
	foreach(lc, pfa_candidates_of_kind(need, PFA_NEED_JOIN, false))
	{
		PfaNeedColumn *join = lfirst(lc);

		if (!pfa_tables_is_unique(table, bms_make_singleton(join->attnum)))
			joins = lappend(joins, join);
	}

	foreach(lc, joins)
	{
		PfaNeedColumn *join = lfirst(lc);

		offer_with(advice, shape, table, NIL, join);
		if (range != NULL && !range->recorded && !join->recorded)
		{
			PfaIndexKeys all = {0};

			pfa_keys_add_columns(&all, equalities);
			pfa_keys_add_column(&all, join);
			pfa_keys_add_column(&all, range);
			pfa_candidates_offer(advice, shape, table, &all);
		}
		if (equalities != NIL)
		{
			PfaIndexKeys behind = {0};

			offer_with(advice, shape, table, equalities, join);
			pfa_keys_add_column(&behind, join);
			pfa_keys_add_columns(&behind, equalities);
			pfa_candidates_offer(advice, shape, table, &behind);
		}
	}
	if (list_length(joins) > 1)
	{
		pfa_keys_add_columns(&keys, joins);
		pfa_candidates_offer(advice, shape, table, &keys);
	}
}

/* LIKE with a fixed beginning, and patterns that only trigrams serve. */
static void
offer_patterns(PfaAdvice *advice, PfaShape *shape, PfaTable *table,
			   const PfaNeed *need)
{
	ListCell   *lc;

	foreach(lc, need->columns)
	{
		PfaNeedColumn *column = lfirst(lc);
		PfaIndexKeys keys = {0};

		if (column->kind == PFA_NEED_PREFIX)
			pfa_keys_add_prefix(&keys, column);
		else if (column->kind == PFA_NEED_CONTAINS && column->searchable &&
				 IsBinaryCoercible(column->type, TEXTOID))
		{
			if (!pfa_keys_add_trigrams(&keys, column))
			{
				PfaNote    *note = palloc0(sizeof(PfaNote));

				if (column->attnum == 0)
					continue;
				note->table = table;
				note->attnum = column->attnum;
				note->shape = shape;
				advice->notes = lappend(advice->notes, note);
				continue;
			}
		}
		else
			continue;
		pfa_candidates_offer(advice, shape, table, &keys);
	}
}

/* The one that reads least, with what else is read; so for a join's inner side. */
static void
offer_covering(PfaAdvice *advice, PfaShape *shape, const PfaEvidence *evidence,
			   const PfaNeed *need, List *equalities)
{
	List	   *ranges = pfa_candidates_of_kind(need, PFA_NEED_RANGE, false);
	PfaIndexKeys keys = {0};
	ListCell   *lc;

	pfa_keys_add_columns(&keys, equalities);
	if (need->order != NIL)
		pfa_keys_add_order(&keys, need->order);
	else if (ranges != NIL)
		pfa_keys_add_column(&keys, pfa_candidates_take_range(evidence->table, &ranges));
	pfa_candidates_offer_covering(advice, shape, evidence, need, &keys);
	foreach(lc, pfa_candidates_of_kind(need, PFA_NEED_JOIN, false))
	{
		PfaIndexKeys behind = {0};

		pfa_keys_add_columns(&behind, equalities);
		pfa_keys_add_column(&behind, lfirst(lc));
		pfa_candidates_offer_covering(advice, shape, evidence, need, &behind);
	}
}

/* Everything worth trying for one use of a table. */
static void
offer_for_need(PfaAdvice *advice, PfaShape *shape, const PfaEvidence *evidence,
			   const PfaNeed *need)
{
	PfaTable   *table = evidence->table;
	List	   *equalities = pfa_candidates_equalities(advice, table, need);
	List	   *ranges = pfa_candidates_of_kind(need, PFA_NEED_RANGE, false);
	PfaIndexKeys keys = {0};
	ListCell   *lc;

	if (pfa_candidates_has_brin(evidence, need, equalities))
		return;
	pfa_keys_add_columns(&keys, equalities);
	pfa_candidates_offer(advice, shape, table, &keys);
	if (list_length(equalities) > 1)
		foreach(lc, equalities)
			offer_with(advice, shape, table, NIL, lfirst(lc));

	for (int i = 0; i < MAX_RANGES && ranges != NIL; i++)
	{
		PfaNeedColumn *range = pfa_candidates_take_range(table, &ranges);

		offer_with(advice, shape, table, equalities, range);
		if (equalities != NIL)
			offer_with(advice, shape, table, NIL, range);
	}
	if (need->order != NIL)
	{
		offer_order(advice, shape, table, equalities, need->order);
		/* not where the planner would only hope to meet a rare row early */
		if (need->limited && equalities != NIL &&
			pfa_candidates_share(table, need, equalities) >= COMMON_SHARE)
			offer_order(advice, shape, table, NIL, need->order);
	}
	foreach(lc, need->extremes)
		offer_order(advice, shape, table, equalities, list_make1(lfirst(lc)));
	offer_joins(advice, shape, table, need, equalities);
	foreach(lc, pfa_candidates_of_kind(need, PFA_NEED_EQUAL, true))
		offer_with(advice, shape, table, NIL, lfirst(lc));
	foreach(lc, pfa_candidates_of_kind(need, PFA_NEED_RANGE, true))
		offer_with(advice, shape, table, NIL, lfirst(lc));
	offer_patterns(advice, shape, table, need);
	pfa_candidates_offer_elements(advice, shape, table, need, equalities);
	pfa_candidates_offer_partial(advice, shape, evidence, need, equalities);
	offer_covering(advice, shape, evidence, need, equalities);
	pfa_candidates_offer_small(advice, shape, table, need, equalities);
}

/*
 * What the plan filtered and the query did not show (a function that was
 * inlined, say) is added to the need.
 */
static void
add_recorded(PfaNeed *need, const PfaWorkItem *item)
{
	int			told = list_length(need->columns);

	for (int i = 0; i < item->nplans; i++)
		for (int n = 0; n < item->plans[i].npreds; n++)
		{
			const PfaPred *pred = &item->plans[i].preds[n];
			Oid			type;
			Oid			opclass;
			int			strategy = 0;

			if (pred->relid != need->relid || pred->attnum <= 0 ||
				OidIsValid(pred->funcid) || !OidIsValid(pred->opno) ||
				(pred->kind != PFA_PRED_FILTER && pred->kind != PFA_PRED_JOIN) ||
				(pred->flags & (PFA_PRED_NEGATED | PFA_PRED_INSIDE_OR)) != 0)
				continue;
			type = get_atttype(need->relid, pred->attnum);
			if (!OidIsValid(type))
				continue;		/* dropped since */
			opclass = GetDefaultOpClass(type, BTREE_AM_OID);
			if (OidIsValid(opclass))
				strategy = get_op_opfamily_strategy(pred->opno, get_opclass_family(opclass));
			if (strategy == BTEqualStrategyNumber)
				pfa_needs_add(need, pred->kind == PFA_PRED_JOIN ? PFA_NEED_JOIN : PFA_NEED_EQUAL,
							  pred->attnum, false);
			else if (strategy != 0)
				pfa_needs_add(need, PFA_NEED_RANGE, pred->attnum, false);
		}
	for (int i = told; i < list_length(need->columns); i++)
		((PfaNeedColumn *) list_nth(need->columns, i))->recorded = true;
}

/* A unique index finds the row: nothing is left to improve. */
static bool
finds_one_row(const PfaTable *table, const PfaNeed *need)
{
	Bitmapset  *columns = NULL;
	ListCell   *lc;

	foreach(lc, pfa_candidates_of_kind(need, PFA_NEED_EQUAL, false))
	{
		PfaNeedColumn *column = lfirst(lc);

		if (column->attnum > 0)
			columns = bms_add_member(columns, column->attnum);
	}
	return pfa_tables_is_unique(table, columns);
}

static PfaEvidence *
evidence_for(const PfaShape *shape, Oid relid)
{
	ListCell   *lc;

	foreach(lc, shape->evidence)
	{
		PfaEvidence *evidence = lfirst(lc);

		if (evidence->table->relid == relid)
			return evidence;
	}
	return NULL;
}

void
pfa_candidates_leave(PfaAdvice *advice, PfaCandidate *candidate)
{
	candidate->refused = "there was no time to try it";
	candidate->barred = true;
	advice->left++;
}

/* Measures a candidate and lets each shape that it could serve know it. */
static void
complete(PfaAdvice *advice, PfaCandidate *candidate, List **indexes)
{
	ListCell   *lc;

	pfa_hypo_prepare(candidate->index, *indexes);
	*indexes = lappend(*indexes, candidate->index);
	candidate->size_mb = Max(candidate->index->pages, 1) * (BLCKSZ / 1048576.0);
	pfa_write_cost_estimate(advice, candidate);
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);

		if (pfa_keys_could_serve(candidate->table, candidate->index, shape->needs))
			shape->relevant = bms_add_member(shape->relevant, candidate->id);
		if (bms_is_member(candidate->id, shape->relevant))
			candidate->shapes = lappend(candidate->shapes, shape);
	}
}

static void
complete_all(PfaAdvice *advice, const PfaTable *table, TimestampTz enough, List **indexes)
{
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (candidate->table != table)
			continue;
		if (pfa_advice_expired(advice) || GetCurrentTimestamp() >= enough)
			pfa_candidates_leave(advice, candidate);
		else
			complete(advice, candidate, indexes);
	}
}

bool
pfa_candidates_add(PfaAdvice *advice, PfaTable *table, PfaHypoIndex *index)
{
	PfaCandidate *candidate;
	List	   *indexes = NIL;
	ListCell   *lc;

	if (list_length(advice->candidates) >= MAX_CANDIDATES || pfa_tables_has_index(table, index))
		return false;
	foreach(lc, advice->candidates)
	{
		candidate = lfirst(lc);
		if (pfa_keys_same_index(candidate->index, index))
			return false;
		indexes = lappend(indexes, candidate->index);
	}
	candidate = make_candidate(advice, table, index);
	candidate->promising = true;
	complete(advice, candidate, &indexes);
	list_free(indexes);
	return true;
}

void
pfa_candidates_make(PfaAdvice *advice)
{
	TimestampTz enough;
	List	   *indexes = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);

		foreach(lc2, shape->needs)
		{
			PfaNeed    *need = lfirst(lc2);
			PfaEvidence *evidence = evidence_for(shape, need->relid);

			if (evidence == NULL || evidence->refused != NULL ||
				!pfa_advice_wants(advice, need->relid))
				continue;
			add_recorded(need, shape->item);
			if (!finds_one_row(evidence->table, need))
				offer_for_need(advice, shape, evidence, need);
		}
	}
	enough = pfa_advice_share(advice, MEASURE_SHARE);
	/* one after the other: a sample of the table's rows serves all of them */
	foreach(lc, advice->tables)
		complete_all(advice, lfirst(lc), enough, &indexes);
}
