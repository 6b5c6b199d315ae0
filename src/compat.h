/*
 * compat.h
 *		Everything that differs between PostgreSQL 15 and 19.  The only file in
 *		the tree that may look at PG_VERSION_NUM.
 */
#ifndef PFA_COMPAT_H
#define PFA_COMPAT_H

#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "optimizer/planner.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/backend_status.h"

#if PG_VERSION_NUM < 150000
#error "perfaudit needs PostgreSQL 15 or later"
#endif

#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif
#if PG_VERSION_NUM >= 180000
#include "commands/explain_state.h"
#endif

/*
 * Hook signatures: parameters for the definition, arguments for the call.
 */
#if PG_VERSION_NUM >= 180000
#define PFA_EXECUTOR_RUN_PARAMS \
	QueryDesc *queryDesc, ScanDirection direction, uint64 count
#define PFA_EXECUTOR_RUN_ARGS queryDesc, direction, count
#else
#define PFA_EXECUTOR_RUN_PARAMS \
	QueryDesc *queryDesc, ScanDirection direction, uint64 count, bool execute_once
#define PFA_EXECUTOR_RUN_ARGS queryDesc, direction, count, execute_once
#endif

#if PG_VERSION_NUM >= 190000
#define PFA_PLANNER_PARAMS \
	Query *parse, const char *query_string, int cursorOptions, \
	ParamListInfo boundParams, ExplainState *es
#define PFA_PLANNER_ARGS parse, query_string, cursorOptions, boundParams, es
#define PFA_POST_PARSE_PARAMS \
	ParseState *pstate, Query *query, const JumbleState *jstate
#else
#define PFA_PLANNER_PARAMS \
	Query *parse, const char *query_string, int cursorOptions, \
	ParamListInfo boundParams
#define PFA_PLANNER_ARGS parse, query_string, cursorOptions, boundParams
#define PFA_POST_PARSE_PARAMS \
	ParseState *pstate, Query *query, JumbleState *jstate
#endif

#define PFA_UTILITY_PARAMS \
	PlannedStmt *pstmt, const char *queryString, bool readOnlyTree, \
	ProcessUtilityContext context, ParamListInfo params, \
	QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc
#define PFA_UTILITY_ARGS \
	pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc

/* The id of a jumbled copy of a query; the copy's queryId is overwritten. */
static inline JumbleState *
pfa_compat_jumble(Query *copy, const char *text)
{
	JumbleState *jumble;

#ifdef USE_ASSERT_CHECKING
	/* core asserts that somebody has asked it for the ids of all statements */
	bool		enabled = query_id_enabled;

	query_id_enabled = true;
#endif
#if PG_VERSION_NUM >= 160000
	jumble = JumbleQuery(copy);
#else
	jumble = JumbleQuery(copy, text);
#endif
#ifdef USE_ASSERT_CHECKING
	query_id_enabled = enabled;
#endif
	return jumble;
}

#if PG_VERSION_NUM < 160000
#define INSTR_TIME_GET_NANOSEC(t) \
	((int64) (t).tv_sec * INT64CONST(1000000000) + (int64) (t).tv_nsec)
#endif

/* Whether a place that core noted is that of a constant. */
static inline bool
pfa_compat_is_constant(const LocationLen *place)
{
#if PG_VERSION_NUM >= 180000
	return place->location >= 0 && !place->extern_param;
#else
	return place->location >= 0;
#endif
}

/* This backend's place among MaxBackends, from 0; -1 outside. */
static inline int
pfa_compat_slot(void)
{
#if PG_VERSION_NUM >= 170000
	return (MyProcNumber >= 0 && MyProcNumber < MaxBackends) ? MyProcNumber : -1;
#else
	return (MyBackendId >= 1 && MyBackendId <= MaxBackends) ? MyBackendId - 1 : -1;
#endif
}

/*
 * A count that moves when the server has waited for the client inside a
 * transaction: the time that it was idle there, in microseconds; without it,
 * whatever comes in one message is told from the next.
 */
static inline int64
pfa_compat_idle_in_transaction(void)
{
	return pgstat_track_activities ? (int64) pgStatTransactionIdleTime :
		(int64) GetCurrentStatementStartTimestamp();
}

/* The place of a parallel worker's leader; -1 if this is no worker. */
static inline int
pfa_compat_leader_slot(void)
{
#if PG_VERSION_NUM >= 170000
	return (ParallelLeaderProcNumber >= 0 && ParallelLeaderProcNumber < MaxBackends)
		? ParallelLeaderProcNumber : -1;
#else
	return (ParallelLeaderBackendId >= 1 && ParallelLeaderBackendId <= MaxBackends)
		? ParallelLeaderBackendId - 1 : -1;
#endif
}

