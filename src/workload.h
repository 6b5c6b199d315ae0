/*
 * workload.h
 *		The recorded workload as the index advisor reads it: a copy, taken
 *		partition by partition, of what store and the slabs hold.
 */
#ifndef PFA_WORKLOAD_H
#define PFA_WORKLOAD_H

#include "perfaudit.h"
#include "nodes/pg_list.h"

/* One recorded shape; everything is palloc'd in the context of the call. */
typedef struct PfaWorkItem
{
	PfaKey		key;
	uint64		queryid;		/* core's id, one of its aliases; 0: unknown */
	const uint64 *queryids;		/* all that are known, 0 where there is none */
	int			nqueryids;
	PfaOperation operation;
	bool		catalog_only;	/* touches catalogs (or nothing) only */
	bool		temporary;		/* touches temporary tables */
	PfaCounters counters;		/* calls: those that were cut off included */
	uint64		cut_off;		/* of them, by a timeout or on request */
	TimestampTz first_seen;
	TimestampTz last_seen;
	char	   *query;			/* normalised text, or NULL */
	char	   *sample;			/* text as once sent, literals included: for
								 * re-planning only, never shown; or NULL */
	char	   *search_path;	/* setting in force when it was captured */
	int			nparams;		/* external parameters ($1 ... $n) */
	Oid		   *param_types;	/* resolved types, InvalidOid: unknown */
	bool		has_values;		/* the two below are filled */
	Datum	   *param_values;	/* one recorded value set, of those without
								 * nulls if there is one */
	bool	   *param_nulls;
	List	   *others;			/* PfaWorkItem *: the same with other values or
								 * another sample, as far as they are
								 * different */
	int			nplans;			/* 0 to 2, the current one first */
	PfaPlanFacts *plans;
	int			nscans;
	PfaScan    *scans;
} PfaWorkItem;

/*
 * All shapes of a database (PfaWorkItem *), in order of total execution time,
 * the largest first, after those that never came to an end.  Takes one partition's lock at a time, shared.
 */
extern List *pfa_workload_read(Oid dbid);

/* One of them, or NULL. */
extern PfaWorkItem *pfa_workload_find(const PfaKey *key);

#endif							/* PFA_WORKLOAD_H */
