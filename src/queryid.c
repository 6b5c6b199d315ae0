/*
 * queryid.c
 *		Query ids, computed once for all statements that differ in their literals.
 *
 * Core computes an id over the whole parse tree of every statement that is
 * parsed.  Unless somebody has asked it to, statements come here without one, and
 * get the very same: the last ones' are kept under a key of the text without
 * literals, and of all else that the parse tree comes from.
 *
 * Must never give an id that JumbleQuery would not give.  All is forgotten when the
 * server tells of a change to whatever names may stand for.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "parser/parse_expr.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "pieces.h"
#include "queryid.h"
#include "statement_key.h"

#define MEMO_SETS		32		/* a power of two */
#define MEMO_WAYS		4
#define MISSES			48		/* after so many... */
#define PAUSE			1024	/* ...as many are not looked for */
#define FORGIVEN		8		/* misses, for one that is found */

typedef struct Memo
{
	uint64		key;
	uint64		queryid;
} Memo;

static Memo memo[MEMO_SETS][MEMO_WAYS];

/* BEGIN, COMMIT and ROLLBACK, as they were written last. */
typedef struct Control
{
	uint64		text;
	uint64		queryid;
} Control;

static Control controls[3];
const Size	pfa_queryid_size = sizeof(memo) + sizeof(controls);

static uint32 changes;			/* that the server told of */
static uint32 changes_before;	/* at the end of the last statement's analysis */
static int	misses;
static int	not_looked_for;

/* Of the search path, when it was hashed last. */
static char *path;
static uint64 path_hash;

static void
relation_changed(Datum arg, Oid relid)
{
	changes++;
}

static void
catalog_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	changes++;
}

/* False if it has not been done before. */
static bool
listens_already(void)
{
	static bool listens;
	static const int caches[] = {NAMESPACEOID, TYPEOID, PROCOID, OPEROID, CASTSOURCETARGET,
	AMOPOPID, CLAOID, COLLOID,
	/* what "$user" is, and whether the schemas of the search path may be used */
	AUTHOID, AUTHMEMROLEMEM, DATABASEOID};

	if (likely(listens))
		return true;
	listens = true;
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	for (int i = 0; i < lengthof(caches); i++)
		CacheRegisterSyscacheCallback(caches[i], catalog_changed, (Datum) 0);
	return false;
}

/* What the search path is now. */
static pg_noinline void
hash_path(void)
{
	char	   *copy = MemoryContextStrdup(TopMemoryContext, namespace_search_path);

	if (path)
		pfree(path);
	path = copy;
	path_hash = hash_bytes_extended((unsigned char *) path, strlen(path), 0);
}

/*
 * Whether the text, with what belongs to the session, says all about the query: it
 * is what the client sent, and no names stand for variables.
 */
static inline bool
comes_from_text(const ParseState *pstate, const Query *query)
{
	return ActivePortal == NULL &&
		debug_query_string != NULL && pstate->p_sourcetext == debug_query_string &&
		query->utilityStmt == NULL && query->stmt_location >= 0 &&
		pstate->p_pre_columnref_hook == NULL && pstate->p_post_columnref_hook == NULL;
}

/* Whether a clause sorts or groups by columns alone. */
static bool
all_columns(const List *clause, const List *targets)
{
	ListCell   *lc;

	foreach(lc, clause)
	{
		if (!IsA(get_sortgroupclause_expr((SortGroupClause *) lfirst(lc), (List *) targets), Var))
			return false;
	}
	return true;
}

/*
 * Whether values of literals may decide what the tree is: an expression of ORDER BY
 * and its like is one of the target list, or of another such clause, if all is the
 * same, values included.  "nested": there is more than one level.
 */
static inline bool
values_decide(const Query *query, bool nested, const char *text, int length)
{
	nested |= query->hasSubLinks || query->hasAggs || query->windowClause != NIL ||
		query->cteList != NIL || query->groupingSets != NIL;
	if (unlikely(nested))
		return pfa_statement_compares(text, length);
	return !all_columns(query->sortClause, query->targetList) ||
		!all_columns(query->groupClause, query->targetList) ||
		(query->hasDistinctOn && !all_columns(query->distinctClause, query->targetList));
}

