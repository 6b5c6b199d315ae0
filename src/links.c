/*
 * links.c
 *		How columns belong together, remembered: a small direct-mapped cache over
 *		the catalogs.
 *
 * It is emptied when the server tells of a change to any constraint; nothing is
 * allocated.  Catalog look-ups may throw.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/inval.h"
#include "utils/pgstat_internal.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "links.h"

#define CACHE_SIZE	16			/* a power of two */

typedef struct Link
{
	Oid			child;			/* InvalidOid: free */
	Oid			parent;
	int16		child_attnum;
	int16		parent_attnum;
	int			link;			/* PFA_LINK_* */
} Link;

static Link cache[CACHE_SIZE];
const Size	pfa_links_size = sizeof(cache);
static uint32 changes;			/* that the server told of */

/* All that is asked for stands in constraints. */
static void
constraint_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	changes++;
	memset(cache, 0, sizeof(cache));
}

/* What a foreign key makes a column point to, if it is the only column of it. */
static bool
key_target(Oid relid, int16 column, Oid *target, int16 *target_column)
{
	Relation	rel = RelationIdGetRelation(relid);
	bool		found = false;
	ListCell   *lc;

	if (rel == NULL)
		return false;
	foreach(lc, RelationGetFKeyList(rel))
	{
		ForeignKeyCacheInfo *key = lfirst(lc);

		if (key->nkeys == 1 && key->conkey[0] == column)
		{
			*target = key->confrelid;
			*target_column = key->confkey[0];
			found = true;
			break;
		}
	}
	RelationClose(rel);
	return found;
}

/* Whether a foreign key of one relation links the two columns. */
static bool
key_links(Oid from, int16 from_column, Oid to, int16 to_column)
{
	Relation	rel = RelationIdGetRelation(from);
	bool		found = false;
	ListCell   *lc;

	if (rel == NULL)
		return false;
	foreach(lc, RelationGetFKeyList(rel))
	{
		ForeignKeyCacheInfo *key = lfirst(lc);

		for (int i = 0; i < key->nkeys && key->confrelid == to; i++)
		{
			if (key->conkey[i] == from_column && key->confkey[i] == to_column)
				found = true;
		}
	}
	RelationClose(rel);
	return found;
}

/*
 * Whether a column is its table's primary key, and a number.  The index is not
 * opened: it may be locked for long.
 */
static bool
is_number_key(Oid relid, int16 column)
{
	Relation	rel = OidIsValid(relid) && column > 0 ? RelationIdGetRelation(relid) : NULL;
	HeapTuple	index = NULL;
	bool		is = false;

	if (rel == NULL)
		return false;
	if (!rel->rd_indexvalid)
		list_free(RelationGetIndexList(rel));
	if (column <= RelationGetNumberOfAttributes(rel) && OidIsValid(rel->rd_pkindex))
	{
		Oid			type = TupleDescAttr(RelationGetDescr(rel), column - 1)->atttypid;

		if (type == INT4OID || type == INT8OID || type == INT2OID)
			index = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(rel->rd_pkindex));
	}
	if (HeapTupleIsValid(index))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(index);

		is = form->indnkeyatts == 1 && form->indkey.values[0] == column;
		ReleaseSysCache(index);
	}
	RelationClose(rel);
	return is;
}

static int
look_up(Oid child, int16 child_attnum, Oid parent, int16 parent_attnum)
{
	Oid			targets[2];
	int16		columns[2];

	if (key_links(child, child_attnum, parent, parent_attnum) ||
		key_links(parent, parent_attnum, child, child_attnum))
		return PFA_LINK_KEY;
	if (key_target(child, child_attnum, &targets[0], &columns[0]) &&
		key_target(parent, parent_attnum, &targets[1], &columns[1]) &&
		targets[0] == targets[1] && columns[0] == columns[1])
		return PFA_LINK_SIBLING;
	if (child != parent && is_number_key(child, child_attnum) &&
		is_number_key(parent, parent_attnum))
		return PFA_LINK_STRANGER;
	return PFA_LINK_NONE;
}

int
pfa_links_find(Oid child, int16 child_attnum, Oid parent, int16 parent_attnum)
{
	static bool listens;
	uint32		before;
	Link	   *place;
	int			link;

	if (!OidIsValid(child) || !OidIsValid(parent) || parent_attnum <= 0)
		return PFA_LINK_NONE;
	/* the very column, selected again elsewhere */
	if (child == parent && child_attnum == parent_attnum)
		return PFA_LINK_SAME;
	place = &cache[hash_combine(murmurhash32(child + ((uint32) child_attnum << 16)),
								murmurhash32(parent + ((uint32) parent_attnum << 16))) %
				   CACHE_SIZE];
	if (place->child == child && place->parent == parent &&
		place->child_attnum == child_attnum && place->parent_attnum == parent_attnum)
		return place->link;
	if (!listens)
	{
		CacheRegisterSyscacheCallback(CONSTROID, constraint_changed, (Datum) 0);
		listens = true;
	}
	before = changes;
	link = look_up(child, child_attnum, parent, parent_attnum);
	/* it may have changed while it was looked at */
	if (before == changes)
	{
		place->parent = parent;
		place->child_attnum = child_attnum;
		place->parent_attnum = parent_attnum;
		place->link = link;
		place->child = child;
	}
	return link;
}

/*
 * Rows of a table that nobody has analysed, as small ones may never be: those that
 * the server has counted as sessions wrote them, and what this session has not told
 * it yet.  0: not known.  Takes no lock: what it reads is one number, of an entry that
 * cannot go.
 */
static double
rows_written(Relation rel)
{
	PgStat_EntryRef *entry = pgstat_get_entry_ref(PGSTAT_KIND_RELATION,
												  rel->rd_rel->relisshared ? InvalidOid : MyDatabaseId,
												  RelationGetRelid(rel), false, NULL);
	double		before = entry == NULL ? 0 :
		(double) PFA_LIVE_ROWS((PgStatShared_Relation *) entry->shared_stats);
	double		since = 0;

	if (rel->pgstat_info == NULL)
		return before;
	for (PgStat_TableXactStatus *level = rel->pgstat_info->trans; level != NULL; level = level->upper)
	{
		since += level->tuples_inserted - level->tuples_deleted;
		if (level->truncdropped)
			return since;
	}
	since += PFA_REL_NEW_ROWS(rel);
	return PFA_REL_EMPTIED(rel) ? since : before + since;
}

/* 0: not known. */
static uint32
rows_of(Oid relid)
{
	Relation	rel = OidIsValid(relid) ? RelationIdGetRelation(relid) : NULL;
	double		rows;

	if (rel == NULL)
		return 0;
	rows = rel->rd_rel->reltuples;
	if (rows < 0)
		rows = rows_written(rel);
	RelationClose(rel);
	return rows < 1 ? 0 : (uint32) Min(rows, PG_INT32_MAX);
}

uint32
pfa_links_rows(Oid child, int16 child_attnum, Oid parent, int16 parent_attnum)
{
	return rows_of(key_links(child, child_attnum, parent, parent_attnum) ? parent : child);
}
