/*
 * hypo_measure.c
 *		What a sample of rows tells about a hypothetical index.
 *
 * Statistics know nothing of the entries of a GIN index, of what a GiST operator
 * class makes of a value, of an expression's values.  So the index's columns are
 * evaluated for a sample of rows.  That runs code: in a security-restricted,
 * read-only operation, in a subtransaction that is rolled back, and only what is
 * built in or a superuser's, unless the caller has written the definition
 * himself.  Who may not see all rows of the table gets no sample: neither sizes
 * nor statistics may tell of rows that row security hides.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_gin.h"
#include "advise/hypo_index.h"
#include "advise/hypo_sample.h"
#include "advise/replan.h"
#include "compat.h"

#include "access/gist_private.h"
#include "access/htup_details.h"
#include "access/itup.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/*
 * Rows looked at for one index.  Advice tries many, so it has fewer, and no more
 * than so many milliseconds for all.
 */
#define MOST_ROWS	10000
#define MOST_ROWS_ADVICE	3000
#define MOST_TIME_ADVICE	400.0

/* Rows of the sample from which on their share is better than an estimate. */
#define SHARE_ROWS	30

/* Several columns may make fewer keys than they could if of those each has so many rows. */
#define REPEATED 3.0
/* A smaller table's index is small in any case, pages. */
#define LARGE_TABLE 128

/*
 * Whether several columns, each with few different values, may or may not make
 * a different key of each row: sizes differ by their being equal.
 */
static bool
may_repeat(const PfaHypoIndex *index, Relation table)
{
	bool		inherited = RelationGetRelid(table) != index->relid;
	double		tuples = table->rd_rel->reltuples;
	double		product = 1;

	if (index->nkeys != index->ncolumns || !RELKIND_HAS_STORAGE(table->rd_rel->relkind) ||
		RelationGetNumberOfBlocks(table) < LARGE_TABLE)
		return false;
	for (int i = 0; i < index->nkeys; i++)
	{
		HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(index->relid),
											Int16GetDatum(index->attnums[i]),
											BoolGetDatum(inherited));
		double		distinct;

		if (!HeapTupleIsValid(tuple))
			return false;
		distinct = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
		ReleaseSysCache(tuple);
		if (distinct < 0)
			distinct *= -tuples;
		if (distinct * REPEATED > tuples)
			return false;
		product *= distinct;
	}
	return product * REPEATED > tuples;
}

/*
 * Whether statistics do not suffice.  How many different keys several columns
 * make together they do not say either; for advice, which tries many, that is
 * worth the rows only where it matters.
 */
static bool
needs_sample(const PfaHypoIndex *index, Relation table)
{
	return index->am == GIN_AM_OID || index->am == GIST_AM_OID ||
		index->exprs != NIL || (index->pred != NIL && index->fraction == 1.0) ||
		(index->am == BTREE_AM_OID && index->nkeys > 1 &&
		 (index->own_words || may_repeat(index, table)));
}

static bool
may_sample(const PfaHypoIndex *index, Relation table)
{
	if (check_enable_rls(index->relid, InvalidOid, true) == RLS_ENABLED ||
		check_enable_rls(RelationGetRelid(table), InvalidOid, true) == RLS_ENABLED)
		return false;
	return pfa_hypo_is_readable(index) &&
		(index->own_words ||
		 (pfa_trust_expression((Node *) index->exprs) &&
		  pfa_trust_expression((Node *) index->pred)));
}

