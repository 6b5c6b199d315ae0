/*
 * hypo_index.c
 *		Turns a hypothetical index into the IndexOptInfo that the planner would
 *		have made for the real one.
 *
 * Everything a planner path looks at must be filled, or planning crashes:
 * opclassoptions above all (GIN's cost estimation reads the array).  Nothing
 * here may open the index or look its OID up: there is none.  All memory is the
 * planner's; the definition is read only, but for its cached size.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_index.h"
#include "compat.h"

#include "access/amapi.h"
#include "access/gist.h"
#include "access/tableam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

List *
pfa_hypo_adapt(List *exprs, const AttrMap *map, Index varno)
{
	Node	   *result = (Node *) copyObject(exprs);
	bool		whole_row;

	if (result == NULL)
		return NIL;
	if (map != NULL)
		result = map_variable_attnos(result, 1, 0, map, InvalidOid, &whole_row);
	if (varno != 1)
		ChangeVarNodes(result, 1, varno, 0);
	return (List *) result;
}

/* The index's columns as expressions, as EXPLAIN and index-only scans want. */
static List *
make_tlist(const IndexOptInfo *info, Relation table)
{
	List	   *tlist = NIL;
	int			next_expr = 0;

	for (int i = 0; i < info->ncolumns; i++)
	{
		Expr	   *expr;

		if (info->indexkeys[i] != 0)
		{
			Form_pg_attribute att = TupleDescAttr(RelationGetDescr(table),
												  info->indexkeys[i] - 1);

			expr = (Expr *) makeVar(info->rel->relid, info->indexkeys[i],
									att->atttypid, att->atttypmod,
									att->attcollation, 0);
		}
		else
			expr = (Expr *) list_nth(info->indexprs, next_expr++);
		tlist = lappend(tlist, makeTargetEntry(expr, i + 1, NULL, false));
	}
	return tlist;
}

/* Whether the access method gives this column's value back. */
static bool
can_return(const PfaHypoIndex *index, int column, Oid opfamily, Oid opcintype)
{
	switch (index->am)
	{
		case BTREE_AM_OID:
			return true;
		case GIST_AM_OID:
			return column >= index->nkeys ||
				OidIsValid(get_opfamily_proc(opfamily, opcintype, opcintype, GIST_FETCH_PROC)) ||
				!OidIsValid(get_opfamily_proc(opfamily, opcintype, opcintype, GIST_COMPRESS_PROC));
		default:
			return false;
	}
}

/* What the access method tells of itself. */
static void
fill_method(IndexOptInfo *info, Oid am, Relation table)
{
	const IndexAmRoutine *routine = GetIndexAmRoutineByAmId(am, false);

	info->relam = am;
	info->amcanorderbyop = routine->amcanorderbyop;
	info->amoptionalkey = routine->amoptionalkey;
	info->amsearcharray = routine->amsearcharray;
	info->amsearchnulls = routine->amsearchnulls;
	info->amcanparallel = routine->amcanparallel;
	info->amhasgettuple = (routine->amgettuple != NULL);
	info->amhasgetbitmap = (routine->amgetbitmap != NULL &&
							PFA_TABLE_HAS_BITMAP_SCAN(table));
	info->amcanmarkpos = (routine->ammarkpos != NULL &&
						  routine->amrestrpos != NULL);
	info->amcostestimate = routine->amcostestimate;
}

/* Columns, operator families, order. */
static void
fill_columns(IndexOptInfo *info, const PfaHypoIndex *index, const AttrMap *map)
{
	int			n = index->ncolumns;
	int			k = index->nkeys;

	info->ncolumns = n;
	info->nkeycolumns = k;
	info->indexkeys = palloc0(sizeof(int) * n);
	info->canreturn = palloc0(sizeof(bool) * n);
	info->indexcollations = palloc0(sizeof(Oid) * k);
	info->opfamily = palloc0(sizeof(Oid) * k);
	info->opcintype = palloc0(sizeof(Oid) * k);
	/* read by GIN's cost estimation; its elements may be NULL */
	info->opclassoptions = palloc0(sizeof(bytea *) * n);
	if (index->opclassoptions != NULL)
		memcpy(info->opclassoptions, index->opclassoptions, sizeof(bytea *) * k);

	for (int i = 0; i < n; i++)
	{
		AttrNumber	attnum = index->attnums[i];
		Oid			opfamily = InvalidOid;
		Oid			opcintype = InvalidOid;

		if (map != NULL && attnum > 0)
			attnum = map->attnums[attnum - 1];
		info->indexkeys[i] = attnum;
		if (i < k)
		{
			opfamily = get_opclass_family(index->opclasses[i]);
			opcintype = get_opclass_input_type(index->opclasses[i]);
			info->indexcollations[i] = index->collations[i];
			info->opfamily[i] = opfamily;
			info->opcintype[i] = opcintype;
		}
		info->canreturn[i] = can_return(index, i, opfamily, opcintype);
	}

	if (index->am == BTREE_AM_OID)
	{
		info->sortopfamily = info->opfamily;
		info->reverse_sort = palloc(sizeof(bool) * k);
		info->nulls_first = palloc(sizeof(bool) * k);
		memcpy(info->reverse_sort, index->descending, sizeof(bool) * k);
		memcpy(info->nulls_first, index->nulls_first, sizeof(bool) * k);
	}
}

