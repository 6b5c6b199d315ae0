/*
 * shape.c
 *		Query id to shape: this backend's cache, the shared aliases, and the
 *		computation when neither knows.
 *
 * Must never change the query it is given: everything is done on a copy, in a
 * context of its own that is emptied before its next use.
 *
 * Locks: those of aliases, one at a time.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/memutils.h"

#include "compat.h"
#include "literals.h"
#include "normalize.h"
#include "settings.h"
#include "shape.h"
#include "shape_facts.h"
#include "store.h"

#define CACHE_SIZE		128		/* a power of two; 24 kB */
#define CACHE_WAYS		4

static PfaShape cache[CACHE_SIZE];
const Size	pfa_shape_cache_size = sizeof(cache);
static uint32 cache_turn;
static uint64 forgotten;		/* query ids that made room, a bit each by their
								 * hashes */
PfaShape   *pfa_shape_last;

/* The last query that was cut: its text may be asked for next. */
static MemoryContext cut_context;
static bool cut_fresh;			/* of the very parse that is being handled */
static const JumbleState *cut_jumble;
static uint64 cut_shape;
static bool cut_params;			/* it has external parameters */
static List *cut_list;			/* PfaCut * */

static inline uint64
forgotten_bit(uint64 queryid)
{
	return UINT64CONST(1) << ((queryid * UINT64CONST(0x9E3779B97F4A7C15)) >> 58);
}

bool
pfa_shape_was_forgotten(uint64 queryid)
{
	return (forgotten & forgotten_bit(queryid)) != 0;
}

static inline PfaShape *
cache_set(uint64 queryid)
{
	return &cache[(uint32) (queryid ^ (queryid >> 32)) & (CACHE_SIZE - CACHE_WAYS)];
}

PfaShape *
pfa_shape_search(uint64 queryid)
{
	PfaShape   *set = cache_set(queryid);

	for (int i = 0; i < CACHE_WAYS; i++)
	{
		if (set[i].queryid == queryid)
		{
			pfa_shape_last = &set[i];
			return pfa_shape_last;
		}
	}
	return NULL;
}

/*
 * A place for a query id; who takes it fills in the facts, and the id when he
 * has them.
 */
static PfaShape *
cache_place(uint64 queryid)
{
	PfaShape   *set = cache_set(queryid);
	PfaShape   *place = &set[cache_turn++ % CACHE_WAYS];

	/* free ones are those behind, but for what an error has left */
	for (int i = 0; i < CACHE_WAYS && set[CACHE_WAYS - 1].queryid == 0; i++)
	{
		if (set[i].queryid == 0)
		{
			place = &set[i];
			break;
		}
	}
	if (place->queryid != 0)
		forgotten |= forgotten_bit(place->queryid);
	place->queryid = 0;
	pfa_changes++;
	memset(&place->slab_hint, 0, sizeof(*place) - offsetof(PfaShape, slab_hint));
	return place;
}

static PfaShape *
cache_filled(PfaShape *place, uint64 queryid)
{
	place->queryid = queryid;
	pfa_shape_forget_plan(place);
	pfa_shape_last = place;
	return place;
}

uint32
pfa_shape_renew_stamps(uint32 stamp)
{
	for (int i = 0; i < CACHE_SIZE; i++)
		cache[i].plan.stamp = stamp++;
	pfa_changes++;
	return stamp;
}

Node *
pfa_shape_strip(Node *node)
{
	while (node)
	{
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceViaIO))
			node = (Node *) ((CoerceViaIO *) node)->arg;
		else if (IsA(node, FuncExpr) &&
				 ((FuncExpr *) node)->funcformat != COERCE_EXPLICIT_CALL &&
				 ((FuncExpr *) node)->args != NIL)
			node = linitial(((FuncExpr *) node)->args);
		else
			break;
	}
	return node;
}

static bool
is_value(Node *node)
{
	node = pfa_shape_strip(node);
	return node && (IsA(node, Const) ||
					(IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN));
}

bool
pfa_shape_is_list(const ArrayExpr *array)
{
	ListCell   *lc;

	if (array->elements == NIL || array->multidims)
		return false;
	foreach(lc, array->elements)
	{
		if (!is_value(lfirst(lc)))
			return false;
	}
	return true;
}

/* -- cutting a copy ------------------------------------------------------ */

/* Whether a copy would be cut, or its parameters renumbered: mostly not. */
static bool
differs(const PfaSurvey *survey)
{
	for (int i = 0; i < survey->nparams; i++)
	{
		if (survey->params[i].id != i + 1)
			return true;
	}
	return survey->lists;
}

typedef struct CutWalk
{
	const PfaSurvey *survey;
	List	   *others;			/* ids that the survey has not met */
} CutWalk;

