/*
 * candidates_special.c
 *		Candidates of less common kinds: GIN for what is inside a value.
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

		if (index->am != GIN_AM_OID || index->partial)
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
					return GetDefaultOpClass(column->type, GIN_AM_OID);
			}
		}
	}
	return column->opclass;
}

void
pfa_candidates_offer_elements(PfaAdvice *advice, PfaShape *shape,
							  PfaTable *table, const PfaNeed *need)
{
	ListCell   *lc;

	foreach(lc, need->columns)
	{
		PfaNeedColumn *column = lfirst(lc);
		PfaIndexKeys keys = {0};

		if (column->kind != PFA_NEED_ELEMENTS || elements_served(table, column))
			continue;
		column->opclass = elements_opclass_of_all(advice, table, column);
		pfa_keys_add_elements(&keys, column);
		pfa_candidates_offer(advice, shape, table, &keys);
	}
}
