/*
 * srf.c
 *		Rows of facts: the part that all set-returning functions share.
 *
 * Decides nothing; formats nothing but units.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "shmem.h"
#include "srf.h"

#define KEPT_MAX		4		/* answers kept a query: findings ask for one
								 * or two, a LATERAL for thousands */

/* The answer to one question in one query; lives in the query's memory. */
typedef struct PfaKept
{
	MemoryContext query;
	Oid			function;
	char		question[PFA_QUESTION_SIZE];
	TupleTableSlot *slot;		/* through which they come in */
	List	   *tuples;			/* MinimalTuple */
	bool		complete;
	MemoryContextCallback forget;
	struct PfaKept *next;
} PfaKept;

static PfaKept *kept_rows;
static MemoryContext shared;	/* of the query that those running now work
								 * for */

void
pfa_srf_begin(FunctionCallInfo fcinfo, PfaRow *row)
{
	pfa_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	row->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	row->function = fcinfo->flinfo->fn_oid;
	row->kept = NULL;
	row->n = 0;
}

static void
forget(void *arg)
{
	PfaKept   **link = &kept_rows;

	while (*link && *link != arg)
		link = &(*link)->next;
	if (*link)
		*link = (*link)->next;
}

static void
give_again(PfaRow *row, const PfaKept *kept)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(row->rsinfo->setDesc, &TTSOpsMinimalTuple);
	ListCell   *lc;

	foreach(lc, kept->tuples)
	{
		ExecStoreMinimalTuple(lfirst(lc), slot, false);
		tuplestore_puttupleslot(row->rsinfo->setResult, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
}

MemoryContext
pfa_srf_share(MemoryContext query)
{
	MemoryContext outer = shared;

	if (outer == NULL)
		shared = query;
	return outer;
}

void
pfa_srf_share_back(MemoryContext outer)
{
	shared = outer;
}

bool
pfa_srf_again(PfaRow *row, const void *question, Size size)
{
	MemoryContext query = shared ? shared : row->rsinfo->econtext->ecxt_per_query_memory;
	PfaKept    *kept;
	int			n = 0;

	Assert(size <= PFA_QUESTION_SIZE);
	for (kept = kept_rows; kept; kept = kept->next)
	{
		if (kept->query != query || kept->function != row->function)
			continue;
		if (kept->complete && memcmp(kept->question, question, size) == 0)
		{
			give_again(row, kept);
			return true;
		}
		n++;
	}
	if (n >= KEPT_MAX)
		return false;
	kept = MemoryContextAllocZero(query, sizeof(PfaKept));
	kept->query = query;
	kept->function = row->function;
	memcpy(kept->question, question, size);
	kept->next = kept_rows;
	kept_rows = kept;
	kept->forget.func = forget;
	kept->forget.arg = kept;
	MemoryContextRegisterResetCallback(query, &kept->forget);
	row->kept = kept;
	kept->slot = MakeSingleTupleTableSlot(row->rsinfo->setDesc, &TTSOpsVirtual);
	return false;
}

/* Gives what was kept. */
void
pfa_srf_complete(PfaRow *row)
{
	if (row->kept == NULL)
		return;
	ExecDropSingleTupleTableSlot(row->kept->slot);
	give_again(row, row->kept);
	row->kept->complete = true;
}

/* Keeps what was given, in whatever way. */
void
pfa_srf_keep(PfaRow *row)
{
	TupleTableSlot *slot;

	if (row->kept == NULL)
		return;
	ExecDropSingleTupleTableSlot(row->kept->slot);
	slot = MakeSingleTupleTableSlot(row->rsinfo->setDesc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(row->rsinfo->setResult, true, false, slot))
	{
		MemoryContext old = MemoryContextSwitchTo(row->kept->query);

		row->kept->tuples = lappend(row->kept->tuples, ExecCopySlotMinimalTuple(slot));
		MemoryContextSwitchTo(old);
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_rescan(row->rsinfo->setResult);
	row->kept->complete = true;
}

static void
keep(PfaRow *row)
{
	MemoryContext old = MemoryContextSwitchTo(row->kept->query);
	TupleTableSlot *slot = row->kept->slot;

	ExecClearTuple(slot);
	memcpy(slot->tts_values, row->values, sizeof(Datum) * row->n);
	memcpy(slot->tts_isnull, row->nulls, sizeof(bool) * row->n);
	ExecStoreVirtualTuple(slot);
	row->kept->tuples = lappend(row->kept->tuples, ExecCopySlotMinimalTuple(slot));
	MemoryContextSwitchTo(old);
}

void
pfa_srf_emit(PfaRow *row)
{
	Assert(row->n == row->rsinfo->setDesc->natts);
	if (row->n != row->rsinfo->setDesc->natts)
		elog(ERROR, "perfaudit: the library gives %d columns, the SQL function has %d",
			 row->n, row->rsinfo->setDesc->natts);
	if (row->kept)
		keep(row);
	else
		tuplestore_putvalues(row->rsinfo->setResult, row->rsinfo->setDesc,
							 row->values, row->nulls);
	row->n = 0;
}

static void
put(PfaRow *row, Datum value, bool null)
{
	row->values[row->n] = value;
	row->nulls[row->n++] = null;
}

void
pfa_srf_null(PfaRow *row)
{
	put(row, (Datum) 0, true);
}

void
pfa_srf_oid(PfaRow *row, Oid value)
{
	put(row, ObjectIdGetDatum(value), !OidIsValid(value));
}

void
pfa_srf_bool(PfaRow *row, bool value)
{
	put(row, BoolGetDatum(value), false);
}

void
pfa_srf_int(PfaRow *row, int64 value)
{
	put(row, Int64GetDatum(value), false);
}

void
pfa_srf_int4(PfaRow *row, int32 value)
{
	put(row, Int32GetDatum(value), false);
}

void
pfa_srf_id(PfaRow *row, uint64 value)
{
	put(row, Int64GetDatum((int64) value), value == 0);
}

void
pfa_srf_float(PfaRow *row, double value)
{
	put(row, Float8GetDatum(value), false);
}

void
pfa_srf_ms(PfaRow *row, uint64 ns)
{
	put(row, Float8GetDatum(ns / 1000000.0), false);
}

void
pfa_srf_text(PfaRow *row, const char *value)
{
	put(row, value ? CStringGetTextDatum(value) : (Datum) 0, value == NULL);
}

void
pfa_srf_jsonb(PfaRow *row, const char *json)
{
	put(row, DirectFunctionCall1(jsonb_in, CStringGetDatum(json)), false);
}

void
pfa_srf_time(PfaRow *row, TimestampTz value)
{
	put(row, TimestampTzGetDatum(value), value == 0);
}

void
pfa_srf_key(PfaRow *row, const PfaKey *key)
{
	pfa_srf_oid(row, key->dbid);
	pfa_srf_oid(row, key->userid);
	pfa_srf_bool(row, key->toplevel == 1);
	pfa_srf_id(row, key->shape);
}
