/*
 * utility.h
 *		Utility statements: recorded by themselves, or seen through.
 */
#ifndef PFA_UTILITY_H
#define PFA_UTILITY_H

#include "calls.h"
#include "perfaudit.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "tcop/cmdtag.h"

/* One utility statement that goes on; lives in the hook's stack frame. */
typedef struct PfaUtility
{
	PfaCall		call;			/* is the first */
	PfaCaller	caller;			/* of its own, if it is recorded and nested */
	/* zeroed when it begins, and the first 16 bytes of call */
	PfaKey		key;
	uint64		queryid;
	uint64		start_ns;
	int64		shared_hit;		/* counters when it began */
	int64		shared_read;
	int64		temp_written;
	bool		recorded;		/* has a key */
	bool		counted;		/* counts as an execution */
	bool		toplevel;
	bool		writes;			/* may have changed data */
	bool		changes_schema;
	bool		ends;			/* the transaction */
	bool		explain;
	bool		runs_code;		/* DO, CALL: what it runs is a function's */
	bool		executes;		/* EXECUTE: its result goes to the client */
	struct PfaUtility *outer;
} PfaUtility;

/* EXECUTE, FETCH and the like only run another statement: they nest nothing. */
extern bool pfa_utility_is_transparent(const Node *utility);

/* False when nothing is to be done at its end. */
extern bool pfa_utility_begin(PfaUtility *utility, const PlannedStmt *stmt,
							  const char *text, int nesting);
extern void pfa_utility_end(PfaUtility *utility, const QueryCompletion *qc,
							bool failed);

/* The backend ends while they go on. */
extern void pfa_utility_cut_short(void);

/* The innermost recorded one that goes on, or NULL. */
extern const PfaUtility *pfa_utility_around(void);

/* The shape of a recorded one. */
extern struct PfaShape *pfa_utility_shape(const PfaUtility *utility);

/* Whether the innermost utility statement is an EXECUTE of a client. */
extern bool pfa_utility_executes(void);

/* The innermost utility statement that goes on, or NULL. */
extern PFA_LOCAL PfaUtility *pfa_utility_innermost;

/* Whether any utility statement goes on. */
static inline bool
pfa_utility_goes_on(void)
{
	return pfa_utility_innermost != NULL;
}

/* Above 0 while EXPLAIN runs something. */
extern PFA_LOCAL int pfa_utility_explains;

#endif							/* PFA_UTILITY_H */
