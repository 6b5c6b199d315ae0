/*
 * srf_statements.c
 *		Statement shapes and the relations they scan, as rows.
 *
 * What another role ran is shown as numbers without text or identity, as
 * pg_stat_statements does.  Decides nothing.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "aliases.h"
#include "compat.h"
#include "gate.h"
#include "histogram.h"
#include "reader.h"
#include "shmem.h"
#include "srf.h"

#define HIDDEN_TEXT		"<insufficient privilege>"

PFA_SQL_FUNCTION(perfaudit_statement_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_statement_text_1_0);
PFA_SQL_FUNCTION(perfaudit_scan_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_this_database_1_0);
PFA_SQL_FUNCTION(perfaudit_shape_of_1_0);

static const char *const operation_names[] = {
	"unknown", "select", "insert", "update", "delete", "merge", "utility"
};

static void
put_queryids(PfaRow *row, const PfaSharedStatement *s, bool visible)
{
	Datum		ids[PFA_QUERYIDS];
	int			n = 0;

	while (visible && n < PFA_QUERYIDS && s->queryids[n] != 0)
	{
		ids[n] = Int64GetDatum((int64) s->queryids[n]);
		n++;
	}
	if (n == 0)
	{
		pfa_srf_null(row);
		return;
	}
	row->values[row->n] = PointerGetDatum(construct_array(ids, n, INT8OID, sizeof(int64),
														  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	row->nulls[row->n++] = false;
}

/* Executions above a duration, and the time that they spent above it. */
static void
put_slow(PfaRow *row, const PfaSharedStatement *s, double threshold_ms)
{
	uint64		total = 0;
	uint64		calls = 0;
	double		above = 0;
	double		scale;

	for (int i = 0; i < PFA_HIST_BUCKETS; i++)
	{
		double		ms;

		if (s->hist[i] == 0)
			continue;
		total += s->hist[i];
		ms = (pfa_hist_floor(i) + pfa_hist_floor(i + 1)) / 2.0 / 1000.0;
		ms = Min(ms, s->counters.exec_max_ns / 1e6);
		if (ms <= threshold_ms)
			continue;
		calls += s->hist[i];
		above += s->hist[i] * (ms - threshold_ms);
	}
	scale = total > 0 ? (double) s->counters.calls / total : 1;
	pfa_srf_int(row, (int64) rint(calls * scale));
	pfa_srf_float(row, above * scale);
}

static void
put_times(PfaRow *row, const PfaSharedStatement *s)
{
	static const double fractions[] = {0.50, 0.95, 0.99};
	const PfaCounters *c = &s->counters;
	double		min = c->exec_min_ns / 1e6;
	double		max = c->exec_max_ns / 1e6;
	double		percentiles[3];

	pfa_hist_quantiles(s->hist, 1, fractions, percentiles, 3,
					   min, max);
	pfa_srf_ms(row, c->exec_ns);
	pfa_srf_float(row, c->calls > 0 ? c->exec_ns / 1e6 / c->calls : 0);
	pfa_srf_float(row, min);
	pfa_srf_float(row, max);
	for (int i = 0; i < 3; i++)
		pfa_srf_float(row, percentiles[i]);
	pfa_srf_int(row, c->plans);
	pfa_srf_ms(row, c->plan_ns);
	pfa_srf_ms(row, c->plan_max_ns);
}

static void
put_hours(PfaRow *row, const PfaSharedStatement *s, int64 now)
{
	for (int which = 0; which < 2; which++)
	{
		const PfaHour *hour = pfa_store_hour(s, which, now);

		pfa_srf_int(row, hour->calls);
		pfa_srf_ms(row, hour->exec_ns);
	}
}

static void
put_more_of_hours(PfaRow *row, const PfaSharedStatement *s, int64 now)
{
	for (int which = 0; which < 2; which++)
	{
		const PfaHour *hour = pfa_store_hour(s, which, now);

		pfa_srf_int(row, hour->rows);
		if (hour->calls > 0)
			pfa_srf_float(row, pfa_hist_quantile_coarse(hour->hist, PFA_HIST_COARSE, 0.95,
														s->counters.exec_min_ns / 1e6,
														s->counters.exec_max_ns / 1e6));
		else
			pfa_srf_null(row);
	}
}

