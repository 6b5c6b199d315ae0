/*
 * hold_match.c
 *		Which candidates were advised before: indexes by the hashes of their names.
 *
 * A definition is hashed as the statement that builds it, whatever settings the
 * caller has, so that it is the same after a dump, and none is kept in words.
 */
#include "postgres.h"

#include "advise/candidates.h"
#include "advise/hold.h"
#include "advise/hypo_index.h"

#include "catalog/pg_am.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

static uint64
hash_of(const char *text)
{
	return hash_bytes_extended((const unsigned char *) text, strlen(text), 0);
}

static uint64
hash_table(Oid relid)
{
	const char *name = get_rel_name(relid);

	/* it may just have been dropped */
	if (name == NULL)
		return 0;
	return hash_of(quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name));
}

static uint32
hash_column(const PfaHypoIndex *index, int column)
{
	return (uint32) hash_of(get_attname(index->relid, index->attnums[column], false));
}

static int
by_index(const void *a, const void *b)
{
	const PfaSharedGiven *left = a;
	const PfaSharedGiven *right = b;

	return (left->index > right->index) - (left->index < right->index);
}

/* Whose advice this is, and on what. */
static PfaGivenKey *
make_key(const PfaAdvice *advice)
{
	PfaGivenKey *key = palloc(sizeof(PfaGivenKey));
	char	   *limits = psprintf("%d " INT64_FORMAT " %.17g", advice->max_indexes,
								  advice->storage_budget, advice->min_gain);
	ListCell   *lc;

	key->dbid = MyDatabaseId;
	key->userid = GetUserId();
	key->args = hash_of(limits);
	/* in whatever order they were named */
	foreach(lc, advice->only_tables)
		key->args += hash_table(lfirst_oid(lc));
	foreach(lc, advice->only_queryids)
		key->args += hash_bytes_extended(lfirst(lc), sizeof(uint64), 1);
	return key;
}

/* From here to the end names are written in one way. */
static int
begin_names(void)
{
	int			nest = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("quote_all_identifiers", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return nest;
}

/* Fills what says which index it is. */
static void
describe(const PfaHypoIndex *index, PfaSharedGiven *given)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "perfaudit names",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);

	memset(given, 0, sizeof(*given));
	given->index = hash_of(pfa_hypo_ddl(index, "", false));
	given->table = hash_table(index->relid);
	given->plain = index->exprs == NIL && index->pred == NIL;
	if (given->plain && index->am == BTREE_AM_OID && index->ncolumns <= PFA_GIVEN_COLUMNS)
		given->ncolumns = index->ncolumns;
	for (int i = 0; i < given->ncolumns; i++)
		given->columns[i] = hash_column(index, i);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

/* The candidate as it was given before, or as it would be for the first time. */
static void
match(PfaAdvice *advice, PfaCandidate *candidate)
{
	PfaSharedGiven given;

	describe(candidate->index, &given);
	candidate->given = bsearch(&given, advice->given, advice->n_given, sizeof(given), by_index);
	if (candidate->given != NULL)
		return;
	candidate->given = palloc(sizeof(PfaSharedGiven));
	*candidate->given = given;
}

/* The place of a column in an index, or -1. */
static int
place_of(const PfaHypoIndex *index, uint32 column)
{
	for (int i = 0; i < index->ncolumns; i++)
		if (hash_column(index, i) == column)
			return i;
	return -1;
}

/*
 * The index that was given, from one of the same columns in another order: which
 * comes first may be a matter of the last sample of the table.  NULL: it is none.
 */
static PfaHypoIndex *
reordered(const PfaHypoIndex *index, const PfaSharedGiven *given)
{
	PfaHypoIndex *result;
	PfaSharedGiven check;

	if (index->am != BTREE_AM_OID || index->exprs != NIL || index->pred != NIL ||
		index->ncolumns != given->ncolumns)
		return NULL;
	result = pfa_hypo_make(index->relid, index->am, index->nkeys, index->ncolumns);
	for (int i = 0; i < given->ncolumns; i++)
	{
		int			from = place_of(index, given->columns[i]);

		if (from < 0 || (from < index->nkeys) != (i < index->nkeys))
			return NULL;
		result->attnums[i] = index->attnums[from];
		if (i >= index->nkeys)
			continue;
		result->opclasses[i] = index->opclasses[from];
		result->collations[i] = index->collations[from];
		result->descending[i] = index->descending[from];
		result->nulls_first[i] = index->nulls_first[from];
	}
	describe(result, &check);
	return check.index == given->index ? result : NULL;
}

/* Makes a candidate of one that was given, if there is one to make it of. */
static void
offer_again(PfaAdvice *advice, PfaSharedGiven *given)
{
	int			n = list_length(advice->candidates);

	for (int i = 0; i < n && given->ncolumns > 1; i++)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, i);
		PfaHypoIndex *index;

		if (candidate->barred || hash_table(candidate->table->relid) != given->table)
			continue;
		index = reordered(candidate->index, given);
		if (index == NULL)
			continue;
		if (pfa_candidates_add(advice, candidate->table, index))
			((PfaCandidate *) llast(advice->candidates))->given = given;
		break;
	}
}

/* The candidate that this is, or NULL. */
static PfaCandidate *
candidate_for(PfaAdvice *advice, const PfaSharedGiven *given)
{
	ListCell   *lc;

	foreach(lc, advice->candidates)
		if (((PfaCandidate *) lfirst(lc))->given == given)
			return lfirst(lc);
	return NULL;
}

static bool
holds_table(const PfaAdvice *advice, uint64 table)
{
	for (int i = 0; i < advice->n_given; i++)
		if (advice->given[i].held && advice->given[i].table == table)
			return true;
	return false;
}

Bitmapset *
pfa_hold_find(PfaAdvice *advice, const Bitmapset *chosen)
{
	Bitmapset  *held = NULL;
	int			nest = begin_names();
	int			n_held = 0;
	int			id = -1;
	ListCell   *lc;

	advice->given_key = make_key(advice);
	advice->given = palloc(sizeof(PfaSharedGiven) * PFA_GIVEN);
	advice->n_given = pfa_given_read(advice->given_key, advice->given);
	qsort(advice->given, advice->n_given, sizeof(PfaSharedGiven), by_index);
	for (int i = 0; i < advice->n_given; i++)
		n_held += advice->given[i].held;
	while ((id = bms_next_member(chosen, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);

		match(advice, candidate);
		n_held -= candidate->given->held;
	}
	/* most often nothing is missing */
	foreach(lc, n_held > 0 ? advice->candidates : NIL)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (!candidate->barred && candidate->given == NULL &&
			holds_table(advice, hash_table(candidate->table->relid)))
			match(advice, candidate);
	}
	for (int i = 0; i < advice->n_given && n_held > 0; i++)
		if (advice->given[i].held && !pfa_advice_expired(advice) &&
			candidate_for(advice, &advice->given[i]) == NULL)
			offer_again(advice, &advice->given[i]);
	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (candidate->given != NULL && candidate->given->held && !candidate->barred)
			held = bms_add_member(held, candidate->id);
	}
	AtEOXact_GUC(true, nest);
	return held;
}
