/*
 * hypo_size.c
 *		How large an index would be, from the statistics of its columns.
 *
 * btree is computed the way nbtree's bulk load fills pages: line pointers, the
 * fill factor, the high key, posting lists for equal keys.  hash follows
 * _hash_init's bucket count.  gin, gist and brin are rougher; their constants
 * were fitted to real indexes.  Reads catalogs only, never the table.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_index.h"

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

/* What is stored of a column, on average. */
typedef struct ColumnSize
{
	double		width;			/* bytes, of values that are not null */
	double		nulls;			/* share of nulls */
	double		distinct;		/* different values; 0: unknown */
	/* of arrays, if ANALYZE has looked into them */
	double		elements;		/* different ones in an array; 0: unknown */
	double		covered;		/* of them, those that ANALYZE knows by value */
	double		rarest;			/* share of rows that have the rarest of these */
	double		covered_bytes;	/* of a GIN index of these, over all rows */
	bool		varlena;		/* width varies, not aligned when short */
	int			align;
} ColumnSize;

/* Bytes of a page that items and their line pointers can take. */
#define PAGE_SPACE	(BLCKSZ - SizeOfPageHeaderData)
/* An entry of GIN's tree with its key, and from when on it has a tree of rows. */
#define GIN_ENTRY	60.0
#define GIN_TREE_ROWS 700.0
/* How full the others take pages to be; an entry's bytes have it in them. */
#define GIN_FILL	0.85
#define BTREE_SPACE (PAGE_SPACE - MAXALIGN(sizeof(BTPageOpaqueData)))

static void
size_of_type(ColumnSize *size, Oid type, int32 typmod)
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

/* Bytes that GIN needs for an element that so many rows have. */
static double
gin_entry_bytes(double rows)
{
	/*
	 * many rows have a tree of their own; few are in the entry, half full
	 * pages
	 */
	return GIN_ENTRY + rows * (rows > GIN_TREE_ROWS ? 2.3 : 6);
}

/* What ANALYZE found in the arrays of a column. */
static void
elements_of_statistics(ColumnSize *size, HeapTuple stats, double tuples)
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
			size->covered_bytes += gin_entry_bytes(slot.numbers[i] * tuples * (1 - size->nulls));
			size->rarest = (i == 0) ? slot.numbers[i] : Min(size->rarest, slot.numbers[i]);
		}
		free_attstatsslot(&slot);
	}
}

/* Statistics of a table's column, its own or those of all its children. */
static void
size_of_statistics(ColumnSize *size, Relation table, AttrNumber attnum,
				   double tuples)
{
	HeapTuple	stats;
	Form_pg_statistic form;

	stats = SearchSysCache3(STATRELATTINH,
							ObjectIdGetDatum(RelationGetRelid(table)),
							Int16GetDatum(attnum), BoolGetDatum(false));
	if (!HeapTupleIsValid(stats))
		return;
	form = (Form_pg_statistic) GETSTRUCT(stats);
	if (form->stawidth > 0 && size->varlena)
		size->width = form->stawidth;
	size->nulls = form->stanullfrac;
	if (form->stadistinct > 0)
		size->distinct = form->stadistinct;
	else if (form->stadistinct < 0)
		size->distinct = -form->stadistinct * tuples;
	if (size->varlena)
		elements_of_statistics(size, stats, tuples);
	ReleaseSysCache(stats);
}

/* Sizes of all columns of the index. */
static ColumnSize *
column_sizes(const PfaHypoIndex *index, Relation table, const AttrMap *map,
			 double tuples)
{
	ColumnSize *sizes = palloc0(sizeof(ColumnSize) * index->ncolumns);
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
			size_of_statistics(&sizes[i], table, attnum, tuples);
		}
		else
		{
			Node	   *expr = list_nth(index->exprs, next_expr++);
			List	   *vars = pull_var_clause(expr, 0);

			/* a function of one column: about as wide and as varied as it */
			size_of_type(&sizes[i], exprType(expr), exprTypmod(expr));
			if (list_length(vars) == 1)
			{
				ColumnSize	base = {0};

				attnum = linitial_node(Var, vars)->varattno;
				if (map != NULL && attnum > 0)
					attnum = map->attnums[attnum - 1];
				if (attnum > 0)
				{
					base.varlena = sizes[i].varlena;
					base.width = sizes[i].width;
					size_of_statistics(&base, table, attnum, tuples);
					sizes[i].width = base.width;
					sizes[i].nulls = base.nulls;
					sizes[i].distinct = base.distinct;
				}
			}
		}
	}
	return sizes;
}

/* Bytes of an index tuple (average), as index_form_tuple lays it out. */
static double
tuple_bytes(const ColumnSize *sizes, int ncolumns)
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
distinct_keys(const ColumnSize *sizes, int nkeys, double tuples)
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

