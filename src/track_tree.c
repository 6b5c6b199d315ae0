/*
 * track_tree.c
 *		Repeats whose values come from their own results: who walks a tree asks for
 *		the children of each row that the same statement returned before.
 *
 * The rows of the latest results that may have given values, the shape's own and
 * lists of the same columns, are kept as they came, a group for each result.  A walk,
 * be it into the depth or by levels, asks for the rows of each group in their order,
 * from the first on, and for each once.  Whoever opens branches of a tree here and
 * there does not.
 *
 * Bounded: of one tracker at a time, a fixed number of values.  Watching must never
 * throw; who judges asks the catalogs.
 */
#include "postgres.h"

#include "results.h"
#include "track_internal.h"

#define TREE_COLUMNS	4		/* that may have given values */
#define TREE_VALUES		96		/* kept, of all groups and columns */
#define TREE_FROM		8		/* values found, each next in its group... */
#define TREE_NEXT		0.9		/* ...but for so few */
#define TREE_SHARE		0.8		/* of all values */
#define GIVE_UP_AFTER	16		/* values, none of which was found */

#define ROW_FIRST		0x80	/* of its group; other bits: columns whose
								 * value was asked for */

/* What is known of a column. */
typedef struct TreeColumn
{
	int16		attnum;
	int16		resno;
	uint16		found;			/* values in it */
	uint16		next;			/* of them, after one that was asked for, or
								 * first of its group */
	int8		link;			/* PFA_LINK_* */
} TreeColumn;

static struct
{
	const PfaTracker *tracker;	/* whose; NULL: nobody's */
	uint64		shape;			/* whose columns: */
	uint64		queryid;
	Oid			relid;
	uint8		place;
	uint8		ncolumns;
	TreeColumn	columns[TREE_COLUMNS];
	uint16		asked;			/* values, since there were rows */
	uint16		proved;			/* found when it was last seen to be a walk,
								 * 0: never was */
	uint16		proved_of;		/* values asked for then */
	uint8		proved_column;
	uint8		nrows;
	uint8		captured[PFA_RESULT_SLOTS]; /* rows of results that are there */
	uint32		turns[PFA_RESULT_SLOTS];	/* of these results */
	uint8		rows[TREE_VALUES];	/* ROW_FIRST and columns */
	uint32		keys[TREE_VALUES];	/* row by row */
}			tree;

const Size	pfa_tree_size = sizeof(tree);

void
pfa_tree_forget(const PfaTracker *tracker)
{
	if (tracker == NULL || tree.tracker == tracker)
		tree.tracker = NULL;
}

void
pfa_tree_give_up(PfaTracker *tracker)
{
	tracker->no_tree = true;
	pfa_tree_forget(tracker);
}

bool
pfa_tree_watches(int t)
{
	return t >= 0 && tree.tracker == &pfa_track_all[t];
}

/* -- watching ---------------------------------------------------------------- */

/* The columns of the table that the place's column is of, if there are any. */
static bool
begin(PfaTracker *tracker, int place, const PfaBinding *binding, const PfaResult *own)
{
	/* of several values, the one that differs */
	if (tracker->nplaces > 1 && tracker->changes[place] == 0)
		return false;
	memset(&tree, 0, offsetof(typeof(tree), rows));
	for (int c = 0; c < own->ncolumns && OidIsValid(binding->relid); c++)
	{
		if (own->relid[c] != binding->relid || own->attnum[c] <= 0 ||
			tree.ncolumns == TREE_COLUMNS)
			continue;
		tree.columns[tree.ncolumns].attnum = own->attnum[c];
		tree.columns[tree.ncolumns++].resno = own->resno[c];
	}
	if (tree.ncolumns == 0)
		return false;
	tree.tracker = tracker;
	tree.shape = own->shape;
	tree.queryid = own->queryid;
	tree.relid = binding->relid;
	tree.place = place;
	return true;
}

