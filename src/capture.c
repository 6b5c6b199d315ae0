/*
 * capture.c
 *		Looks at rows on their way to the client.
 *
 * The inner receiver runs first, so rows are deformed already and an error of
 * its own is as it would be without us.  Only values of key-like types are
 * hashed; nothing is detoasted, copied or allocated a row.  Must never be in
 * place but during one ExecutorRun at nesting level 0.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "nodes/plannodes.h"

#include "capture.h"
#include "hashes.h"
#include "results.h"
#include "settings.h"
#include "store.h"

#define LEARN_AFTER		16		/* results of no use, after which... */
#define LEARN_EVERY		16		/* ...one in so many is looked at; of those of one
								 * row, as any other makes itself known... */
#define LEARN_SINGLE	250		/* ...one in so many */

typedef struct Receiver
{
	DestReceiver pub;
	DestReceiver *inner;
	PfaCapture *capture;
	uint64		shape;
	uint64		queryid;
	const List *targets;		/* of the plan: where columns come from */
	uint32	   *next;			/* where the next row's hashes go */
	uint32		room;			/* rows that fit there */
	uint32		begun;			/* the same when it was looked for */
	bool		full;			/* no more rows are looked at */
	bool		in_burst;		/* clients of a pool may take turns: their
								 * lists stay side by side */
	bool		gather;			/* one row, too: with those of other
								 * executions */
	const PfaShapeFacts *facts;
	uint8		ncolumns;
	int16		last_resno;		/* the largest of: */
	int16		resno[PFA_RESULT_COLUMNS];	/* from 1 */
	Oid			types[PFA_RESULT_COLUMNS];
	uint32		first[PFA_RESULT_COLUMNS];	/* the first row's hashes */
} Receiver;

static Receiver receiver;

static bool
is_key_type(Oid type, bool text)
{
	if (text)
		return type == TEXTOID || type == VARCHAROID || type == DATEOID || type == BPCHAROID;
	return type == INT4OID || type == INT8OID || type == INT2OID || type == UUIDOID;
}

static inline void
add_column(TupleDesc desc, int i)
{
	receiver.types[receiver.ncolumns] = TupleDescAttr(desc, i)->atttypid;
	receiver.resno[receiver.ncolumns++] = i + 1;
	receiver.last_resno = Max(receiver.last_resno, i + 1);
}

static bool
is_named_as_key(const char *name)
{
	size_t		length = strlen(name);

	return length >= 2 && pg_strcasecmp(name + length - 2, "id") == 0;
}

/* Of more numbers than there are places, those that are called ...id first. */
static pg_noinline void
choose_by_name(TupleDesc desc)
{
	receiver.ncolumns = 0;
	receiver.last_resno = 0;
	for (int named = 1; named >= 0; named--)
	{
		for (int i = 0; i < desc->natts && receiver.ncolumns < PFA_RESULT_COLUMNS; i++)
		{
			Form_pg_attribute column = TupleDescAttr(desc, i);

			if (is_key_type(column->atttypid, false) &&
				is_named_as_key(NameStr(column->attname)) == (named == 1))
				add_column(desc, i);
		}
	}
}

/* The columns that may be keys, numbers before texts. */
static void
choose_columns(TupleDesc desc)
{
	receiver.ncolumns = 0;
	receiver.last_resno = 0;
	for (int text = 0; text < 2; text++)
	{
		for (int i = 0; i < desc->natts; i++)
		{
			if (!is_key_type(TupleDescAttr(desc, i)->atttypid, text == 1))
				continue;
			if (receiver.ncolumns == PFA_RESULT_COLUMNS)
			{
				if (text == 0)
					choose_by_name(desc);
				return;
			}
			add_column(desc, i);
		}
	}
}

/* Not itself asked for by keys, as the rows of another list are. */
static bool
is_plain_list(const PfaShapeFacts *facts)
{
	for (int i = 0; i < facts->nbindings; i++)
	{
		if (facts->bindings[i].kind == PFA_BIND_EQUAL || facts->bindings[i].kind == PFA_BIND_LIST)
			return false;
	}
	return true;
}