/* Failures by reason, and by the class of their SQLSTATE as a JSON object. */
static void
put_errors(PfaRow *row, const PfaSharedStatement *s)
{
	const PfaErrors *errors = &s->errors;
	StringInfoData json;

	pfa_srf_int(row, errors->reasons[PFA_CANCELLED]);
	pfa_srf_int(row, errors->reasons[PFA_STATEMENT_TIMEOUT]);
	pfa_srf_int(row, errors->reasons[PFA_LOCK_TIMEOUT]);
	pfa_srf_int(row, errors->reasons[PFA_TERMINATED]);
	if (s->counters.errors == 0)
	{
		pfa_srf_null(row);
		return;
	}
	initStringInfo(&json);
	for (int i = 0; i < PFA_ERROR_CLASSES && errors->counts[i] > 0; i++)
		appendStringInfo(&json, "%s\"%c%c\": " UINT64_FORMAT, i > 0 ? ", " : "{",
						 PGUNSIXBIT(errors->classes[i]), PGUNSIXBIT(errors->classes[i] >> 6),
						 errors->counts[i]);
	if (errors->other > 0)
		appendStringInfo(&json, "%s\"other\": " UINT64_FORMAT, json.len > 0 ? ", " : "{",
						 errors->other);
	appendStringInfoChar(&json, '}');
	pfa_srf_jsonb(row, json.data);
	pfree(json.data);
}

/* Its own time, and who called it: what has no caller was not nested. */
static void
put_caller(PfaRow *row, const PfaSharedStatement *s, bool visible)
{
	static const char *const ways[] = {
		NULL, "function", "trigger", "foreign key", "utility"
	};
	const PfaCounters *c = &s->counters;
	const PfaCaller *caller = &s->caller;
	bool		known = caller->id != 0 && visible;
	bool		parent = known && caller->shape != 0;
	bool		named = parent && pfa_reader_may_see(caller->userid);

	StaticAssertStmt(lengthof(ways) == PFA_CALLED_BY_WAYS, "ways of calling");
	pfa_srf_ms(row, c->exec_ns - Min(c->nested_ns, c->exec_ns));
	pfa_srf_oid(row, parent ? caller->userid : InvalidOid);
	if (parent)
		pfa_srf_bool(row, caller->toplevel);
	else
		pfa_srf_null(row);
	pfa_srf_id(row, named ? caller->shape : 0);
	pfa_srf_id(row, named ? caller->queryid : 0);
	pfa_srf_text(row, known ? ways[caller->how] : NULL);
	if (known)
		pfa_srf_bool(row, caller->several);
	else
		pfa_srf_null(row);
}

/* Rows of statements, and what they are asked for. */
typedef struct StatementRows
{
	PfaRow		row;
	double		slow_ms;
	bool		texts;
	int64		hour;			/* that it is now */
	uint64		min_calls;
	double		min_ns;			/* execution time in all */
} StatementRows;

/* Parsed or explained only: nothing happened yet. */
static bool
is_idle(const PfaSharedStatement *s)
{
	return s->counters.calls == 0 && s->counters.errors == 0;
}

static void
put_statement(PfaReadStatement *read, void *with)
{
	StatementRows *rows = with;
	PfaRow	   *row = &rows->row;
	const PfaSharedStatement *s = &read->s;
	const PfaCounters *c = &s->counters;
	bool		visible = pfa_reader_may_see(s->key.userid);

	if (is_idle(s) || c->calls < rows->min_calls || c->exec_ns < rows->min_ns)
		return;
	pfa_srf_oid(row, s->key.dbid);
	pfa_srf_oid(row, s->key.userid);
	pfa_srf_bool(row, s->key.toplevel == 1);
	pfa_srf_id(row, visible ? s->key.shape : 0);
	pfa_srf_bool(row, visible);
	put_queryids(row, s, visible);
	pfa_srf_text(row, operation_names[s->operation]);
	pfa_srf_bool(row, (s->flags & PFA_FLAG_CATALOG) != 0);
	pfa_srf_bool(row, (s->flags & PFA_FLAG_TEMPORARY) != 0);
	pfa_srf_bool(row, (s->flags & PFA_FLAG_AGGREGATE) != 0);
	pfa_srf_bool(row, (s->flags & PFA_FLAG_EXISTS) != 0);
	pfa_srf_bool(row, (s->flags & PFA_FLAG_LIMITED) != 0);
	pfa_srf_text(row, !rows->texts ? NULL : visible ? read->query : HIDDEN_TEXT);
	pfa_srf_int(row, c->calls);
	pfa_srf_int(row, c->errors);
	pfa_srf_int(row, c->rows);
	put_times(row, s);
	pfa_srf_int(row, c->generic);
	/* a utility statement has no plan */
	pfa_srf_int(row, s->operation != PFA_OP_UTILITY && c->calls >= c->generic ?
				c->calls - c->generic : 0);
	pfa_srf_int(row, c->shared_hit);
	pfa_srf_int(row, c->shared_read);
	pfa_srf_int(row, c->temp_written);
	pfa_srf_int(row, c->seq_rows);
	pfa_srf_int(row, c->sent_calls);
	pfa_srf_int(row, c->sent_rows);
	pfa_srf_int(row, c->sent_max);
	pfa_srf_int(row, c->offset_calls);
	pfa_srf_int(row, c->offset_rows);
	pfa_srf_int(row, c->offset_max);
	pfa_srf_int(row, c->offset_kept);
	pfa_srf_ms(row, c->offset_ns);
	put_slow(row, s, rows->slow_ms);
	pfa_srf_id(row, visible && read->nplans > 0 ? read->plans[0].facts.plan_id : 0);
	put_hours(row, s, rows->hour);
	pfa_srf_time(row, s->first_seen);
	pfa_srf_time(row, s->last_seen);
	put_errors(row, s);
	pfa_srf_int(row, c->jit_calls);
	pfa_srf_ms(row, c->jit_ns);
	pfa_srf_int(row, c->jit_functions);
	put_more_of_hours(row, s, rows->hour);
	put_caller(row, s, visible);
	pfa_srf_bool(row, (s->flags & PFA_FLAG_COUNT) != 0);
	pfa_srf_int(row, s->called.callers);
	pfa_srf_int(row, s->called.most);
	pfa_srf_emit(row);
}