/* Rows that were asked for make room, and what comes next in a group begins it. */
static void
make_room(void)
{
	int			kept = 0;

	for (int i = 0; i < tree.nrows; i++)
	{
		if ((tree.rows[i] & ~ROW_FIRST) != 0)
		{
			if (i + 1 < tree.nrows)
				tree.rows[i + 1] |= ROW_FIRST;
			continue;
		}
		tree.rows[kept] = tree.rows[i];
		memmove(&tree.keys[kept * tree.ncolumns], &tree.keys[i * tree.ncolumns],
				tree.ncolumns * sizeof(uint32));
		kept++;
	}
	tree.nrows = kept;
}

/* The column of a result, or -1. */
static int
column_of(const PfaResult *result, int16 attnum)
{
	for (int c = 0; c < result->ncolumns; c++)
	{
		if (result->relid[c] == tree.relid && result->attnum[c] == attnum)
			return c;
	}
	return -1;
}

/* The rows of a result that have come since the last time are a group. */
static void
add_rows(const PfaResult *result, int slot)
{
	int			from[TREE_COLUMNS];
	bool		any = false;
	uint32		begun = tree.turns[slot] == result->turn && tree.captured[slot] < result->captured ?
		tree.captured[slot] : 0;

	tree.turns[slot] = result->turn;
	tree.captured[slot] = result->captured;
	for (int i = 0; i < tree.ncolumns; i++)
	{
		from[i] = column_of(result, tree.columns[i].attnum);
		/* the same in each row: what was asked for, not what is asked for next */
		if (from[i] >= 0 && begun + 1 < result->captured &&
			result->hashes[begun * result->ncolumns + from[i]] ==
			result->hashes[(begun + 1) * result->ncolumns + from[i]])
			from[i] = -1;
		any |= from[i] >= 0;
	}
	for (uint32 at = begun; any && at < result->captured; at++)
	{
		uint32	   *keys;

		if ((tree.nrows + 1) * tree.ncolumns > TREE_VALUES)
			make_room();
		if ((tree.nrows + 1) * tree.ncolumns > TREE_VALUES)
			return;
		keys = &tree.keys[tree.nrows * tree.ncolumns];
		tree.rows[tree.nrows++] = at == begun ? ROW_FIRST : 0;
		for (int i = 0; i < tree.ncolumns; i++)
			keys[i] = from[i] < 0 ? 0 : result->hashes[at * result->ncolumns + from[i]];
	}
}

static void
find(uint32 key, int column)
{
	uint8		bit = 1 << column;

	for (int i = 0; i < tree.nrows; i++)
	{
		if (tree.keys[i * tree.ncolumns + column] != key || (tree.rows[i] & bit) != 0)
			continue;
		tree.rows[i] |= bit;
		tree.columns[column].found++;
		tree.columns[column].next += (tree.rows[i] & ROW_FIRST) != 0 ||
			(tree.rows[i - 1] & bit) != 0;
		return;
	}
}

/* Whether a column gave the values, in the order of a walk. */
static bool
is_walk(int i)
{
	const TreeColumn *column = &tree.columns[i];

	/* one value for several pages is no walk */
	if (tree.tracker->changes[tree.place] * 10 < (tree.tracker->seen[tree.place] - 1) * 9)
		return false;
	return column->found >= TREE_FROM && column->next >= TREE_NEXT * column->found &&
		column->found >= TREE_SHARE * tree.asked &&
		pfa_track_all_sums[tree.tracker - pfa_track_all].same_values == 0;
}

static void
prove(int column)
{
	tree.proved = tree.columns[column].found;
	tree.proved_of = tree.asked;
	tree.proved_column = column;
}

