/*
 * hypo_gin.c
 *		What a GIN index would consist of.
 *
 * GIN stores each entry (a word, a trigram, a key) once, with the list of rows
 * that have it: in the entry's own tuple while it is short, else in a tree of
 * pages.  How many entries there are and how many rows each has is known to the
 * operator class alone, so it is asked for the values of a sample.  Lists are
 * delta-coded; how many bytes a row takes depends on how far apart the rows of
 * an entry lie, which the sample tells too, since it is made of whole pages.
 *
 * Entries found more than twice in the sample are scaled up one by one.  Of the
 * rare ones more are to be expected in the rest of the table.  How many follows
 * from how often one was found twice: never, if each row has its own, like an
 * id.  ANALYZE's estimator of distinct values would be led astray by the
 * frequent ones: a document has both words that are everywhere and an id.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_gin.h"
#include "advise/hypo_index.h"

#include "access/gin_private.h"
#include "access/htup_details.h"
#include "access/detoast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opclass.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* Where the sample is cut off. */
#define MOST_ENTRIES	100000
#define MOST_VALUE_BYTES	(16 * 1024 * 1024)
/* Times in the sample from which an entry's share is known well enough. */
#define FREQUENT		3

#define ENTRY_PAGE_SPACE (BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(GinPageOpaqueData)))
/*
 * A page of the entry tree is split in halves.  The left one stays as it is when
 * all entries come in order; what does not fit into maintenance_work_mem comes in
 * several runs.
 */
#define ENTRY_FILL		0.53
#define ENTRY_FILL_RUNS	0.62
/* Memory that building takes for an entry, and for each of its rows. */
#define ENTRY_MEMORY	140.0
#define ROW_MEMORY		9.0
/* A list's header: its first row uncompressed, and its length. */
#define LIST_HEADER		offsetof(GinPostingList, bytes)
/* A tree of rows consists of lists of about this size. */
#define SEGMENT			256.0

/* One entry of one row; ordered by entry, then by place. */
typedef struct Place
{
	uint64		hash;
	uint64		place;			/* row's place, as GIN codes it, and the key's
								 * size */
} Place;

#define PLACE_SHIFT		16
#define ITEM_PLACE(item) ((item)->place >> PLACE_SHIFT)
#define ITEM_SIZE(item) ((double) ((item)->place & 0xFFFF))
#define PLACE_OFFSET_BITS 11	/* of a place, as in ginpostinglist.c */

/* An entry that is frequent in the sample. */
typedef struct Frequent
{
	float		items;			/* in the sample */
	float		pages;			/* of the table that have it, in the sample */
	float		near_bytes;		/* for items behind another one of their page */
	float		key;			/* bytes of its tuple without the list */
} Frequent;

struct PfaGinFacts
{
	double		rows;			/* looked at */
	double		pages;			/* of the table, looked at */
	int			nfrequent;
	Frequent   *frequent;
	/* of the others: how many appear once and twice */
	double		rare[FREQUENT]; /* [0] unused */
	double		rare_key;		/* bytes of their tuples, average */
	double		rare_near;		/* share of their items that are behind
								 * another of their page */
};

/* One column's operator class, ready to be asked. */
typedef struct Extractor
{
	FmgrInfo	function;
	Oid			collation;
	bool		wide;			/* values may be compressed or out of line */
	int16		length;			/* of the keys' type */
	bool		byval;
	char		align;
} Extractor;

/* What is gathered on the way. */
typedef struct Gathered
{
	Place	   *items;
	int			nitems;
	int			room;
	Size		value_bytes;
	bool		several;		/* columns: the key says which */
} Gathered;

static int
compare_items(const void *a, const void *b)
{
	const Place *left = a;
	const Place *right = b;

	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return 0;
}

