/*
 * srf_info.c
 *		The recorder itself: what it holds, what it let go; reset; thresholds.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "advise/given.h"
#include "advise/progress.h"
#include "aliases.h"
#include "compat.h"
#include "distinct.h"
#include "footprint.h"
#include "log.h"
#include "makeup.h"
#include "peers.h"
#include "reader.h"
#include "shmem.h"
#include "slab.h"
#include "srf.h"
#include "texts.h"
#include "unit_sums.h"

PFA_SQL_FUNCTION(perfaudit_info_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_reset_1_0);
PFA_SQL_FUNCTION(perfaudit_threshold_1_0);
PFA_SQL_FUNCTION(perfaudit_since_1_0);

static void
put_item(PfaRow *row, const char *area, const char *item, int64 value, int64 limit,
		 const char *unit)
{
	pfa_srf_text(row, area);
	pfa_srf_text(row, item);
	pfa_srf_int(row, value);
	if (limit >= 0)
		pfa_srf_int(row, limit);
	else
		pfa_srf_null(row);
	pfa_srf_text(row, unit);
	pfa_srf_emit(row);
}

static void
put_total(PfaRow *row, const char *item, pg_atomic_uint64 *total)
{
	put_item(row, "lost", item, (int64) pg_atomic_read_u64(total), -1, "count");
}

/*
 * Shared memory, all of it taken when the server starts; only texts are filled
 * bit by bit.
 */
static void
put_memory(PfaRow *row, int64 statements, int64 plans, int64 repeats)
{
	int64		in_statements = statements * MAXALIGN(sizeof(PfaSharedStatement));
	int64		in_plans = plans * MAXALIGN(sizeof(PfaSharedPlan));
	int64		in_repeats = repeats * MAXALIGN(sizeof(PfaSharedRepeat));

	put_item(row, "memory", "total", pfa_store_size() + pfa_texts_size() +
			 pfa_aliases_size() + pfa_unit_sums_size() + pfa_makeup_size() +
			 pfa_distinct_size() + pfa_slab_size() + pfa_log_size() + pfa_progress_size() +
			 pfa_peers_size() + pfa_given_size(), -1, "bytes");
	put_item(row, "memory", "statements", in_statements, -1, "bytes");
	put_item(row, "memory", "plans", in_plans, -1, "bytes");
	put_item(row, "memory", "repeats", in_repeats, -1, "bytes");
	put_item(row, "memory", "hash chains, counts",
			 pfa_store_size() - in_statements - in_plans - in_repeats, -1, "bytes");
	put_item(row, "memory", "texts", pfa_texts_used(), pfa_texts_size(), "bytes");
	put_item(row, "memory", "query id to shape", pfa_aliases_size(), -1, "bytes");
	put_item(row, "memory", "sums of units", pfa_unit_sums_size() + pfa_makeup_size(), -1, "bytes");
	put_item(row, "memory", "values of statements, counted", pfa_distinct_size(), -1, "bytes");
	put_item(row, "memory", "findings logged", pfa_log_size(), -1, "bytes");
	put_item(row, "memory", "advice that goes on", pfa_progress_size(), -1, "bytes");
	put_item(row, "memory", "slabs of sessions", pfa_slab_size(), -1, "bytes");
	put_item(row, "memory", "lists that other sessions may ask for", pfa_peers_size(), -1, "bytes");
	put_item(row, "memory", "advice given before", pfa_given_size(), -1, "bytes");
}

static void
put_footprint(PfaRow *row)
{
	PfaFootprint parts[PFA_FOOTPRINT_PARTS];
	int64		total = 0;

	pfa_footprint_list(parts);
	for (int i = 0; i < PFA_FOOTPRINT_PARTS; i++)
		total += parts[i].bytes;
	put_item(row, "memory of a session, at most", "total", total, -1, "bytes");
	for (int i = 0; i < PFA_FOOTPRINT_PARTS; i++)
		put_item(row, "memory of a session, at most", parts[i].part, parts[i].bytes, -1,
				 "bytes");
}

