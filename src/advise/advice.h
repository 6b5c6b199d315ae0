/*
 * advice.h
 *		One run of the index advisor: what its steps hand to each other.
 *
 *		shapes -> tables -> evidence -> candidates -> search -> rows
 *
 * All of it lives in the context of the call.
 */
#ifndef PFA_ADVICE_H
#define PFA_ADVICE_H

#include "needs.h"
#include "replan.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"

#define PFA_MS_PER_DAY 86400000.0
/* Added to sizes, so that tiny indexes do not win by their size alone, megabytes. */
#define PFA_BASE_MB 0.5

/* An existing index, as far as it stands in for a candidate. */
typedef struct PfaTableIndex
{
	Oid			oid;
	Oid			am;
	int			nkeys;
	int			ncolumns;		/* with those included */
	AttrNumber *attnums;		/* 0: the next of exprs */
	List	   *exprs;
	Oid		   *opclasses;
	Oid		   *collations;
	bool	   *descending;
	bool	   *nulls_first;
	bool		unique;
	bool		partial;
	List	   *pred;			/* of a partial one, implicit AND */
} PfaTableIndex;

/* A table that statements of the workload use. */
typedef struct PfaTable
{
	Oid			relid;			/* of the root, for partitions */
	bool		partitioned;
	double		tuples;
	double		pages;
	List	   *indexes;		/* PfaTableIndex *, the valid ones */
	const char *refused;		/* why no index is advised on it, or NULL */
	/* rows a day, of recorded statements */
	double		inserts;
	double		updates;
	double		deletes;
	double		hot_share;		/* of updates, by the server's statistics */
	double		hit_share;		/* of its blocks found in memory */
	double		total_ms;		/* a day, of the statements that use it */
	int			merged;			/* candidates that do for several others */
} PfaTable;

/* What a shape read of a table and kept, a call. */
typedef struct PfaEvidence
{
	PfaTable   *table;
	double		examined;		/* rows */
	double		kept;			/* rows */
	double		needed;			/* rows that are fetched by an index, of all uses
								 * together */
	bool		measured;		/* by sampled executions, not by the planner */
	const char *refused;		/* why that is no reason for an index, or NULL */
} PfaEvidence;

/* A cost once planned. */
typedef struct PfaCost
{
	Bitmapset  *supposed;		/* candidates that could matter */
	double		cost;			/* what it will cost, disorder and all */
	double		planner_cost;	/* what the planner says */
	Bitmapset  *used;			/* those of them in the plan */
} PfaCost;

/* A recorded statement that is planned again. */
typedef struct PfaShape
{
	int			id;
	const PfaWorkItem *item;
	PfaReplan  *replan;
	List	   *variants;		/* PfaReplan *: the same with other recorded
								 * values, where its plan is another then */
	bool		generic;		/* judged by its generic plan */
	double		cost;			/* as things are; the mean of all variants */
	double		planner_cost;	/* what the planner says, without disorder.c */
	PlannedStmt *plan;			/* as things are */
	double		calls_per_day;
	double		mean_ms;
	double		ms_per_cost;	/* of the plan it has */
	double		usual_ms_per_cost;	/* the median of the shapes */
	List	   *needs;			/* PfaNeed * */
	List	   *evidence;		/* PfaEvidence *, one a table */
	Bitmapset  *relevant;		/* candidates that could change its plan */
	List	   *costs;			/* PfaCost * */
	double		floor;			/* with all candidates: it gets no cheaper */
	double		now;			/* with the chosen ones */
	bool		hopeless;		/* no candidate helps it */
	uint64		weighed;		/* advice->weighings when it was last counted */
	bool		combines_known; /* whether several indexes of a table may serve it */
	bool		combines;		/* at once: by an OR (costs.c) */
} PfaShape;