static void
prepare_extractor(Extractor *extractor, const PfaHypoIndex *index, int column, Oid type)
{
	Oid			opclass = index->opclasses[column];
	Oid			opcintype = get_opclass_input_type(opclass);
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	Oid			key = ((Form_pg_opclass) GETSTRUCT(tuple))->opckeytype;

	ReleaseSysCache(tuple);
	if (key == ANYELEMENTOID)
		key = get_base_element_type(type);
	if (!OidIsValid(key))
		key = type;
	extractor->wide = (get_typlen(type) == -1);
	get_typlenbyvalalign(key, &extractor->length, &extractor->byval, &extractor->align);
	fmgr_info(get_opfamily_proc(get_opclass_family(opclass), opcintype, opcintype,
								GIN_EXTRACTVALUE_PROC),
			  &extractor->function);
	if (index->opclassoptions != NULL && index->opclassoptions[column] != NULL)
		set_fn_opclass_options(&extractor->function, index->opclassoptions[column]);
	extractor->collation = OidIsValid(index->collations[column]) ?
		index->collations[column] : DEFAULT_COLLATION_OID;
}

/* A key's bytes, and their size as the index stores them. */
static uint64
hash_key(const Extractor *extractor, Datum key, int column, bool several, double *size)
{
	double		header = sizeof(IndexTupleData) + (several ? sizeof(int16) : 0);
	const char *bytes;
	int			n;
	uint64		seed = column + 1;
	double		end;

	if (extractor->byval)
	{
		*size = MAXALIGN((uint64) att_align_nominal((uint64) header, extractor->align) + extractor->length);
		return hash_bytes_extended((unsigned char *) &key, sizeof(Datum), seed);
	}
	bytes = DatumGetPointer(key);
	if (extractor->length > 0)
	{
		n = extractor->length;
		end = att_align_nominal((uint64) header, extractor->align) + n;
	}
	else if (extractor->length == -1)
	{
		n = VARSIZE_ANY_EXHDR(bytes);
		bytes = VARDATA_ANY(bytes);
		end = n <= VARATT_SHORT_MAX - VARHDRSZ_SHORT ? header + VARHDRSZ_SHORT + n :
			TYPEALIGN(ALIGNOF_INT, (uint64) header) + VARHDRSZ + n;
	}
	else
	{
		n = strlen(bytes);
		end = header + n + 1;
	}
	*size = MAXALIGN((uint64) end);
	return hash_bytes_extended((const unsigned char *) bytes, n, seed);
}

static void
add_item(Gathered *gathered, uint64 hash, uint64 place, double size)
{
	Place	   *item;

	if (gathered->nitems == gathered->room)
	{
		gathered->room *= 2;
		gathered->items = repalloc_huge(gathered->items, sizeof(Place) * gathered->room);
	}
	item = &gathered->items[gathered->nitems++];
	item->hash = hash;
	item->place = (place << PLACE_SHIFT) | (uint64) Min(size, 0xFFFF);
}

/* All entries of one value; runs in a context that is emptied afterwards. */
static void
extract(Extractor *extractor, int column, Datum value, bool null, uint64 place,
		Gathered *gathered)
{
	int32		n = 0;
	bool	   *nulls = NULL;
	Datum	   *keys = NULL;
	double		size = MAXALIGN(sizeof(IndexTupleData) + sizeof(IndexAttributeBitMapData) + 1);

	if (!null)
	{
		keys = (Datum *) DatumGetPointer(FunctionCall3Coll(&extractor->function, extractor->collation,
														   value, PointerGetDatum(&n),
														   PointerGetDatum(&nulls)));
		if (keys == NULL)
			n = 0;
	}
	/* nulls and values without entries have one that says so */
	if (n <= 0)
		add_item(gathered, null ? 1 + column * 3 : 2 + column * 3, place, size);
	for (int i = 0; i < n; i++)
	{
		uint64		hash;

		if (nulls != NULL && nulls[i])
			add_item(gathered, 3 + column * 3, place, size);
		else
		{
			double		bytes;

			hash = hash_key(extractor, keys[i], column, gathered->several, &bytes);
			add_item(gathered, hash, place, bytes);
		}
	}
}

/* Bytes of a difference between places, seven bits each. */
static double
delta_bytes(double delta)
{
	double		bytes = 1;

	while (delta >= 128)
	{
		delta /= 128;
		bytes++;
	}
	return bytes;
}