/* The server's own pending counters of a relation, or NULL if it keeps none. */
#if PG_VERSION_NUM >= 160000
#define PFA_REL_ROWS_RETURNED(rel) ((rel)->pgstat_info->counts.tuples_returned)
#define PFA_REL_SCANS(rel) ((rel)->pgstat_info->counts.numscans)
#define PFA_REL_NEW_ROWS(rel) ((rel)->pgstat_info->counts.delta_live_tuples)
#define PFA_REL_EMPTIED(rel) ((rel)->pgstat_info->counts.truncdropped)
#define PFA_LIVE_ROWS(shared) ((shared)->stats.live_tuples)
#else
#define PFA_REL_ROWS_RETURNED(rel) ((rel)->pgstat_info->t_counts.t_tuples_returned)
#define PFA_REL_SCANS(rel) ((rel)->pgstat_info->t_counts.t_numscans)
#define PFA_REL_NEW_ROWS(rel) ((rel)->pgstat_info->t_counts.t_delta_live_tuples)
#define PFA_REL_EMPTIED(rel) ((rel)->pgstat_info->t_counts.t_truncdropped)
#define PFA_LIVE_ROWS(shared) ((shared)->stats.n_live_tuples)
#endif

/* Whether LWLockNewTrancheId takes the name, and no process registers it again. */
#if PG_VERSION_NUM >= 190000
#define PFA_TRANCHE_IN_ONE_CALL 1
#else
#define PFA_TRANCHE_IN_ONE_CALL 0
#endif

#if PG_VERSION_NUM >= 180000
#define PFA_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "perfaudit", .version = "1.0")
#else
#define PFA_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* What a file says about the server that wrote it. */
#define PFA_SERVER_MAJOR	((uint32) PG_VERSION_NUM / 10000)

/* Whether query ids, and so shapes, know tables by name only. */
#if PG_VERSION_NUM >= 180000
#define PFA_QUERYID_BY_NAME 1
#else
#define PFA_QUERYID_BY_NAME 0
#endif

/* Whether the server keeps ids of plans, which a library may give. */
#if PG_VERSION_NUM >= 180000
#define PFA_SERVER_KEEPS_PLAN_IDS 1
#define PFA_PLAN_ID(stmt) ((stmt)->planId)
#define PFA_SET_PLAN_ID(stmt, id) (((PlannedStmt *) (stmt))->planId = (int64) (id))
#define PFA_REPORT_PLAN_ID(stmt) pgstat_report_plan_id((stmt)->planId, false)
#else
#define PFA_SERVER_KEEPS_PLAN_IDS 0
#define PFA_PLAN_ID(stmt) INT64CONST(0)
#define PFA_SET_PLAN_ID(stmt, id) ((void) 0)
#define PFA_REPORT_PLAN_ID(stmt) ((void) 0)
#endif

/* The id of the plan that a backend runs or ran last, as the server knows it; or 0. */
static inline uint64
pfa_compat_plan_id_of(int slot, int pid)
{
#if PG_VERSION_NUM >= 180000
	PgBackendStatus *status = pgstat_get_beentry_by_proc_number(slot);

	return status && status->st_procpid == pid ? (uint64) status->st_plan_id : 0;
#else
	return 0;
#endif
}

/*
 * Heap pages that a bitmap scan has read, by whether the bitmap knew their rows.
 * Since 18 parallel workers tell theirs.
 */
static inline void
pfa_compat_bitmap_pages(const BitmapHeapScanState *scan, uint64 *exact, uint64 *lossy)
{
#if PG_VERSION_NUM >= 180000
	*exact = scan->stats.exact_pages;
	*lossy = scan->stats.lossy_pages;
	for (int i = 0; scan->sinstrument && i < scan->sinstrument->num_workers; i++)
	{
		*exact += scan->sinstrument->sinstrument[i].exact_pages;
		*lossy += scan->sinstrument->sinstrument[i].lossy_pages;
	}
#else
	*exact = scan->exact_pages;
	*lossy = scan->lossy_pages;
#endif
}

/* What a plan node has counted; since 19 not what everything else has. */
#if PG_VERSION_NUM >= 190000
typedef NodeInstrumentation PfaNodeInstrumentation;
#else
typedef Instrumentation PfaNodeInstrumentation;
#endif

/* This process's log_min_messages: since 19 each kind of process has its own. */
#if PG_VERSION_NUM >= 190000
#define PFA_LOG_MIN_MESSAGES (log_min_messages[MyBackendType])
#else
#define PFA_LOG_MIN_MESSAGES log_min_messages
#endif

