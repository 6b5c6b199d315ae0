/*
 * replan.c
 *		Plans a recorded shape again.
 *
 * Planning runs code: functions are folded, estimated and inlined.  So a shape
 * is planned only for a caller who has the privileges of the role that ran it,
 * as that role, in a security-restricted operation, read only, with its
 * search_path, a short lock timeout and a time limit (time_limit.c), in a
 * subtransaction that is always rolled back; what would survive that is refused
 * (trust.c).  What a superuser ran is planned only if all of it is trusted
 * (trust.c).  Errors never carry a message out of here: it could repeat a
 * literal of the statement.
 *
 * Locks: each guarded step gives its locks back with its subtransaction.  Between
 * them the tables must not change, because the analysed query is kept: so
 * AccessShareLock is taken on them outside, without waiting, and the query
 * analysed again under it.  Whoever shows a plan starts the executor on it, which
 * opens what only planning has locked, partitions: for him those are kept, too.
 */
#include "postgres.h"

#include "advise/analyze_one.h"
#include "advise/plan_tree.h"
#include "advise/replan.h"
#include "advise/time_limit.h"
#include "hooks.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_param.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

#define LOCK_TIMEOUT "100ms"
/* After one was waited for in vain. */
#define LOCK_TIMEOUT_NEXT "1ms"
#define NOT_TRUSTED \
	"a superuser ran it, and it contains functions, operators or types of other roles"
#define NOT_TRUSTED_UNASKED \
	"another role ran it, and it contains functions, operators or types of no superuser"
#define FOREIGN_ASKED "it reads a foreign table, whose server planning may have to ask"

/* One step inside the guard: what it is given and what it leaves. */
typedef struct Step
{
	PfaReplan  *replan;
	MemoryContext caller;		/* for what is to stay */
	ResourceOwner owner;		/* of locks that are to stay */
	/* analysis */
	Query	   *query;
	List	   *relids;
	bool		check_trust;
	const char *refused;
	/* planning */
	List	   *indexes;
	List	   *hidden;
	ParamListInfo values;
	bool		keep_plan;
	PfaReplanned *planned;
} Step;

typedef void (*StepFunction) (Step *step);

/* The statement in which a lock was waited for in vain since pfa_replan_begin. */
static TimestampTz waited = 0;

void
pfa_replan_begin(void)
{
	waited = 0;
}

