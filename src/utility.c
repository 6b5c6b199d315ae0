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
#include "executor/instrument.h"
#include "tcop/utility.h"
#include "utils/timestamp.h"

#include "collect.h"
#include "compat.h"
#include "histogram.h"
#include "record.h"
#include "settings.h"
#include "shape.h"
#include "slab.h"
#include "unit.h"
#include "utility.h"

static PfaUtility *around;
static int	in_explain;

bool
pfa_utility_is_transparent(const Node *utility)
{
	switch (nodeTag(utility))
	{
		case T_ExecuteStmt:
		case T_PrepareStmt:
		case T_DeallocateStmt:
		case T_DeclareCursorStmt:
		case T_FetchStmt:
		case T_ClosePortalStmt:
			return true;
		default:
			return false;
	}
}

/* Whether it may have changed what a query would read. */
static bool
may_write(const Node *utility)
{
	switch (nodeTag(utility))
	{
		case T_TransactionStmt:
		case T_VariableSetStmt:
		case T_VariableShowStmt:
		case T_ExplainStmt:
		case T_DiscardStmt:
		case T_ListenStmt:
		case T_UnlistenStmt:
			return false;
		default:
			return !pfa_utility_is_transparent(utility);
	}
}

/* What poolers send when a connection goes to another client. */
static bool
hands_over(const Node *utility)
{
	return IsA(utility, DiscardStmt) ||
		(IsA(utility, VariableSetStmt) &&
		 ((const VariableSetStmt *) utility)->kind == VAR_RESET_ALL);
}

static bool
is_recorded(const PlannedStmt *stmt)
{
	const Node *utility = stmt->utilityStmt;

	if (!pfa_track_utility || IsParallelWorker() || in_explain > 0)
		return false;
	/* a cursor's query may have no id of its own: it gets the statement's */
	if (IsA(utility, DeclareCursorStmt))
		return true;
	return !pfa_utility_is_transparent(utility) && !IsA(utility, ExplainStmt);
}

bool
pfa_utility_begin(PfaUtility *utility, const PlannedStmt *stmt, const char *text,
				  int nesting)
{
	const Node *node = stmt->utilityStmt;
	PfaShape   *shape;

	memset(utility, 0, sizeof(*utility));
	utility->toplevel = nesting == 0;
	utility->explain = IsA(node, ExplainStmt);
	utility->writes = may_write(node);
	utility->counted = !IsA(node, DeclareCursorStmt);
	if (nesting == 0 && IsA(node, TransactionStmt) &&
		((const TransactionStmt *) node)->kind == TRANS_STMT_ROLLBACK &&
		!IsAbortedTransactionBlockState())
		pfa_unit_rollback();
	if (nesting == 0 && hands_over(node))
		pfa_unit_cut();
	if (stmt->queryId != 0 && is_recorded(stmt) &&
		(nesting == 0 || pfa_track_nested) && pfa_slab_begin())
	{
		shape = pfa_shape_of_utility(stmt->queryId, stmt->utilityStmt, text,
									 stmt->stmt_location, stmt->stmt_len);
		utility->queryid = stmt->queryId;
		pfa_collect_key(&utility->key, shape->facts.shape, nesting == 0);
		utility->recorded = true;
		pfa_record_text(&utility->key, shape, NULL, text,
						stmt->stmt_location, stmt->stmt_len);
	}
	utility->shared_hit = pgBufferUsage.shared_blks_hit;
	utility->shared_read = pgBufferUsage.shared_blks_read;
	utility->temp_written = pgBufferUsage.temp_blks_written;
	utility->outer = around;
	around = utility;
	if (utility->explain)
		in_explain++;
	utility->start_ns = pfa_collect_clock();
	return true;
}

static void
record(PfaUtility *utility, const QueryCompletion *qc, bool failed, uint64 ns)
{
	PfaShape   *shape = pfa_shape_find(utility->queryid);
	PfaExecution execution;

	if (shape == NULL || shape->facts.shape != utility->key.shape || !pfa_slab_begin())
		return;
	memset(&execution, 0, sizeof(execution));
	execution.key = utility->key;
	execution.now = GetCurrentStatementStartTimestamp();
	if (failed)
		execution.counters.errors = 1;
	else
	{
		execution.counters.calls = 1;
		execution.counters.exec_ns = ns;
		execution.counters.rows = qc ? qc->nprocessed : 0;
		execution.counters.shared_hit = pgBufferUsage.shared_blks_hit - utility->shared_hit;
		execution.counters.shared_read = pgBufferUsage.shared_blks_read - utility->shared_read;
		execution.counters.temp_written = pgBufferUsage.temp_blks_written - utility->temp_written;
	}
	pfa_record_execution(&execution, shape);
}

void
pfa_utility_end(PfaUtility *utility, const QueryCompletion *qc, bool failed)
{
	uint64		end_ns = pfa_collect_clock();
	uint64		ns = end_ns - utility->start_ns;

	around = utility->outer;
	if (utility->explain)
		in_explain--;
	if (utility->recorded && utility->counted)
		record(utility, qc, failed, ns);
	if (!utility->toplevel)
		return;
	pfa_unit_utility(end_ns, utility->writes);
	if (utility->recorded && pfa_slab_begin())
	{
		PfaBackendNow *now = pfa_slab_now_change();

		if (failed)
			now->errors++;
		else if (utility->counted)
		{
			now->statements++;
			now->exec_ns += ns;
			now->hist[pfa_hist_bucket(ns / 1000)]++;
		}
		pfa_slab_now_changed();
	}
}

const PfaUtility *
pfa_utility_around(void)
{
	PfaUtility *utility = around;

	while (utility && !utility->recorded)
		utility = utility->outer;
	return utility;
}

bool
pfa_utility_in_explain(void)
{
	return in_explain > 0;
}
