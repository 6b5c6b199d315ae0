/*
 * replan.h
 *		Plans a recorded shape again, as the role that ran it and without
 *		letting its functions do anything.
 */
#ifndef PFA_REPLAN_H
#define PFA_REPLAN_H

#include "time_limit.h"
#include "what_if.h"
#include "workload.h"

/* A recorded shape that can be planned again, or the reason why not. */
typedef struct PfaReplan
{
	const PfaWorkItem *item;
	const char *text;			/* what query was analysed from */
	Query	   *query;			/* analysed and rewritten; NULL: skipped */
	ParamListInfo values;		/* the recorded value set, or NULL */
	bool		has_params;		/* a generic plan differs from one with values */
	bool		literals;		/* the text has its literals */
	bool		trusted_only;	/* nothing of roles that are no superusers is executed */
	bool		unasked;		/* nor is another server asked */
	bool		shows;			/* plans that are kept are shown: so is each lock */
	List	   *locked;			/* OIDs of tables that we hold a lock on */
	const char *skipped;		/* reason; NULL: it can be planned */
	char		sqlstate[6];	/* of the error that made us skip it, or "" */
} PfaReplan;

/* What a plan is worth knowing for. */
typedef struct PfaReplanned
{
	double		cost;			/* as the planner has it */
	double		disorder;		/* what it leaves out (disorder.c) */
	List	   *indexes;		/* OIDs used, fake ones included */
	PlannedStmt *plan;			/* if asked for */
} PfaReplanned;

/* A run begins: it waits for locks of one table, but not of one after the other. */
extern void pfa_replan_begin(void);

/*
 * Analyses the shape.  Never throws for what is wrong with the shape, but
 * rethrows cancellation, shutdown and lack of memory.  The result, in the
 * current context, holds AccessShareLock on the tables until it is released.
 */
extern PfaReplan *pfa_replan_prepare(const PfaWorkItem *item);

/*
 * The same where the caller did not ask for planning, only for findings: what
 * another role ran is planned if all of it is trusted, as if a superuser had.  A
 * function of that role could fail, never end or lock as it likes, and findings
 * with it.  Nor is it planned if it reads a foreign table: its server may be asked
 * for estimates, and if that does not answer, nothing ends the waiting.
 */
extern PfaReplan *pfa_replan_prepare_unasked(const PfaWorkItem *item);

/*
 * Plans it with the indexes supposed and those of hidden left out; with the
 * recorded values, or generic.  False, and the shape skipped from now on, when
 * the planner fails.
 */
extern bool pfa_replan_plan(PfaReplan *replan, List *indexes, List *hidden,
							bool generic, bool keep_plan, PfaReplanned *result);

/* The relations that a query names, in any part of it. */
extern List *pfa_replan_relids(Query *query);

/* Gives the locks back. */
extern void pfa_replan_release(PfaReplan *replan);

/* Whether an error of a step concerns the caller, not what was planned. */
extern bool pfa_replan_must_rethrow(const ErrorData *error, const PfaTimeLimit *limit);

/* trust.c */

/*
 * Whether everything that planning the query may execute is built in or owned
 * by a superuser.
 */
extern bool pfa_trust_query(Query *query);

/* The same of evaluating an expression, or a list of them. */
extern bool pfa_trust_expression(Node *expr);

/* Whether any of these relations, or of their children, is a foreign table. */
extern bool pfa_trust_reads_foreign(List *relids);

/*
 * Whether one of them is a foreign table whose server planning may ask: if that
 * does not answer, nothing ends the waiting.
 */
extern bool pfa_trust_asks_servers(List *relids);

/* What may be executed. */
typedef enum PfaTrustGuard
{
	PFA_TRUST_ALL,				/* everything */
	PFA_TRUST_NO_TRACE,			/* nothing that a rollback does not undo, as
								 * locks of the session */
	PFA_TRUST_SUPERUSERS,		/* nor any other function than those above */
} PfaTrustGuard;

/*
 * From now on no more than that may be executed, inside of what holds already,
 * which is returned, for unguard to go back to.  Other functions raise an error of
 * this code, and those that leave a trace one that says that the transaction is
 * read-only.
 */
#define PFA_TRUST_ERROR ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED
extern PfaTrustGuard pfa_trust_guard(PfaTrustGuard guard);
extern void pfa_trust_unguard(PfaTrustGuard guard);

#endif							/* PFA_REPLAN_H */
