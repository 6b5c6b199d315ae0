/*
 * candidates_equal.c
 *		Which columns compared for equality an index should begin with, and which
 *		of the ranges should follow them.
 *
 * As few as leave a page of rows.  A column that keeps most rows is none of
 * them, nor is a boolean: it is for the predicate of a partial index.
 */
#include "postgres.h"

#include <math.h>

#include "advise/candidates.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"

/* Equality columns are added while more rows than these are left. */
#define ENOUGH_ROWS 20.0
#define MAX_EQUALITIES 3
/* A condition that keeps more than this share of the rows chooses nothing. */
#define MAX_KEPT_SHARE 0.5

/* Different values of what is compared; for a function those of its column. */
static double
distinct_values(const PfaTable *table, const PfaNeedColumn *column)
{
	AttrNumber	attnum = column->attnum;
	double		distinct;
	double		width;

	if (attnum == 0)
	{
		List	   *vars = pull_var_clause(column->expr, 0);

		if (list_length(vars) != 1)
			return sqrt(table->tuples);
		attnum = linitial_node(Var, vars)->varattno;
	}
	pfa_tables_column(table, attnum, &distinct, &width);
	return distinct > 0 ? distinct : sqrt(table->tuples);
}

/* How many uses of the table compare this column for equality. */
static int
times_shared(PfaAdvice *advice, const PfaTable *table, const PfaNeedColumn *column)
{
	int			shared = 0;
	ListCell   *lc;
	ListCell   *lc2;
	ListCell   *lc3;

	foreach(lc, advice->shapes)
	{
		foreach(lc2, ((PfaShape *) lfirst(lc))->needs)
		{
			PfaNeed    *need = lfirst(lc2);

			if (need->relid != table->relid)
				continue;
			foreach(lc3, need->columns)
			{
				PfaNeedColumn *other = lfirst(lc3);

				shared += (other->kind == PFA_NEED_EQUAL &&
						   other->attnum == column->attnum &&
						   equal(other->expr, column->expr));
			}
		}
	}
	return shared;
}

/* Takes the best column by value out of the list. */
static PfaNeedColumn *
take_best(List **columns, double (*value) (void *, PfaNeedColumn *), void *context)
{
	PfaNeedColumn *best = NULL;
	double		best_value = 0;
	ListCell   *lc;

	foreach(lc, *columns)
	{
		PfaNeedColumn *column = lfirst(lc);
		double		v = value(context, column);

		/* ties go to the first: the order of the query */
		if (best == NULL || v > best_value)
		{
			best = column;
			best_value = v;
		}
	}
	*columns = list_delete_ptr(*columns, best);
	return best;
}

typedef struct Sharing
{
	PfaAdvice  *advice;
	PfaTable   *table;
	const PfaNeed *need;
} Sharing;

/* The share of rows that an equality keeps: a literal's own, else the average. */
static double
kept_share(const PfaTable *table, const PfaNeed *need, const PfaNeedColumn *column)
{
	ListCell   *lc;

	foreach(lc, column->attnum > 0 ? need->fixed : NIL)
	{
		PfaNeedFixed *fixed = lfirst(lc);
		double		values;
		double		share;

		if (fixed->attnum != column->attnum ||
			(IsA(fixed->clause, NullTest) &&
			 ((NullTest *) fixed->clause)->nulltesttype != IS_NULL))
			continue;
		share = pfa_table_share_of(table, fixed, &values);
		if (share >= 0)
			return Max(share, 1 / Max(table->tuples, 1));
	}
	return 1 / Max(distinct_values(table, column), 1);
}

static double
value_few(void *context, PfaNeedColumn *column)
{
	Sharing    *sharing = context;

	return -kept_share(sharing->table, sharing->need, column);
}

static double
value_distinct(void *context, PfaNeedColumn *column)
{
	return distinct_values(((Sharing *) context)->table, column);
}

static double
value_shared(void *context, PfaNeedColumn *column)
{
	Sharing    *sharing = context;

	return times_shared(sharing->advice, sharing->table, column);
}

List *
pfa_candidates_of_kind(const PfaNeed *need, PfaNeedKind kind, bool inside_or)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, need->columns)
	{
		PfaNeedColumn *column = lfirst(lc);

		if (column->kind == kind && column->inside_or == inside_or)
			result = lappend(result, column);
	}
	return result;
}

PfaNeedColumn *
pfa_candidates_take_range(PfaTable *table, List **ranges)
{
	Sharing		sharing = {NULL, table, NULL};

	return take_best(ranges, value_distinct, &sharing);
}

List *
pfa_candidates_equalities(PfaAdvice *advice, PfaTable *table, const PfaNeed *need)
{
	Sharing		sharing = {advice, table, need};
	List	   *left = pfa_candidates_of_kind(need, PFA_NEED_EQUAL, false);
	List	   *chosen = NIL;
	List	   *result = NIL;
	double		rows = table->tuples;

	while (left != NIL && list_length(chosen) < MAX_EQUALITIES && rows > ENOUGH_ROWS)
	{
		PfaNeedColumn *column = take_best(&left, value_few, &sharing);
		double		share = kept_share(table, need, column);

		if (share > MAX_KEPT_SHARE || column->type == BOOLOID ||
			!pfa_keys_is_narrow(table, column))
			continue;
		chosen = lappend(chosen, column);
		rows *= share;
	}
	while (chosen != NIL)
		result = lappend(result, take_best(&chosen, value_shared, &sharing));
	return result;
}

double
pfa_candidates_share(PfaTable *table, const PfaNeed *need, List *equalities)
{
	double		share = 1;
	ListCell   *lc;

	foreach(lc, equalities)
		share *= kept_share(table, need, lfirst(lc));
	return share;
}