/* Becomes the recorded role; the subtransaction's abort undoes all of it. */
static void
enter_role(const PfaWorkItem *item)
{
	Oid			userid;
	int			context;

	if (item->search_path != NULL)
		(void) set_config_option("search_path", item->search_path, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	(void) set_config_option("lock_timeout",
							 waited == GetCurrentStatementStartTimestamp() ?
							 LOCK_TIMEOUT_NEXT : LOCK_TIMEOUT, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	(void) set_config_option("transaction_read_only", "on", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	/* what planning has to say is not what the caller asked for */
	(void) set_config_option("client_min_messages", "error", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	GetUserIdAndSecContext(&userid, &context);
	SetUserIdAndSecContext(item->key.userid, context | SECURITY_RESTRICTED_OPERATION);
}

bool
pfa_replan_must_rethrow(const ErrorData *error, const PfaTimeLimit *limit)
{
	int			code = error->sqlerrcode;

	if (code == ERRCODE_QUERY_CANCELED && limit->cut && !limit->others)
		return false;
	/* RAISE can give an error any code: another role's function ends nothing of ours */
	if (error->funcname != NULL && strcmp(error->funcname, "exec_stmt_raise") == 0)
		return false;
	return code == ERRCODE_QUERY_CANCELED || code == ERRCODE_OUT_OF_MEMORY ||
		code == ERRCODE_ADMIN_SHUTDOWN || code == ERRCODE_CRASH_SHUTDOWN ||
		code == ERRCODE_DATABASE_DROPPED || code == ERRCODE_IDLE_SESSION_TIMEOUT;
}

/* Why an error makes us skip the shape. */
static const char *
reason_of(const PfaReplan *replan, int code)
{
	switch (code)
	{
		case ERRCODE_LOCK_NOT_AVAILABLE:
			return "a table is locked";
		case PFA_TRUST_ERROR:
			return superuser_arg(replan->item->key.userid) ? NOT_TRUSTED : NOT_TRUSTED_UNASKED;
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_COLUMN:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_UNDEFINED_OBJECT:
		case ERRCODE_UNDEFINED_SCHEMA:
			return "something that it names does not exist any more";
		default:
			return "it cannot be planned";
	}
}

/* Runs a step as the recorded role; false when it failed and is skipped. */
static bool
run_guarded(StepFunction function, Step *step)
{
	PfaReplan  *replan = step->replan;
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext work = AllocSetContextCreate(caller, "perfaudit replan",
											   ALLOCSET_DEFAULT_SIZES);
	volatile bool done = false;
	volatile PfaTrustGuard guard = PFA_TRUST_ALL;
	PfaTimeLimit limit;

	step->caller = caller;
	step->owner = owner;
	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		pfa_time_limit_arm(&limit);
		pfa_hooks_suspend();
		guard = pfa_trust_guard(replan->trusted_only ? PFA_TRUST_SUPERUSERS : PFA_TRUST_NO_TRACE);
		enter_role(replan->item);
		MemoryContextSwitchTo(work);
		function(step);
		MemoryContextSwitchTo(caller);
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		pfa_time_limit_disarm(&limit);
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		pfa_trust_unguard(guard);
		pfa_hooks_resume();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (pfa_replan_must_rethrow(error, &limit))
		{
			/* what was executed when it came is the recorded role's */
			error->context = error->internalquery = NULL;
			ReThrowError(error);
		}
		pfa_time_limit_pass_on(&limit);
		if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
			waited = GetCurrentStatementStartTimestamp();
		strlcpy(replan->sqlstate, unpack_sql_state(error->sqlerrcode), sizeof(replan->sqlstate));
		replan->skipped = reason_of(replan, error->sqlerrcode);
		FreeErrorData(error);
	}
	PG_END_TRY();

	if (done)
	{
		pfa_time_limit_disarm(&limit);
		pfa_trust_unguard(guard);
		pfa_hooks_resume();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		pfa_time_limit_pass_on(&limit);
	}
	if (limit.cut)
	{
		replan->skipped = "planning it takes too long";
		strlcpy(replan->sqlstate, unpack_sql_state(ERRCODE_QUERY_CANCELED), sizeof(replan->sqlstate));
	}
	MemoryContextDelete(work);
	return done && !limit.cut;
}

/* The statement that has the plan, out of PREPARE, EXPLAIN, DECLARE, COPY and so on. */
static RawStmt *
unwrap(RawStmt *raw)
{
	Node	   *inner = NULL;

	if (IsA(raw->stmt, PrepareStmt))
		inner = ((PrepareStmt *) raw->stmt)->query;
	else if (IsA(raw->stmt, ExplainStmt))
		inner = ((ExplainStmt *) raw->stmt)->query;
	else if (IsA(raw->stmt, DeclareCursorStmt))
		inner = ((DeclareCursorStmt *) raw->stmt)->query;
	else if (IsA(raw->stmt, CreateTableAsStmt))
		inner = ((CreateTableAsStmt *) raw->stmt)->query;
	else if (IsA(raw->stmt, CopyStmt))
		inner = ((CopyStmt *) raw->stmt)->query;
	if (inner != NULL)
	{
		RawStmt    *result = makeNode(RawStmt);

		result->stmt = inner;
		return unwrap(result);
	}
	return raw;
}

static bool
collect_relids(Node *node, List **relids)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (OidIsValid(rte->relid))
			*relids = list_append_unique_oid(*relids, rte->relid);
		return false;			/* its subquery is walked by the caller */
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect_relids, relids,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, collect_relids, relids);
}

List *
pfa_replan_relids(Query *query)
{
	List	   *relids = NIL;

	collect_relids((Node *) query, &relids);
	return relids;
}

/* Step: parse, analyse, rewrite. */
static void
analyze_step(Step *step)
{
	PfaReplan  *replan = step->replan;
	const PfaWorkItem *item = replan->item;
	RawStmt    *raw;
	Query	   *query;
	List	   *rewritten;
	Oid		   *types = palloc0(sizeof(Oid) * Max(item->nparams, 1));
	int			ntypes = item->nparams;
	List	   *relids;

	if (item->param_types != NULL)
		memcpy(types, item->param_types, sizeof(Oid) * item->nparams);
	raw = unwrap(pfa_parse_one(replan->text, "statement"));
	if (!pfa_is_plannable(raw))
	{
		step->refused = "it is a utility statement";
		return;
	}
	query = pfa_analyze_one(raw, replan->text, &types, &ntypes, item->key.toplevel == 0);
	if (query->commandType == CMD_UTILITY)
	{
		step->refused = "it is a utility statement";
		return;
	}
	replan->has_params = query_contains_extern_params(query);
	rewritten = pg_rewrite_query(query);
	if (list_length(rewritten) != 1 ||
		linitial_node(Query, rewritten)->commandType == CMD_UTILITY)
	{
		step->refused = "rules make several statements of it";
		return;
	}
	query = linitial_node(Query, rewritten);
	if (step->check_trust && !pfa_trust_query(query))
	{
		step->refused = reason_of(replan, PFA_TRUST_ERROR);
		return;
	}
	relids = pfa_replan_relids(query);
	if (replan->unasked ? pfa_trust_reads_foreign(relids) : pfa_trust_asks_servers(relids))
	{
		step->refused = FOREIGN_ASKED;
		return;
	}

	MemoryContextSwitchTo(step->caller);
	step->query = copyObject(query);
	step->relids = list_copy(relids);
}

/*
 * What planning has locked becomes the caller's, before the subtransaction gives
 * it back: nobody can take hold of it in between, and nothing is waited for.
 */
static void
hold_tables(PfaReplan *replan, const PlannedStmt *plan, ResourceOwner owner)
{
	ResourceOwner own = CurrentResourceOwner;
	const ListCell *lc;

	CurrentResourceOwner = owner;
	foreach(lc, plan->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind != RTE_RELATION)
			continue;
		/* also of one that the statement changes: the plan is not executed */
		rte->rellockmode = AccessShareLock;
		if (list_member_oid(replan->locked, rte->relid))
			continue;
		LockRelationOid(rte->relid, AccessShareLock);
		replan->locked = lappend_oid(replan->locked, rte->relid);
	}
	CurrentResourceOwner = own;
}

