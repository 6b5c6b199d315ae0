/*
 * hypo_sample.c
 *		Rows of a table to measure a hypothetical index by.
 *
 * What an operator class takes out of a value, how wide an expression's results
 * are and which rows a predicate keeps is in no statistics, so some pages are
 * read: all of a small table, else evenly spread ones, always the same ones of
 * a table that does not change, so that advice is repeatable.  Bounded in pages,
 * rows and bytes.  One sample is kept, for the next index on the same table.
 *
 * Who may read the rows is for the caller to check.  The rows read are not
 * counted as use of the table.
 *
 * Locks: none of its own; the caller has the table locked.
 */
#include "postgres.h"

#include "advise/hypo_index.h"
#include "advise/hypo_sample.h"
#include "compat.h"

#include "access/detoast.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/bufmgr.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define MOST_PAGES	1000
#define MOST_BYTES	(8 * 1024 * 1024)
#define MOST_EXTERNAL	(32 * 1024 * 1024)	/* bytes stored out of line */

/* The last sample, for the statement that had it read. */
static PfaSample *kept = NULL;
static TimestampTz kept_for = 0;
static MemoryContext kept_context = NULL;

/* The context goes away, with whoever it belongs to. */
static void
forget_callback(void *arg)
{
	kept = NULL;
	kept_context = NULL;
}

void
pfa_hypo_sample_forget(void)
{
	if (kept_context != NULL)
		MemoryContextDelete(kept_context);
}

