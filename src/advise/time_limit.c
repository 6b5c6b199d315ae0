/*
 * time_limit.c
 *		No function that planning executes takes longer than advice may.
 *
 * Planning folds functions, and nobody knows how long one takes: it may sleep.
 * The deadline of a run is looked at between two plans only, so each plan has a
 * timer of its own, a share of the run's time.  It cancels what is executed as a
 * statement_timeout would, in the subtransaction of replan.c, and again and again
 * if that is swallowed; the statement is skipped and the run goes on.
 *
 * The user's own cancellation and statement_timeout are not for us to swallow.
 * The server keeps apart who has cancelled only for its own timeouts: a cancel
 * request that comes when ours has already struck, and before anybody has looked,
 * ends the step and not the run.
 */
#include "postgres.h"

#include "advise/time_limit.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

/* A step may take this share of a run's time, and always so many milliseconds. */
#define STEP_SHARE 0.25
#define STEP_LEAST_MS 100.0
/* So long after the deadline; then so many, just enough for any plan but a huge one. */
#define GRACE_MS 500
#define STEP_LATE_MS 10.0
/* Outside of runs, for all plans of a statement. */
#define STEP_OUTSIDE_MS 2000.0
/* Struck again if that was swallowed. */
#define AGAIN_MS 50

static PfaTimeRun run;

static TimeoutId timer;
static bool registered = false;
static TimestampTz due = 0;		/* of the step under way; 0: none */
static volatile sig_atomic_t struck = false;

/* In a signal handler. */
static void
strike(void)
{
	if (due == 0)
		return;
	struck = true;
	InterruptPending = true;
	QueryCancelPending = true;
}

PfaTimeRun
pfa_time_limit_run(TimestampTz deadline, int max_ms, bool single)
{
	PfaTimeRun	around = run;

	run.deadline = deadline;
	run.step_ms = Max(max_ms * (single ? 1 : STEP_SHARE), STEP_LEAST_MS);
	return around;
}

void
pfa_time_limit_resume(PfaTimeRun around)
{
	run = around;
}

/* Milliseconds that the next step may take. */
static double
step_ms(TimestampTz now)
{
	if (run.deadline == 0)
	{
		if (run.statement != GetCurrentStatementStartTimestamp())
			run.step_ms = STEP_OUTSIDE_MS;
		run.statement = GetCurrentStatementStartTimestamp();
		return run.step_ms;
	}
	if (now < run.deadline)
		return Max(Min(run.step_ms, (run.deadline - now) / 1000.0), STEP_LEAST_MS);
	return now < run.deadline + GRACE_MS * INT64CONST(1000) ? STEP_LEAST_MS : STEP_LATE_MS;
}

void
pfa_time_limit_arm(PfaTimeLimit *limit)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz end = now + (TimestampTz) (step_ms(now) * 1000);

	if (!registered)
		timer = RegisterTimeout(USER_TIMEOUT, strike);
	registered = true;
	memset(limit, 0, sizeof(*limit));
	limit->due_around = due;
	limit->counted = get_timeout_active(STATEMENT_TIMEOUT);
	/* whoever swallows that is not to go on for as long as there is time */
	if (limit->counted)
		end = Min(end, get_timeout_finish_time(STATEMENT_TIMEOUT) + AGAIN_MS * INT64CONST(1000));
	if (due != 0)
	{
		disable_timeout(timer, false);
		end = Min(end, due);
	}
	struck = false;
	due = end;
	enable_timeout_every(timer, end, AGAIN_MS);
}

void
pfa_time_limit_disarm(PfaTimeLimit *limit)
{
	due = 0;
	disable_timeout(timer, false);
	limit->cut = struck;
	limit->others = limit->counted && !get_timeout_active(STATEMENT_TIMEOUT);
	/* it was ours, and came too late to stop anything */
	if (struck && !get_timeout_indicator(STATEMENT_TIMEOUT, false))
		QueryCancelPending = false;
	/* a step that goes on taking so long must not take all of the time */
	if (struck)
		run.step_ms = Max(run.step_ms / 2, STEP_LEAST_MS);
	struck = false;
	due = limit->due_around;
	if (due != 0)
		enable_timeout_every(timer, due, AGAIN_MS);
}

void
pfa_time_limit_pass_on(const PfaTimeLimit *limit)
{
	if (limit->others)
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to statement timeout")));
}