/* Bytes of a column on a GiST leaf page, behind what stands before it. */
static double
gist_column(FmgrInfo *compress, Oid collation, Datum value, int16 length, char align,
			char storage, double before)
{
	GISTENTRY	entry;
	GISTENTRY  *packed = &entry;
	Size		bytes;

	gistentryinit(entry, value, NULL, NULL, 0, true);
	if (OidIsValid(compress->fn_oid))
		packed = (GISTENTRY *) DatumGetPointer(FunctionCall1Coll(compress, collation,
																 PointerGetDatum(&entry)));
	if (length > 0)
		return att_align_nominal((uint64) before, align) + length;
	if (length != -1)
		return before + strlen(DatumGetCString(packed->key)) + 1;
	bytes = VARSIZE_ANY_EXHDR(DatumGetPointer(packed->key));
	if (storage != TYPSTORAGE_PLAIN && bytes <= VARATT_SHORT_MAX - VARHDRSZ_SHORT)
		return before + VARHDRSZ_SHORT + bytes;
	return att_align_nominal((uint64) before, align) + VARHDRSZ + bytes;
}

/* Whether the rows come in order of the first column: up or down. */
static bool
in_order(const PfaHypoIndex *index, const PfaSampleValues *values)
{
	TypeCacheEntry *type = lookup_type_cache(pfa_hypo_column_type(index, 0), TYPECACHE_CMP_PROC_FINFO);
	double		steps = 0;
	double		up = 0;
	int			last = -1;

	if (!OidIsValid(type->cmp_proc_finfo.fn_oid))
		return false;
	for (int row = 0; row < values->nrows; row++)
	{
		int			order;

		if (values->nulls[0][row])
			continue;
		if (last >= 0)
		{
			order = DatumGetInt32(FunctionCall2Coll(&type->cmp_proc_finfo, index->collations[0],
													values->values[0][last], values->values[0][row]));
			steps += (order != 0);
			up += (order < 0);
		}
		last = row;
	}
	return steps > 0 && fabs(up / steps - 0.5) > 0.45;
}

/*
 * How full the pages of an index are that is built by sorting: four at a time are
 * split anew, whatever the fill factor, and evenly if the values have one
 * dimension.
 */
static double
sorted_fill(const PfaHypoIndex *index, const PfaSampleValues *values)
{
	Oid			type = pfa_hypo_column_type(index, 0);

	if (type == POINTOID)
		return 0.60;
	if (type_is_range(type))
		return in_order(index, values) ? 0.90 : 0.78;
	return type < FirstNormalObjectId ? 0.97 : 0.75;
}

/*
 * The average item on a leaf page of a GiST index, and how full that is.  Pages
 * are split in halves; of rows in order nothing is added to the left one any
 * more; those of signatures are split unevenly.
 */
static void
measure_gist(const PfaHypoIndex *index, const PfaSampleValues *values, PfaHypoFacts *facts)
{
	FmgrInfo   *compress = palloc0(sizeof(FmgrInfo) * index->nkeys);
	int16	   *length = palloc(sizeof(int16) * index->nkeys);
	char	   *align = palloc(index->nkeys);
	char	   *storage = palloc(index->nkeys);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "perfaudit GiST items",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = CurrentMemoryContext;
	double		total = 0;
	bool		sorted = true;
	bool		signature = false;

	for (int i = 0; i < index->nkeys; i++)
	{
		Oid			opclass = index->opclasses[i];
		Oid			opcintype = get_opclass_input_type(opclass);
		HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
		Oid			key = ((Form_pg_opclass) GETSTRUCT(tuple))->opckeytype;
		Oid			function = get_opfamily_proc(get_opclass_family(opclass), opcintype,
												 opcintype, GIST_COMPRESS_PROC);
		bool		byval;

		ReleaseSysCache(tuple);
		sorted &= OidIsValid(get_opfamily_proc(get_opclass_family(opclass), opcintype,
											   opcintype, GIST_SORTSUPPORT_PROC));
		signature |= (OidIsValid(key) && key != opcintype && get_typlen(key) == -1);
		if (!OidIsValid(key))
			key = pfa_hypo_column_type(index, i);
		get_typlenbyvalalign(key, &length[i], &byval, &align[i]);
		storage[i] = get_typstorage(key);
		if (!OidIsValid(function))
			continue;
		fmgr_info(function, &compress[i]);
		if (index->opclassoptions != NULL && index->opclassoptions[i] != NULL)
			set_fn_opclass_options(&compress[i], index->opclassoptions[i]);
	}

	for (int row = 0; row < values->nrows; row++)
	{
		double		data = 0;
		bool		nulls = false;

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(context);
		for (int i = 0; i < index->nkeys; i++)
		{
			if (values->nulls[i][row])
				nulls = true;
			else
				data = gist_column(&compress[i], index->collations[i], values->values[i][row],
								   length[i], align[i], storage[i], data);
		}
		MemoryContextSwitchTo(before);
		MemoryContextReset(context);
		total += MAXALIGN((uint64) data) + sizeof(ItemIdData) +
			(nulls ? MAXALIGN(sizeof(IndexTupleData) + sizeof(IndexAttributeBitMapData)) :
			 sizeof(IndexTupleData));
	}
	MemoryContextDelete(context);
	if (values->nrows > 0)
		facts->item_bytes = total / values->nrows;

	facts->item_fill = sorted ? sorted_fill(index, values) :
		(signature ? 0.75 : in_order(index, values) ? 0.45 : 0.58) *
		(index->fillfactor ? index->fillfactor : GIST_DEFAULT_FILLFACTOR) /
		GIST_DEFAULT_FILLFACTOR;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64		left = *(const uint64 *) a;
	uint64		right = *(const uint64 *) b;

	return left < right ? -1 : left > right;
}

