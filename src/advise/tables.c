/*
 * tables.c
 *		The tables of the workload: size, statistics, existing indexes.
 *
 * Index expressions are read as they are stored: the relation cache would fold
 * them, which executes functions with the caller's privileges.
 *
 * Locks: AccessShareLock on each table and its partitions, without waiting,
 * until the run ends.
 */
#include "postgres.h"

#include "advise/advice.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_statistic.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/plancat.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * Below these an index is no advice, for the table is read in no time: fewer rows,
 * or few pages, unless narrow rows fill them.
 */
#define SMALL_PAGES (1024 * 1024 / BLCKSZ)
#define SMALL_TUPLES 1000
#define SMALL_NARROW_TUPLES 5000
/* unless so many rows a day are read of it by full scans */
#define BUSY_ROWS 10000000.0

static Oid
access_method(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			am;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	am = ((Form_pg_class) GETSTRUCT(tuple))->relam;
	ReleaseSysCache(tuple);
	return am;
}

static PfaTableIndex *
read_index(Oid oid)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(oid));
	Form_pg_index form;
	PfaTableIndex *index;
	oidvector  *opclasses;
	oidvector  *collations;
	int2vector *options;
	Datum		value;
	bool		null;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_index) GETSTRUCT(tuple);
	if (!form->indisvalid)
	{
		ReleaseSysCache(tuple);
		return NULL;
	}
	index = palloc0(sizeof(PfaTableIndex));
	index->oid = oid;
	index->am = access_method(oid);
	index->nkeys = form->indnkeyatts;
	index->unique = form->indisunique && form->indimmediate;
	index->ncolumns = form->indnatts;
	index->attnums = palloc(sizeof(AttrNumber) * index->ncolumns);
	for (int i = 0; i < index->ncolumns; i++)
		index->attnums[i] = form->indkey.values[i];
	index->opclasses = palloc(sizeof(Oid) * index->nkeys);
	index->collations = palloc(sizeof(Oid) * index->nkeys);
	index->descending = palloc(sizeof(bool) * index->nkeys);
	index->nulls_first = palloc(sizeof(bool) * index->nkeys);
	opclasses = (oidvector *) DatumGetPointer(SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &null));
	collations = (oidvector *) DatumGetPointer(SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indcollation, &null));
	options = (int2vector *) DatumGetPointer(SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indoption, &null));
	for (int i = 0; i < index->nkeys; i++)
	{
		index->opclasses[i] = opclasses->values[i];
		index->collations[i] = collations->values[i];
		index->descending[i] = (options->values[i] & INDOPTION_DESC) != 0;
		index->nulls_first[i] = (options->values[i] & INDOPTION_NULLS_FIRST) != 0;
	}
	value = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indexprs, &null);
	if (!null)
	{
		index->exprs = (List *) stringToNode(TextDatumGetCString(value));
		fix_opfuncids((Node *) index->exprs);
	}
	value = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indpred, &null);
	index->partial = !null;
	if (!null)
	{
		index->pred = make_ands_implicit((Expr *) stringToNode(TextDatumGetCString(value)));
		fix_opfuncids((Node *) index->pred);
	}
	ReleaseSysCache(tuple);
	return index;
}