/* Bytes of the step to an item in a later page, when one page in so many has it. */
static double
step_bytes(double gap)
{
	double		miss = gap > 1 ? 1 - 1 / gap : 0;
	double		near = 1 - pow(miss, 7);
	double		middle = 1 - pow(miss, 1023);
	double		far = 1 - pow(miss, 131071);

	return 2 * near + 3 * (middle - near) + 4 * (far - middle) + 5 * (1 - far);
}

/* Makes facts of one entry's items. */
static void
count_entry(PfaGinFacts *facts, const Place *items, int n, double *near, double *rare)
{
	Frequent	entry = {0};
	uint64		last = 0;
	double		behind = 0;

	for (int i = 0; i < n; i++)
	{
		uint64		place = ITEM_PLACE(&items[i]);

		if (i > 0 && place == last)
			continue;			/* twice in a row */
		if (i > 0 && (place >> PLACE_OFFSET_BITS) == (last >> PLACE_OFFSET_BITS))
		{
			entry.near_bytes += delta_bytes((double) (place - last));
			behind++;
		}
		else
			entry.pages++;
		entry.items++;
		last = place;
	}
	entry.key = ITEM_SIZE(&items[0]);
	if (entry.items >= FREQUENT)
		facts->frequent[facts->nfrequent++] = entry;
	else
	{
		facts->rare[(int) entry.items]++;
		facts->rare_key += entry.key;
		*near += behind;
		*rare += entry.items;
	}
}

static PfaGinFacts *
summarize(Gathered *gathered)
{
	PfaGinFacts *facts = palloc0(sizeof(PfaGinFacts));
	double		near = 0;
	double		rare_items = 0;
	double		rare = 0;
	int			start = 0;

	qsort(gathered->items, gathered->nitems, sizeof(Place), compare_items);
	facts->frequent = palloc(sizeof(Frequent) * (gathered->nitems / FREQUENT + 1));
	for (int i = 1; i <= gathered->nitems; i++)
		if (i == gathered->nitems || gathered->items[i].hash != gathered->items[start].hash)
		{
			count_entry(facts, &gathered->items[start], i - start, &near, &rare_items);
			start = i;
		}
	for (int i = 1; i < FREQUENT; i++)
		rare += facts->rare[i];
	if (rare > 0)
	{
		facts->rare_key /= rare;
		facts->rare_near = near / rare_items;
	}
	return facts;
}

PfaGinFacts *
pfa_hypo_gin_measure(const PfaHypoIndex *index, const PfaSampleValues *values)
{
	const PfaSample *sample = values->sample;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "perfaudit GIN entries",
												  ALLOCSET_DEFAULT_SIZES);
	Extractor  *extractors = palloc0(sizeof(Extractor) * index->nkeys);
	Gathered	gathered = {0};
	PfaGinFacts *facts;
	BlockNumber stride = pfa_hypo_sample_stride(sample->read);
	BlockNumber page = 0;
	double		rows = 0;
	double		pages = 0;

	for (int i = 0; i < index->nkeys; i++)
		prepare_extractor(&extractors[i], index, i, pfa_hypo_column_type(index, i));
	gathered.room = 4096;
	gathered.items = palloc(sizeof(Place) * gathered.room);
	gathered.several = index->nkeys > 1;

	while (pages < sample->read && gathered.nitems < MOST_ENTRIES &&
		   gathered.value_bytes < MOST_VALUE_BYTES)
	{
		for (int row = sample->page_rows[page]; row < sample->page_rows[page + 1]; row++)
		{
			int			n = values->position[row];
			ItemPointer tid = &sample->rows[row]->t_self;
			uint64		place = ((uint64) ItemPointerGetBlockNumber(tid) << PLACE_OFFSET_BITS) |
				ItemPointerGetOffsetNumber(tid);

			if (n < 0)
				continue;
			rows++;
			for (int i = 0; i < index->nkeys; i++)
			{
				MemoryContext before = MemoryContextSwitchTo(context);

				CHECK_FOR_INTERRUPTS();
				if (!values->nulls[i][n] && extractors[i].wide)
					gathered.value_bytes += toast_raw_datum_size(values->values[i][n]);
				extract(&extractors[i], i, values->values[i][n], values->nulls[i][n],
						place, &gathered);
				MemoryContextSwitchTo(before);
				MemoryContextReset(context);
			}
		}
		pages++;
		page = (BlockNumber) (((uint64) page + stride) % sample->read);
	}
	facts = summarize(&gathered);
	facts->rows = rows;
	facts->pages = pages;
	pfree(gathered.items);
	MemoryContextDelete(context);
	return facts;
}

