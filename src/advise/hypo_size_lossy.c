/*
 * hypo_size_lossy.c
 *		How large an index would be whose entries are no copies of columns: gin,
 *		gist and brin.
 *
 * gin and gist go by a sample of rows (hypo_measure.c).  Where there is none,
 * because the caller may not see all rows, by the statistics of the columns,
 * which is rough.  The constants were fitted to real indexes.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_gin.h"
#include "advise/hypo_size.h"

#include "access/brin_internal.h"
#include "access/brin_tuple.h"
#include "access/brin_page.h"
#include "access/htup_details.h"
#include "access/heaptoast.h"
#include "access/itup.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* An entry of GIN's tree with its key, and from when on it has a tree of rows. */
#define GIN_ENTRY	60.0
#define GIN_TREE_ROWS 700.0
/* How full the others take pages to be; an entry's bytes have it in them. */
#define GIN_FILL	0.85

/* Bytes that GIN needs for an element that so many rows have. */
double
pfa_hypo_gin_entry_bytes(double rows)
{
	/*
	 * many rows have a tree of their own; few are in the entry, half full
	 * pages
	 */
	return GIN_ENTRY + rows * (rows > GIN_TREE_ROWS ? 2.3 : 6);
}

/* Bytes that GIN needs for the elements of arrays that ANALYZE has not kept. */
static double
array_bytes(const PfaColumnSize *size, double live)
{
	double		items = Max(size->elements - size->covered, 0) * live;
	double		distinct = items / 2;

	/* of arrays of one element there are as many as of elements */
	if (size->elements < 1.5 && size->distinct > 0)
		distinct = Min(items, size->distinct);
	/* rarer than all that are known, half as frequent, say */
	else if (size->rarest > 0)
		distinct = Min(distinct, (size->elements - size->covered) / (size->rarest / 2));
	return distinct > 0 ? distinct * pfa_hypo_gin_entry_bytes(items / distinct) : 0;
}

/*
 * Entries are what the operator class takes out of a value; how many is known
 * for the common ones only.
 */
static BlockNumber
gin_pages_supposed(const PfaHypoIndex *index, const PfaColumnSize *sizes, double tuples)
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
								 sizes[i].covered_bytes);
		else if (type == TSVECTOROID)
			bytes += live * (width / 12) * 4;
		else
			bytes += live * Max(1.0, (width - 24) / 8) * 3.5;
	}
	return (BlockNumber) Min(2 + ceil(bytes / (GIN_FILL * PFA_PAGE_SPACE)), (double) MaxBlockNumber);
}

void
pfa_hypo_gin_size(const PfaHypoIndex *index, const PfaColumnSize *columns,
				  double tuples, PfaHypoSize *size)
{
	if (index->facts != NULL && index->facts->gin != NULL)
	{
		pfa_hypo_gin_pages(index->facts->gin, tuples, &size->entry_pages, &size->data_pages);
		/* the metapage, and the root if it is no leaf */
		size->pages = (BlockNumber) Min(1 + size->entry_pages + size->data_pages,
										(double) MaxBlockNumber);
	}
	else
		size->pages = gin_pages_supposed(index, columns, tuples);
}

BlockNumber
pfa_hypo_gist_size(const PfaHypoIndex *index, const PfaColumnSize *columns, double tuples)
{
	double		item = pfa_hypo_tuple_bytes(columns, index->ncolumns) + sizeof(ItemIdData);
	double		fill = 0.5;
	double		leaves;

	if (index->facts != NULL && index->facts->item_bytes > 0)
	{
		/* columns of INCLUDE are stored as they are */
		item += index->facts->item_bytes -
			(pfa_hypo_tuple_bytes(columns, index->nkeys) + sizeof(ItemIdData));
		fill = index->facts->item_fill;
	}
	else
	{
		/* a text is stored as its trigrams of three bytes */
		for (int i = 0; i < index->nkeys; i++)
			if (get_opclass_input_type(index->opclasses[i]) == TEXTOID)
				item += 2 * columns[i].width + 16;
	}
	leaves = ceil(tuples * item / (fill * PFA_PAGE_SPACE));
	if (leaves <= 1)
		return 1;
	/* keys of pages above are no longer than a signature */
	return (BlockNumber) Min(1 + leaves * (1 + Min(item, 150) / (0.45 * PFA_PAGE_SPACE)),
							 (double) MaxBlockNumber);
}

/* Bytes of the summary of one column, behind what stands before it. */
static double
brin_column(const PfaHypoIndex *index, int column, const PfaColumnSize *size,
			double rows, double before)
{
	Oid			opclass = index->opclasses[column];
	Oid			opcintype = get_opclass_input_type(opclass);
	Oid			opcinfo = get_opfamily_proc(get_opclass_family(opclass), opcintype, opcintype,
											BRIN_PROCNUM_OPCINFO);
	BrinOpcInfo *info = (BrinOpcInfo *)
		DatumGetPointer(OidFunctionCall1(opcinfo,
										 ObjectIdGetDatum(pfa_hypo_column_type(index, column))));
	double		distinct = size->distinct > 0 ? Min(size->distinct, rows) : rows;

	for (int i = 0; i < info->oi_nstored; i++)
	{
		TypeCacheEntry *type = info->oi_typcache[i];

		switch (type->type_id)
		{
			case PG_BRIN_BLOOM_SUMMARYOID:
				{
					/*
					 * a tenth of a page's rows are taken to differ; one in
					 * 100 is found wrongly
					 */
					double		most = Max(16, 0.1 * MaxHeapTuplesPerPage * index->pages_per_range);
					double		bytes = most * 9.6 / BITS_PER_BYTE;

					/* with few bits set it is compressed */
					if (bytes > TOAST_INDEX_TARGET)
						bytes = Min(bytes, bytes / 90 + 7 * 5 * distinct);
					before = TYPEALIGN(ALIGNOF_INT, (uint64) before) + 24 + bytes;
					break;
				}
			case PG_BRIN_MINMAX_MULTI_SUMMARYOID:
				before = TYPEALIGN(ALIGNOF_INT, (uint64) before) + 24 + Min(distinct, 32) * size->width;
				break;
			default:
				if (type->typlen > 0)
					before = att_align_nominal((uint64) before, type->typalign) + type->typlen;
				else
					before += size->width;
				break;
		}
	}
	return before;
}

/* A summary for each range, the map from ranges to summaries, the metapage. */
BlockNumber
pfa_hypo_brin_size(const PfaHypoIndex *index, const PfaColumnSize *columns, Relation table,
				   double tuples)
{
	double		ranges = Max(1.0, ceil((double) RelationGetNumberOfBlocks(table) /
									   index->pages_per_range));
	double		item = 0;
	bool		nulls = false;

	for (int i = 0; i < index->ncolumns; i++)
	{
		item = brin_column(index, i, &columns[i], tuples / ranges, item);
		nulls |= columns[i].nulls > 0;
	}
	item = MAXALIGN((uint64) ceil(item)) + sizeof(ItemIdData) +
		MAXALIGN(SizeOfBrinTuple + (nulls ? BITMAPLEN(index->ncolumns * 2) : 0));
	return (BlockNumber) (1 + ceil(ranges / REVMAP_PAGE_MAXITEMS) +
						  Max(1.0, ceil(ranges / floor(PFA_PAGE_SPACE / item))));
}