typedef struct PfaCandidate
{
	int			id;
	PfaTable   *table;
	PfaHypoIndex *index;
	double		size_mb;
	double		write_ms;		/* a day */
	double		hot_lost;		/* HOT updates a day that it would end */
	bool		chosen;
	bool		dropped;		/* chosen once, made superfluous by others */
	bool		barred;			/* refused whatever it gains */
	double		gain_ms;		/* a day */
	List	   *gains;			/* PfaGain *, once chosen: the largest first */
	List	   *shapes;			/* PfaShape *, to which it is relevant */
	struct PfaStep *step;		/* what adding it is worth (search.c), or NULL */
	double		score;			/* what that was when last weighed (search.c) */
	bool		promising;		/* in a plan with all candidates at once */
	const char *refused;		/* why it is not advised, or NULL */
	struct PfaSharedGiven *given;	/* what is known of it as advice (hold.h), or
									 * NULL */
} PfaCandidate;

/* What one statement gains by one index. */
typedef struct PfaGain
{
	PfaShape   *shape;
	double		before;			/* planner cost, as things are */
	double		after;			/* with all that is advised */
	double		ms_per_day;		/* this index's share of what that saves */
} PfaGain;

/*
 * An index that cannot be supposed here (its extension is missing, or the
 * statement must be rewritten first): told, not verified.
 */
typedef struct PfaNote
{
	PfaTable   *table;
	AttrNumber	attnum;
	PfaShape   *shape;
	bool		member;			/* value = ANY (column); else a pattern in a
								 * text */
} PfaNote;

typedef struct PfaAdvice
{
	/* arguments */
	int			max_indexes;
	int64		storage_budget; /* bytes; -1: none */
	double		min_gain;		/* percent */
	List	   *only_tables;	/* OIDs of roots; NIL: all */
	List	   *only_queryids;	/* uint64 *; NIL: all */
	bool		include_drops;
	char	   *query;			/* of suggest_indexes_for; else NULL */
	int			max_ms;
	TimestampTz deadline;
	bool		truncated;		/* the deadline cut something off */
	int			cut;			/* statements that there was no time to look
								 * at */
	/* the workload */
	List	   *items;			/* PfaWorkItem *, all */
	double		window_days;	/* since the oldest was first seen */
	double		ms_per_cost;	/* median of the shapes */
	List	   *shapes;			/* PfaShape * */
	List	   *skipped;		/* PfaReplan *, with reasons */
	List	   *tables;			/* PfaTable * */
	List	   *locked;			/* OIDs of tables that tables.c locked */
	List	   *candidates;		/* PfaCandidate *, by id */
	List	   *notes;			/* PfaNote * */
	List	   *drops;			/* PfaDrop * */
	int			plans;			/* times the planner was asked */
	/* how far it is */
	const char *phase;
	int			wanted;			/* statements to be planned */
	int			n_chosen;		/* indexes so far */
	bool		by_gain;		/* those that gain most come first, whatever their
								 * size */
	int			left;			/* candidates that there was no time to try */
	MemoryContext memory;		/* of the run: all that is here */
	uint64		weighings;		/* steps weighed, see PfaShape */
	bool		remaining_known;	/* what pfa_costs_remaining found last, */
	Bitmapset  *remaining_of;	/* of which set, */
	double		remaining_ms;
	bool		crowded;		/* more candidates than are looked at */
	bool		full;			/* the memory for a run is used up */
	/* advice given (hold.h) */
	struct PfaGivenKey *given_key;	/* whose, and on what */
	struct PfaSharedGiven *given;	/* before, by definition */
	int			n_given;
	struct PfaSharedGiven *told;	/* now */
	int			n_told;
	TimestampTz given_at;		/* 0: it is not to be remembered */
} PfaAdvice;

/*
 * True, from then on for ever, once the time is up or the memory used up; checks
 * for interrupts.
 */
extern bool pfa_advice_expired(PfaAdvice *advice);

/* Kilobytes that the run has. */
extern Size pfa_advice_memory(const PfaAdvice *advice);

/* The moment when a share of the time that is left will have passed. */
extern TimestampTz pfa_advice_share(const PfaAdvice *advice, double share);

/* suggest.c: whether advice on a table (or partition) was asked for. */
extern bool pfa_advice_wants(const PfaAdvice *advice, Oid relid);

/* suggest.c: the table that a partition belongs to, or itself. */
extern Oid	pfa_advice_root(Oid relid);

/* shapes.c: chooses what to plan again, plans it as things are, sets weights. */
extern void pfa_shapes_prepare(PfaAdvice *advice);

