/*
 * what_if.h
 *		Plans under indexes that do not exist, or without some that do.
 */
#ifndef PFA_WHAT_IF_H
#define PFA_WHAT_IF_H

#include "perfaudit.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
#include "storage/block.h"

/* An index to be supposed; columns as in IndexStmt order. */
typedef struct PfaHypoIndex
{
	Oid			relid;			/* table, materialised view or partition root */
	Oid			am;				/* access method */
	int			nkeys;			/* key columns */
	int			ncolumns;		/* with INCLUDE columns */
	AttrNumber *attnums;		/* 0: the next of exprs */
	List	   *exprs;			/* expressions, varno 1 */
	List	   *pred;			/* implicit-AND partial predicate, varno 1 */
	Oid		   *opclasses;
	Oid		   *collations;
	bool	   *descending;
	bool	   *nulls_first;
	bool		unique;
	Oid			tablespace;		/* InvalidOid: the database's default */
	int			fillfactor;		/* percent; 0: the access method's default */
	bool		deduplicate;	/* btree may merge equal keys */
	BlockNumber pages_per_range;	/* brin */
	List	  **opclassdefs;	/* options of the operator classes as written
								 * (DefElem), or NULL; by column */
	struct varlena **opclassoptions;	/* as the operator class takes them */
	bool		own_words;		/* the caller has written it, so what its
								 * expressions execute is his own doing */
	double		fraction;		/* share of the table's rows that pred keeps */
	Oid			oid;			/* fake; given by what_if */
	double		tuples;			/* estimated; filled by what_if */
	BlockNumber pages;			/* estimated; filled by what_if */
	struct PfaHypoFacts *facts; /* of a sample; NULL: none */
	List	   *sizes;			/* by table, so that each is estimated once */
} PfaHypoIndex;

/*
 * Plans a rewritten query with the indexes (PfaHypoIndex *) supposed and the
 * indexes of hidden (OIDs) left out.  values NULL: generic.  The plan must
 * never be executed.  Throws what the planner throws; whatever happens, no
 * hypothetical index is left behind.
 */
extern PlannedStmt *pfa_whatif_plan(Query *query, const char *text,
									List *indexes, List *hidden,
									ParamListInfo values);

/*
 * The plan as EXPLAIN shows it.  The caller must be entitled to see it: a plan
 * repeats the literals of its query.
 */
extern char *pfa_whatif_explain(PlannedStmt *plan, const char *text,
								List *indexes, ParamListInfo values);

/*
 * The list with the partitions' indexes added for each index of a partitioned
 * table.  Raises an error for what may not be left out: an index that backs a
 * constraint takes part in what the planner may conclude.
 */
extern List *pfa_whatif_hidden(List *hidden);

/*
 * what_if_sql.c: raises an error unless the text is one statement that can be
 * planned, in the time that there is, and that the caller may run.
 */
extern void pfa_whatif_check(const char *sql);

#endif							/* PFA_WHAT_IF_H */
