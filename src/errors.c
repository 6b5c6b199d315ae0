/*
 * errors.c
 *		What an error is: the class of its SQLSTATE, and whether the statement
 *		was cancelled or timed out; sums of errors.
 *
 * Called while an error is on its way, be it for want of memory.  Must never
 * throw, allocate or look at a message, which may be in any language.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/proc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "errors.h"

/*
 * Whether a timeout has ended this statement.  A cancel request and a timeout
 * raise the same SQLSTATE, and by now the timeout's indicator has been reset.
 * What it leaves: a timeout that fired was due while the statement ran, and is
 * active no more.  One that is still active has not fired.  One of an earlier
 * statement that was called off in time began before this one, and would have
 * been set again for this one if it were not switched off since (the time of
 * Parse, where it may have been set, is before that of Execute).
 */
static bool
has_fired(TimeoutId id, int setting)
{
	TimestampTz due = get_timeout_finish_time(id);
	TimestampTz statement = GetCurrentStatementStartTimestamp();

	return !get_timeout_active(id) &&
		due >= statement && due <= GetCurrentTimestamp() &&
		(setting > 0 || get_timeout_start_time(id) >= statement);
}

PfaFailure
pfa_errors_current(void)
{
	int			code = geterrcode();
	PfaFailure	failure;

	failure.sqlstate_class = ERRCODE_TO_CATEGORY(code);
	failure.reason = PFA_FAILED;
	if (code == ERRCODE_QUERY_CANCELED)
		failure.reason = has_fired(STATEMENT_TIMEOUT, StatementTimeout) ?
			PFA_STATEMENT_TIMEOUT : PFA_CANCELLED;
	/* NOWAIT raises it too */
	else if (code == ERRCODE_LOCK_NOT_AVAILABLE && has_fired(LOCK_TIMEOUT, LockTimeout))
		failure.reason = PFA_LOCK_TIMEOUT;
	return failure;
}

PfaFailure
pfa_errors_of_exit(void)
{
	PfaFailure	failure;

	/* the error itself is gone */
	failure.sqlstate_class = pgStatSessionEndCause == DISCONNECT_KILLED ?
		ERRCODE_TO_CATEGORY(ERRCODE_ADMIN_SHUTDOWN) : 0;
	failure.reason = PFA_TERMINATED;
	return failure;
}

static void
add_class(PfaErrors *errors, uint16 sqlstate_class, uint64 n)
{
	for (int i = 0; i < PFA_ERROR_CLASSES && sqlstate_class != 0; i++)
	{
		if (errors->counts[i] == 0)
			errors->classes[i] = sqlstate_class;
		if (errors->classes[i] == sqlstate_class)
		{
			errors->counts[i] += n;
			return;
		}
	}
	errors->other += n;
}

void
pfa_errors_count(PfaErrors *errors, PfaFailure failure)
{
	add_class(errors, failure.sqlstate_class, 1);
	errors->reasons[failure.reason]++;
}

void
pfa_errors_merge(PfaErrors *sum, const PfaErrors *errors)
{
	for (int i = 0; i < PFA_ERROR_CLASSES && errors->counts[i] > 0; i++)
		add_class(sum, errors->classes[i], errors->counts[i]);
	sum->other += errors->other;
	for (int i = 0; i < PFA_FAILURE_REASONS; i++)
		sum->reasons[i] += errors->reasons[i];
}
