/*
 * time_limit.h
 *		No function that planning executes takes longer than advice may.
 */
#ifndef PFA_TIME_LIMIT_H
#define PFA_TIME_LIMIT_H

#include "datatype/timestamp.h"

/* What a run of the advisor has; all zero: there is no run. */
typedef struct PfaTimeRun
{
	TimestampTz deadline;
	double		step_ms;		/* that one step may take */
	TimestampTz statement;		/* outside of runs: the one that step_ms is of */
} PfaTimeRun;

/* A step in which functions may be executed. */
typedef struct PfaTimeLimit
{
	TimestampTz due_around;		/* end of the step that this one is a part of; 0: none */
	bool		counted;		/* the user's own statement_timeout was running */
	/* filled when it is over */
	bool		cut;			/* it took too long, whatever came of it */
	bool		others;			/* the user's own statement_timeout has passed in it */
} PfaTimeLimit;

/*
 * A run begins (inside of another one, perhaps, which is returned) and ends.  One
 * about a single statement has no other to leave time for.
 */
extern PfaTimeRun pfa_time_limit_run(TimestampTz deadline, int max_ms, bool single);
extern void pfa_time_limit_resume(PfaTimeRun around);

/*
 * From arm on, to be called inside PG_TRY, the step is cancelled when its time is
 * up, until disarm, which must be called whichever way it ends.
 */
extern void pfa_time_limit_arm(PfaTimeLimit *limit);
extern void pfa_time_limit_disarm(PfaTimeLimit *limit);

/*
 * Raises the user's own statement_timeout if it has passed in a step that has
 * swallowed its error.
 */
extern void pfa_time_limit_pass_on(const PfaTimeLimit *limit);

#endif							/* PFA_TIME_LIMIT_H */