/* 0: none. */
static uint64
key_of(const ParseState *pstate, const Query *query)
{
	const char *text = pstate->p_sourcetext + query->stmt_location;
	int			length = query->stmt_len;
	bool		nested = false;
	uint64		key;
	ListCell   *lc;

	/* of a message with many statements, all but the last have a length */
	if (length <= 0)
		length = strlen(text);
	key = pfa_pieces_key(text, length);
	if (key == 0)
		return 0;
	if (unlikely(path == NULL || strcmp(path, namespace_search_path) != 0))
		hash_path();
	key = hash_combine64(key, path_hash);
	key = hash_combine64(key, ((uint64) GetUserId() << 32) | (query->commandType << 1) | Transform_null_equals);
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		key = hash_combine64(key, rte->relid);
		nested |= rte->rtekind != RTE_RELATION && rte->rtekind != RTE_JOIN &&
			rte->rtekind != RTE_VALUES && rte->rtekind != RTE_FUNCTION;
	}
	return values_decide(query, nested, text, length) ? 0 : key;
}

static inline void
set_queryid(const ParseState *pstate, Query *query, uint64 queryid)
{
#ifdef USE_ASSERT_CHECKING
	JumbleState *jumble = pfa_compat_jumble(query, pstate->p_sourcetext);

	if (jumble)
		pfree(jumble);
	Assert(query->queryId == queryid);
#endif
	query->queryId = queryid;
}

/* A text of four to seven letters: the first four, the last three, and how many. */
static inline bool
whole_text(const char *text, int length, uint64 *whole)
{
	char	   *letters = (char *) whole;

	if (length < 4 || length > 7)
		return false;
	memcpy(letters, text, 4);
	memcpy(letters + 4, text + length - 3, 3);
	letters[7] = length;
	return true;
}

/* Such a statement is nothing but its text. */
static pg_noinline JumbleState *
assign_control(const ParseState *pstate, Query *query)
{
	TransactionStmtKind kind = ((const TransactionStmt *) query->utilityStmt)->kind;
	const char *text = pstate->p_sourcetext + query->stmt_location;
	int			length = query->stmt_len;
	uint64		whole;
	Control    *control;
	JumbleState *jumble;

	StaticAssertStmt(TRANS_STMT_BEGIN == 0 && TRANS_STMT_COMMIT == 2 && TRANS_STMT_ROLLBACK == 3,
					 "kinds of transaction control are not those of controls[]");
	if (length <= 0)
		length = strlen(text);
	if (kind == TRANS_STMT_START || kind > TRANS_STMT_ROLLBACK || query->stmt_location < 0 ||
		!whole_text(text, length, &whole))
		return pfa_compat_jumble(query, pstate->p_sourcetext);
	control = &controls[kind == TRANS_STMT_BEGIN ? 0 : kind - 1];
	if (control->text == whole)
	{
		set_queryid(pstate, query, control->queryid);
		return NULL;
	}
	jumble = pfa_compat_jumble(query, pstate->p_sourcetext);
	control->text = whole;
	control->queryid = query->queryId;
	return jumble;
}

/* Of a statement that may have one that is known. */
static pg_noinline JumbleState *
assign_known(const ParseState *pstate, Query *query)
{
	JumbleState *jumble;
	Memo	   *set;
	uint64		key = 0;

	if (not_looked_for > 0)
		not_looked_for--;
	else if (comes_from_text(pstate, query))
		key = key_of(pstate, query);
	if (key == 0)
		return pfa_compat_jumble(query, pstate->p_sourcetext);

	if (unlikely(!listens_already() || changes != changes_before))
	{
		/* names may have been looked up before a change, and others after it */
		changes_before = changes;
		memset(memo, 0, sizeof(memo));
		return pfa_compat_jumble(query, pstate->p_sourcetext);
	}
	set = memo[key % MEMO_SETS];
	for (int i = 0; i < MEMO_WAYS; i++)
	{
		if (set[i].key == key)
		{
			if (unlikely(misses > 0))
				misses = Max(misses - FORGIVEN, 0);
			set_queryid(pstate, query, set[i].queryid);
			return NULL;
		}
	}
	jumble = pfa_compat_jumble(query, pstate->p_sourcetext);
	if (++misses > MISSES)
		not_looked_for = PAUSE;
	memmove(&set[1], &set[0], sizeof(Memo) * (MEMO_WAYS - 1));
	set[0].key = key;
	set[0].queryid = query->queryId;
	return jumble;
}

JumbleState *
pfa_queryid_assign(const ParseState *pstate, Query *query)
{
	if (query->utilityStmt != NULL && IsA(query->utilityStmt, TransactionStmt))
		return assign_control(pstate, query);
	return assign_known(pstate, query);
}
