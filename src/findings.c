/*
 * findings.c
 *		Runs the views of detectors, and others that several of them ask.
 *
 * Each detector is planned by itself: what the planner needs for all of them
 * in one query grows faster than their number.  What they ask for is kept for
 * all of them until the query that called ends, so they judge the same facts.
 *
 * Runs with the caller's privileges, and is not recorded.  Decides nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tstoreReceiver.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "gate.h"
#include "hooks.h"
#include "srf.h"

PFA_SQL_FUNCTION(perfaudit_findings_of_1_0);
PFA_SQL_FUNCTION(perfaudit_rows_once_1_0);

/* Puts a query's rows, in row's types, where row's function returns its own. */
static void
run(const char *sql, PfaRow *row)
{
	SPIExecuteOptions options = {.read_only = true};
	SPIPlanPtr	plan;
	int			result;

	SPI_connect();
	plan = SPI_prepare(sql, 0, NULL);
	if (plan == NULL)
		elog(ERROR, "perfaudit: SPI_prepare of \"%s\": %s", sql, SPI_result_code_string(SPI_result));
	options.dest = CreateDestReceiver(DestTuplestore);
	SetTuplestoreDestReceiverParams(options.dest, row->rsinfo->setResult,
									row->rsinfo->econtext->ecxt_per_query_memory, false,
									row->rsinfo->setDesc, NULL);
	result = SPI_execute_plan_extended(plan, &options);
	if (result < 0)
		elog(ERROR, "perfaudit: SPI_execute_plan of \"%s\": %s", sql, SPI_result_code_string(result));
	options.dest->rDestroy(options.dest);
	SPI_finish();
}

/*
 * The same, for all that the query which calls asks for, and not recorded; its
 * judged statements are those that come through, or all (NULL).
 */
static void
run_apart(const char *sql, PfaRow *row, const PfaWanted *through)
{
	MemoryContext outer = pfa_srf_share(row->rsinfo->econtext->ecxt_per_query_memory);
	const PfaWanted *outer_through = pfa_gate_through;

	pfa_gate_through = through;
	pfa_hooks_suspend();
	PG_TRY();
	{
		run(sql, row);
	}
	PG_FINALLY();
	{
		pfa_hooks_resume();
		pfa_gate_through = outer_through;
		pfa_srf_share_back(outer);
	}
	PG_END_TRY();
}

/* What one detector finds; its columns in the types of the function. */
Datum
perfaudit_findings_of_1_0(PG_FUNCTION_ARGS)
{
	char	   *view = psprintf("detect_%s", text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PfaRow		row;
	TupleDesc	columns;
	StringInfoData sql;
	PfaWanted	through;

	pfa_srf_begin(fcinfo, &row);
	if (!pfa_gate_open(row.rsinfo->econtext->ecxt_per_query_memory, PG_GETARG_ARRAYTYPE_P(1),
					   &through))
		return (Datum) 0;
	columns = row.rsinfo->setDesc;
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		appendStringInfo(&sql, "%s%s::%s", i > 0 ? ", " : "",
						 quote_identifier(NameStr(column->attname)),
						 format_type_be_qualified(column->atttypid));
	}
	appendStringInfo(&sql, " FROM perfaudit.%s", quote_identifier(view));
	run_apart(sql.data, &row, through.n > 0 ? &through : NULL);
	return (Datum) 0;
}

/*
 * The rows of the view in whose type the function returns them: asked for once
 * a query, however many detectors do.
 */
Datum
perfaudit_rows_once_1_0(PG_FUNCTION_ARGS)
{
	PfaRow		row;
	Oid			asks[2] = {GetUserId(), InvalidOid};
	Oid			type;
	Oid			view;

	pfa_srf_begin(fcinfo, &row);
	if (pfa_srf_again(&row, asks, sizeof(asks)))
		return (Datum) 0;
	if (get_call_result_type(fcinfo, &type, NULL) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "perfaudit: function %u returns no rows of a view", fcinfo->flinfo->fn_oid);
	view = get_typ_typrelid(type);
	run_apart(psprintf("SELECT * FROM %s",
					   quote_qualified_identifier(get_namespace_name(get_rel_namespace(view)),
												  get_rel_name(view))), &row, NULL);
	pfa_srf_keep(&row);
	return (Datum) 0;
}