/* The number of a parameter, in the order of their places in the text. */
static int
param_number(CutWalk *walk, int id)
{
	int			n = walk->survey->nparams;
	ListCell   *lc;

	for (int i = 0; i < n; i++)
	{
		if (walk->survey->params[i].id == id)
			return i + 1;
	}
	foreach(lc, walk->others)
	{
		n++;
		if (lfirst_int(lc) == id)
			return n;
	}
	walk->others = lappend_int(walk->others, id);
	return n + 1;
}

static void
note_cut(int location, int what, int rows)
{
	PfaCut	   *cut = palloc0(sizeof(PfaCut));

	cut->location = location;
	cut->what = what;
	cut->rows = rows;
	cut_list = lappend(cut_list, cut);
}

static void
cut_values(RangeTblEntry *rte)
{
	if (rte->rtekind == RTE_VALUES && list_length(rte->values_lists) > 1)
	{
		int			location = exprLocation(linitial(rte->values_lists));

		if (location >= 0)
			note_cut(location, PFA_CUT_ROWS, list_length(rte->values_lists) - 1);
		rte->values_lists = list_truncate(rte->values_lists, 1);
	}
}

static bool
cut_walker(Node *node, CutWalk *walk)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		cut_values((RangeTblEntry *) node);
		return false;
	}
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
	{
		Param	   *param = (Param *) node;

		param->paramid = param_number(walk, param->paramid);
		return false;
	}
	if (IsA(node, ArrayExpr) && pfa_shape_is_list((ArrayExpr *) node))
	{
		ArrayExpr  *array = (ArrayExpr *) node;

		if (list_length(array->elements) > 1)
		{
			int			location = exprLocation(lsecond(array->elements));

			if (location >= 0)
				note_cut(location, PFA_CUT_LIST_REST, 0);
			array->elements = list_truncate(array->elements, 1);
		}
		return expression_tree_walker((Node *) array->elements, cut_walker, walk);
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, cut_walker, walk,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, cut_walker, walk);
}

/*
 * Cuts a copy of the query and jumbles it; the result stays for the text.  What
 * is nothing to cut in has core's own id already, and core's own places.
 */
static void
cut_query(Query *query, const char *text, const JumbleState *jumble,
		  const PfaSurvey *survey)
{
	MemoryContext old;
	CutWalk		walk = {.survey = survey};
	Query	   *copy;

	cut_fresh = false;
	cut_jumble = NULL;
	cut_list = NIL;
	cut_params = survey->nparams > 0;
	if (jumble != NULL && !differs(survey))
	{
		cut_jumble = jumble;
		cut_shape = (uint64) query->queryId;
		cut_fresh = true;
		return;
	}
	if (cut_context == NULL)
		cut_context = AllocSetContextCreate(TopMemoryContext, "perfaudit shape",
											ALLOCSET_SMALL_SIZES);
	else
		MemoryContextReset(cut_context);
	old = MemoryContextSwitchTo(cut_context);
	copy = copyObject(query);
	cut_walker((Node *) copy, &walk);
	cut_jumble = pfa_compat_jumble(copy, text);
	cut_shape = (uint64) copy->queryId;
	cut_fresh = true;
	MemoryContextSwitchTo(old);
}

/* Facts and shape of a query just analysed. */
static void
look_through(Query *query, const char *text, const JumbleState *jumble,
			 PfaShapeFacts *facts)
{
	PfaSurvey	survey = {0};

	memset(facts, 0, sizeof(*facts));
	pfa_shape_facts_find(query, facts, &survey);
	cut_query(query, text, jumble, &survey);
	facts->shape = cut_shape;
	if (survey.params)
		pfree(survey.params);
}

PfaShape *
pfa_shape_of_query(Query *query, const char *text, const JumbleState *jumble)
{
	uint64		queryid = query->queryId;
	PfaShape   *shape = pfa_shape_find(queryid);

	cut_fresh = false;
	if (shape && (shape->facts.flags & PFA_FLAG_UNPARSED) == 0 &&
		(!PFA_QUERYID_BY_NAME || pfa_shape_facts_fit(query, &shape->facts)))
		return shape;
	if (shape)
		shape->queryid = 0;		/* its place is one of the free ones */
	shape = cache_place(queryid);
	if (!pfa_aliases_find(queryid, MyDatabaseId, &shape->facts) ||
		(PFA_QUERYID_BY_NAME && !pfa_shape_facts_fit(query, &shape->facts)))
	{
		look_through(query, text, jumble, &shape->facts);
		pfa_aliases_put(queryid, MyDatabaseId, &shape->facts);
	}
	return cache_filled(shape, queryid);
}

