/*
 * utility.c
 *		Utility statements.
 *
 * Those that only run another statement (EXECUTE, FETCH, DECLARE ...) are seen
 * through; EXPLAIN is no workload and hides what it runs.  All others count as
 * statements of their own; what they execute without a query id of its own is
 * added to them.
 *
 * Must never look at the utility's parse tree after it has run: it may be gone.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "executor/instrument.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/timestamp.h"

#include "clock.h"
#include "collect.h"
#include "compat.h"
#include "errors.h"
#include "histogram.h"
#include "queryid.h"
#include "record.h"
#include "settings.h"
#include "shape.h"
#include "slab.h"
#include "unit.h"
#include "utility.h"

PfaUtility *pfa_utility_innermost;
int			pfa_utility_explains;

/* What a utility statement is, by its node: bits. */
#define RUNS_ANOTHER	1		/* only runs another statement */
#define READS_ONLY		2		/* changes nothing that a query would read */
#define EXPLAINS		4
#define DECLARES		8
#define EXECUTES		16
#define RUNS_CODE		32
#define MAY_HAND_OVER	64		/* may be what a pooler sends */

static inline int
traits_of(const Node *utility)
{
	switch (nodeTag(utility))
	{
		case T_TransactionStmt:
		case T_VariableShowStmt:
		case T_ListenStmt:
		case T_UnlistenStmt:
			return READS_ONLY;
		case T_VariableSetStmt:
		case T_DiscardStmt:
			return READS_ONLY | MAY_HAND_OVER;
		case T_ExplainStmt:
			return READS_ONLY | EXPLAINS;
		case T_ExecuteStmt:
			return READS_ONLY | RUNS_ANOTHER | EXECUTES;
		case T_DeclareCursorStmt:
			return READS_ONLY | RUNS_ANOTHER | DECLARES;
		case T_PrepareStmt:
		case T_DeallocateStmt:
		case T_FetchStmt:
		case T_ClosePortalStmt:
			return READS_ONLY | RUNS_ANOTHER;
		case T_DoStmt:
		case T_CallStmt:
			return RUNS_CODE;
		default:
			return 0;
	}
}

bool
pfa_utility_is_transparent(const Node *utility)
{
	return (traits_of(utility) & RUNS_ANOTHER) != 0;
}

static bool
ends_transaction(const Node *utility)
{
	TransactionStmtKind kind;

	if (!IsA(utility, TransactionStmt))
		return false;
	kind = ((const TransactionStmt *) utility)->kind;
	return kind == TRANS_STMT_COMMIT || kind == TRANS_STMT_ROLLBACK ||
		kind == TRANS_STMT_PREPARE;
}

/* Definitions of temporary tables are a session's own. */
static bool
changes_schema(const Node *utility)
{
	if (IsA(utility, CreateStmt))
		return ((const CreateStmt *) utility)->relation->relpersistence != RELPERSISTENCE_TEMP;
	if (IsA(utility, CreateTableAsStmt))
		return ((const CreateTableAsStmt *) utility)->into->rel->relpersistence !=
			RELPERSISTENCE_TEMP;
	return GetCommandLogLevel(unconstify(Node *, utility)) == LOGSTMT_DDL;
}

/* What poolers send when a connection goes to another client. */
static bool
hands_over(const Node *utility)
{
	return IsA(utility, DiscardStmt) ||
		(IsA(utility, VariableSetStmt) &&
		 ((const VariableSetStmt *) utility)->kind == VAR_RESET_ALL);
}

/* A cursor's query may have no id of its own: it gets the statement's. */
static inline bool
is_recorded(int traits)
{
	return pfa_track_utility && !IsParallelWorker() && pfa_utility_explains == 0 &&
		((traits & DECLARES) || !(traits & (RUNS_ANOTHER | EXPLAINS)));
}

/*
 * A statement's id by its text, for when another extension has taken away the
 * server's: pg_stat_statements does so if it comes after us in the list.
 */
static uint64
text_id(const char *text, int location, int length)
{
	if (location < 0)
		location = length = 0;
	if (length <= 0)
		length = strlen(text + location);
	return hash_bytes_extended((const unsigned char *) text + location, length, 0) | 1;
}

