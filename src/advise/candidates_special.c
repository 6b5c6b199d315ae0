/*
 * candidates_special.c
 *		Candidates of less common kinds: GIN for what is inside a value, partial
 *		and covering indexes.
 *
 * Like all candidates they are offered only; the planner decides.
 */
#include "postgres.h"

#include "advise/candidates.h"

#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/* A partial index is worth its while for so small a share of the rows, */
#define MAX_PARTIAL_SHARE 0.1
/* a literal must belong to a column with so few different values, */
#define MAX_FIXED_VALUES 50.0
/* and be so much rarer than the average of them. */
#define RARE_SHARE 0.5
/* and so many rows must be left by all other equalities. */
#define MANY_ROWS 20.0
/* Columns are included for so many rows a call, */
#define COVERED_ROWS 100.0
/* so few, and so narrow together, in bytes. */
#define MAX_INCLUDED 3
#define MAX_INCLUDED_WIDTH 40.0
/* Rows kept may be so many times those of the literal's share. */
#define KEPT_SLACK 3.0

static bool
has_literal(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, Const) || expression_tree_walker(node, has_literal, context);
}

static bool
may_read(Oid relid, Node *expr)
{
	ListCell   *lc;

	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return true;
	foreach(lc, pull_var_clause(expr, 0))
	{
		if (pg_attribute_aclcheck(relid, lfirst_node(Var, lc)->varattno,
								  GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

bool
pfa_candidates_may_show(const PfaHypoIndex *index)
{
	Node	   *exprs = (Node *) index->exprs;
	Node	   *pred = (Node *) index->pred;

	return (!has_literal(exprs, NULL) || may_read(index->relid, exprs)) &&
		(!has_literal(pred, NULL) || may_read(index->relid, pred));
}

/*
 * Whether a GIN index of the table serves the operator on the column: then
 * another operator class would gain little and cost as much again.
 */
static bool
elements_served(const PfaTable *table, const PfaNeedColumn *column)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		PfaTableIndex *index = lfirst(lc);
		int			next_expr = 0;

		if (index->am != column->am || index->partial)
			continue;
		for (int i = 0; i < index->nkeys; i++)
		{
			Node	   *expr = index->attnums[i] == 0 ? list_nth(index->exprs, next_expr++) : NULL;

			if (index->attnums[i] == column->attnum && equal(expr, column->expr) &&
				get_op_opfamily_strategy(column->opno, get_opclass_family(index->opclasses[i])) != 0)
				return true;
		}
	}
	return false;
}

/* One index for all operators that statements use on the column. */
static Oid
elements_opclass_of_all(PfaAdvice *advice, const PfaTable *table,
						const PfaNeedColumn *column)
{
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

				if (other->kind == PFA_NEED_ELEMENTS && other->attnum == column->attnum &&
					equal(other->expr, column->expr) && other->opclass != column->opclass)
					return GetDefaultOpClass(column->type, column->am);
			}
		}
	}
	return column->opclass;
}

/*
 * GiST with what is compared for equality before the range or shape, as exclusion
 * constraints have it: where btree_gist, say, has a class for those columns.
 */
static void
offer_gist_behind(PfaAdvice *advice, PfaShape *shape, PfaTable *table,
				  List *equalities, const PfaNeedColumn *column)
{
	PfaIndexKeys keys = {0};
	ListCell   *lc;

	foreach(lc, equalities)
	{
		PfaNeedColumn *equality = lfirst(lc);

		if (OidIsValid(GetDefaultOpClass(equality->type, GIST_AM_OID)))
			pfa_keys_add_column(&keys, equality);
	}
	if (keys.n == 0)
		return;
	pfa_keys_add_elements(&keys, column);
	if (!keys.cut)
		pfa_candidates_offer(advice, shape, table, &keys);
}

void
pfa_candidates_offer_elements(PfaAdvice *advice, PfaShape *shape,
							  PfaTable *table, const PfaNeed *need, List *equalities)
{
	ListCell   *lc;

	foreach(lc, need->columns)
	{
		PfaNeedColumn *column = lfirst(lc);
		PfaIndexKeys keys = {0};

		if (column->kind == PFA_NEED_MEMBER)
		{
			PfaNote    *note = palloc0(sizeof(PfaNote));

			note->member = true;
			note->table = table;
			note->attnum = column->attnum;
			note->shape = shape;
			advice->notes = lappend(advice->notes, note);
		}
		if (column->kind != PFA_NEED_ELEMENTS || elements_served(table, column))
			continue;
		column->opclass = elements_opclass_of_all(advice, table, column);
		pfa_keys_add_elements(&keys, column);
		pfa_candidates_offer(advice, shape, table, &keys);
		if (column->am == GIST_AM_OID && !column->inside_or)
			offer_gist_behind(advice, shape, table, equalities, column);
	}
}

/*
 * Whether rows are few by this condition, and likely always this one: a client
 * that puts its values into the text makes literals of them, and only one text
 * of a statement is known.
 */
