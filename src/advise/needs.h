/*
 * needs.h
 *		What a query asks of each table it uses: the raw material of candidates.
 */
#ifndef PFA_NEEDS_H
#define PFA_NEEDS_H

#include "postgres.h"

#include "nodes/bitmapset.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"

typedef enum PfaNeedKind
{
	PFA_NEED_EQUAL,				/* =, IN, IS NULL, a boolean column */
	PFA_NEED_RANGE,				/* <, <=, >=, > */
	PFA_NEED_JOIN,				/* = a column of another table */
	PFA_NEED_PREFIX,			/* LIKE 'x%' */
	PFA_NEED_CONTAINS,			/* LIKE '%x%', ILIKE, regular expressions */
	PFA_NEED_ELEMENTS,			/* elements of a jsonb, array or tsvector,
								 * ranges */
	PFA_NEED_MEMBER				/* value = ANY (array column) */
} PfaNeedKind;

/* A column or expression of the table in one condition. */
typedef struct PfaNeedColumn
{
	PfaNeedKind kind;
	AttrNumber	attnum;			/* 0: expr */
	Node	   *expr;			/* varno 1 */
	Oid			type;
	Oid			collation;		/* of the column or expression */
	bool		inside_or;		/* one arm of an OR */
	bool		searchable;		/* CONTAINS: three characters known in a row */
	Oid			opno;			/* ELEMENTS: the operator, */
	Oid			opclass;		/* and the class that serves it, */
	Oid			am;				/* of GIN or GiST */
	bool		recorded;		/* told by a plan, of whichever use of the table */
} PfaNeedColumn;

/*
 * A condition that holds whatever the parameters: = or IN with literals,
 * IS [NOT] NULL, a boolean column or its NOT.
 */
typedef struct PfaNeedFixed
{
	AttrNumber	attnum;
	Node	   *clause;			/* varno 1 */
	List	   *values;			/* the literals (Const *), or NIL */
	Oid			opno;			/* column = value */
} PfaNeedFixed;

/* A key that rows are wanted in order of. */
typedef struct PfaNeedKey
{
	AttrNumber	attnum;			/* 0: expr */
	Node	   *expr;			/* varno 1 */
	bool		descending;
	bool		nulls_first;
} PfaNeedKey;

/* One use of a table. */
typedef struct PfaNeed
{
	Oid			relid;
	List	   *columns;		/* PfaNeedColumn * */
	List	   *fixed;			/* PfaNeedFixed * */
	List	   *order;			/* PfaNeedKey *: all sort keys, or none */
	List	   *extremes;		/* PfaNeedKey *: each of a min or max */
	bool		limited;		/* with LIMIT */
	bool		nearest;		/* by the distance from a column, with LIMIT */
	Bitmapset  *used;			/* all columns that the query reads of it */
	bool		whole;			/* reads whole rows, or locks or changes them */
} PfaNeed;

/*
 * The needs (PfaNeed *) of a rewritten query, one a use of a table; catalogs
 * and temporary tables are left out.  values: for patterns given as
 * parameters.  Executes nothing.
 */
extern List *pfa_needs_collect(Query *query, ParamListInfo values);

#endif							/* PFA_NEEDS_H */