PfaShape *
pfa_shape_of_planned(uint64 queryid, CmdType command)
{
	PfaShape   *shape = pfa_shape_find(queryid);

	if (shape)
		return shape;
	shape = cache_place(queryid);
	if (!pfa_aliases_find(queryid, MyDatabaseId, &shape->facts))
	{
		memset(&shape->facts, 0, sizeof(PfaShapeFacts));
		shape->facts.shape = queryid;
		shape->facts.operation = pfa_shape_operation(command);
		shape->facts.flags = PFA_FLAG_UNPARSED;
		shape->facts.more_values = true;
		pg_atomic_fetch_add_u64(&pfa_totals->unparsed, 1);
	}
	return cache_filled(shape, queryid);
}

static PfaShape *
place_utility(uint64 queryid, uint64 id, bool cursor)
{
	PfaShape   *shape = cache_place(queryid);

	memset(&shape->facts, 0, sizeof(PfaShapeFacts));
	shape->facts.shape = id;
	shape->facts.operation = cursor ? PFA_OP_SELECT : PFA_OP_UTILITY;
	shape->facts.flags = cursor ? 0 : PFA_FLAG_CATALOG;
	/* its literals are not looked at */
	shape->facts.more_values = cursor;
	return cache_filled(shape, queryid);
}

PfaShape *
pfa_shape_of_utility(uint64 queryid, Node *utility, const char *text,
					 int location, int length)
{
	PfaShape   *shape = pfa_shape_find(queryid);
	char	   *normal;
	uint64		id;

	if (shape && (shape->facts.flags & PFA_FLAG_UNPARSED) == 0)
		return shape;
	normal = pfa_normalize_statement(text, location, length);
	id = hash_bytes_extended((unsigned char *) normal, strlen(normal), nodeTag(utility));
	pfree(normal);
	/* a cursor's name is no part of its query's shape */
	return pfa_shape_of_utility_again(queryid, id != 0 ? id : 1,
									  IsA(utility, DeclareCursorStmt));
}

PfaShape *
pfa_shape_of_utility_again(uint64 queryid, uint64 id, bool cursor)
{
	PfaShape   *shape = pfa_shape_find(queryid);

	if (shape && shape->facts.shape == id)
		return shape;
	if (shape)
		shape->queryid = 0;		/* its place is one of the free ones */
	return place_utility(queryid, id, cursor);
}

/* -- text -------------------------------------------------------------------- */

bool
pfa_shape_text(Query *query, const char *text, const JumbleState *jumble,
			   PfaTextParts *parts)
{
	Oid		   *types = NULL;
	int			nparams = 0;
	PfaShapeFacts facts;
	PfaCut	   *cuts;
	int			ncuts = 0;
	ListCell   *lc;
	int			location = query->stmt_location;
	int			length = query->stmt_len;
	char	   *normal;
	bool		huge;

	memset(parts, 0, sizeof(*parts));
	if (location < 0)
		location = length = 0;
	if (length <= 0)
		length = strlen(text + location);
	/* a huge text is not scanned, and not kept whole */
	huge = length > 16 * pfa_max_text_length;
	if (!huge)
	{
		int			begin = pfa_normalize_skip(text, location, length);

		length -= begin - location;
		location = begin;
	}
	/* places in another text with the same id would be wrong ones */
	if (!cut_fresh)
		look_through(query, text, jumble, &facts);
	if (cut_params)
		types = pfa_shape_param_types(query, &nparams);

	cuts = palloc(sizeof(PfaCut) * (list_length(cut_list) +
									cut_jumble->clocations_count + 1));
	foreach(lc, cut_list)
		cuts[ncuts++] = *(PfaCut *) lfirst(lc);
	for (int i = 0; i < cut_jumble->clocations_count; i++)
	{
		if (!pfa_compat_is_constant(&cut_jumble->clocations[i]))
			continue;
		cuts[ncuts].location = cut_jumble->clocations[i].location;
		cuts[ncuts].rows = 0;
		cuts[ncuts++].what = PFA_CUT_CONSTANT;
	}
	if (huge)
	{
		normal = pfa_normalize_huge(text, location, length, cuts, ncuts, nparams + 1,
									2 * pfa_max_text_length);
		parts->sample_missing = true;
	}
	else
		normal = pfa_normalize(text, location, length, cuts, ncuts, nparams + 1);
	parts->normal = normal;
	parts->normal_length = strlen(normal);
	if (parts->normal_length > pfa_max_text_length)
	{
		parts->normal_length = pg_mbcliplen(normal, parts->normal_length,
											pfa_max_text_length);
		parts->cut = true;
	}
	if (length > pfa_max_text_length || !pfa_sample_values)
		parts->sample_missing = true;
	else if (ncuts > 0 || parts->cut)
	{
		parts->sample = text + location;
		parts->sample_length = length;
	}
	parts->types = types;
	parts->nparams = nparams;
	parts->path = namespace_search_path;
	parts->path_length = Min(strlen(namespace_search_path), PG_INT16_MAX);
	return true;
}
