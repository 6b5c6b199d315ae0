/*
 * scan_rows.h
 *		Rows that sequential scans read, by relation: the server's own counters,
 *		bracketed around each run of a plan.
 */
#ifndef PFA_SCAN_ROWS_H
#define PFA_SCAN_ROWS_H

#include "perfaudit.h"
#include "executor/execdesc.h"
#include "utils/relcache.h"

typedef struct PfaRelScan
{
	Relation	rel;			/* held open by the plan */
	Oid			relid;
	bool		in_run;
	int64		base_rows;		/* counters when the run began */
	int64		base_scans;
	int64		rows;			/* its own, less what nested statements read */
	int64		scans;
} PfaRelScan;

typedef struct PfaScanSet
{
	int			n;
	PfaRelScan *scans;			/* in the executor's per-query context */
} PfaScanSet;

/* Finds the relations that a started plan scans; empty when out of memory. */
extern void pfa_scan_find(QueryDesc *queryDesc, PfaScanSet *set);

/* Around each run. */
extern void pfa_scan_enter(PfaScanSet *set);
extern void pfa_scan_leave(PfaScanSet *set, int64 *rows, int64 *scans);

/* Takes from a set what a statement nested in its run has read; false if the
 * set does not scan that relation. */
extern bool pfa_scan_subtract(PfaScanSet *set, Oid relid, int64 rows, int64 scans);

#endif							/* PFA_SCAN_ROWS_H */
