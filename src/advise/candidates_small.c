/*
 * candidates_small.c
 *		Candidates that take far less room than a b-tree: BRIN for a large table's
 *		rows that lie in the order of a column, hash for long keys that are only
 *		ever compared for equality.
 *
 * Like all candidates they are offered only; the planner decides.
 */
#include "postgres.h"

#include <math.h>

#include "advise/candidates.h"
#include "compat.h"
#include "settings.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_statistic.h"
#include "pgstat.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Rows lie in the order of a column if it has so much correlation, */
#define ORDERED 0.95
/* and keep it if so small a share of them is changed or deleted. */
#define CHANGED_SHARE 0.01
/* A BRIN index does for a b-tree with at most such a share of its size, */
#define BRIN_SIZE 0.1
/* where so many rows are kept each time. */
#define MANY_ROWS 1000.0
/* Keys are long from so many bytes on, */
#define LONG_KEY 48.0
/* rather unique if they have so many different values a row, */
#define DIFFERENT_SHARE 0.5
/* and worth a hash index if that has so much less, in bytes. */
#define HASH_SAVES (8.0 * 1024 * 1024)
/* Bytes of an entry of a hash index, in pages that are three quarters full. */
#define HASH_ENTRY (20 / 0.75)
/* Bytes of an entry of a b-tree beside its key, of which pages are nine tenths full. */
#define BTREE_ENTRY 12
#define BTREE_FILL 0.9

/* How well the rows lie in the order of a column, 0 to 1. */
static double
correlation_of(const PfaTable *table, AttrNumber attnum)
{
	HeapTuple	tuple;
	AttStatsSlot slot;
	double		result = 0;

	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table->relid),
							Int16GetDatum(attnum), BoolGetDatum(false));
	if (!HeapTupleIsValid(tuple))
		return 0;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers == 1)
			result = fabsf(slot.numbers[0]);
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return result;
}

/* Whether rows stay where they were added. */
static bool
is_appended(const PfaTable *table)
{
	PgStat_StatTabEntry *stats = pgstat_fetch_stat_tabentry(table->relid);

	return stats == NULL ||
		stats->tuples_updated + stats->tuples_deleted <= CHANGED_SHARE * Max(table->tuples, 1);
}

static void
offer_brin(PfaAdvice *advice, PfaShape *shape, PfaTable *table, const PfaNeed *need,
		   List *equalities)
{
	ListCell   *lc;

	/* a table is partitioned in the order of its rows already */
	if (table->partitioned || equalities != NIL ||
		table->pages * (BLCKSZ / 1024) < pfa_brin_table_size || !is_appended(table))
		return;
	foreach(lc, pfa_candidates_of_kind(need, PFA_NEED_RANGE, false))
	{
		PfaNeedColumn *column = lfirst(lc);
		PfaIndexKeys keys = {.am = BRIN_AM_OID};

		if (column->attnum <= 0 || correlation_of(table, column->attnum) < ORDERED)
			continue;
		pfa_keys_add_column(&keys, column);
		pfa_candidates_offer(advice, shape, table, &keys);
	}
}

/* Rows of a call that the shape keeps of the table. */
static double
rows_kept(const PfaShape *shape, const PfaTable *table)
{
	ListCell   *lc;

	foreach(lc, shape->evidence)
	{
		const PfaEvidence *evidence = lfirst(lc);

		if (evidence->table == table)
			return evidence->kept;
	}
	return 0;
}

static double
cost_with(PfaAdvice *advice, PfaShape *shape, const Bitmapset *others,
		  const PfaCandidate *candidate)
{
	Bitmapset  *set = bms_add_member(bms_copy(others), candidate->id);
	double		cost = pfa_costs_get(advice, shape, set, NULL);

	bms_free(set);
	return cost;
}

/*
 * The planner takes the rows that a BRIN index finds for spread over the table, so
 * that a b-tree looks several times better than it is.  It is enough that it
 * would use the BRIN index wherever it uses the b-tree, for many rows each time.
 */
