/*
 * table_share.c
 *		The share of a table's rows that a fixed condition keeps, by what
 *		ANALYZE found.
 *
 * Compares with most common values by built-in functions only; what is found
 * goes into a decision and is never shown.
 */
#include "postgres.h"

#include "advise/advice.h"

#include "access/htup_details.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_statistic.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Of a column with the given most common values. */
static double
share_of_value(const AttStatsSlot *slot, double distinct, double nulls,
			   Datum value, Oid function, Oid collation)
{
	double		sum = 0;

	for (int i = 0; i < slot->nvalues; i++)
	{
		if (DatumGetBool(OidFunctionCall2Coll(function, collation, slot->values[i], value)))
			return slot->numbers[i];
		sum += slot->numbers[i];
	}
	return Max(1 - nulls - sum, 0) / Max(distinct - slot->nvalues, 1);
}

static Oid
collation_of(Node *clause)
{
	return IsA(clause, ScalarArrayOpExpr) ? ((ScalarArrayOpExpr *) clause)->inputcollid :
		((OpExpr *) clause)->inputcollid;
}

double
pfa_table_share_of(const PfaTable *table, const PfaNeedFixed *fixed, double *values)
{
	HeapTuple	tuple;
	Form_pg_statistic form;
	AttStatsSlot slot;
	double		share;

	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table->relid),
							Int16GetDatum(fixed->attnum), BoolGetDatum(table->partitioned));
	*values = 0;
	if (!HeapTupleIsValid(tuple))
		return -1;
	form = (Form_pg_statistic) GETSTRUCT(tuple);
	*values = (form->stadistinct >= 0) ? form->stadistinct : -form->stadistinct * table->tuples;
	if (IsA(fixed->clause, NullTest))
		share = ((NullTest *) fixed->clause)->nulltesttype == IS_NULL ?
			form->stanullfrac : 1 - form->stanullfrac;
	else if (!get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid,
							   ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
		share = -1;
	else
	{
		ListCell   *lc;

		share = 0;
		foreach(lc, fixed->values)
			share += share_of_value(&slot, *values, form->stanullfrac,
									lfirst_node(Const, lc)->constvalue,
									get_opcode(fixed->opno), collation_of(fixed->clause));
		if (fixed->values == NIL)
			share = share_of_value(&slot, *values, form->stanullfrac,
								   BoolGetDatum(!IsA(fixed->clause, BoolExpr)),
								   get_opcode(BooleanEqualOperator), InvalidOid);
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return share;
}
