/*
 * hypo_cost.c
 *		Costs of hypothetical GIN and BRIN indexes.
 *
 * The access methods' own estimations look into a real index; of a hypothetical
 * one they make up what they would find there: nine tenths of a GIN index are
 * pages of entries, a BRIN index has 128 pages a range.  Here they are called
 * with an index for which that comes out as it is expected, and what cannot be
 * reached that way is corrected afterwards.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_index.h"

#include "access/brin.h"
#include "storage/bufpage.h"	/* for the next */
#include "access/brin_page.h"
#include "catalog/pg_am.h"
#include "optimizer/optimizer.h"
#include "utils/index_selfuncs.h"
#include "utils/spccache.h"

static void
gin_cost(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup_cost,
		 Cost *total_cost, Selectivity *selectivity, double *correlation, double *pages)
{
	PfaHypoInfo *info = (PfaHypoInfo *) path->indexinfo;
	IndexOptInfo *index = path->indexinfo;
	BlockNumber real = index->pages;
	double		random_cost;

	/* nine tenths of this are the pages of entries */
	index->pages = (BlockNumber) Min(ceil(info->entry_pages / 0.9), (double) MaxBlockNumber);
	gincostestimate(root, path, loop_count, startup_cost, total_cost, selectivity,
					correlation, pages);

	/*
	 * pages of lists matter when they are read again and again: they are
	 * cached
	 */
	if (loop_count > 1)
	{
		Cost		other_startup;
		Cost		other_total;
		double		list_pages;

		index->pages = (BlockNumber) Min(10 * info->data_pages + 1, (double) MaxBlockNumber);
		gincostestimate(root, path, loop_count, &other_startup, &other_total, selectivity,
						correlation, &list_pages);
		get_tablespace_page_costs(index->reltablespace, &random_cost, NULL);
		*total_cost += (list_pages - *pages) * random_cost;
		*pages = list_pages;
	}
	index->pages = real;
}

static void
brin_cost(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup_cost,
		  Cost *total_cost, Selectivity *selectivity, double *correlation, double *pages)
{
	PfaHypoInfo *info = (PfaHypoInfo *) path->indexinfo;
	IndexOptInfo *index = path->indexinfo;
	BlockNumber real = index->rel->pages;
	double		ranges = Max(ceil((double) real / info->pages_per_range), 1.0);
	double		map_supposed = floor(ranges / REVMAP_PAGE_MAXITEMS) + 1;
	double		map_real = ceil(ranges / REVMAP_PAGE_MAXITEMS) - 1;
	double		random_cost;
	double		page_cost;

	/* as many pages as give that many ranges of the default size */
	index->rel->pages = (BlockNumber) Min(ranges * BRIN_DEFAULT_PAGES_PER_RANGE,
										  (double) MaxBlockNumber);
	brincostestimate(root, path, loop_count, startup_cost, total_cost, selectivity,
					 correlation, pages);
	index->rel->pages = real;

	/* what setting the bits of a range costs */
	*total_cost -= 0.1 * cpu_operator_cost * *selectivity * ranges *
		((double) BRIN_DEFAULT_PAGES_PER_RANGE - info->pages_per_range);
	/* a real index is found to have one page less of the map */
	get_tablespace_page_costs(index->reltablespace, &random_cost, &page_cost);
	*startup_cost += (map_real - map_supposed) * page_cost * loop_count;
	*total_cost += (map_real - map_supposed) * (page_cost - random_cost) * loop_count;
}

void
pfa_hypo_correct_costs(PfaHypoInfo *info)
{
	if (info->info.relam == GIN_AM_OID && info->entry_pages > 0)
		info->info.amcostestimate = gin_cost;
	else if (info->info.relam == BRIN_AM_OID)
		info->info.amcostestimate = brin_cost;
}