Datum
perfaudit_statement_facts_1_0(PG_FUNCTION_ARGS)
{
	StatementRows rows;
	const PfaWanted *wanted = NULL;
	struct
	{
		double		slow_ms;
		Oid			dbid;
		Oid			userid;		/* who asks */
		uint64		min_calls;
		double		min_ns;
	}			question;

	pfa_srf_begin(fcinfo, &rows.row);
	rows.slow_ms = PG_GETARG_FLOAT8(0);
	rows.texts = PG_NARGS() < 3 || PG_GETARG_BOOL(2);
	rows.hour = GetCurrentTimestamp() / USECS_PER_HOUR;
	question.slow_ms = rows.slow_ms;
	question.dbid = PG_NARGS() < 2 ? InvalidOid : PG_GETARG_OID(1);
	question.userid = GetUserId();
	question.min_calls = rows.min_calls = PG_NARGS() < 5 ? 0 : (uint64) Max(PG_GETARG_INT64(3), 0);
	question.min_ns = rows.min_ns = PG_NARGS() < 5 ? 0 : PG_GETARG_FLOAT8(4) * 1e6;
	if (PG_NARGS() >= 6 && PG_GETARG_BOOL(5) && question.dbid == MyDatabaseId)
		wanted = pfa_gate_through;
	/* texts may be long, and the few of one detector are soon read: not kept */
	if (!rows.texts && wanted == NULL &&
		pfa_srf_again(&rows.row, &question, sizeof(question)))
		return (Datum) 0;
	pfa_reader_each(question.dbid, PFA_READ_PLAN_IDS | (rows.texts ? PFA_READ_TEXT : 0),
					wanted, put_statement, &rows);
	pfa_srf_complete(&rows.row);
	return (Datum) 0;
}

/* One statement's text, hidden or NULL as in its facts. */
Datum
perfaudit_statement_text_1_0(PG_FUNCTION_ARGS)
{
	PfaKey		key = {
		.dbid = PG_GETARG_OID(0),
		.userid = PG_GETARG_OID(1),
		.toplevel = PG_GETARG_BOOL(2) ? 1 : 0,
		.shape = (uint64) PG_GETARG_INT64(3)
	};
	char	   *text;

	pfa_shmem_require();
	if (!pfa_reader_may_see(key.userid))
		PG_RETURN_TEXT_P(cstring_to_text(HIDDEN_TEXT));
	text = pfa_reader_text(&key);
	if (text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* Rows of scans, and how many they must have read an execution. */
typedef struct ScanRows
{
	PfaRow		row;
	double		least;
} ScanRows;

static void
put_scans(PfaReadStatement *read, void *with)
{
	ScanRows   *rows = with;
	PfaRow	   *row = &rows->row;
	const PfaSharedStatement *s = &read->s;

	if (!pfa_reader_may_see(s->key.userid))
		return;
	for (int i = 0; i < s->nscans; i++)
	{
		if (s->scans[i].rows < rows->least * s->counters.calls)
			continue;
		pfa_srf_key(row, &s->key);
		pfa_srf_oid(row, s->scans[i].relid);
		pfa_srf_int(row, s->scans[i].rows);
		pfa_srf_int(row, s->scans[i].scans);
		pfa_srf_emit(row);
	}
}

Datum
perfaudit_scan_facts_1_0(PG_FUNCTION_ARGS)
{
	ScanRows	rows;

	pfa_srf_begin(fcinfo, &rows.row);
	rows.least = PG_NARGS() > 0 ? PG_GETARG_FLOAT8(0) : 0;
	pfa_reader_each(MyDatabaseId, 0, NULL, put_scans, &rows);
	return (Datum) 0;
}

Datum
perfaudit_this_database_1_0(PG_FUNCTION_ARGS)
{
	pfa_shmem_require();
	PG_RETURN_OID(MyDatabaseId);
}

/* The shape that a query id stands for; NULL when it is not known any more. */
Datum
perfaudit_shape_of_1_0(PG_FUNCTION_ARGS)
{
	PfaShapeFacts facts;

	pfa_shmem_require();
	if (!pfa_aliases_find((uint64) PG_GETARG_INT64(1), PG_GETARG_OID(0), &facts))
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) facts.shape);
}
