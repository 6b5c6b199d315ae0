/*
 * plan_glance.h
 *		What a look at a plan tree tells, cheap enough for every execution.
 */
#ifndef PFA_PLAN_GLANCE_H
#define PFA_PLAN_GLANCE_H

#include "perfaudit.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"

/* A look at the plan tree, cheap enough for every execution. */
typedef struct PfaPlanGlance
{
	uint64		hash;			/* node types, relations, joins; no
								 * expressions */
	float4		calls;			/* node calls that the planner expects */
	uint16		nodes;
	bool		seq_scans:1;	/* has sequential or sample scans whose rows
								 * are counted */
	bool		page_scans:1;	/* has such of a page in all: they are not */
	bool		parallel:1;		/* has a Gather */
	bool		spills:1;		/* has a node that may write to disk */
	bool		limits:1;		/* LIMIT or OFFSET at the top */
	bool		jit:1;			/* the planner wants code compiled */
	bool		prunes:1;		/* chooses partitions when it is executed */
} PfaPlanGlance;

/* The relation that a scan reads, or 0. */
static inline Oid
pfa_plan_scanned(const PlannedStmt *stmt, const Plan *plan)
{
	Index		rti = ((const Scan *) plan)->scanrelid;

	if (rti == 0 || rti > list_length(stmt->rtable))
		return InvalidOid;
	return rt_fetch(rti, stmt->rtable)->relid;
}

extern void pfa_plan_glance(const PlannedStmt *stmt, PfaPlanGlance *glance);

/*
 * The id of the plan that others are told: the same glance by names.  Looks up
 * catalogs.
 */
extern uint64 pfa_plan_id(const PlannedStmt *stmt);

#endif							/* PFA_PLAN_GLANCE_H */
