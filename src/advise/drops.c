/*
 * drops.c
 *		Existing indexes that nobody would miss: never used, or the work of which
 *		another one does, be it one that is advised.
 *
 * What is known of an index comes from index_facts, as for the findings.  None
 * that backs a constraint, identifies rows for replication, supports a foreign
 * key or sorts the table is considered.  The proof is the planner's: no recorded
 * statement may get dearer without it.
 */
#include "postgres.h"

#include "advise/drops.h"
#include "advise/hypo_index.h"
#include "hooks.h"

#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* Percent that a statement may get dearer. */
#define MAX_WORSE 2.0

#define FACTS_QUERY "SELECT * FROM perfaudit.drop_candidates"

bool		pfa_drops_reading = false;

static char *
text_of(SPITupleTable *table, int row, int column)
{
	return SPI_getvalue(table->vals[row], table->tupdesc, column);
}

static List *
names_of(Datum array)
{
	List	   *names = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		names = lappend(names, nulls[i] ? pstrdup("?") : TextDatumGetCString(elements[i]));
	return names;
}

static PfaDrop *
read_drop(SPITupleTable *table, int row)
{
	HeapTuple	tuple = table->vals[row];
	TupleDesc	desc = table->tupdesc;
	PfaDrop    *drop = palloc0(sizeof(PfaDrop));
	Datum		columns;
	bool		null;

	drop->index = DatumGetObjectId(SPI_getbinval(tuple, desc, 1, &null));
	drop->table = DatumGetObjectId(SPI_getbinval(tuple, desc, 2, &null));
	drop->name = text_of(table, row, 3);
	drop->method = text_of(table, row, 4);
	columns = SPI_getbinval(tuple, desc, 5, &null);
	drop->columns = null ? NIL : names_of(columns);
	drop->size = DatumGetInt64(SPI_getbinval(tuple, desc, 6, &null));
	drop->partitioned = DatumGetBool(SPI_getbinval(tuple, desc, 7, &null));
	drop->entries = DatumGetFloat8(SPI_getbinval(tuple, desc, 8, &null));
	drop->reason = text_of(table, row, 9);
	drop->facts = text_of(table, row, 10);
	return drop;
}

static List *
read_drops_of(MemoryContext caller)
{
	List	   *drops = NIL;

	SPI_connect();
	if (SPI_execute(FACTS_QUERY, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read perfaudit.index_facts");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		drops = lappend(drops, read_drop(SPI_tuptable, (int) i));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return drops;
}

/* Existing indexes without a role, with what the findings say of them. */
static List *
read_drops(void)
{
	List	   *volatile drops = NIL;

	pfa_hooks_suspend();
	pfa_drops_reading = true;
	PG_TRY();
	{
		drops = read_drops_of(CurrentMemoryContext);
	}
	PG_FINALLY();
	{
		pfa_drops_reading = false;
		pfa_hooks_resume();
	}
	PG_END_TRY();
	return drops;
}

static PfaTable *
table_of(PfaAdvice *advice, Oid relid)
{
	ListCell   *lc;

	foreach(lc, advice->tables)
	{
		if (((PfaTable *) lfirst(lc))->relid == relid)
			return lfirst(lc);
	}
	return NULL;
}

static const PfaTableIndex *
existing_index(const PfaTable *table, Oid oid)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		if (((PfaTableIndex *) lfirst(lc))->oid == oid)
			return lfirst(lc);
	}
	return NULL;
}

/* Whether the keys of an existing index are the first of an advised one. */
static bool
stands_in(const PfaHypoIndex *advised, const PfaTableIndex *have)
{
	if (have->am != advised->am || have->am != BTREE_AM_OID || have->unique ||
		have->nkeys > advised->nkeys || have->exprs != NIL || advised->exprs != NIL ||
		!equal(have->pred, advised->pred))
		return false;
	for (int i = 0; i < have->nkeys; i++)
		if (have->attnums[i] != advised->attnums[i] ||
			have->opclasses[i] != advised->opclasses[i] ||
			have->collations[i] != advised->collations[i] ||
			have->descending[i] != advised->descending[i] ||
			have->nulls_first[i] != advised->nulls_first[i])
			return false;
	for (int i = have->nkeys; i < have->ncolumns; i++)
	{
		bool		found = false;

		for (int j = 0; j < advised->ncolumns; j++)
			found |= (advised->attnums[j] == have->attnums[i]);
		if (!found)
			return false;
	}
	return true;
}