static BlockNumber
gcd(BlockNumber a, BlockNumber b)
{
	while (b != 0)
	{
		BlockNumber rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

BlockNumber
pfa_hypo_sample_stride(BlockNumber blocks)
{
	BlockNumber stride = Max(1, (BlockNumber) (blocks * 0.6180339887));

	while (gcd(blocks, stride) != 1)
		stride++;
	return stride;
}

static int
compare_rows(const void *a, const void *b)
{
	return ItemPointerCompare(&(*(HeapTuple const *) a)->t_self,
							  &(*(HeapTuple const *) b)->t_self);
}

/* Where each page's rows begin; pages without a row have none. */
static void
note_pages(PfaSample *sample)
{
	BlockNumber last = InvalidBlockNumber;
	int			n = 0;

	sample->page_rows = palloc(sizeof(int) * (sample->read + 1));
	for (int i = 0; i < sample->nrows; i++)
	{
		BlockNumber block = ItemPointerGetBlockNumber(&sample->rows[i]->t_self);

		if (block != last)
			sample->page_rows[n++] = i;
		last = block;
	}
	/* the empty ones stand at the end */
	while (n <= sample->read)
		sample->page_rows[n++] = sample->nrows;
}

/* What it takes to read the row's values that are stored elsewhere. */
static Size
external_bytes(TupleTableSlot *slot)
{
	TupleDesc	desc = slot->tts_tupleDescriptor;
	Size		bytes = 0;

	slot_getallattrs(slot);
	for (int i = 0; i < desc->natts; i++)
		if (!slot->tts_isnull[i] && TupleDescAttr(desc, i)->attlen == -1 &&
			VARATT_IS_EXTERNAL(DatumGetPointer(slot->tts_values[i])))
			bytes += toast_raw_datum_size(slot->tts_values[i]);
	return bytes;
}

/* Reads one page's rows; the bytes they take. */
static Size
read_page(PfaSample *sample, TableScanDesc scan, BlockNumber block, TupleTableSlot *slot,
		  int room, Size *external)
{
	ItemPointerData first;
	ItemPointerData last;
	Size		bytes = 0;

	ItemPointerSet(&first, block, FirstOffsetNumber);
	ItemPointerSet(&last, block, MaxOffsetNumber);
	table_rescan_tidrange(scan, &first, &last);
	while (sample->nrows < room &&
		   table_scan_getnextslot_tidrange(scan, ForwardScanDirection, slot))
	{
		HeapTuple	row = ExecCopySlotHeapTuple(slot);

		row->t_self = slot->tts_tid;
		sample->rows[sample->nrows++] = row;
		bytes += row->t_len + HEAPTUPLESIZE;
		if (HeapTupleHasExternal(row))
			*external += external_bytes(slot);
	}
	return bytes;
}

static PfaSample *
read_sample(Relation table, int most_rows)
{
	PfaSample  *sample = palloc0(sizeof(PfaSample));
	TupleTableSlot *slot = table_slot_create(table, NULL);
	ItemPointerData nowhere;
	TableScanDesc scan;
	BlockNumber stride;
	BlockNumber block = 0;
	Size		bytes = 0;
	Size		external = 0;
	int			room = most_rows + MaxHeapTuplesPerPage;
	PgStat_Counter counted = 0;
	bool		counts = pgstat_should_count_relation(table);

	sample->relid = RelationGetRelid(table);
	sample->blocks = RelationGetNumberOfBlocks(table);
	sample->rows = palloc(sizeof(HeapTuple) * room);
	stride = pfa_hypo_sample_stride(Max(sample->blocks, 1));
	if (counts)
		counted = PFA_REL_ROWS_RETURNED(table);

	ItemPointerSet(&nowhere, 0, FirstOffsetNumber);
	scan = PFA_BEGINSCAN_TIDRANGE(table, GetActiveSnapshot(), &nowhere, &nowhere);
	while (sample->read < sample->blocks && sample->read < MOST_PAGES &&
		   sample->nrows < most_rows && bytes < MOST_BYTES && external < MOST_EXTERNAL)
	{
		CHECK_FOR_INTERRUPTS();
		bytes += read_page(sample, scan, block, slot, room, &external);
		sample->read++;
		block = (BlockNumber) (((uint64) block + stride) % sample->blocks);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	if (counts)
		PFA_REL_ROWS_RETURNED(table) = counted;

	qsort(sample->rows, sample->nrows, sizeof(HeapTuple), compare_rows);
	note_pages(sample);
	return sample;
}

const PfaSample *
pfa_hypo_sample(Relation table, int most_rows)
{
	MemoryContext context;
	MemoryContext before;
	MemoryContextCallback *callback;

	if (kept != NULL && kept->relid == RelationGetRelid(table) &&
		kept_for == GetCurrentStatementStartTimestamp())
		return kept->nrows > 0 ? kept : NULL;
	pfa_hypo_sample_forget();
	if (table->rd_tableam == NULL ||
		table->rd_tableam->scan_set_tidrange == NULL ||
		!RelationIsPopulated(table) || RELATION_IS_OTHER_TEMP(table) ||
		(RecoveryInProgress() && !RelationIsPermanent(table)))
		return NULL;

	context = AllocSetContextCreate(CurrentMemoryContext, "perfaudit sample",
									ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(context);
	callback = palloc0(sizeof(MemoryContextCallback));
	callback->func = forget_callback;
	MemoryContextRegisterResetCallback(context, callback);
	kept_context = context;
	kept_for = GetCurrentStatementStartTimestamp();
	kept = read_sample(table, most_rows);
	MemoryContextSwitchTo(before);
	return kept->nrows > 0 ? kept : NULL;
}

/* An expression's value, copied out of what the next row overwrites. */
static Datum
evaluate(ExprState *state, ExprContext *econtext, bool *null)
{
	Datum		value = ExecEvalExprSwitchContext(state, econtext, null);
	int16		length;
	bool		byval;

	if (*null)
		return (Datum) 0;
	get_typlenbyval(exprType((Node *) state->expr), &length, &byval);
	return datumCopy(value, byval, length);
}

void
pfa_hypo_sample_evaluate(const PfaHypoIndex *index, Relation table,
						 const AttrMap *map, const PfaSample *sample,
						 PfaSampleValues *result)
{
	EState	   *estate = CreateExecutorState();
	ExprContext *econtext = GetPerTupleExprContext(estate);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(table), &TTSOpsHeapTuple);
	List	   *exprs = ExecPrepareExprList(pfa_hypo_adapt(index->exprs, map, 1), estate);
	ExprState  *pred = ExecPrepareQual(pfa_hypo_adapt(index->pred, map, 1), estate);

	econtext->ecxt_scantuple = slot;
	result->sample = sample;
	result->nrows = 0;
	result->position = palloc(sizeof(int) * sample->nrows);
	result->values = palloc(sizeof(Datum *) * index->nkeys);
	result->nulls = palloc(sizeof(bool *) * index->nkeys);
	for (int i = 0; i < index->nkeys; i++)
	{
		result->values[i] = palloc(sizeof(Datum) * sample->nrows);
		result->nulls[i] = palloc(sizeof(bool) * sample->nrows);
	}

	for (int row = 0; row < sample->nrows; row++)
	{
		int			n = result->nrows;
		int			next_expr = 0;

		CHECK_FOR_INTERRUPTS();
		ResetExprContext(econtext);
		ExecStoreHeapTuple(sample->rows[row], slot, false);
		result->position[row] = -1;
		if (!ExecQual(pred, econtext))
			continue;
		for (int i = 0; i < index->nkeys; i++)
		{
			AttrNumber	attnum = index->attnums[i];
			Datum	   *value = &result->values[i][n];
			bool	   *null = &result->nulls[i][n];

			if (attnum != 0)
				*value = slot_getattr(slot, map ? map->attnums[attnum - 1] : attnum, null);
			else
				*value = evaluate(list_nth(exprs, next_expr++), econtext, null);
		}
		result->position[row] = result->nrows++;
	}
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
}