static void
open_result(bool gathered)
{
	PfaCapture *capture = receiver.capture;
	PfaResult  *result;
	uint32	   *first;

	capture->slot = pfa_results_open(receiver.shape, receiver.queryid, receiver.ncolumns,
									 receiver.in_burst && is_plain_list(receiver.facts));
	if (capture->slot < 0)
		return;
	result = pfa_results_get(capture->slot);
	first = result->hashes + result->captured * receiver.ncolumns;
	for (int i = 0; i < receiver.ncolumns; i++)
	{
		const ListCell *lc;

		result->resno[i] = receiver.resno[i];
		result->relid[i] = InvalidOid;
		result->attnum[i] = 0;
		foreach(lc, receiver.targets)
		{
			TargetEntry *tle = lfirst(lc);

			if (tle->resno == receiver.resno[i] && !tle->resjunk)
			{
				result->relid[i] = tle->resorigtbl;
				result->attnum[i] = tle->resorigcol;
			}
		}
		first[i] = receiver.first[i];
	}
	result->captured++;
	result->gathered = gathered;
}

/* A repeat's results of one row are one list for what repeats with it. */
static pg_noinline void
gather_row(void)
{
	for (int slot = 0; slot < pfa_results_count; slot++)
	{
		PfaResult  *result = pfa_results_get(slot);
		uint32	   *hashes;
		uint32		room;

		if (result->shape != receiver.shape || !result->gathered ||
			result->ncolumns != receiver.ncolumns)
			continue;
		hashes = pfa_results_next_row(result, &room);
		if (room == 0)
		{
			/* what comes next looks for the latest */
			pfa_results_begin_anew(result);
			hashes = result->hashes;
		}
		memcpy(hashes, receiver.first, sizeof(uint32) * receiver.ncolumns);
		result->rows = ++result->captured;
		result->used = Max(result->used, pfa_results_turn);
		return;
	}
	open_result(true);
	if (receiver.capture->slot >= 0)
		pfa_results_get(receiver.capture->slot)->rows = 1;
	receiver.capture->slot = -1;
}

static inline uint32
hash_value(Oid type, Datum value)
{
	uint64		hash;

	if (likely(type == INT4OID))
		return pfa_results_key(pfa_hashes_integer(DatumGetInt32(value)));
	hash = pfa_hashes_key(type, value);
	return hash != 0 ? pfa_results_key(hash) : 0;
}

/* Rows are kept as they come in: how many are there is told now. */
static void
tell_captured(void)
{
	if (receiver.capture->slot >= 0 && receiver.begun > receiver.room)
	{
		PfaResult  *result = pfa_results_get(receiver.capture->slot);

		if (result->shape == receiver.shape)
			result->captured += receiver.begun - receiver.room;
	}
	receiver.begun = receiver.room = 0;
}

/*
 * The second row makes it a result of several: only now is it kept.  Another
 * statement's result may have taken the place since an earlier run.
 */
static pg_noinline bool
find_room(void)
{
	PfaResult  *result;

	tell_captured();
	if (receiver.capture->slot < 0)
		open_result(false);
	if (receiver.capture->slot >= 0)
	{
		result = pfa_results_get(receiver.capture->slot);
		if (result->shape == receiver.shape && result->ncolumns == receiver.ncolumns)
		{
			receiver.next = pfa_results_next_row(result, &receiver.room);
			receiver.begun = receiver.room;
		}
	}
	receiver.full = receiver.room == 0;
	return !receiver.full;
}

