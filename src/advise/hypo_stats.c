/*
 * hypo_stats.c
 *		Statistics for the expressions of hypothetical indexes.
 *
 * An index on an expression gets statistics of its own by the next ANALYZE;
 * without any the planner supposes 200 different values.  The functions that
 * ANALYZE would call make them here of the values of a sample of rows.  Where
 * there is none, functions that hardly ever make equal what was different are
 * taken to have as many values as their column.
 */
#include "postgres.h"

#include "advise/hypo_index.h"
#include "compat.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
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

/* An array for one slot, or NULL. */
static ArrayType *
slot_values(const VacAttrStats *stats, int slot)
{
	if (stats->numvalues[slot] == 0)
		return NULL;
	return construct_array(stats->stavalues[slot], stats->numvalues[slot],
						   stats->statypid[slot], stats->statyplen[slot],
						   stats->statypbyval[slot], stats->statypalign[slot]);
}

static ArrayType *
slot_numbers(const VacAttrStats *stats, int slot)
{
	int			n = stats->numnumbers[slot];
	Datum	   *numbers;

	if (n == 0)
		return NULL;
	numbers = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
		numbers[i] = Float4GetDatum(stats->stanumbers[slot][i]);
	return construct_array(numbers, n, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT);
}

/* A row of pg_statistic. */
static HeapTuple
make_statistics(const PfaHypoIndex *index, int column, const VacAttrStats *stats)
{
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	Relation	catalog = table_open(StatisticRelationId, AccessShareLock);
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(index->oid);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(column + 1);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(stats->stanullfrac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(stats->stawidth);
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(stats->stadistinct);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		ArrayType  *array;

		values[Anum_pg_statistic_stakind1 - 1 + i] = Int16GetDatum(stats->stakind[i]);
		values[Anum_pg_statistic_staop1 - 1 + i] = ObjectIdGetDatum(stats->staop[i]);
		values[Anum_pg_statistic_stacoll1 - 1 + i] = ObjectIdGetDatum(stats->stacoll[i]);
		array = slot_numbers(stats, i);
		values[Anum_pg_statistic_stanumbers1 - 1 + i] = PointerGetDatum(array);
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = (array == NULL);
		array = slot_values(stats, i);
		values[Anum_pg_statistic_stavalues1 - 1 + i] = PointerGetDatum(array);
		nulls[Anum_pg_statistic_stavalues1 - 1 + i] = (array == NULL);
	}
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	table_close(catalog, AccessShareLock);
	return tuple;
}

/* What the statistics functions of a type ask for a row's value with. */
static Datum
fetch_value(VacAttrStatsP stats, int row, bool *null)
{
	*null = stats->exprnulls[row];
	return stats->exprvals[row];
}

/* As ANALYZE would make them of these values. */
static HeapTuple
sampled_statistics(const PfaHypoIndex *index, int column, Datum *values, bool *nulls,
				   int nrows, double tuples)
{
	VacAttrStats *stats = palloc0(sizeof(VacAttrStats));
	HeapTuple	type;
	bool		wanted;

	stats->attrtypid = pfa_hypo_column_type(index, column);
	stats->attrtypmod = exprTypmod(pfa_hypo_expression(index, column));
	stats->attrcollid = OidIsValid(index->collations[column]) ? index->collations[column] :
		exprCollation(pfa_hypo_expression(index, column));
	type = SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(stats->attrtypid));
	if (!HeapTupleIsValid(type))
		return NULL;
	stats->attrtype = (Form_pg_type) GETSTRUCT(type);
	stats->anl_context = CurrentMemoryContext;
	stats->tupattnum = column + 1;
	stats->exprvals = values;
	stats->exprnulls = nulls;
	stats->rowstride = 1;
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		stats->statypid[i] = stats->attrtypid;
		stats->statyplen[i] = stats->attrtype->typlen;
		stats->statypbyval[i] = stats->attrtype->typbyval;
		stats->statypalign[i] = stats->attrtype->typalign;
	}
	pfa_compat_default_target(stats);
	if (OidIsValid(stats->attrtype->typanalyze))
		wanted = DatumGetBool(OidFunctionCall1(stats->attrtype->typanalyze, PointerGetDatum(stats)));
	else
		wanted = std_typanalyze(stats);
	if (!wanted || stats->compute_stats == NULL)
		return NULL;
	stats->compute_stats(stats, fetch_value, nrows, tuples);
	return stats->stats_valid ? make_statistics(index, column, stats) : NULL;
}

/* Width and different values of the column that the expression is made of. */
static HeapTuple
supposed_statistics(const PfaHypoIndex *index, int column)
{
	AttrNumber	attnum = function_column(pfa_hypo_expression(index, column), lengthof(injective));
	VacAttrStats stats = {0};
	HeapTuple	base;
	Form_pg_statistic form;

	if (attnum <= 0)
		return NULL;
	base = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(index->relid),
						   Int16GetDatum(attnum), BoolGetDatum(false));
	if (!HeapTupleIsValid(base))
		return NULL;
	form = (Form_pg_statistic) GETSTRUCT(base);
	stats.stanullfrac = form->stanullfrac;
	stats.stawidth = form->stawidth;
	stats.stadistinct = form->stadistinct;
	ReleaseSysCache(base);
	return make_statistics(index, column, &stats);
}

HeapTuple
pfa_hypo_statistics(const PfaHypoIndex *index, int column, Datum *values, bool *nulls,
					int nrows, double tuples)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(caller, "perfaudit statistics",
											   ALLOCSET_DEFAULT_SIZES);
	HeapTuple	result;

	MemoryContextSwitchTo(work);
	if (nrows > 0)
		result = sampled_statistics(index, column, values, nulls, nrows, tuples);
	else
		result = supposed_statistics(index, column);
	MemoryContextSwitchTo(caller);
	if (result != NULL)
		result = heap_copytuple(result);
	MemoryContextDelete(work);
	return result;
}