/* Spares a scanner's user the notices on backslashes, which 19 no longer has. */
#if PG_VERSION_NUM >= 190000
#define PFA_SCAN_WITHOUT_WARNINGS(extra) ((void) 0)
#else
#define PFA_SCAN_WITHOUT_WARNINGS(extra) ((extra)->escape_string_warning = false)
#endif

/*
 * core's from 17 on: the finaliser of MurmurHash3 (Austin Appleby, public domain).
 */
#if PG_VERSION_NUM < 170000
static inline uint64
murmurhash64(uint64 data)
{
	uint64		h = data;

	h ^= h >> 33;
	h *= UINT64CONST(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64CONST(0xc4ceb9fe1a85ec53);
	h ^= h >> 33;
	return h;
}
#endif

/* Whether an Append or MergeAppend chooses among its children when executed. */
#if PG_VERSION_NUM >= 180000
#define PFA_APPEND_PRUNES(append) ((append)->part_prune_index >= 0)
#else
#define PFA_APPEND_PRUNES(append) ((append)->part_prune_info != NULL)
#endif

/* A function for SQL: 15 to be told to export it, since we hide symbols. */
#define PFA_SQL_FUNCTION(name) \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name)

/*
 * ---- The index advisor (advise/) ----
 */
#include "access/attmap.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "commands/vacuum.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "utils/lsyscache.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#endif
#include "catalog/pg_collation.h"
#include "catalog/pg_database.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

/*
 * The hook that tells of a relation's indexes.  Since 19 it is called for
 * every kind of range table entry.
 */
#if PG_VERSION_NUM >= 190000
#define PFA_RELATION_INFO_HOOK build_simple_rel_hook
#define PFA_RELATION_INFO_HOOK_TYPE build_simple_rel_hook_type
#define PFA_RELATION_INFO_PARAMS \
	PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte
#define PFA_RELATION_INFO_ARGS root, rel, rte
#define PFA_RELATION_INFO_IS_TABLE (rte->rtekind == RTE_RELATION)
#define PFA_RELATION_INFO_RELID rte->relid
#define PFA_RELATION_INFO_INHPARENT rte->inh
#else
#define PFA_RELATION_INFO_HOOK get_relation_info_hook
#define PFA_RELATION_INFO_HOOK_TYPE get_relation_info_hook_type
#define PFA_RELATION_INFO_PARAMS \
	PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo *rel
#define PFA_RELATION_INFO_ARGS root, relid, inhparent, rel
#define PFA_RELATION_INFO_IS_TABLE true
#define PFA_RELATION_INFO_RELID relid
#define PFA_RELATION_INFO_INHPARENT inhparent
#endif

#if PG_VERSION_NUM >= 190000
#define PFA_STANDARD_PLANNER(query, text, options, params) \
	standard_planner(query, text, options, params, NULL)
#else
#define PFA_STANDARD_PLANNER(query, text, options, params) \
	standard_planner(query, text, options, params)
#endif

/* Since 16 a column says which outer joins may have made it null. */
#if PG_VERSION_NUM >= 160000
#define PFA_VAR_FORGET_OUTER_JOINS(var) ((var)->varnullingrels = NULL)
#else
#define PFA_VAR_FORGET_OUTER_JOINS(var) ((void) (var))
#endif

/* Who reads a table of a query that is planned; InvalidOid: the current user. */
#if PG_VERSION_NUM >= 160000
#define PFA_READER_OF(rte, rel) ((rel)->userid)
#else
#define PFA_READER_OF(rte, rel) ((rte)->checkAsUser)
#endif

/* Since 19 a scan is told what it is for. */
#if PG_VERSION_NUM >= 190000
#define PFA_BEGINSCAN_TIDRANGE(table, snapshot, first, last) \
	table_beginscan_tidrange(table, snapshot, first, last, SO_NONE)
#else
#define PFA_BEGINSCAN_TIDRANGE(table, snapshot, first, last) \
	table_beginscan_tidrange(table, snapshot, first, last)
#endif

/* Has a type's statistics made as finely as default_statistics_target says. */
static inline void
pfa_compat_default_target(VacAttrStats *stats)
{
#if PG_VERSION_NUM >= 170000
	stats->attstattarget = -1;
#else
	stats->attr = palloc0(ATTRIBUTE_FIXED_PART_SIZE);
	stats->attr->attstattarget = -1;
	stats->attr->atttypid = stats->attrtypid;
	stats->attr->atttypmod = stats->attrtypmod;
	stats->attr->attcollation = stats->attrcollid;
	stats->attr->attnum = stats->tupattnum;
#endif
}

/* Up to 17 nothing has it. */
#define PFA_GENERATED_VIRTUAL 'v'

#if PG_VERSION_NUM >= 180000
#define PFA_TABLE_HAS_BITMAP_SCAN(table) \
	((table)->rd_tableam->scan_bitmap_next_tuple != NULL)
#else
#define PFA_TABLE_HAS_BITMAP_SCAN(table) \
	((table)->rd_tableam->scan_bitmap_next_block != NULL)
#endif

#if PG_VERSION_NUM >= 160000
#define PFA_ATTRMAP_BY_NAME(in, out) build_attrmap_by_name(in, out, false)
#define PFA_EXPLAIN_EFLAGS (EXEC_FLAG_EXPLAIN_ONLY | EXEC_FLAG_EXPLAIN_GENERIC)
#define PFA_EXPLAIN_PRUNES false
#define PFA_STRIP_PRUNING(plan) ((void) 0)
#else
#define PFA_ATTRMAP_BY_NAME(in, out) build_attrmap_by_name(in, out)
#define PFA_EXPLAIN_EFLAGS EXEC_FLAG_EXPLAIN_ONLY
/* up to 15 EXPLAIN prunes partitions and fails on a generic plan's parameters */
#define PFA_EXPLAIN_PRUNES true
#define PFA_STRIP_PRUNING(plan) \
	do { \
		if (IsA(plan, Append)) \
			((Append *) (plan))->part_prune_info = NULL; \
		else if (IsA(plan, MergeAppend)) \
			((MergeAppend *) (plan))->part_prune_info = NULL; \
	} while (0)
#endif

/*
 * Whether a collation compares bytes.  By the catalogs: pg_locale.h asks for
 * headers that a machine with the server's own need not have.
 */
static inline bool
pfa_compat_collation_is_c(Oid collation)
{
	bool		is_default = collation == DEFAULT_COLLATION_OID;
	int			cache = is_default ? (int) DATABASEOID : (int) COLLOID;
	HeapTuple	tuple;
	Datum		name;
	char		provider;
	bool		null;
	bool		result = false;

	if (collation == C_COLLATION_OID)
		return true;
	tuple = SearchSysCache1(cache, ObjectIdGetDatum(is_default ? MyDatabaseId : collation));
	if (!HeapTupleIsValid(tuple))
		return false;
	provider = is_default ?
		((Form_pg_database) GETSTRUCT(tuple))->datlocprovider :
		((Form_pg_collation) GETSTRUCT(tuple))->collprovider;
#if PG_VERSION_NUM >= 170000
	/* of the provider that came with 17 every collation compares bytes */
	if (provider == COLLPROVIDER_BUILTIN)
		result = true;
#endif
	name = SysCacheGetAttr(cache, tuple,
						   is_default ? Anum_pg_database_datcollate : Anum_pg_collation_collcollate,
						   &null);
	if (provider == COLLPROVIDER_LIBC && !null)
	{
		char	   *locale = TextDatumGetCString(name);

		result = strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
		pfree(locale);
	}
	ReleaseSysCache(tuple);
	return result;
}

#define PFA_COLLATION_IS_C(collation) \
	(OidIsValid(collation) && pfa_compat_collation_is_c(collation))

/* Whether an ordering operator sorts downwards; false if it is none. */
static inline bool
pfa_compat_ordering(Oid sortop, bool *descending)
{
	Oid			opfamily;
	Oid			opcintype;
#if PG_VERSION_NUM >= 180000
	CompareType direction;

	if (!get_ordering_op_properties(sortop, &opfamily, &opcintype, &direction))
		return false;
	*descending = (direction == COMPARE_GT);
#else
	int16		direction;

	if (!get_ordering_op_properties(sortop, &opfamily, &opcintype, &direction))
		return false;
	*descending = (direction == BTGreaterStrategyNumber);
#endif
	return true;
}

/* Whether an update of a column with a BRIN index alone may be HOT. */
#if PG_VERSION_NUM >= 160000
#define PFA_BRIN_KEEPS_HOT	true
#else
#define PFA_BRIN_KEEPS_HOT	false
#endif

/* Raises an error when the current user may not run this plan. */
static inline void
pfa_compat_check_permissions(PlannedStmt *plan)
{
#if PG_VERSION_NUM >= 160000
	(void) ExecCheckPermissions(plan->rtable, plan->permInfos, true);
#else
	(void) ExecCheckRTPerms(plan->rtable, true);
#endif
}

#endif							/* PFA_COMPAT_H */