static inline void
look_at(const TupleTableSlot *slot)
{
	const Datum *values = slot->tts_values;
	const bool *isnull = slot->tts_isnull;
	uint32		n = receiver.ncolumns;
	uint32	   *hashes;

	/* the inner receiver has deformed as much as it sent */
	if (unlikely(slot->tts_nvalid < receiver.last_resno))
	{
		receiver.full = true;
		return;
	}
	if (unlikely(receiver.room == 0) && !find_room())
		return;
	hashes = receiver.next;
	receiver.next += n;
	receiver.room--;
	for (uint32 i = 0; i < n; i++)
	{
		int			at = receiver.resno[i] - 1;

		hashes[i] = isnull[at] ? 0 : hash_value(receiver.types[i], values[at]);
	}
}

static bool
receive_slot(TupleTableSlot *slot, DestReceiver *self)
{
	bool		go_on = receiver.inner->receiveSlot(slot, receiver.inner);

	if (likely(receiver.capture != NULL))
	{
		receiver.capture->rows++;
		if (!receiver.full)
			look_at(slot);
	}
	return go_on;
}

static void
startup(DestReceiver *self, int operation, TupleDesc desc)
{
	receiver.inner->rStartup(receiver.inner, operation, desc);
	choose_columns(desc);
	receiver.full |= receiver.ncolumns == 0;
}

static void
shut_down(DestReceiver *self)
{
	receiver.inner->rShutdown(receiver.inner);
}

static void
destroy(DestReceiver *self)
{
}

bool
pfa_capture_wanted(PfaShape *shape, const QueryDesc *queryDesc)
{
	if (!pfa_provenance || (shape->facts.flags & PFA_FLAG_CATALOG))
		return false;
	switch (queryDesc->dest->mydest)
	{
		case DestRemote:
		case DestRemoteExecute:
		case DestTuplestore:
			break;
		default:
			return false;
	}
	return queryDesc->operation == CMD_SELECT || queryDesc->plannedstmt->hasReturning;
}

DestReceiver *
pfa_capture_begin(PfaCapture *capture, PfaShape *shape, const QueryDesc *queryDesc,
				  bool in_burst)
{
	receiver.pub.receiveSlot = receive_slot;
	receiver.pub.rStartup = startup;
	receiver.pub.rShutdown = shut_down;
	receiver.pub.rDestroy = destroy;
	receiver.pub.mydest = queryDesc->dest->mydest;
	receiver.inner = queryDesc->dest;
	receiver.capture = capture;
	receiver.shape = shape->facts.shape;
	receiver.queryid = shape->queryid;
	receiver.targets = queryDesc->plannedstmt->planTree->targetlist;
	receiver.full = false;
	receiver.in_burst = in_burst;
	receiver.facts = &shape->facts;
	receiver.gather = shape->results_gather > 0;
	receiver.ncolumns = 0;
	receiver.begun = 0;
	receiver.room = capture->rows == 0 ? 1 : 0;
	receiver.next = receiver.first;
	memset(receiver.first, 0, sizeof(receiver.first));
	return &receiver.pub;
}

void
pfa_capture_end(PfaCapture *capture)
{
	tell_captured();
	if (capture->slot >= 0)
	{
		PfaResult  *result = pfa_results_get(capture->slot);

		if (result->shape == receiver.shape)
			result->rows = result->before + capture->rows;
	}
	else if (unlikely(receiver.gather && capture->rows == 1 && receiver.ncolumns > 0))
		gather_row();
	receiver.capture = NULL;
	receiver.inner = NULL;
}

void
pfa_capture_learn_more(PfaShape *shape, uint64 rows)
{
	uint8	   *wasted = rows > 1 ? &shape->results_unused : &shape->results_single;

	if (rows <= 1 && shape->results_gather > 0)
	{
		shape->results_gather--;
		return;
	}
	if (shape->results_skip > 0)
		shape->results_skip--;
	/* several rows: it may have children after all */
	if (rows > 1)
		shape->results_single = 0;
	if (rows > 1 && shape->results_unused < LEARN_AFTER)
		shape->results_skip = 0;
	if (*wasted < LEARN_AFTER)
		(*wasted)++;
	else if (shape->results_skip == 0)
		shape->results_skip = (rows > 1 ? LEARN_EVERY : LEARN_SINGLE) - 1;
}