/* Rows and pages, those of all (locked) partitions together. */
static void
read_size(PfaTable *table, List *relids)
{
	ListCell   *lc;

	foreach(lc, relids)
	{
		Relation	rel = try_relation_open(lfirst_oid(lc), NoLock);
		BlockNumber pages;
		double		tuples;
		double		allvisible;

		if (rel == NULL)
			continue;			/* dropped before we had the lock */
		if (rel->rd_tableam != NULL && rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		{
			estimate_rel_size(rel, NULL, &pages, &tuples, &allvisible);
			table->tuples += tuples;
			table->pages += pages;
		}
		relation_close(rel, NoLock);
	}
}

/* Rows a day that full scans of the table read. */
static double
scanned_rows(PfaAdvice *advice, Oid relid)
{
	double		rows = 0;
	ListCell   *lc;

	foreach(lc, advice->items)
	{
		PfaWorkItem *item = lfirst(lc);

		for (int i = 0; i < item->nscans; i++)
			if (item->scans[i].relid == relid)
				rows += item->scans[i].rows;
	}
	return rows / advice->window_days;
}

static PfaTable *
read_table(PfaAdvice *advice, Oid relid, List *relids)
{
	PfaTable   *table = palloc0(sizeof(PfaTable));
	Relation	rel = relation_open(relid, NoLock);
	ListCell   *lc;

	table->relid = relid;
	table->partitioned = (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE);
	foreach(lc, RelationGetIndexList(rel))
	{
		PfaTableIndex *index = read_index(lfirst_oid(lc));

		if (index != NULL)
			table->indexes = lappend(table->indexes, index);
	}
	relation_close(rel, NoLock);
	read_size(table, relids);
	pfa_write_cost_rates(advice, table);

	if (table->tuples < SMALL_TUPLES)
		table->refused = "the table has less than 1000 rows";
	else if (table->pages < SMALL_PAGES && table->tuples < SMALL_NARROW_TUPLES &&
			 scanned_rows(advice, relid) < BUSY_ROWS)
		table->refused = "the table is smaller than 1 MB";
	return table;
}

/* Locks a table until the run ends; false if somebody is in the way. */
static bool
lock_table(PfaAdvice *advice, Oid relid)
{
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return false;
	advice->locked = lappend_oid(advice->locked, relid);
	return true;
}

PfaTable *
pfa_tables_get(PfaAdvice *advice, Oid relid)
{
	List	   *relids;
	ListCell   *lc;
	PfaTable   *table;

	relid = pfa_advice_root(relid);
	foreach(lc, advice->tables)
	{
		table = lfirst(lc);
		if (table->relid == relid)
			return table;
	}
	if (!lock_table(advice, relid) || get_rel_relkind(relid) == '\0')
		return NULL;
	relids = list_make1_oid(relid);
	if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		relids = find_all_inheritors(relid, NoLock, NULL);
	for_each_from(lc, relids, 1)
	{
		if (!lock_table(advice, lfirst_oid(lc)))
			return NULL;
	}
	table = read_table(advice, relid, relids);
	advice->tables = lappend(advice->tables, table);
	return table;
}

/* Whether ANALYZE found no value short enough to be looked at (1 kB). */
static bool
all_too_wide(const PfaTable *table, const FormData_pg_statistic *form)
{
	/* some other types have no statistics but these either */
	return form->stadistinct < 0 && form->stakind1 == 0 && form->stakind2 == 0 &&
		form->stakind3 == 0 && form->stakind4 == 0 && form->stakind5 == 0 &&
		get_typlen(get_atttype(table->relid, form->staattnum)) == -1;
}

void
pfa_tables_column(const PfaTable *table, AttrNumber attnum,
				  double *distinct, double *width)
{
	HeapTuple	tuple;
	Form_pg_statistic form;

	*distinct = 0;
	*width = 0;
	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table->relid),
							Int16GetDatum(attnum), BoolGetDatum(table->partitioned));
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_statistic) GETSTRUCT(tuple);
	/* the width of what is stored out of line is that of its pointer */
	*width = all_too_wide(table, form) ? BLCKSZ : form->stawidth;
	*distinct = (form->stadistinct >= 0) ? form->stadistinct :
		-form->stadistinct * table->tuples;
	ReleaseSysCache(tuple);
}

/* Whether an existing index has all columns that the definition includes. */
static bool
index_includes(const PfaTableIndex *have, const PfaHypoIndex *want)
{
	for (int i = want->nkeys; i < want->ncolumns; i++)
	{
		bool		found = false;

		for (int j = 0; j < have->ncolumns; j++)
			found |= (have->attnums[j] == want->attnums[i]);
		if (!found)
			return false;
	}
	return true;
}

/* Whether the first columns of an existing index are those of the definition. */
static bool
index_leads_with(const PfaTableIndex *have, const PfaHypoIndex *want)
{
	int			have_expr = 0;
	int			want_expr = 0;
	bool		reversed = false;

	if (have->am != want->am || have->nkeys < want->nkeys ||
		((have->partial || want->pred != NIL) && !equal(have->pred, want->pred)) || !index_includes(have, want))
		return false;
	for (int i = 0; i < want->nkeys; i++)
	{
		bool		flipped;

		if (have->attnums[i] != want->attnums[i] ||
			have->opclasses[i] != want->opclasses[i] ||
			have->collations[i] != want->collations[i])
			return false;
		if (have->attnums[i] == 0 &&
			!equal(list_nth(have->exprs, have_expr++), list_nth(want->exprs, want_expr++)))
			return false;
		/* read backwards an index gives the opposite of every direction */
		flipped = (have->descending[i] != want->descending[i]);
		if (flipped != (have->nulls_first[i] != want->nulls_first[i]))
			return false;
		if (i > 0 && flipped != reversed)
			return false;
		reversed = flipped;
	}
	return true;
}

bool
pfa_tables_has_index(const PfaTable *table, const PfaHypoIndex *index)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		if (index_leads_with(lfirst(lc), index))
			return true;
	}
	return false;
}

bool
pfa_tables_is_unique(const PfaTable *table, const Bitmapset *columns)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		PfaTableIndex *index = lfirst(lc);
		bool		all = index->unique && !index->partial;

		for (int i = 0; i < index->nkeys && all; i++)
			all = index->attnums[i] > 0 && bms_is_member(index->attnums[i], columns);
		if (all)
			return true;
	}
	return false;
}
