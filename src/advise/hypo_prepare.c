/*
 * hypo_prepare.c
 *		Completes the definition of a hypothetical index: a fake OID, the share
 *		of rows that a partial index keeps, and the size of the whole.
 *
 * Locks: AccessShareLock on partitions, until the transaction ends, as planning
 * takes them too.
 */
#include "postgres.h"

#include "advise/analyze_one.h"
#include "advise/hypo_index.h"
#include "compat.h"

#include "access/relation.h"
#include "access/transam.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Up to so many the share of rows is estimated for each. */
#define MOST_PARTITIONS	64

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

/*
 * The tables that have rows, locked.  Advice leaves out partitions that somebody
 * else has locked rather than wait for them.
 */
static List *
lock_tables(const PfaHypoIndex *index)
{
	List	   *result = NIL;
	ListCell   *lc;

	if (get_rel_relkind(index->relid) != RELKIND_PARTITIONED_TABLE)
		return list_make1_oid(index->relid);
	foreach(lc, find_all_inheritors(index->relid, NoLock, NULL))
	{
		Oid			relid = lfirst_oid(lc);

		if (index->own_words)
			LockRelationOid(relid, AccessShareLock);
		else if (!ConditionalLockRelationOid(relid, AccessShareLock))
			continue;
		/* gone while we waited; or without rows here, on a standby */
		if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)) &&
			get_rel_relkind(relid) == RELKIND_RELATION &&
			(!RecoveryInProgress() ||
			 get_rel_persistence(relid) == RELPERSISTENCE_PERMANENT))
			result = lappend_oid(result, relid);
	}
	return result;
}

/*
 * Share of a partition's rows that the predicate keeps: hardly any two have the
 * same of a condition on what they are partitioned by.
 */
static double
partition_fraction(const PfaHypoIndex *index, Oid partition)
{
	double		all;

	if (index->pred == NIL)
		return 1.0;
	all = plan_rows(partition, NULL);
	return all > 0 ? Min(1.0, plan_rows(partition, pfa_hypo_predicate(index)) / all) : 1.0;
}

/* Rows and pages on the table, its partitions included. */
static void
estimate_total(PfaHypoIndex *index, List *relids)
{
	ListCell   *lc;
	double		total_tuples = 0;
	double		total_pages = 0;

	foreach(lc, relids)
	{
		Oid			relid = lfirst_oid(lc);
		Relation	table = relation_open(relid, NoLock);
		BlockNumber table_pages;
		double		tuples;
		double		allvisible;
		AttrMap    *map = NULL;
		double		fraction = index->fraction;
		const PfaKnownSize *known;

		if (table->rd_tableam != NULL)
		{
			if (relid != index->relid)
			{
				Relation	root = relation_open(index->relid, NoLock);

				map = PFA_ATTRMAP_BY_NAME(RelationGetDescr(table), RelationGetDescr(root));
				relation_close(root, NoLock);
				/* planning folds what the owners of partitions wrote */
				if (index->own_words && list_length(relids) <= MOST_PARTITIONS)
					fraction = partition_fraction(index, relid);
			}
			estimate_rel_size(table, NULL, &table_pages, &tuples, &allvisible);
			known = pfa_hypo_known_size(index, table, map, tuples, fraction);
			total_tuples += tuples * fraction;
			total_pages += known->size.pages;
		}
		relation_close(table, NoLock);
	}
	index->tuples = total_tuples;
	index->pages = (BlockNumber) Min(total_pages, (double) MaxBlockNumber);
}

/* Measures the index on its table, of partitions on the largest. */
static void
measure_largest(PfaHypoIndex *index, List *relids)
{
	Oid			largest = InvalidOid;
	BlockNumber most = 0;
	ListCell   *lc;

	foreach(lc, relids)
	{
		Relation	table = relation_open(lfirst_oid(lc), NoLock);

		if (table->rd_tableam != NULL &&
			(RelationGetNumberOfBlocks(table) > most || !OidIsValid(largest)))
		{
			largest = lfirst_oid(lc);
			most = RelationGetNumberOfBlocks(table);
		}
		relation_close(table, NoLock);
	}
	if (OidIsValid(largest))
	{
		Relation	table = relation_open(largest, NoLock);
		AttrMap    *map = NULL;

		if (largest != index->relid)
		{
			Relation	root = relation_open(index->relid, NoLock);

			map = PFA_ATTRMAP_BY_NAME(RelationGetDescr(table), RelationGetDescr(root));
			relation_close(root, NoLock);
		}
		pfa_hypo_measure(index, table, map);
		relation_close(table, NoLock);
	}
	if (index->facts == NULL && index->exprs != NIL)
		pfa_hypo_suppose(index);
}

/* An OID that neither the catalog nor one of the others has. */
static Oid
fake_oid(List *others)
{
	Oid			lowest = FirstNormalObjectId;
	ListCell   *lc;

	foreach(lc, others)
		lowest = Min(lowest, ((PfaHypoIndex *) lfirst(lc))->oid);
	/* initdb leaves the upper part of its range free */
	for (Oid oid = lowest - 1; oid > FirstGenbkiObjectId; oid--)
		if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(oid)))
			return oid;
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many hypothetical indexes")));
	return InvalidOid;			/* not reached */
}

void
pfa_hypo_prepare(PfaHypoIndex *index, List *others)
{
	List	   *relids = lock_tables(index);

	index->oid = fake_oid(others);
	measure_largest(index, relids);
	/* unless it is known, as candidates' is */
	if (index->pred != NIL && index->fraction == 1.0)
	{
		double		all = plan_rows(index->relid, NULL);
		double		kept = plan_rows(index->relid, pfa_hypo_predicate(index));

		index->fraction = (all > 0) ? Min(1.0, kept / all) : 1.0;
	}
	estimate_total(index, relids);
}