/* Step: plan. */
static void
plan_step(Step *step)
{
	PfaReplan  *replan = step->replan;
	PlannedStmt *plan;
	List	   *indexes;

	plan = pfa_whatif_plan(replan->query, replan->text, step->indexes,
						   step->hidden, step->values);
	indexes = pfa_plan_indexes(plan);

	MemoryContextSwitchTo(step->caller);
	step->planned->cost = plan->planTree->total_cost;
	step->planned->disorder = pfa_plan_disorder(plan, step->indexes);
	step->planned->indexes = list_copy(indexes);
	step->planned->plan = step->keep_plan ? copyObject(plan) : NULL;
	if (replan->shows && step->keep_plan)
		hold_tables(replan, step->planned->plan, step->owner);
}

/* The recorded values for the planner; NULL if there are none to trust. */
static ParamListInfo
make_values(const PfaWorkItem *item)
{
	ParamListInfo values;

	if (!item->has_values || item->nparams == 0)
		return NULL;
	values = makeParamList(item->nparams);
	for (int i = 0; i < item->nparams; i++)
	{
		ParamExternData *param = &values->params[i];

		/* a comparison with NULL folds the whole plan away */
		if (item->param_nulls[i] || !OidIsValid(item->param_types[i]))
			return NULL;
		param->value = item->param_values[i];
		param->isnull = false;
		param->pflags = PARAM_FLAG_CONST;
		param->ptype = item->param_types[i];
	}
	return values;
}

/* Why this caller may not have the shape planned, or NULL. */
static const char *
check_caller(const PfaWorkItem *item)
{
	if (item->sample == NULL && item->query == NULL)
		return "its text was not kept";
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(item->key.userid)))
		return "its role no longer exists";
	if (!has_privs_of_role(GetUserId(), item->key.userid))
		return "you do not have the privileges of the role that ran it";
	return NULL;
}

/* Locks the tables until pfa_replan_release; false when one is not to be had. */
static bool
lock_tables(PfaReplan *replan, List *relids)
{
	ListCell   *lc;

	foreach(lc, relids)
	{
		Oid			relid = lfirst_oid(lc);

		if (!ConditionalLockRelationOid(relid, AccessShareLock))
			return false;
		replan->locked = lappend_oid(replan->locked, relid);
	}
	return true;
}

static PfaReplan *
prepare(const PfaWorkItem *item, bool trusted_only, bool unasked)
{
	PfaReplan  *replan = palloc0(sizeof(PfaReplan));
	Step		step = {0};

	replan->item = item;
	replan->text = item->sample ? item->sample : item->query;
	replan->literals = (item->sample != NULL);
	replan->trusted_only = trusted_only;
	replan->unasked = unasked;
	replan->skipped = check_caller(item);
	if (replan->skipped != NULL)
		return replan;

	step.replan = replan;
	step.check_trust = trusted_only;
	if (!run_guarded(analyze_step, &step))
		return replan;
	if (step.refused == NULL && !lock_tables(replan, step.relids))
		step.refused = "a table is locked";
	if (step.refused == NULL && !run_guarded(analyze_step, &step))
	{
		pfa_replan_release(replan);
		return replan;
	}
	/* renamed in between: those that it means now are not locked */
	if (step.refused == NULL && list_difference_oid(step.relids, replan->locked) != NIL)
		step.refused = "a table is locked";
	if (step.refused != NULL)
	{
		replan->skipped = step.refused;
		pfa_replan_release(replan);
		return replan;
	}
	replan->query = step.query;
	/* those of a function's statement are numbered after its variables */
	replan->values = item->key.toplevel ? make_values(item) : NULL;
	return replan;
}

PfaReplan *
pfa_replan_prepare(const PfaWorkItem *item)
{
	return prepare(item, superuser_arg(item->key.userid), false);
}

PfaReplan *
pfa_replan_prepare_unasked(const PfaWorkItem *item)
{
	return prepare(item, item->key.userid != GetUserId() || superuser_arg(item->key.userid), true);
}

bool
pfa_replan_plan(PfaReplan *replan, List *indexes, List *hidden, bool generic,
				bool keep_plan, PfaReplanned *result)
{
	Step		step = {0};

	if (replan->skipped != NULL)
		return false;
	step.replan = replan;
	step.indexes = indexes;
	step.hidden = hidden;
	step.values = generic ? NULL : replan->values;
	step.keep_plan = keep_plan;
	step.planned = result;
	return run_guarded(plan_step, &step);
}

void
pfa_replan_release(PfaReplan *replan)
{
	ListCell   *lc;

	foreach(lc, replan->locked)
		UnlockRelationOid(lfirst_oid(lc), AccessShareLock);
	replan->locked = NIL;
}