static void
put_restored(PfaRow *row, const char *item, pg_atomic_uint64 *total)
{
	put_item(row, "restored", item, (int64) pg_atomic_read_u64(total), -1, "count");
}

Datum
perfaudit_info_facts_1_0(PG_FUNCTION_ARGS)
{
	PfaRow		row;
	int64		statements;
	int64		plans;
	int64		repeats;
	int64		capacity;
	int64		plan_capacity;
	int64		repeat_capacity;

	pfa_srf_begin(fcinfo, &row);
	pfa_store_usage(&statements, &plans, &repeats,
					&capacity, &plan_capacity, &repeat_capacity);
	put_item(&row, "entries", "statements", statements, capacity, "count");
	put_item(&row, "entries", "plans", plans, plan_capacity, "count");
	put_item(&row, "entries", "repeats", repeats, repeat_capacity, "count");
	put_memory(&row, capacity, plan_capacity, repeat_capacity);
	put_footprint(&row);
	put_restored(&row, "statements of the last run", &pfa_totals->restored_statements);
	put_restored(&row, "plans of the last run", &pfa_totals->restored_plans);
	put_restored(&row, "repeats of the last run", &pfa_totals->restored_repeats);
	put_restored(&row, "statements without room", &pfa_totals->not_restored);
	put_restored(&row, "files refused", &pfa_totals->refused_files);
	put_total(&row, "statements evicted to make room", &pfa_totals->evicted_statements);
	put_total(&row, "plans evicted to make room", &pfa_totals->evicted_plans);
	put_total(&row, "repeats evicted to make room", &pfa_totals->evicted_repeats);
	put_total(&row, "texts dropped: perfaudit.text_memory is full", &pfa_totals->dropped_texts);
	put_total(&row, "values dropped: perfaudit.text_memory is full", &pfa_totals->dropped_values);
	put_total(&row, "statements not recorded: nested too deeply", &pfa_totals->dropped_frames);
	put_total(&row, "relations of scans not told apart: too many in one statement",
			  &pfa_totals->dropped_scans);
	put_total(&row, "scans of parallel workers dropped: too many at once",
			  &pfa_totals->dropped_workers);
	put_total(&row, "executions dropped: no room for the statement",
			  &pfa_totals->dropped_entries);
	put_total(&row, "statements prepared before perfaudit could see their parse",
			  &pfa_totals->unparsed);
	put_total(&row, "executions without a query id", &pfa_totals->no_queryid);
	put_total(&row, "failures not attributed to a statement",
			  &pfa_totals->failed_unattributed);
	put_total(&row, "units of work with more shapes than are kept",
			  &pfa_totals->crowded_shapes);
	put_total(&row, "units of work with more repeats than are followed",
			  &pfa_totals->crowded_repeats);
	return (Datum) 0;
}

Datum
perfaudit_since_1_0(PG_FUNCTION_ARGS)
{
	pfa_shmem_require();
	PG_RETURN_TIMESTAMPTZ((TimestampTz) pg_atomic_read_u64(&pfa_totals->reset_at));
}

Datum
perfaudit_reset_1_0(PG_FUNCTION_ARGS)
{
	Oid			dbid = PG_GETARG_OID(0);
	Oid			userid = PG_GETARG_OID(1);
	uint64		shape = (uint64) PG_GETARG_INT64(2);

	pfa_shmem_require();
	pfa_texts_attach();
	if (shape == 0)
	{
		pfa_unit_sums_reset(dbid, userid);
		pfa_makeup_reset(dbid, userid);
		pfa_given_reset(dbid, userid);
	}
	pfa_distinct_reset(dbid, userid, shape);
	PG_RETURN_INT64(pfa_store_reset(dbid, userid, shape));
}

/* A numeric setting in its base unit, as detectors compare it. */
Datum
perfaudit_threshold_1_0(PG_FUNCTION_ARGS)
{
	char	   *name = psprintf("perfaudit.%s", text_to_cstring(PG_GETARG_TEXT_PP(0)));
	const char *value;

	pfa_shmem_require();
	value = GetConfigOption(name, false, false);
	PG_RETURN_FLOAT8(strtod(value, NULL));
}