/*
 * Different keys among so many rows, as stadistinct: estimated of the sample as
 * ANALYZE does (Haas and Stokes).
 */
static double
measure_distinct(const PfaHypoIndex *index, const PfaSampleValues *values, double tuples)
{
	uint64	   *hashes = palloc0(sizeof(uint64) * values->nrows);
	double		n = values->nrows;
	double		distinct = 0;
	double		once = 0;
	int			start = 0;
	double		result;

	for (int i = 0; i < index->nkeys; i++)
	{
		int16		length;
		bool		byval;

		get_typlenbyval(pfa_hypo_column_type(index, i), &length, &byval);
		for (int row = 0; row < values->nrows; row++)
		{
			uint64		hash = values->nulls[i][row] ? 1 :
				datum_image_hash(values->values[i][row], byval, length);

			hashes[row] = murmurhash64(hashes[row] ^ (hash + i));
		}
	}
	qsort(hashes, values->nrows, sizeof(uint64), compare_hashes);
	for (int i = 1; i <= values->nrows; i++)
		if (i == values->nrows || hashes[i] != hashes[start])
		{
			distinct++;
			once += (i - start == 1);
			start = i;
		}
	pfree(hashes);
	if (n == 0)
		return 0;
	result = n * distinct / (n - once + once * n / Max(tuples, n));
	return result > 0.1 * tuples ? -Min(result / tuples, 1.0) : result;
}

/* All that is wanted of the sample's rows. */
static void
measure(PfaHypoIndex *index, Relation table, const AttrMap *map, const PfaSample *sample,
		MemoryContext caller)
{
	PfaHypoFacts *facts;
	PfaSampleValues values = {0};
	double		tuples;

	pfa_hypo_sample_evaluate(index, table, map, sample, &values);
	if (index->pred != NIL && index->fraction == 1.0 &&
		(values.nrows >= SHARE_ROWS || sample->read == sample->blocks))
		index->fraction = Max((double) values.nrows, 0.5) / sample->nrows;

	tuples = (double) values.nrows / sample->read * sample->blocks;

	MemoryContextSwitchTo(caller);
	facts = palloc0(sizeof(PfaHypoFacts));
	facts->sampled = true;
	if (values.nrows > 0)
	{
		facts->nulls = palloc0(sizeof(double) * index->nkeys);
		for (int i = 0; i < index->nkeys; i++)
			for (int row = 0; row < values.nrows; row++)
				facts->nulls[i] += values.nulls[i][row] ? 1.0 / values.nrows : 0;
	}
	if (index->am == BTREE_AM_OID || index->am == HASH_AM_OID)
		facts->distinct = measure_distinct(index, &values, tuples);
	facts->stats = palloc0(sizeof(HeapTuple) * index->nkeys);
	for (int i = 0; i < index->nkeys; i++)
		if (index->attnums[i] == 0)
			facts->stats[i] = pfa_hypo_statistics(index, i, values.values[i], values.nulls[i],
												  values.nrows, tuples);
	if (index->am == GIN_AM_OID)
		facts->gin = pfa_hypo_gin_measure(index, &values);
	else if (index->am == GIST_AM_OID)
		measure_gist(index, &values, facts);
	index->facts = facts;
}

