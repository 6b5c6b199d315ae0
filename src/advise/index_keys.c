/*
 * index_keys.c
 *		From the columns of a candidate to the definition of its index: operator
 *		classes, collations, directions, and what no index should have.
 */
#include "postgres.h"

#include "advise/hypo_index.h"
#include "advise/index_keys.h"
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Wider keys hardly fit into an index tuple: CREATE INDEX would fail. */
#define MAX_WIDTH 2000.0
/* An index whose keys leave more than this share of the table is none. */
#define MAX_SHARE 0.25

static void
add_key(PfaIndexKeys *keys, AttrNumber attnum, Node *expr, Oid opclass,
		bool descending, bool nulls_first)
{
	PfaIndexKey *key;

	for (int i = 0; i < keys->n; i++)
		if (keys->keys[i].attnum == attnum && equal(keys->keys[i].expr, expr))
			return;
	if (keys->n >= PFA_MAX_INDEX_KEYS)
	{
		keys->cut = true;
		return;
	}
	key = &keys->keys[keys->n++];
	key->attnum = attnum;
	key->expr = expr;
	key->opclass = opclass;
	key->descending = descending;
	key->nulls_first = nulls_first;
}

void
pfa_keys_add_column(PfaIndexKeys *keys, const PfaNeedColumn *column)
{
	add_key(keys, column->attnum, column->expr, InvalidOid, false, false);
}

void
pfa_keys_add_columns(PfaIndexKeys *keys, List *columns)
{
	ListCell   *lc;

	foreach(lc, columns)
		pfa_keys_add_column(keys, lfirst(lc));
}

void
pfa_keys_add_order(PfaIndexKeys *keys, List *order)
{
	ListCell   *lc;
	bool		flip = false;

	foreach(lc, order)
	{
		PfaNeedKey *key = lfirst(lc);

		/* an index is read backwards as well: the first key goes up */
		if (lc == list_head(order))
			flip = key->descending;
		add_key(keys, key->attnum, key->expr, InvalidOid,
				key->descending != flip, key->nulls_first != flip);
	}
}

void
pfa_keys_add_prefix(PfaIndexKeys *keys, const PfaNeedColumn *column)
{
	Oid			type = getBaseType(column->type);
	Oid			opclass = InvalidOid;

	if (!PFA_COLLATION_IS_C(column->collation))
		opclass = get_opclass_oid(BTREE_AM_OID,
								  list_make1(makeString(type == BPCHAROID ?
														"bpchar_pattern_ops" :
														"text_pattern_ops")),
								  true);
	add_key(keys, column->attnum, column->expr, opclass, false, false);
}

/* gin_trgm_ops, whatever the schema of pg_trgm; InvalidOid without it. */
static Oid
trigram_opclass(void)
{
	CatCList   *list;
	Oid			result = InvalidOid;

	list = SearchSysCacheList2(CLAAMNAMENSP, ObjectIdGetDatum(GIN_AM_OID),
							   CStringGetDatum("gin_trgm_ops"));
	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(&list->members[i]->tuple);

		if (!OidIsValid(result) || form->oid < result)
			result = form->oid;
	}
	ReleaseSysCacheList(list);
	return result;
}

bool
pfa_keys_add_trigrams(PfaIndexKeys *keys, const PfaNeedColumn *column)
{
	Oid			opclass = trigram_opclass();

	if (!OidIsValid(opclass))
		return false;
	keys->am = GIN_AM_OID;
	add_key(keys, column->attnum, column->expr, opclass, false, false);
	return true;
}

void
pfa_keys_add_elements(PfaIndexKeys *keys, const PfaNeedColumn *column)
{
	keys->am = column->am;
	add_key(keys, column->attnum, column->expr, column->opclass, false, false);
}

/* Whether all the keys together tell rows apart. */
static bool
is_selective(const PfaTable *table, const PfaIndexKeys *keys)
{
	double		distinct = 1;

	for (int i = 0; i < keys->n; i++)
	{
		double		d;
		double		width;

		if (keys->keys[i].attnum == 0)
			return true;
		pfa_tables_column(table, keys->keys[i].attnum, &d, &width);
		if (d <= 0)
			return true;
		distinct *= d;
	}
	return distinct * MAX_SHARE >= 1;
}

/*
 * A column that is cast for the comparison alone (an integer with numeric) and has an
 * index: that serves once the value has the column's type, as index_not_used tells.
 */
static bool
is_cast_of_indexed(const PfaTable *table, Node *expr)
{
	FuncExpr   *cast = (FuncExpr *) expr;
	ListCell   *lc;

	if (!IsA(expr, FuncExpr) || cast->funcformat != COERCE_IMPLICIT_CAST ||
		!IsA(linitial(cast->args), Var))
		return false;
	foreach(lc, table->indexes)
	{
		PfaTableIndex *index = lfirst(lc);

		if (index->am == BTREE_AM_OID && !index->partial &&
			index->attnums[0] == linitial_node(Var, cast->args)->varattno)
			return true;
	}
	return false;
}

/* Average width of a key; 0: unknown. */
static double
key_width(const PfaTable *table, const PfaIndexKey *key)
{
	AttrNumber	attnum = key->attnum;
	double		distinct;
	double		width;

	if (attnum == 0)
		attnum = pfa_hypo_same_width_column(key->expr);
	if (attnum <= 0)
		return 0;
	pfa_tables_column(table, attnum, &distinct, &width);
	return width;
}