static bool
is_rare(const PfaEvidence *evidence, const PfaNeedFixed *fixed, double *share)
{
	double		values;

	*share = pfa_table_share_of(evidence->table, fixed, &values);
	if (*share < 0 || *share > MAX_PARTIAL_SHARE)
		return false;
	if (fixed->values == NIL)
		return true;
	return values > 0 && values <= MAX_FIXED_VALUES &&
		*share < RARE_SHARE / values * list_length(fixed->values) &&
		(!evidence->measured ||
		 evidence->kept <= KEPT_SLACK * *share * evidence->table->tuples + 10);
}

/* Whether the other equalities leave rows enough for the condition to matter. */
static bool
leaves_many(const PfaTable *table, const PfaIndexKeys *keys)
{
	double		rows = table->tuples;

	for (int i = 0; i < keys->n; i++)
	{
		double		distinct;
		double		width;

		if (keys->keys[i].attnum == 0)
			continue;
		pfa_tables_column(table, keys->keys[i].attnum, &distinct, &width);
		rows /= Max(distinct, 1);
	}
	return rows > MANY_ROWS;
}

/*
 * Rows of which nothing but the predicate is asked are listed by what else is read
 * of them: its own column, always the same, would be an odd key.
 */
static void
offer_listed(PfaAdvice *advice, PfaShape *shape, const PfaEvidence *evidence,
			 const PfaNeed *need, const PfaNeedFixed *fixed, const PfaIndexKeys *partial)
{
	PfaIndexKeys keys = *partial;
	double		total = 0;
	int			attnum = -1;

	if (need->whole || evidence->kept < COVERED_ROWS)
		return;
	while ((attnum = bms_next_member(need->used, attnum)) >= 0)
	{
		PfaNeedColumn column = {.attnum = attnum,.type = get_atttype(need->relid, attnum)};
		double		distinct;
		double		width;

		if (attnum == fixed->attnum)
			continue;
		pfa_tables_column(evidence->table, attnum, &distinct, &width);
		total += width;
		if (keys.n >= MAX_INCLUDED || width <= 0 || total > MAX_INCLUDED_WIDTH)
			return;
		pfa_keys_add_column(&keys, &column);
	}
	pfa_candidates_offer(advice, shape, evidence->table, &keys);
}

void
pfa_candidates_offer_partial(PfaAdvice *advice, PfaShape *shape,
							 const PfaEvidence *evidence,
							 const PfaNeed *need, List *equalities)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, need->fixed)
	{
		PfaNeedFixed *fixed = lfirst(lc);
		PfaIndexKeys keys = {0};
		PfaNeedColumn itself = {.attnum = fixed->attnum};
		PfaNeed		others = *need;

		if (!is_rare(evidence, fixed, &keys.share))
			continue;
		keys.pred = list_make1(fixed->clause);
		/* one row at least */
		keys.share = Max(keys.share, 1 / Max(evidence->table->tuples, 1));
		foreach(lc2, equalities)
		{
			PfaNeedColumn *column = lfirst(lc2);

			if (column->attnum != fixed->attnum)
				pfa_keys_add_column(&keys, column);
		}
		if (!leaves_many(evidence->table, &keys))
			continue;
		pfa_keys_add_order(&keys, need->order);
		foreach(lc2, need->order == NIL ? need->columns : NIL)
		{
			PfaNeedColumn *column = lfirst(lc2);

			if (column->kind == PFA_NEED_RANGE && !column->inside_or)
			{
				pfa_keys_add_column(&keys, column);
				break;
			}
		}
		if (keys.n == 0)
		{
			offer_listed(advice, shape, evidence, need, fixed, &keys);
			pfa_keys_add_column(&keys, &itself);
		}
		pfa_candidates_offer(advice, shape, evidence->table, &keys);
		/* of the column itself the predicate says enough */
		others.used = bms_del_member(bms_copy(need->used), fixed->attnum);
		if (keys.keys[0].attnum != fixed->attnum || fixed->attnum == 0)
			pfa_candidates_offer_covering(advice, shape, evidence, &others, &keys);
	}
}

void
pfa_candidates_offer_covering(PfaAdvice *advice, PfaShape *shape,
							  const PfaEvidence *evidence, const PfaNeed *need,
							  const PfaIndexKeys *keys)
{
	PfaIndexKeys covering = *keys;
	double		total = 0;
	int			attnum = -1;

	if (need->whole || Max(evidence->kept, evidence->needed) < COVERED_ROWS || keys->n == 0 || keys->cut)
		return;
	while ((attnum = bms_next_member(need->used, attnum)) >= 0)
	{
		bool		is_key = false;
		double		distinct;
		double		width;

		for (int i = 0; i < keys->n; i++)
			is_key |= (keys->keys[i].attnum == attnum);
		if (is_key)
			continue;
		pfa_tables_column(evidence->table, attnum, &distinct, &width);
		/* what ANALYZE has not seen may be of any width */
		if (width <= 0)
			return;
		total += width;
		covering.included = lappend_int(covering.included, attnum);
	}
	if (covering.included == NIL || list_length(covering.included) > MAX_INCLUDED ||
		total > MAX_INCLUDED_WIDTH)
		return;
	pfa_candidates_offer(advice, shape, evidence->table, &covering);
}
