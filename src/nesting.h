/*
 * nesting.h
 *		How deep statements run in one another, whichever way they end.
 *
 * A handler of errors around every start and run would cost as much as all that
 * is recorded of them.  Most go without: after an error they are found, and
 * counted as failed, by the abort of the transaction or subtransaction that
 * every error ends in, or by a handler further out.  What the error was is noted
 * when it is raised, in an error context callback.
 */
#ifndef PFA_NESTING_H
#define PFA_NESTING_H

#include "calls.h"
#include "frames.h"

extern PFA_LOCAL int pfa_nesting;	/* 0: sent by the client */

/*
 * The innermost utility statement, if it is recorded, else what runs around it:
 * that statement has a handler, and may end a transaction and go on.
 */
extern PFA_LOCAL PfaCall *pfa_nesting_floor;

/* From here on errors are noted in the frame, until... */
static inline void
pfa_nesting_watch(PfaFrame *frame)
{
	frame->context.previous = error_context_stack;
	error_context_stack = &frame->context;
}

/* ...here. */
static inline void
pfa_nesting_unwatch(const PfaFrame *frame)
{
	error_context_stack = frame->context.previous;
}

/*
 * Back to where this run was the innermost, and to this level: those inside it
 * are over, by an error if they are still here.
 */
extern void pfa_nesting_unwind(const PfaCall *run);

static inline void
pfa_nesting_return(const PfaCall *run, int level)
{
	if (unlikely(pfa_calls_running != run))
		pfa_nesting_unwind(run);
	pfa_nesting = level;
}

/*
 * The transaction is over, or a subtransaction was aborted: so is all that began
 * in it.
 */
extern void pfa_nesting_over(int xact_level);

/* At the server's start. */
extern void pfa_nesting_install(void);

#endif							/* PFA_NESTING_H */