void
pfa_tree_add(PfaTracker *tracker, int place, const PfaBinding *binding,
			 const PfaResult *own, uint32 key)
{
	if (tree.tracker != tracker &&
		(tree.tracker != NULL || !begin(tracker, place, binding, own)))
		return;
	if (tree.place != place || tree.asked == PG_UINT16_MAX)
		return;
	for (int slot = 0; slot < pfa_results_count; slot++)
	{
		const PfaResult *result = pfa_results_get(slot);

		if (result->shape != 0 &&
			(result->turn != tree.turns[slot] || result->captured != tree.captured[slot]))
			add_rows(result, slot);
	}
	tree.asked++;
	for (int i = 0; i < tree.ncolumns; i++)
		find(key, i);
	if (tree.proved > 0 && tree.columns[tree.proved_column].found > tree.proved &&
		is_walk(tree.proved_column))
		prove(tree.proved_column);
}

/* -- judging ------------------------------------------------------------------- */

/* A column that nothing links to the place leaves its room to others. */
static void
drop_column(int column)
{
	uint8		below = (1 << column) - 1;
	uint32	   *to = tree.keys;

	for (int i = 0; i < tree.nrows; i++)
	{
		for (int c = 0; c < tree.ncolumns; c++)
		{
			if (c != column)
				*to++ = tree.keys[i * tree.ncolumns + c];
		}
		tree.rows[i] = (tree.rows[i] & (below | ROW_FIRST)) |
			((tree.rows[i] & ~ROW_FIRST) >> 1 & ~below);
	}
	memmove(&tree.columns[column], &tree.columns[column + 1],
			(--tree.ncolumns - column) * sizeof(TreeColumn));
}

/* The columns that may be it stay; false if there are none. */
static bool
has_columns(const PfaBinding *child)
{
	for (int i = tree.ncolumns; --i >= 0;)
	{
		TreeColumn *column = &tree.columns[i];

		if (column->link == PFA_LINK_UNKNOWN)
			column->link = pfa_links_find(child->relid, child->attnum,
										  tree.relid, column->attnum);
		if (column->link != PFA_LINK_KEY && column->link != PFA_LINK_SAME)
			drop_column(i);
	}
	for (int i = 0; i < tree.ncolumns; i++)
	{
		if (tree.asked < GIVE_UP_AFTER || tree.columns[i].found > 0)
			return true;
	}
	return false;
}

static void
fill_parent(const PfaTracker *tracker, const PfaShapeFacts *facts, bool walks, PfaParent *parent)
{
	int			binding = tracker->binding[tree.place];

	parent->shape = tree.shape;
	parent->queryid = tree.queryid;
	parent->relid = tree.relid;
	parent->attnum = tree.columns[tree.proved_column].attnum;
	parent->resno = tree.columns[tree.proved_column].resno;
	parent->rows = tree.proved;
	parent->child_relid = facts->bindings[binding].relid;
	parent->child_attnum = facts->bindings[binding].attnum;
	parent->compared = walks ? tree.proved_of : tree.asked;
	parent->covered = tree.proved;
	parent->partly = !walks;
	parent->before = 0;
	parent->others_vary = facts->more_values || (tracker->varied & ~(1 << binding)) != 0;
}

bool
pfa_tree_parent(PfaTracker *tracker, const PfaShapeFacts *facts, PfaParent *parent)
{
	bool		walks = false;

	if (tree.tracker != tracker)
		return false;
	if (!has_columns(&facts->bindings[tracker->binding[tree.place]]))
	{
		/* another's may be looked at */
		pfa_tree_give_up(tracker);
		return false;
	}
	for (int i = 0; i < tree.ncolumns; i++)
	{
		uint32		missing = TREE_FROM - Min(tree.columns[i].found, TREE_FROM);

		if (is_walk(i))
		{
			walks = true;
			prove(i);
		}
		else if (missing > 0 && (parent->missing == 0 || missing < parent->missing))
			parent->missing = missing;
	}
	if (tree.proved == 0)
		return false;
	fill_parent(tracker, facts, walks, parent);
	return true;
}