/* shapes.c: gives the locks back. */
extern void pfa_shapes_release(PfaAdvice *advice);

/* variants.c: plans it with other recorded values, too; its cost is their mean. */
extern void pfa_variants_find(PfaAdvice *advice, PfaShape *shape);

/* variants.c: as pfa_replan_plan, of the shape and all its variants. */
extern bool pfa_variants_plan(PfaShape *shape, List *indexes, List *hidden,
							  PfaReplanned *result);

/* variants.c: gives the locks back. */
extern void pfa_variants_release(PfaShape *shape);

/* tables.c: the table (the root for a partition), looked up once; or NULL. */
extern PfaTable *pfa_tables_get(PfaAdvice *advice, Oid relid);

/*
 * tables.c: different values and average width of a column; 0: unknown.  A page
 * is the width of values that are too long to be counted.
 */
extern void pfa_tables_column(const PfaTable *table, AttrNumber attnum,
							  double *distinct, double *width);

/*
 * table_share.c: the share of rows that a condition keeps, 0 to 1; a value that
 * ANALYZE has not seen, of a column with few, is taken for rare.  values: how
 * many different ones the column has; 0: unknown.  -1: nobody knows.
 */
extern double pfa_table_share_of(const PfaTable *table, const PfaNeedFixed *fixed,
								 double *values);

/* tables.c: whether an existing index does what the definition would. */
extern bool pfa_tables_has_index(const PfaTable *table, const PfaHypoIndex *index);

/* tables.c: whether rows equal in all these columns are one row. */
extern bool pfa_tables_is_unique(const PfaTable *table, const Bitmapset *columns);

/* evidence.c: fills the evidence of every shape. */
extern void pfa_evidence_weigh(PfaAdvice *advice);

/* candidates.c */
extern void pfa_candidates_make(PfaAdvice *advice);

/*
 * write_cost.c: the rates of a table; what one more entry costs, and a candidate a
 * day, milliseconds.
 */
extern void pfa_write_cost_rates(PfaAdvice *advice, PfaTable *table);
extern double pfa_write_cost_entry(const PfaAdvice *advice, const PfaTable *table);
extern void pfa_write_cost_estimate(PfaAdvice *advice, PfaCandidate *candidate);

/*
 * strategy.c: chooses; the result are the candidates, best first, with their
 * gains.
 */
extern List *pfa_search_run(PfaAdvice *advice);

/*
 * costs.c: the cost of a shape under candidates (by id), planned once for each
 * set; used, unless NULL: those that its plan has.
 */
extern double pfa_costs_get(PfaAdvice *advice, PfaShape *shape,
							const Bitmapset *supposed, Bitmapset **used);

/* costs.c: the same as the planner sees it, for people who ask it, too. */
extern double pfa_costs_planner(PfaAdvice *advice, PfaShape *shape,
								const Bitmapset *supposed);

/*
 * costs.c: the cost of a shape before and (the result) after a step from one set
 * to another.  What the plan before leaves unused is taken to stay so, but for
 * what an OR combines: so it may be too high, and is asked for far less often.
 */
extern double pfa_costs_step(PfaAdvice *advice, PfaShape *shape, const Bitmapset *from,
							 const Bitmapset *to, double *before);

/*
 * costs.c: milliseconds a day that all shapes take under a set; their cost under it
 * becomes shape->now.
 */
extern double pfa_costs_remaining(PfaAdvice *advice, const Bitmapset *chosen);

/*
 * costs.c: what a candidate gains beside the chosen ones: milliseconds a day,
 * and the largest relative gain of a shape in percent.
 */
extern double pfa_costs_gain(PfaAdvice *advice, const PfaCandidate *candidate,
							 const Bitmapset *chosen, double *percent);

/* costs.c: milliseconds a day that a change of cost is worth. */
extern double pfa_costs_worth(const PfaShape *shape, double before, double after);

/* suggest_rows.c: the rows of suggest_indexes. */
extern void pfa_suggest_emit(PfaAdvice *advice, List *chosen, ReturnSetInfo *rsinfo);

#endif							/* PFA_ADVICE_H */