bool
pfa_utility_begin(PfaUtility *utility, const PlannedStmt *stmt, const char *text,
				  int nesting)
{
	const Node *node = stmt->utilityStmt;
	int			traits = traits_of(node);
	PfaShape   *shape;

	memset(&utility->call.nested_ns, 0, sizeof(PfaCall) - offsetof(PfaCall, nested_ns));
	memset(&utility->key, 0, sizeof(*utility) - offsetof(PfaUtility, key));
	utility->call.frame = NULL;
	utility->toplevel = nesting == 0;
	utility->explain = (traits & EXPLAINS) != 0;
	utility->executes = nesting == 0 && (traits & EXECUTES);
	utility->writes = (traits & READS_ONLY) == 0;
	utility->changes_schema = utility->writes && nesting == 0 && changes_schema(node);
	utility->counted = (traits & DECLARES) == 0;
	utility->ends = nesting == 0 && ends_transaction(node);
	if (utility->ends && ((const TransactionStmt *) node)->kind == TRANS_STMT_ROLLBACK &&
		!IsAbortedTransactionBlockState())
		pfa_unit_rollback();
	if ((traits & MAY_HAND_OVER) && nesting == 0 && hands_over(node))
		pfa_unit_cut();
	utility->runs_code = (traits & RUNS_CODE) != 0;
	if (is_recorded(traits) && pfa_queryid_enabled() &&
		(nesting == 0 || pfa_track_nested) && pfa_slab_begin())
	{
		utility->queryid = stmt->queryId != 0 ? stmt->queryId :
			text_id(text, stmt->stmt_location, stmt->stmt_len);
		shape = pfa_shape_of_utility(utility->queryid, stmt->utilityStmt, text,
									 stmt->stmt_location, stmt->stmt_len);
		pfa_collect_key(&utility->key, shape->facts.shape, nesting == 0);
		if (nesting > 0)
			pfa_calls_begin(&utility->call, &utility->caller);
		utility->recorded = true;
		pfa_record_text(&utility->key, shape, NULL, NULL, text,
						stmt->stmt_location, stmt->stmt_len, NULL);
	}
	utility->shared_hit = pgBufferUsage.shared_blks_hit;
	utility->shared_read = pgBufferUsage.shared_blks_read;
	utility->temp_written = pgBufferUsage.temp_blks_written;
	utility->outer = pfa_utility_innermost;
	pfa_utility_innermost = utility;
	/* a cursor's statements are the cursor's */
	if (utility->recorded && utility->counted)
		pfa_calls_enter(&utility->call);
	if (utility->explain)
		pfa_utility_explains++;
	utility->start_ns = pfa_clock_ns();
	return true;
}

/* What it has run meanwhile may have taken its place. */
PfaShape *
pfa_utility_shape(const PfaUtility *utility)
{
	return pfa_shape_of_utility_again(utility->queryid, utility->key.shape, !utility->counted);
}

/* What every record of it has; its shape, or NULL. */
static inline PfaShape *
prepare_record(const PfaUtility *utility, PfaExecution *execution)
{
	if (!pfa_slab_begin())
		return NULL;
	memset(execution, 0, sizeof(*execution));
	execution->key = utility->key;
	if (!execution->key.toplevel)
		execution->caller = utility->caller;
	execution->now = GetCurrentStatementStartTimestamp();
	return pfa_utility_shape(utility);
}

static pg_noinline void
record_with_temp(PfaExecution *execution, PfaShape *shape, int64 temp_written)
{
	PfaCounters rare = {0};

	rare.temp_written = temp_written;
	execution->counts = true;
	execution->rare = &rare;
	pfa_record_execution(execution, shape);
}

static void
record(const PfaUtility *utility, const QueryCompletion *qc, uint64 ns)
{
	PfaExecution execution;
	PfaShape   *shape = prepare_record(utility, &execution);
	int64		temp_written = pgBufferUsage.temp_blks_written - utility->temp_written;

	if (shape == NULL)
		return;
	execution.exec_ns = ns;
	execution.call.nested_ns = utility->call.nested_ns;
	execution.rows = qc ? qc->nprocessed : 0;
	execution.shared_hit = pgBufferUsage.shared_blks_hit - utility->shared_hit;
	execution.shared_read = pgBufferUsage.shared_blks_read - utility->shared_read;
	execution.bucket = pfa_hist_bucket(execution.exec_ns / 1000);
	if (temp_written > 0)
		record_with_temp(&execution, shape, temp_written);
	else
		pfa_record_plainly(&execution, shape, pfa_record_fits(&execution, shape));
}

static pg_noinline void
record_failure(const PfaUtility *utility, PfaFailure failure)
{
	PfaExecution execution;
	PfaCounters rare = {0};
	PfaShape   *shape = prepare_record(utility, &execution);

	if (shape == NULL)
		return;
	rare.errors = 1;
	execution.rare = &rare;
	execution.failure = failure;
	pfa_record_execution(&execution, shape);
}

void
pfa_utility_end(PfaUtility *utility, const QueryCompletion *qc, bool failed)
{
	uint64		end_ns = pfa_clock_ns();
	uint64		ns = end_ns - utility->start_ns;

	pfa_utility_innermost = utility->outer;
	if (utility->explain)
		pfa_utility_explains--;
	if (utility->recorded && utility->counted)
	{
		pfa_calls_leave(&utility->call, ns);
		if (unlikely(failed))
			record_failure(utility, pfa_errors_current());
		else
			record(utility, qc, ns);
	}
	if (!utility->toplevel)
		return;
	pfa_unit_utility(end_ns, utility->writes, utility->ends);
	if (utility->changes_schema && !failed)
		pfa_unit_note_schema_change();
	if (utility->recorded && pfa_slab_begin())
	{
		PfaBackendNow *now = &pfa_slab_line->now;

		PFA_SLAB_CHANGE(pfa_slab_line);
		if (failed)
			now->errors++;
		else if (utility->counted)
		{
			now->statements++;
			now->exec_ns += ns;
			now->hist[pfa_hist_bucket(ns / 1000)]++;
		}
		PFA_SLAB_CHANGED(pfa_slab_line);
	}
}

void
pfa_utility_cut_short(void)
{
	PfaFailure	failure = pfa_errors_of_exit();

	for (const PfaUtility *utility = pfa_utility_innermost; utility; utility = utility->outer)
	{
		if (utility->recorded && utility->counted)
			record_failure(utility, failure);
	}
}

bool
pfa_utility_executes(void)
{
	return pfa_utility_innermost && pfa_utility_innermost->executes;
}

const PfaUtility *
pfa_utility_around(void)
{
	PfaUtility *utility = pfa_utility_innermost;

	while (utility && !utility->recorded)
		utility = utility->outer;
	return utility;
}
