/*
 * shape.h
 *		The shape of a statement: its identity whatever its literals, the length
 *		of its lists and the numbers of its parameters.
 *
 * A shape is core's own jumble of a copy of the query in which lists of
 * constants or parameters and multi-row VALUES are cut to one element and
 * external parameters are renumbered in order of appearance.  It is computed
 * once per query id; Query.queryId is never changed.
 */
#ifndef PFA_SHAPE_H
#define PFA_SHAPE_H

#include "aliases.h"
#include "compat.h"
#include "known.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "nodes/primnodes.h"
#include "plan_facts.h"
#include "settings.h"
#include "texts.h"

/* The plan seen last, of one role and level. */
typedef struct PfaShapePlan
{
	PfaPlanGlance glance;
	uint64		id;				/* published; 0: not known yet */
	Oid			userid;
	uint32		epoch;			/* as text_epoch */
	uint32		sample_in;		/* executions until the next sample */
	uint32		stamp;			/* of all plans of the id, in known.h */
	float4		run_ns;			/* the shape's mean when last looked at */
	uint16		sampled;		/* executions, by all backends, as last heard */
	bool		toplevel;
	bool		text_toplevel:1;	/* as text_epoch */
	bool		plain:1;		/* nothing in it to be looked at at its end */
	bool		settled:1;		/* the store had it, and the text, in epoch */
} PfaShapePlan;

#define PFA_SHAPE_CALLED	0x80000000	/* no unit has such a number */

/*
 * What this backend knows of a query id; a place in a bounded cache, so every
 * byte counts.  A statement that is executed at top level and nested too takes
 * turns.
 */
typedef struct PfaShape
{
	uint64		queryid;		/* 0: free */
	PfaShapeFacts facts;
	/* where things were the last time; verified by who uses them */
	struct PfaSlabEntry *slab_hint;
	int32		store_hint;
	uint32		unit_serial;	/* the unit it was in, and its place there;
								 * nested: PFA_SHAPE_CALLED and how often its
								 * caller has run it so far */
	uint16		called_by;		/* that execution of a caller */
	uint8		unit_place;
	bool		recorded;		/* an execution of it, since it is here */
	/* what capture has learnt */
	uint8		results_unused; /* results captured that no repeat used */
	uint8		results_single; /* results in a row of at most one row */
	uint8		results_skip;	/* results not to be looked at */
	uint8		results_gather; /* results of one row to be put together */
	uint32		text_epoch;		/* when its text was last known to be stored */
	Oid			text_user;		/* for whom */
	uint32		kin;			/* see store_room.c */
	uint32		tags_hash;		/* of its tags and trace */
	PfaShapePlan plan;
	const PlannedStmt *tagged;	/* the last whose text has tags; NULL when the
								 * id was planned since */
} PfaShape;

/* The cached shape of a query id, or NULL. */
extern PFA_LOCAL PfaShape *pfa_shape_last;	/* the one looked for last, or
											 * NULL */
extern PfaShape *pfa_shape_search(uint64 queryid);

/* Whether this backend knew a query id before, and needed its place; it may err. */
extern bool pfa_shape_was_forgotten(uint64 queryid);
extern PFA_LOCAL const Size pfa_shape_cache_size;	/* bytes */

static inline PfaShape *
pfa_shape_find(uint64 queryid)
{
	return pfa_shape_last && pfa_shape_last->queryid == queryid ?
		pfa_shape_last : pfa_shape_search(queryid);
}

/* The id was planned anew: a plan at a known place may be another one. */
static inline void
pfa_shape_forget_plan(PfaShape *shape)
{
	shape->plan.stamp = pfa_known_stamp();
	pfa_changes++;
	shape->tagged = NULL;
}

/* All ids get a stamp of their own, from this one on; returns the next. */
extern uint32 pfa_shape_renew_stamps(uint32 stamp);

/* The same, made up from the shared aliases or, failing that, the id itself. */
extern PfaShape *pfa_shape_of_planned(uint64 queryid, CmdType command);

/*
 * The shape of a query just analysed, and the parts of its text, palloc'd; jumble
 * is core's state for it, or NULL.
 */
extern PfaShape *pfa_shape_of_query(Query *query, const char *text,
									const JumbleState *jumble);
extern bool pfa_shape_text(Query *query, const char *text, const JumbleState *jumble,
						   PfaTextParts *parts);

/* A shape for a utility statement, by its normalised text. */
extern PfaShape *pfa_shape_of_utility(uint64 queryid, Node *utility,
									  const char *text, int location, int length);

/* The same for one whose shape is known, but may have lost its place. */
extern PfaShape *pfa_shape_of_utility_again(uint64 queryid, uint64 id, bool cursor);

/* An ArrayExpr of constants or external parameters only. */
extern bool pfa_shape_is_list(const ArrayExpr *array);

/* What is behind casts without effect on identity. */
extern Node *pfa_shape_strip(Node *node);

#endif							/* PFA_SHAPE_H */
