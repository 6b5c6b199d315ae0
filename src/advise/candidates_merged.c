/*
 * candidates_merged.c
 *		One index for several of a table that plans would like to have and that
 *		begin alike: their keys, with the columns that each of them includes.
 *
 * Nobody would build (d) INCLUDE (a) beside (d) INCLUDE (b).  Like all candidates
 * they are offered only; the search decides.
 */
#include "postgres.h"

#include "advise/candidates.h"
#include "advise/hypo_index.h"

#include "catalog/pg_am.h"

/* So many of a table are offered, */
#define MAX_MERGED 8
/* with so many columns behind the keys, so narrow together, in bytes. */
#define MAX_INCLUDED 5
#define MAX_INCLUDED_WIDTH 64.0

/* Whether all keys of one are the first of another, for the same rows. */
static bool
begins_with(const PfaHypoIndex *index, const PfaHypoIndex *first)
{
	if (index->am != BTREE_AM_OID || first->am != BTREE_AM_OID ||
		index->exprs != NIL || first->exprs != NIL ||
		index->nkeys < first->nkeys || !equal(index->pred, first->pred))
		return false;
	for (int i = 0; i < first->nkeys; i++)
		if (index->attnums[i] != first->attnums[i] ||
			index->opclasses[i] != first->opclasses[i] ||
			index->collations[i] != first->collations[i] ||
			index->descending[i] != first->descending[i] ||
			index->nulls_first[i] != first->nulls_first[i])
			return false;
	return true;
}

static Bitmapset *
columns_of(const PfaHypoIndex *index, int first)
{
	Bitmapset  *columns = NULL;

	for (int i = first; i < index->ncolumns; i++)
		columns = bms_add_member(columns, index->attnums[i]);
	return columns;
}

/* The keys of the longer with what both have besides; NULL: too much of it. */
static PfaHypoIndex *
merged(const PfaTable *table, const PfaHypoIndex *longer, const PfaHypoIndex *other)
{
	Bitmapset  *included = bms_join(columns_of(longer, longer->nkeys),
									columns_of(other, other->nkeys));
	PfaHypoIndex *index;
	double		total = 0;
	int			attnum = -1;
	int			n = longer->nkeys;

	for (int i = 0; i < longer->nkeys; i++)
		included = bms_del_member(included, longer->attnums[i]);
	while ((attnum = bms_next_member(included, attnum)) >= 0)
	{
		double		distinct;
		double		width;

		pfa_tables_column(table, attnum, &distinct, &width);
		total += width;
	}
	if (bms_num_members(included) > MAX_INCLUDED || total > MAX_INCLUDED_WIDTH)
		return NULL;
	index = pfa_hypo_make(longer->relid, longer->am, longer->nkeys,
						  longer->nkeys + bms_num_members(included));
	index->pred = longer->pred;
	index->fraction = longer->fraction;
	for (int i = 0; i < longer->nkeys; i++)
	{
		index->attnums[i] = longer->attnums[i];
		index->opclasses[i] = longer->opclasses[i];
		index->collations[i] = longer->collations[i];
		index->descending[i] = longer->descending[i];
		index->nulls_first[i] = longer->nulls_first[i];
	}
	attnum = -1;
	while ((attnum = bms_next_member(included, attnum)) >= 0)
		index->attnums[n++] = attnum;
	bms_free(included);
	return index;
}

void
pfa_candidates_merge(PfaAdvice *advice)
{
	/* the list grows: what has been merged may be merged with others */
	for (int b = 1; b < list_length(advice->candidates); b++)
		for (int a = 0; a < b && !pfa_advice_expired(advice); a++)
		{
			PfaCandidate *left = list_nth(advice->candidates, a);
			PfaCandidate *right = list_nth(advice->candidates, b);
			PfaHypoIndex *index = NULL;

			if (left->table != right->table || !left->promising || !right->promising ||
				left->table->merged >= MAX_MERGED)
				continue;
			if (begins_with(left->index, right->index))
				index = merged(left->table, left->index, right->index);
			else if (begins_with(right->index, left->index))
				index = merged(left->table, right->index, left->index);
			if (index != NULL && pfa_candidates_add(advice, left->table, index))
				left->table->merged++;
		}
}