bool
pfa_candidates_brin_does(PfaAdvice *advice, const Bitmapset *others,
						 const PfaCandidate *btree, const PfaCandidate *brin)
{
	ListCell   *lc;

	if (brin->index->am != BRIN_AM_OID || btree->index->am != BTREE_AM_OID ||
		brin->size_mb > BRIN_SIZE * btree->size_mb)
		return false;
	foreach(lc, btree->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		double		without = pfa_costs_get(advice, shape, others, NULL);

		if (shape->hopeless || cost_with(advice, shape, others, btree) >= without)
			continue;
		if (rows_kept(shape, btree->table) < MANY_ROWS ||
			without - cost_with(advice, shape, others, brin) < without * advice->min_gain / 100)
			return false;
	}
	return !advice->truncated;
}

/* What was advised for a BRIN index stays enough when it is there. */
bool
pfa_candidates_has_brin(const PfaEvidence *evidence, const PfaNeed *need, List *equalities)
{
	ListCell   *lc;
	ListCell   *lc2;

	if (equalities != NIL || need->order != NIL || evidence->kept < MANY_ROWS)
		return false;
	foreach(lc, pfa_candidates_of_kind(need, PFA_NEED_RANGE, false))
	{
		PfaNeedColumn *column = lfirst(lc);

		foreach(lc2, evidence->table->indexes)
		{
			PfaTableIndex *index = lfirst(lc2);

			if (index->am == BRIN_AM_OID && !index->partial && column->attnum > 0 &&
				index->attnums[0] == column->attnum &&
				correlation_of(evidence->table, column->attnum) >= ORDERED)
				return true;
		}
	}
	return false;
}

static bool
is_ordered_by(List *keys, AttrNumber attnum)
{
	ListCell   *lc;

	foreach(lc, keys)
		if (((PfaNeedKey *) lfirst(lc))->attnum == attnum)
			return true;
	return false;
}

/* Whether every recorded use of the column compares it for equality. */
static bool
is_only_compared(PfaAdvice *advice, const PfaTable *table, AttrNumber attnum)
{
	ListCell   *lc;
	ListCell   *lc2;
	ListCell   *lc3;

	foreach(lc, advice->shapes)
	{
		foreach(lc2, ((PfaShape *) lfirst(lc))->needs)
		{
			PfaNeed    *need = lfirst(lc2);

			if (need->relid != table->relid)
				continue;
			if (is_ordered_by(need->order, attnum) || is_ordered_by(need->extremes, attnum))
				return false;
			foreach(lc3, need->columns)
			{
				PfaNeedColumn *column = lfirst(lc3);

				if (column->attnum == attnum && column->kind != PFA_NEED_EQUAL &&
					column->kind != PFA_NEED_JOIN)
					return false;
			}
		}
	}
	return true;
}

static void
offer_hash(PfaAdvice *advice, PfaShape *shape, PfaTable *table, const PfaNeed *need,
		   List *equalities)
{
	PfaNeedColumn *column = equalities == NIL ? NULL : linitial(equalities);
	PfaIndexKeys keys = {.am = HASH_AM_OID};
	double		distinct;
	double		width;

	if (list_length(equalities) != 1 || column->attnum <= 0 || need->order != NIL)
		return;
	pfa_tables_column(table, column->attnum, &distinct, &width);
	if (width < LONG_KEY || distinct < DIFFERENT_SHARE * table->tuples ||
		table->tuples * (MAXALIGN(BTREE_ENTRY + width) / BTREE_FILL - HASH_ENTRY) < HASH_SAVES ||
		!is_only_compared(advice, table, column->attnum))
		return;
	pfa_keys_add_column(&keys, column);
	pfa_candidates_offer(advice, shape, table, &keys);
}

void
pfa_candidates_offer_small(PfaAdvice *advice, PfaShape *shape, PfaTable *table,
						   const PfaNeed *need, List *equalities)
{
	offer_brin(advice, shape, table, need, equalities);
	offer_hash(advice, shape, table, need, equalities);
}
