/*
 * write_cost.c
 *		What an index would cost the statements that write to its table.
 *
 * How much is written a day comes from the recorded statements, the same time
 * span as the reads.  What the recorder cannot see (COPY, replication) comes
 * from the server's table statistics, from which the rows that are still there
 * are taken off as loaded once.  Their HOT and buffer hit shares are used as
 * they are.  Milliseconds are estimated: planner cost of touching one more leaf,
 * at the workload's own rate of time for cost.
 */
#include "postgres.h"

#include <math.h>

#include "advise/advice.h"
#include "compat.h"

#include "access/genam.h"
#include "access/sysattr.h"
#include "catalog/pg_am.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "pgstat.h"
#include "utils/timestamp.h"

/*
 * What inserting an entry costs beside finding its place, in the planner's units:
 * some 5 to 10 microseconds, where reading a cached page takes 10 to 20.
 */
#define ENTRY_COST 0.5
/* A BRIN index has an entry for some thousand rows, which is changed when it must. */
#define BRIN_ENTRIES 0.05
/* Entries of a GIN index for one row, roughly. */
#define GIN_ENTRIES 10.0
/* Deleting leaves the entry to VACUUM; it is found together with others. */
#define DELETE_SHARE 0.3

/* The table that an item's plans modify. */
static bool
modifies(const PfaWorkItem *item, Oid relid)
{
	for (int i = 0; i < item->nplans; i++)
		for (int n = 0; n < item->plans[i].nnodes; n++)
			if (item->plans[i].nodes[n].type == PFA_NODE_MODIFY &&
				item->plans[i].nodes[n].relid == relid)
				return true;
	return false;
}

/* Rows a day by recorded statements. */
static void
recorded_rates(PfaAdvice *advice, PfaTable *table)
{
	ListCell   *lc;

	foreach(lc, advice->items)
	{
		PfaWorkItem *item = lfirst(lc);
		double		rows = item->counters.rows / advice->window_days;

		/* what ran once (a load, a migration) is no rate */
		if (item->counters.calls < 2 || !modifies(item, table->relid))
			continue;
		switch (item->operation)
		{
			case PFA_OP_INSERT:
				table->inserts += rows;
				break;
			case PFA_OP_UPDATE:
			case PFA_OP_MERGE:
				table->updates += rows;
				break;
			case PFA_OP_DELETE:
				table->deletes += rows;
				break;
			default:
				break;
		}
	}
}

void
pfa_write_cost_rates(PfaAdvice *advice, PfaTable *table)
{
	PgStat_StatTabEntry *stats = pgstat_fetch_stat_tabentry(table->relid);
	PgStat_StatDBEntry *db = pgstat_fetch_stat_dbentry(MyDatabaseId);
	TimestampTz since = db ? db->stat_reset_timestamp : 0;
	double		days;

	table->hit_share = 0.95;
	recorded_rates(advice, table);
	if (stats == NULL)
		return;
	if (stats->blocks_fetched > 0)
		table->hit_share = (double) stats->blocks_hit / stats->blocks_fetched;
	if (stats->tuples_updated > 0)
		table->hot_share = Min(1.0, (double) stats->tuples_hot_updated / stats->tuples_updated);

	/* never reset: nobody knows how long they have been counting */
	if (since == 0)
		return;
	days = (GetCurrentTimestamp() - since) / 1000.0 / PFA_MS_PER_DAY;
	days = Max(days, advice->window_days);
	table->inserts = Max(table->inserts, (stats->tuples_inserted - table->tuples) / days);
	table->updates = Max(table->updates, stats->tuples_updated / days);
	table->deletes = Max(table->deletes, stats->tuples_deleted / days);
}

/* The columns that an index depends upon, as attribute numbers. */
static Bitmapset *
hypo_columns(const PfaHypoIndex *index)
{
	Bitmapset  *raw = NULL;
	Bitmapset  *result = NULL;
	int			i = -1;

	for (int n = 0; n < index->ncolumns; n++)
		if (index->attnums[n] > 0)
			result = bms_add_member(result, index->attnums[n]);
	pull_varattnos((Node *) index->exprs, 1, &raw);
	pull_varattnos((Node *) index->pred, 1, &raw);
	while ((i = bms_next_member(raw, i)) >= 0)
		if (i + FirstLowInvalidHeapAttributeNumber > 0)
			result = bms_add_member(result, i + FirstLowInvalidHeapAttributeNumber);
	return result;
}

/* Those that existing indexes depend upon already. */
static Bitmapset *
existing_columns(const PfaTable *table)
{
	Bitmapset  *result = NULL;
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		PfaTableIndex *index = lfirst(lc);

		for (int n = 0; n < index->nkeys; n++)
			if (index->attnums[n] > 0)
				result = bms_add_member(result, index->attnums[n]);
	}
	return result;
}

/* Columns that an UPDATE sets. */
static Bitmapset *
updated_columns(Query *query)
{
	Bitmapset  *result = NULL;
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!entry->resjunk)
			result = bms_add_member(result, entry->resno);
	}
	return result;
}

/* Updates a day that are HOT and would no longer be. */
static double
lost_hot_updates(PfaAdvice *advice, const PfaCandidate *candidate)
{
	PfaTable   *table = candidate->table;
	Bitmapset  *added = bms_difference(hypo_columns(candidate->index), existing_columns(table));
	double		lost = 0;
	ListCell   *lc;

	if (table->hot_share <= 0)
		return 0;
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		Query	   *query = shape->replan->query;

		if (query->commandType != CMD_UPDATE ||
			rt_fetch(query->resultRelation, query->rtable)->relid != table->relid)
			continue;
		if (bms_overlap(added, updated_columns(query)))
			lost += shape->item->counters.rows / advice->window_days * table->hot_share;
	}
	return lost;
}

double
pfa_write_cost_entry(const PfaAdvice *advice, const PfaTable *table)
{
	/*
	 * down the tree, the entry and its log, and a leaf that may have to be
	 * read
	 */
	return advice->ms_per_cost *
		(log2(Max(table->tuples, 2)) * cpu_operator_cost + ENTRY_COST +
		 (1 - table->hit_share) * random_page_cost);
}

void
pfa_write_cost_estimate(PfaAdvice *advice, PfaCandidate *candidate)
{
	PfaTable   *table = candidate->table;
	double		cold = table->updates * (1 - table->hot_share);
	double		cost = pfa_write_cost_entry(advice, table);

	if (candidate->index->am == GIN_AM_OID)
		cost *= GIN_ENTRIES;
	else if (candidate->index->am == BRIN_AM_OID)
		cost *= BRIN_ENTRIES;
	if (candidate->index->am != BRIN_AM_OID || !PFA_BRIN_KEEPS_HOT)
		candidate->hot_lost = lost_hot_updates(advice, candidate);
	/* an update that is HOT no longer makes an entry in every index */
	candidate->write_ms = cost *
		((table->inserts + cold + DELETE_SHARE * table->deletes) * candidate->index->fraction +
		 candidate->hot_lost * (list_length(table->indexes) + 1));
}