/* An advised index that does the work of this one. */
static PfaCandidate *
advised_instead(const PfaTable *table, const List *chosen, const PfaDrop *drop)
{
	const PfaTableIndex *have = existing_index(table, drop->index);
	ListCell   *lc;

	foreach(lc, have != NULL ? chosen : NIL)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (candidate->table == table && stands_in(candidate->index, have))
			return candidate;
	}
	return NULL;
}

static bool
uses_table(const PfaShape *shape, Oid relid)
{
	ListCell   *lc;

	foreach(lc, shape->evidence)
	{
		if (((PfaEvidence *) lfirst(lc))->table->relid == relid)
			return true;
	}
	return false;
}

/* Plans a statement, with one set of its values, without the index. */
static void
prove_plan(PfaAdvice *advice, PfaDrop *drop, PfaReplan *replan, bool generic,
		   List *indexes, List *own, List *hidden)
{
	List	   *without = list_concat_unique_oid(list_copy(hidden), own);
	PfaReplanned before;
	PfaReplanned after;

	if (!pfa_replan_plan(replan, indexes, hidden, generic, false, &before))
		return;
	drop->checked++;
	advice->plans++;
	if (list_length(list_difference_oid(own, before.indexes)) == list_length(own))
		return;
	drop->using++;
	advice->plans++;
	if (!pfa_replan_plan(replan, indexes, without, generic, false, &after))
		return;
	if (before.cost > 0)
		drop->worst = Max(drop->worst, 100 * (after.cost - before.cost) / before.cost);
	if (drop->worst > MAX_WORSE)
		drop->kept = "a recorded statement would get dearer without it";
}

/* Plans what uses the table without the index, and all that is to go before it. */
static void
prove(PfaAdvice *advice, PfaDrop *drop, List *indexes, List *own, List *hidden)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);

		if (!uses_table(shape, drop->table))
			continue;
		if (pfa_advice_expired(advice))
			drop->kept = "there was no time to prove that nothing needs it";
		else
			prove_plan(advice, drop, shape->replan, shape->generic, indexes, own, hidden);
		foreach(lc2, shape->variants)
			if (drop->kept == NULL)
				prove_plan(advice, drop, lfirst(lc2), false, indexes, own, hidden);
		if (drop->kept != NULL)
			return;
	}
}

void
pfa_drops_find(PfaAdvice *advice, const List *chosen)
{
	List	   *indexes = NIL;
	List	   *hidden = NIL;
	ListCell   *lc;

	foreach(lc, chosen)
		indexes = lappend(indexes, ((PfaCandidate *) lfirst(lc))->index);
	foreach(lc, read_drops())
	{
		PfaDrop    *drop = lfirst(lc);
		PfaTable   *table = table_of(advice, drop->table);
		List	   *own = list_make1_oid(drop->index);

		if (!pfa_advice_wants(advice, drop->table))
			continue;
		if (table != NULL && drop->reason == NULL)
			drop->by = advised_instead(table, chosen, drop);
		if (drop->by != NULL)
			drop->reason = "an index that is advised does all that it does";
		if (drop->reason == NULL)
			continue;
		/* no recorded statement uses it */
		if (table == NULL)
			table = pfa_tables_get(advice, drop->table);
		if (table == NULL)
		{
			drop->kept = "its table is locked";
			advice->drops = lappend(advice->drops, drop);
			continue;
		}
		if (drop->partitioned)
			own = find_all_inheritors(drop->index, NoLock, NULL);
		prove(advice, drop, indexes, own, hidden);
		if (drop->kept == NULL)
			hidden = list_concat_unique_oid(hidden, own);
		drop->write_ms = pfa_write_cost_entry(advice, table) * drop->entries;
		advice->drops = lappend(advice->drops, drop);
	}
}