bool
pfa_keys_is_narrow(const PfaTable *table, const PfaNeedColumn *column)
{
	PfaIndexKey key = {.attnum = column->attnum,.expr = column->expr};

	return key_width(table, &key) <= MAX_WIDTH;
}

PfaHypoIndex *
pfa_keys_make_index(const PfaTable *table, const PfaIndexKeys *keys)
{
	PfaHypoIndex *index;
	double		width = 0;

	/* a partial index chooses rows by its predicate already */
	if (keys->n == 0 || (keys->pred == NIL && !is_selective(table, keys)))
		return NULL;
	index = pfa_hypo_make(table->relid, OidIsValid(keys->am) ? keys->am : BTREE_AM_OID,
						  keys->n, keys->n + list_length(keys->included));
	if (keys->pred != NIL)
	{
		index->pred = keys->pred;
		index->fraction = keys->share;
	}
	for (int i = 0; i < keys->n; i++)
	{
		const PfaIndexKey *key = &keys->keys[i];
		Oid			type;
		int32		typmod;

		if (key->attnum != 0)
			get_atttypetypmodcoll(table->relid, key->attnum, &type, &typmod,
								  &index->collations[i]);
		else if (is_cast_of_indexed(table, key->expr))
			return NULL;
		else
		{
			type = exprType(key->expr);
			index->collations[i] = exprCollation(key->expr);
			index->exprs = lappend(index->exprs, key->expr);
		}
		index->attnums[i] = key->attnum;
		index->opclasses[i] = OidIsValid(key->opclass) ? key->opclass :
			GetDefaultOpClass(type, index->am);
		width += key_width(table, key);
		if (!OidIsValid(index->opclasses[i]) || (index->am == BTREE_AM_OID && width > MAX_WIDTH) ||
			(type_is_collatable(type) && !OidIsValid(index->collations[i])))
			return NULL;
		index->descending[i] = key->descending;
		index->nulls_first[i] = key->nulls_first;
	}
	for (int i = 0; i < list_length(keys->included); i++)
		index->attnums[keys->n + i] = list_nth_int(keys->included, i);
	return index;
}

bool
pfa_keys_same_index(const PfaHypoIndex *a, const PfaHypoIndex *b)
{
	if (a->relid != b->relid || a->am != b->am || a->nkeys != b->nkeys ||
		a->ncolumns != b->ncolumns ||
		!equal(a->exprs, b->exprs) || !equal(a->pred, b->pred))
		return false;
	/* included columns come in the order of the table */
	for (int i = a->nkeys; i < a->ncolumns; i++)
		if (a->attnums[i] != b->attnums[i])
			return false;
	for (int i = 0; i < a->nkeys; i++)
		if (a->attnums[i] != b->attnums[i] || a->opclasses[i] != b->opclasses[i] ||
			a->collations[i] != b->collations[i] ||
			a->descending[i] != b->descending[i] ||
			a->nulls_first[i] != b->nulls_first[i])
			return false;
	return true;
}

/* Whether one of the keys is this column or expression. */
static bool
among_keys(List *keys, AttrNumber attnum, Node *expr)
{
	ListCell   *lc;

	foreach(lc, keys)
	{
		PfaNeedKey *key = lfirst(lc);

		if (key->attnum == attnum && equal(key->expr, expr))
			return true;
	}
	return false;
}

/*
 * Whether a condition on a key behind the first one may be looked for in all of the
 * index: that it costs less than to read the table, though it found nothing.
 */
static bool
is_cheaply_read(const PfaTable *table, const PfaHypoIndex *index)
{
	double		tuples = table->tuples * index->fraction;

	return index->am == BTREE_AM_OID &&
		index->pages * random_page_cost + tuples * (cpu_index_tuple_cost + cpu_operator_cost) <
		table->pages * seq_page_cost + table->tuples * (cpu_tuple_cost + cpu_operator_cost);
}

static bool
is_later_key(const PfaHypoIndex *index, const PfaNeedColumn *column)
{
	if (column->attnum == 0 || (column->kind != PFA_NEED_EQUAL && column->kind != PFA_NEED_RANGE))
		return false;
	for (int i = 1; i < index->nkeys; i++)
		if (index->attnums[i] == column->attnum)
			return true;
	return false;
}

bool
pfa_keys_could_serve(const PfaTable *table, const PfaHypoIndex *index, List *needs)
{
	bool		read = is_cheaply_read(table, index);
	Node	   *expr = index->attnums[0] == 0 ? linitial(index->exprs) : NULL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, needs)
	{
		PfaNeed    *need = lfirst(lc);

		if (need->relid != index->relid)
			continue;
		foreach(lc2, need->columns)
		{
			PfaNeedColumn *column = lfirst(lc2);

			if (column->attnum == index->attnums[0] && equal(column->expr, expr))
				return true;
			if (read && is_later_key(index, column))
				return true;
		}
		if (need->order != NIL &&
			among_keys(list_make1(linitial(need->order)), index->attnums[0], expr))
			return true;
		if (among_keys(need->extremes, index->attnums[0], expr))
			return true;
	}
	return false;
}
