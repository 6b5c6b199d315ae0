/*
 * hypo_prepare.c
 *		Completes the definition of a hypothetical index: a fake OID, the share
 *		of rows that a partial index keeps, and the size of the whole.
 *
 * Locks: AccessShareLock on partitions, while their size is estimated.
 */
#include "postgres.h"

#include "advise/analyze_one.h"
#include "advise/hypo_index.h"
#include "compat.h"

#include "access/relation.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/*
 * The planner's estimate of the rows that a condition on the table leaves.
 * Deparsed and analysed again, because an RTE is made up differently in every
 * version.  Rewritten, so that row security guards the statistics: without its
 * conditions the planner would hand most common values of hidden rows to
 * whatever function the caller put into the predicate.
 */
static double
plan_rows(Oid relid, const char *condition)
{
	char	   *text;
	RawStmt    *raw;
	List	   *rewritten;

	text = psprintf("SELECT FROM %s%s%s",
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
											   get_rel_name(relid)),
					condition ? " WHERE " : "",
					condition ? condition : "");

	raw = pfa_parse_one(text, "predicate");
	rewritten = pg_rewrite_query(pfa_analyze_one(raw, text, NULL, NULL, false));
	return PFA_STANDARD_PLANNER(linitial_node(Query, rewritten),
								text, 0, NULL)->planTree->plan_rows;
}

/* Rows of the table, its partitions included, and an open size estimate. */
static void
estimate_total(PfaHypoIndex *index)
{
	List	   *relids;
	ListCell   *lc;
	double		total_tuples = 0;
	double		total_pages = 0;

	if (get_rel_relkind(index->relid) == RELKIND_PARTITIONED_TABLE)
		relids = find_all_inheritors(index->relid, AccessShareLock, NULL);
	else
		relids = list_make1_oid(index->relid);

	foreach(lc, relids)
	{
		Relation	table = relation_open(lfirst_oid(lc), NoLock);
		BlockNumber table_pages;
		double		tuples;
		double		allvisible;
		AttrMap    *map = NULL;
		BlockNumber pages;
		int			height;

		if (table->rd_tableam != NULL && table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		{
			if (RelationGetRelid(table) != index->relid)
			{
				Relation	root = relation_open(index->relid, NoLock);

				map = PFA_ATTRMAP_BY_NAME(RelationGetDescr(table), RelationGetDescr(root));
				relation_close(root, NoLock);
			}
			estimate_rel_size(table, NULL, &table_pages, &tuples, &allvisible);
			pfa_hypo_size(index, table, map, tuples, &pages, &height);
			total_tuples += tuples * index->fraction;
			total_pages += pages;
		}
		relation_close(table, RelationGetRelid(table) == index->relid ? NoLock : AccessShareLock);
	}
	index->tuples = total_tuples;
	index->pages = (BlockNumber) Min(total_pages, (double) MaxBlockNumber);
}

/* An OID that neither the catalog nor one of the others has. */
static Oid
fake_oid(List *others)
{
	/* initdb leaves the upper part of its range free */
	for (Oid oid = FirstNormalObjectId - 1; oid > FirstGenbkiObjectId; oid--)
	{
		bool		taken = SearchSysCacheExists1(RELOID, ObjectIdGetDatum(oid));
		ListCell   *lc;

		foreach(lc, others)
			taken |= (((PfaHypoIndex *) lfirst(lc))->oid == oid);
		if (!taken)
			return oid;
	}
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many hypothetical indexes")));
	return InvalidOid;			/* not reached */
}

void
pfa_hypo_prepare(PfaHypoIndex *index, List *others)
{
	index->oid = fake_oid(others);
	/* unless it is known, as candidates' is */
	if (index->pred != NIL && index->fraction == 1.0)
	{
		double		all = plan_rows(index->relid, NULL);
		double		kept = plan_rows(index->relid, pfa_hypo_predicate(index));

		index->fraction = (all > 0) ? Min(1.0, kept / all) : 1.0;
	}
	estimate_total(index);
}