static BlockNumber
btree_pages(const PfaHypoIndex *index, const ColumnSize *sizes, double tuples,
			int *height)
{
	double		item = tuple_bytes(sizes, index->ncolumns);
	double		pivot = tuple_bytes(sizes, index->nkeys);
	double		level;
	double		pages;
	double		fanout;

	if (index->ncolumns == 1 && sizes[0].nulls > 0)
	{
		/* the nulls are one key, the rest as varied as without them */
		ColumnSize	plain = sizes[0];
		double		nulls = tuples * sizes[0].nulls;

		plain.nulls = 0;
		level = btree_leaves(index, nulls, 16, 1) +
			btree_leaves(index, tuples - nulls, tuple_bytes(&plain, 1),
						 distinct_keys(&plain, 1, tuples - nulls));
	}
	else
		level = btree_leaves(index, tuples, item, distinct_keys(sizes, index->nkeys, tuples));
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
hash_pages(const PfaHypoIndex *index, const ColumnSize *sizes, double tuples)
{
	double		item = MAXALIGN(sizeof(IndexTupleData)) + MAXALIGN(sizeof(uint32)) + sizeof(ItemIdData);
	int			fill = index->fillfactor ? index->fillfactor : 75;
	double		wanted = tuples / Max(10.0, floor(BLCKSZ * fill / 100 / item));
	double		buckets = 2;
	double		per_page = floor((PAGE_SPACE - 16) / item);
	double		distinct = distinct_keys(sizes, index->nkeys, tuples);
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

/* Bytes that GIN needs for the elements of arrays that ANALYZE has not kept. */
static double
array_bytes(const ColumnSize *size, double live)
{
	double		items = Max(size->elements - size->covered, 0) * live;
	double		distinct = items / 2;

	/* of arrays of one element there are as many as of elements */
	if (size->elements < 1.5 && size->distinct > 0)
		distinct = Min(items, size->distinct);
	/* rarer than all that are known, half as frequent, say */
	else if (size->rarest > 0)
		distinct = Min(distinct, (size->elements - size->covered) / (size->rarest / 2));
	return distinct > 0 ? distinct * gin_entry_bytes(items / distinct) : 0;
}

/*
 * Entries are what the operator class takes out of a value; how many is known
 * for the common ones only.
 */
static BlockNumber
gin_pages(const PfaHypoIndex *index, const ColumnSize *sizes, double tuples)
{
	double		bytes = 0;

	for (int i = 0; i < index->nkeys; i++)
	{
		double		width = sizes[i].width;
		double		live = tuples * (1 - sizes[i].nulls);
		Oid			type = get_opclass_input_type(index->opclasses[i]);

		if (type == TEXTOID || type == VARCHAROID)
			bytes += live * (width + 1) * 4.5;	/* trigrams */
		else if (type == JSONBOID)
			bytes += live * (width / 25 + 1) * 4;
		else if (sizes[i].elements > 0)
			bytes += GIN_FILL * (array_bytes(&sizes[i], live) +
								 sizes[i].covered_bytes * index->fraction);
		else if (type == TSVECTOROID)
			bytes += live * (width / 12) * 4;
		else
			bytes += live * Max(1.0, (width - 24) / 8) * 3.5;
	}
	return (BlockNumber) Min(2 + ceil(bytes / (GIN_FILL * PAGE_SPACE)), (double) MaxBlockNumber);
}

static BlockNumber
gist_pages(const PfaHypoIndex *index, const ColumnSize *sizes, double tuples)
{
	double		item = tuple_bytes(sizes, index->ncolumns) + sizeof(ItemIdData);
	double		leaves;

	/* a text is stored as its trigrams of three bytes */
	for (int i = 0; i < index->nkeys; i++)
		if (get_opclass_input_type(index->opclasses[i]) == TEXTOID)
			item += 2 * sizes[i].width + 16;
	/* pages are split by inserting, about half full in the end */
	leaves = ceil(tuples * item / (0.5 * PAGE_SPACE));
	return (BlockNumber) Min(1 + leaves * (1 + item / (0.5 * PAGE_SPACE)), (double) MaxBlockNumber);
}

/* A summary of two values a range, the map from ranges to summaries, the meta. */
static BlockNumber
brin_pages(const PfaHypoIndex *index, const ColumnSize *sizes, Relation table)
{
	double		ranges = ceil(RelationGetNumberOfBlocks(table) / 128.0);
	double		item = 8 + sizeof(ItemIdData);

	for (int i = 0; i < index->ncolumns; i++)
		item += 2 * MAXALIGN((uint64) sizes[i].width);
	return (BlockNumber) (1 + ceil(ranges / 1360) + Max(1.0, ceil(ranges * item / PAGE_SPACE)));
}

void
pfa_hypo_size(PfaHypoIndex *index, Relation table, const AttrMap *map,
			  double tuples, BlockNumber *pages, int *height)
{
	ColumnSize *sizes = column_sizes(index, table, map, tuples);

	tuples = Max(1.0, rint(tuples * index->fraction));
	*height = -1;
	switch (index->am)
	{
		case BTREE_AM_OID:
			*pages = btree_pages(index, sizes, tuples, height);
			break;
		case HASH_AM_OID:
			*pages = hash_pages(index, sizes, tuples);
			break;
		case GIN_AM_OID:
			*pages = gin_pages(index, sizes, tuples);
			break;
		case GIST_AM_OID:
			*pages = gist_pages(index, sizes, tuples);
			break;
		default:
			*pages = brin_pages(index, sizes, table);
			break;
	}
	pfree(sizes);
}