const PfaKnownSize *
pfa_hypo_known_size(PfaHypoIndex *index, Relation table, const AttrMap *map,
					double table_tuples, double fraction)
{
	PfaKnownSize *known = NULL;
	ListCell   *lc;

	foreach(lc, index->sizes)
	{
		known = lfirst(lc);
		if (known->relid == RelationGetRelid(table))
			break;
		known = NULL;
	}
	if (known == NULL)
	{
		/* the index outlives the plan */
		MemoryContext before = MemoryContextSwitchTo(GetMemoryChunkContext(index));

		known = palloc0(sizeof(PfaKnownSize));
		known->relid = RelationGetRelid(table);
		known->table_tuples = -1;
		known->fraction = fraction;
		index->sizes = lappend(index->sizes, known);
		MemoryContextSwitchTo(before);
	}
	if (known->table_tuples != table_tuples)
	{
		pfa_hypo_size(index, table, map, Max(1.0, rint(table_tuples * known->fraction)),
					  &known->size);
		known->table_tuples = table_tuples;
	}
	return known;
}

static IndexOptInfo *
make_info(PfaHypoIndex *index, Relation table, const AttrMap *map,
		  RelOptInfo *rel)
{
	PfaHypoInfo *extended = palloc0(sizeof(PfaHypoInfo));
	IndexOptInfo *info = &extended->info;
	const PfaKnownSize *known = pfa_hypo_known_size(index, table, map, rel->tuples, index->fraction);
	const PfaHypoSize *size = &known->size;

	NodeSetTag(info, T_IndexOptInfo);
	info->indexoid = index->oid;
	info->reltablespace = index->tablespace;
	info->rel = rel;
	fill_columns(info, index, map);
	fill_method(info, index->am, table);
	info->indexprs = pfa_hypo_adapt(index->exprs, map, rel->relid);
	info->indpred = pfa_hypo_adapt(index->pred, map, rel->relid);
	info->indextlist = make_tlist(info, table);
	info->unique = index->unique;
	info->immediate = true;
	info->hypothetical = true;
	info->pages = size->pages;
	info->tree_height = size->height;
	info->tuples = (index->pred == NIL) ? rel->tuples : rint(rel->tuples * known->fraction);
	extended->entry_pages = size->entry_pages;
	extended->data_pages = size->data_pages;
	extended->pages_per_range = index->pages_per_range;
	pfa_hypo_correct_costs(extended);
	return info;
}

void
pfa_hypo_inject(List *indexes, Oid relid, RelOptInfo *rel)
{
	List	   *ancestors = NIL;
	Relation	table = NULL;
	ListCell   *lc;

	if (indexes != NIL && get_rel_relispartition(relid))
		ancestors = get_partition_ancestors(relid);

	foreach(lc, indexes)
	{
		PfaHypoIndex *index = lfirst(lc);
		AttrMap    *map = NULL;

		if (index->relid != relid && !list_member_oid(ancestors, index->relid))
			continue;
		if (table == NULL)
			table = table_open(relid, NoLock);
		if (table->rd_tableam == NULL)
			break;				/* a foreign table among the partitions */
		if (index->relid != relid)
		{
			Relation	root = table_open(index->relid, NoLock);

			map = PFA_ATTRMAP_BY_NAME(RelationGetDescr(table), RelationGetDescr(root));
			table_close(root, NoLock);
		}
		rel->indexlist = lcons(make_info(index, table, map, rel), rel->indexlist);
	}
	if (table != NULL)
		table_close(table, NoLock);
}