/* What measuring has taken in this statement. */
static double time_taken = 0;
static TimestampTz time_taken_by = 0;

static bool
time_is_up(void)
{
	if (time_taken_by != GetCurrentStatementStartTimestamp())
	{
		time_taken = 0;
		time_taken_by = GetCurrentStatementStartTimestamp();
	}
	return time_taken > MOST_TIME_ADVICE;
}

static void
add_time(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	time_taken += INSTR_TIME_GET_MILLISEC(now);
}

void
pfa_hypo_measure(PfaHypoIndex *index, Relation table, const AttrMap *map)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	const PfaSample *sample;
	MemoryContext work;
	instr_time	start;
	Oid			userid;
	int			context;
	volatile PfaTrustGuard guard = PFA_TRUST_ALL;
	PfaTimeLimit limit = {0};

	if (index->facts != NULL || !needs_sample(index, table) || !may_sample(index, table) ||
		(!index->own_words && time_is_up()))
		return;
	INSTR_TIME_SET_CURRENT(start);
	sample = pfa_hypo_sample(table, index->own_words ? MOST_ROWS : MOST_ROWS_ADVICE);
	if (sample == NULL)
		return;

	work = AllocSetContextCreate(caller, "perfaudit measuring", ALLOCSET_DEFAULT_SIZES);
	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		if (!index->own_words)
			pfa_time_limit_arm(&limit);
		guard = pfa_trust_guard(PFA_TRUST_NO_TRACE);
		(void) set_config_option("transaction_read_only", "on", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
		/* one notice would come for each row */
		(void) set_config_option("client_min_messages", "error", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
		GetUserIdAndSecContext(&userid, &context);
		/* as ANALYZE does, unless the caller asks with an index of his own words */
		SetUserIdAndSecContext(index->own_words ? userid : table->rd_rel->relowner,
							   context | SECURITY_RESTRICTED_OPERATION);
		MemoryContextSwitchTo(work);
		measure(index, table, map, sample, caller);
		MemoryContextSwitchTo(caller);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		if (!index->own_words)
			pfa_time_limit_disarm(&limit);
		pfa_trust_unguard(guard);
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		MemoryContextDelete(work);
		index->facts = NULL;
		if (index->own_words || pfa_replan_must_rethrow(error, &limit))
			ReThrowError(error);
		pfa_time_limit_pass_on(&limit);
		FreeErrorData(error);
		add_time(start);
		return;
	}
	PG_END_TRY();
	if (!index->own_words)
		pfa_time_limit_disarm(&limit);
	pfa_trust_unguard(guard);
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	MemoryContextDelete(work);
	add_time(start);
	pfa_time_limit_pass_on(&limit);
}

void
pfa_hypo_suppose(PfaHypoIndex *index)
{
	PfaHypoFacts *facts = palloc0(sizeof(PfaHypoFacts));

	facts->stats = palloc0(sizeof(HeapTuple) * index->nkeys);
	for (int i = 0; i < index->nkeys; i++)
		if (index->attnums[i] == 0)
			facts->stats[i] = pfa_hypo_statistics(index, i, NULL, NULL, 0, 0);
	index->facts = facts;
}
