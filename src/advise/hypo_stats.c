/*
 * hypo_stats.c
 *		Statistics for the expressions of hypothetical indexes.
 *
 * An index on an expression gets statistics of its own by the next ANALYZE;
 * without any the planner supposes 200 different values.  Functions that hardly
 * ever make equal what was different have about as many as their column.
 * Nothing is read but the statistics of that column: neither rows nor values.
 */
#include "postgres.h"

#include "advise/hypo_index.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_statistic.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Functions that keep apart most of what is different; md5 alone shortens it. */
static const char *const injective[] = {"lower", "upper", "btrim", "ltrim", "rtrim", "md5"};

/* The column of the table that one of the first n of them is applied to. */
static AttrNumber
function_column(Node *expr, int n)
{
	List	   *vars = pull_var_clause(expr, 0);
	const char *name;

	if (list_length(vars) != 1 || !IsA(expr, FuncExpr) ||
		((FuncExpr *) expr)->funcid >= FirstNormalObjectId)
		return InvalidAttrNumber;
	name = get_func_name(((FuncExpr *) expr)->funcid);
	for (int i = 0; name != NULL && i < n; i++)
		if (strcmp(name, injective[i]) == 0)
			return linitial_node(Var, vars)->varattno;
	return InvalidAttrNumber;
}

AttrNumber
pfa_hypo_same_width_column(Node *expr)
{
	return function_column(expr, lengthof(injective) - 1);
}

/* A row of pg_statistic with nothing but nulls, width and distinct values. */
static HeapTuple
make_statistics(const PfaHypoIndex *index, AttrNumber column, Form_pg_statistic base)
{
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	Relation	catalog = table_open(StatisticRelationId, AccessShareLock);
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(index->oid);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(column);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(base->stanullfrac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(base->stawidth);
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(base->stadistinct);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		values[Anum_pg_statistic_stakind1 - 1 + i] = Int16GetDatum(0);
		values[Anum_pg_statistic_staop1 - 1 + i] = ObjectIdGetDatum(InvalidOid);
		values[Anum_pg_statistic_stacoll1 - 1 + i] = ObjectIdGetDatum(InvalidOid);
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = true;
		nulls[Anum_pg_statistic_stavalues1 - 1 + i] = true;
	}
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	table_close(catalog, AccessShareLock);
	return tuple;
}

HeapTuple
pfa_hypo_statistics(const PfaHypoIndex *index, AttrNumber column)
{
	HeapTuple	base;
	HeapTuple	result;
	AttrNumber	attnum;

	if (column < 1 || column > index->nkeys || index->attnums[column - 1] != 0)
		return NULL;
	attnum = function_column(pfa_hypo_expression(index, column - 1), lengthof(injective));
	if (attnum <= 0)
		return NULL;
	base = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(index->relid),
						   Int16GetDatum(attnum), BoolGetDatum(false));
	if (!HeapTupleIsValid(base))
		return NULL;
	result = make_statistics(index, column, (Form_pg_statistic) GETSTRUCT(base));
	ReleaseSysCache(base);
	return result;
}