/* Adds an entry of so many rows, times so many such entries. */
static void
add_entry(double key, double items, double list, double times,
		  double *entry_bytes, double *data_pages)
{
	double		with_list = MAXALIGN((uint64) ceil(key + LIST_HEADER + SHORTALIGN((uint64) ceil(list))));
	double		room = BLCKSZ - 64.0;

	if (with_list <= GinMaxItemSize)
	{
		*entry_bytes += times * (with_list + sizeof(ItemIdData));
		return;
	}
	*entry_bytes += times * (key + sizeof(ItemIdData));
	/* each list has a header, and its first row is in it */
	list += LIST_HEADER * ceil(list / SEGMENT);
	*data_pages += times * (list <= room ? 1 : ceil(list / room) + 1);
}

/* The different ones among the rare entries of the whole table. */
static double
rare_entries(const PfaGinFacts *facts, double scale, double *items)
{
	double		once = facts->rare[1];
	double		twice = facts->rare[2];
	double		share = 1 / scale;
	double		rows;

	*items = (once + 2 * twice) * scale;
	if (once == 0)
		return twice;
	/* of an entry that m rows have, m q are in the sample, and so on */
	rows = 1 + 2 * (1 - share) * twice / (share * once);
	return Max(*items / rows, once + twice);
}

void
pfa_hypo_gin_pages(const PfaGinFacts *facts, double tuples,
				   double *entry_pages, double *data_pages)
{
	double		scale = facts->rows > 0 ? Max(tuples / facts->rows, 1.0) : 1.0;
	double		table_pages = facts->pages * scale;
	double		bytes = 0;
	double		memory = 0;
	double		fill;
	double		leaves;
	double		items;
	double		different;

	*data_pages = 0;
	for (int i = 0; i < facts->nfrequent; i++)
	{
		const Frequent *entry = &facts->frequent[i];
		double		gap = facts->pages / entry->pages;
		double		list = scale * (entry->near_bytes + entry->pages * step_bytes(gap));

		add_entry(entry->key, scale * entry->items, list, 1, &bytes, data_pages);
		memory += ENTRY_MEMORY + ROW_MEMORY * scale * entry->items;
	}

	different = rare_entries(facts, scale, &items);
	memory += ENTRY_MEMORY * different + ROW_MEMORY * items;
	fill = memory > maintenance_work_mem * 1024.0 ? ENTRY_FILL_RUNS : ENTRY_FILL;
	if (scale < 1.02)
	{
		for (int i = 1; i < FREQUENT; i++)
			add_entry(facts->rare_key, i,
					  (i - 1) * (facts->rare_near * 1.5 +
								 (1 - facts->rare_near) * step_bytes(table_pages / i)),
					  facts->rare[i], &bytes, data_pages);
	}
	else if (different > 0)
	{
		double		each = items / different;

		add_entry(facts->rare_key, each,
				  (each - 1) * (facts->rare_near * 1.5 +
								(1 - facts->rare_near) * step_bytes(table_pages / each)),
				  different, &bytes, data_pages);
	}

	leaves = ceil(bytes / (fill * ENTRY_PAGE_SPACE));
	*entry_pages = Max(leaves, 1);
	/* the pages above them */
	while (leaves > 1)
	{
		leaves = ceil(leaves * (24 + sizeof(ItemIdData)) / (fill * ENTRY_PAGE_SPACE));
		*entry_pages += leaves;
	}
}
