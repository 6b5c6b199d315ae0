/*
 * hypo_size.c
 *		How large an index would be, from the statistics of its columns.
 *
 * btree is computed the way nbtree's bulk load fills pages: line pointers, the
 * fill factor, the high key, posting lists for equal keys.  hash follows
 * _hash_init's bucket count.  Of the others hypo_size_lossy.c knows.  Reads
 * catalogs only, never the table.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_size.h"

#include "access/amapi.h"
#include "access/htup_details.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define BTREE_SPACE (PFA_PAGE_SPACE - MAXALIGN(sizeof(BTPageOpaqueData)))

static void
size_of_type(PfaColumnSize *size, Oid type, int32 typmod)
{
	int16		typlen;
	bool		byval;
	char		align;

	get_typlenbyvalalign(type, &typlen, &byval, &align);
	size->varlena = (typlen < 0);
	size->width = (typlen > 0) ? typlen : get_typavgwidth(type, typmod);
	size->align = (align == TYPALIGN_DOUBLE) ? ALIGNOF_DOUBLE :
		(align == TYPALIGN_INT) ? ALIGNOF_INT :
		(align == TYPALIGN_SHORT) ? ALIGNOF_SHORT : 1;
	if (type == BOOLOID)
		size->distinct = 2;
}

/* What ANALYZE found in the arrays of a column. */
static void
elements_of_statistics(PfaColumnSize *size, HeapTuple stats, double tuples)
{
	AttStatsSlot slot;

	if (get_attstatsslot(&slot, stats, STATISTIC_KIND_DECHIST, InvalidOid, ATTSTATSSLOT_NUMBERS))
	{
		/* behind the histogram stands the average */
		if (slot.nnumbers > 0)
			size->elements = slot.numbers[slot.nnumbers - 1];
		free_attstatsslot(&slot);
	}
	if (get_attstatsslot(&slot, stats, STATISTIC_KIND_MCELEM, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
	{
		for (int i = 0; i < slot.nvalues && i < slot.nnumbers; i++)
		{
			size->covered += slot.numbers[i];
			size->covered_bytes += pfa_hypo_gin_entry_bytes(slot.numbers[i] * tuples * (1 - size->nulls));
			size->rarest = (i == 0) ? slot.numbers[i] : Min(size->rarest, slot.numbers[i]);
		}
		free_attstatsslot(&slot);
	}
}

/* A column's statistics. */
static void
size_of_statistics(PfaColumnSize *size, HeapTuple stats, double tuples)
{
	Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(stats);

	if (form->stawidth > 0 && size->varlena)
		size->width = form->stawidth;
	/* the average was cut off: that of odd ones is even only if most are larger */
	if (size->odd && form->stawidth > 0 && form->stawidth % 2 == 0)
		size->width++;
	size->nulls = form->stanullfrac;
	if (form->stadistinct > 0)
		size->distinct = form->stadistinct;
	else if (form->stadistinct < 0)
		size->distinct = -form->stadistinct * tuples;
	if (size->varlena)
		elements_of_statistics(size, stats, tuples);
}

/* Statistics of a table's column, its own or those of all its children. */
static void
size_of_column(PfaColumnSize *size, Relation table, AttrNumber attnum, double tuples)
{
	HeapTuple	stats;

	stats = SearchSysCache3(STATRELATTINH,
							ObjectIdGetDatum(RelationGetRelid(table)),
							Int16GetDatum(attnum), BoolGetDatum(false));
	if (!HeapTupleIsValid(stats))
		return;
	size_of_statistics(size, stats, tuples);
	ReleaseSysCache(stats);
}

/* The expression of a key column: as sampled, or about like the column in it. */
static void
size_of_expression(PfaColumnSize *size, const PfaHypoIndex *index, int column, Node *expr,
				   Relation table, const AttrMap *map, double tuples)
{
	List	   *vars = pull_var_clause(expr, 0);
	PfaColumnSize base = {0};
	AttrNumber	attnum;

	size_of_type(size, exprType(expr), exprTypmod(expr));
	if (index->facts != NULL && index->facts->stats[column] != NULL)
	{
		size_of_statistics(size, index->facts->stats[column], tuples);
		/* what an expression returns has a longer header than what is stored */
		if (size->varlena && index->facts->sampled && size->width > VARHDRSZ &&
			size->width <= VARATT_SHORT_MAX + VARHDRSZ - VARHDRSZ_SHORT)
			size->width -= VARHDRSZ - VARHDRSZ_SHORT;
		return;
	}
	if (list_length(vars) != 1)
		return;
	attnum = linitial_node(Var, vars)->varattno;
	if (map != NULL && attnum > 0)
		attnum = map->attnums[attnum - 1];
	if (attnum <= 0)
		return;
	base.varlena = size->varlena;
	base.width = size->width;
	size_of_column(&base, table, attnum, tuples);
	size->width = base.width;
	size->nulls = base.nulls;
	size->distinct = base.distinct;
}

/* Sizes of all columns of the index. */
static PfaColumnSize *
column_sizes(const PfaHypoIndex *index, Relation table, const AttrMap *map,
			 double tuples)
{
	PfaColumnSize *sizes = palloc0(sizeof(PfaColumnSize) * index->ncolumns);
	int			next_expr = 0;

	for (int i = 0; i < index->ncolumns; i++)
	{
		AttrNumber	attnum = index->attnums[i];

		if (attnum != 0)
		{
			Form_pg_attribute att;

			if (map != NULL)
				attnum = map->attnums[attnum - 1];
			att = TupleDescAttr(RelationGetDescr(table), attnum - 1);
			size_of_type(&sizes[i], att->atttypid, att->atttypmod);
			/* a byte of header, and digits by two bytes */
			sizes[i].odd = (att->atttypid == NUMERICOID);
			size_of_column(&sizes[i], table, attnum, tuples);
		}
		else
			size_of_expression(&sizes[i], index, i, list_nth(index->exprs, next_expr++),
							   table, map, tuples);
		if (index->facts != NULL && index->facts->nulls != NULL && i < index->nkeys)
			sizes[i].nulls = index->facts->nulls[i];
	}
	return sizes;
}

/* Bytes of an index tuple (average), as index_form_tuple lays it out. */
double
pfa_hypo_tuple_bytes(const PfaColumnSize *sizes, int ncolumns)
{
	double		data = 0;
	double		no_null = 1;
	bool		varies = false;
	double		plain;
	double		with_null;

	for (int i = 0; i < ncolumns; i++)
	{
		no_null *= 1 - sizes[i].nulls;
		if (sizes[i].varlena && sizes[i].width <= 127)
		{
			varies = true;		/* short header, unaligned */
			data += sizes[i].width;
		}
		else
			data = TYPEALIGN(sizes[i].align, (uint64) ceil(data)) + sizes[i].width;
	}
	if (varies)
	{
		/* short values hardly vary; else padding is half of the alignment */
		if (data <= 12)
			plain = MAXALIGN(sizeof(IndexTupleData) + (uint64) rint(data));
		else
			plain = sizeof(IndexTupleData) + data + (MAXIMUM_ALIGNOF - 1) / 2.0;
		with_null = plain + MAXIMUM_ALIGNOF;
	}
	else
	{
		plain = MAXALIGN(sizeof(IndexTupleData) + (uint64) data);
		with_null = MAXALIGN(sizeof(IndexTupleData) + sizeof(IndexAttributeBitMapData));
		for (int i = 0; i < ncolumns; i++)
			with_null += (1 - sizes[i].nulls) * sizes[i].width;
		with_null = MAXALIGN((uint64) with_null);
	}
	return no_null * plain + (1 - no_null) * with_null;
}

/* Different keys among this many tuples; tuples themselves when unknown. */
static double
distinct_keys(const PfaColumnSize *sizes, int nkeys, double tuples)
{
	double		distinct = 1;

	for (int i = 0; i < nkeys; i++)
	{
		if (sizes[i].distinct <= 0)
			return tuples;
		distinct *= sizes[i].distinct + (sizes[i].nulls > 0 ? 1 : 0);
	}
	return Max(1.0, Min(distinct, tuples));
}

/* Whether nbtree would merge equal keys of these columns into posting lists. */
static bool
can_deduplicate(const PfaHypoIndex *index)
{
	if (!index->deduplicate || index->unique || index->nkeys != index->ncolumns)
		return false;
	for (int i = 0; i < index->nkeys; i++)
	{
		Oid			family = get_opclass_family(index->opclasses[i]);
		Oid			type = get_opclass_input_type(index->opclasses[i]);
		Oid			proc = get_opfamily_proc(family, type, type, BTEQUALIMAGE_PROC);

		if (!OidIsValid(proc) ||
			!DatumGetBool(OidFunctionCall1Coll(proc, index->collations[i],
											   ObjectIdGetDatum(type))))
			return false;
	}
	return true;
}

/*
 * Leaf pages for a number of tuples.  A page is finished when less than the
 * free space wanted is left; its last item then moves on, a shortened copy
 * stays as the high key.
 */
static double
btree_leaves(const PfaHypoIndex *index, double tuples, double item,
			 double distinct)
{
	int			fill = index->fillfactor ? index->fillfactor : BTREE_DEFAULT_FILLFACTOR;
	double		target = BTREE_SPACE - BLCKSZ * (100 - fill) / 100;
	double		line = sizeof(ItemIdData);
	double		most = BLCKSZ * 10 / 100 - line;	/* of a posting list */
	double		equal = tuples / Max(distinct, 1.0);
	double		per_list = floor((most - item) / sizeof(ItemPointerData));
	double		lists;
	double		bytes;
	double		per_page;

	if (equal < 1.5 || per_list < 2 || !can_deduplicate(index))
	{
		per_page = Max(1.0, ceil(target / (item + line)) - 1);
		return tuples / per_page;
	}
	lists = ceil(equal / per_list);
	bytes = MAXALIGN((uint64) (item + equal / lists * sizeof(ItemPointerData))) + line;
	/* the list of a page's last item does not count: it moves on */
	per_page = Min(floor((target - item) / bytes) + 1,
				   floor((BTREE_SPACE - MAXALIGN(sizeof(ItemPointerData))) / bytes) - 1);
	per_page = Max(per_page, 1.0);
	return distinct * lists / per_page;
}

/* The same of an index, by a sample if there is one. */
static double
different_keys(const PfaHypoIndex *index, const PfaColumnSize *sizes, double tuples)
{
	double		distinct = index->facts != NULL ? index->facts->distinct : 0;

	if (distinct == 0)
		return distinct_keys(sizes, index->nkeys, tuples);
	return Max(1.0, Min(distinct > 0 ? distinct : -distinct * tuples, tuples));
}

static BlockNumber
btree_pages(const PfaHypoIndex *index, const PfaColumnSize *sizes, double tuples,
			int *height)
{
	double		item = pfa_hypo_tuple_bytes(sizes, index->ncolumns);
	double		pivot = pfa_hypo_tuple_bytes(sizes, index->nkeys);
	double		level;
	double		pages;
	double		fanout;

	if (index->ncolumns == 1 && sizes[0].nulls > 0 && sizes[0].nulls < 1)
	{
		/* the nulls are one key, the rest as varied as without them */
		PfaColumnSize plain = sizes[0];
		double		nulls = tuples * sizes[0].nulls;

		plain.nulls = 0;
		level = btree_leaves(index, nulls, 16, 1) +
			btree_leaves(index, tuples - nulls, pfa_hypo_tuple_bytes(&plain, 1),
						 distinct_keys(&plain, 1, tuples - nulls));
	}
	else
		level = btree_leaves(index, tuples, item, different_keys(index, sizes, tuples));
	level = ceil(level);
	pages = 1 + Max(level, 1.0);	/* the metapage */
	fanout = ceil((BTREE_SPACE - BLCKSZ * (100 - BTREE_NONLEAF_FILLFACTOR) / 100) /
				  (pivot + sizeof(ItemIdData)));
	fanout = Max(fanout, 2.0);
	*height = 0;
	while (level > 1)
	{
		level = ceil(level / fanout);
		pages += level;
		(*height)++;
	}
	return (BlockNumber) Min(pages, (double) MaxBlockNumber);
}

/* Buckets double in four steps once there are 512; then overflow pages. */
static BlockNumber
hash_pages(const PfaHypoIndex *index, const PfaColumnSize *sizes, double tuples)
{
	double		item = MAXALIGN(sizeof(IndexTupleData)) + MAXALIGN(sizeof(uint32)) + sizeof(ItemIdData);
	int			fill = index->fillfactor ? index->fillfactor : 75;
	double		wanted = tuples / Max(10.0, floor(BLCKSZ * fill / 100 / item));
	double		buckets = 2;
	double		per_page = floor((PFA_PAGE_SPACE - 16) / item);
	double		distinct = different_keys(index, sizes, tuples);
	double		used;

	while (buckets < wanted)
	{
		if (buckets >= 512)
		{
			double		power = pow(2, floor(log2(buckets)));

			buckets += power / 4;
		}
		else
			buckets *= 2;
	}
	/* equal values share a bucket and need overflow pages beside the rest */
	used = Min(buckets, distinct);
	return (BlockNumber) (2 + buckets +
						  used * Max(0.0, ceil(tuples / used / per_page) - 1));
}

void
pfa_hypo_size(PfaHypoIndex *index, Relation table, const AttrMap *map,
			  double tuples, PfaHypoSize *size)
{
	PfaColumnSize *columns = column_sizes(index, table, map, tuples);

	memset(size, 0, sizeof(PfaHypoSize));
	size->height = -1;
	switch (index->am)
	{
		case BTREE_AM_OID:
			size->pages = btree_pages(index, columns, tuples, &size->height);
			break;
		case HASH_AM_OID:
			size->pages = hash_pages(index, columns, tuples);
			break;
		case GIN_AM_OID:
			pfa_hypo_gin_size(index, columns, tuples, size);
			break;
		case GIST_AM_OID:
			size->pages = pfa_hypo_gist_size(index, columns, tuples);
			break;
		default:
			size->pages = pfa_hypo_brin_size(index, columns, table, tuples);
			break;
	}
	pfree(columns);
}
