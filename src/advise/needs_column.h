/*
 * needs_column.h
 *		Between needs.c, which walks a query, and needs_column.c, which reads
 *		its conditions.
 */
#ifndef PFA_NEEDS_COLUMN_H
#define PFA_NEEDS_COLUMN_H

#include "needs.h"

/* A query or sub-query and what its range table stands for. */
typedef struct PfaLevel
{
	Query	   *query;
	struct PfaLevel *parent;
	PfaNeed   **needs;			/* a range table entry: its table, or NULL */
	struct PfaLevel **levels;	/* a range table entry: its sub-query, or NULL */
	List	  **all;			/* all needs found */
	ParamListInfo values;
} PfaLevel;

/* The table and column behind an expression, if it is nothing but a column. */
extern bool pfa_needs_resolve(PfaLevel *level, Node *node, PfaNeed **need,
							  AttrNumber *attnum);

/*
 * An expression of one table's columns (a copy, varno 1) and that table; NULL if no
 * index could have it or it is more than we understand.
 */
extern Node *pfa_needs_expression(PfaLevel *level, Node *node, PfaNeed **need);

/* Adds a condition on a column, once. */
extern PfaNeedColumn *pfa_needs_add(PfaNeed *need, PfaNeedKind kind,
									AttrNumber attnum, bool inside_or);

/* Adds what is compared, be it a column or an expression; or NULL. */
extern PfaNeedColumn *pfa_needs_add_side(PfaLevel *level, Node *side,
										 PfaNeedKind kind, bool inside_or);

/*
 * needs_inside.c: LIKE, ILIKE and regular expressions; @>, ?, @@, && (false for
 * all else); the distance from a column, as a sort key; value = ANY (column).
 */
extern void pfa_needs_pattern(PfaLevel *level, Oid opno, Node *left, Node *right,
							  bool inside_or);
extern bool pfa_needs_elements(PfaLevel *level, Oid opno, Node *left, bool inside_or);
extern bool pfa_needs_nearest(PfaLevel *level, Node *node, PfaNeed **need);
extern void pfa_needs_member(PfaLevel *level, ScalarArrayOpExpr *expr, bool inside_or);

/* needs_fixed.c: adds a condition that holds whatever the parameters. */
extern void pfa_needs_add_fixed(PfaLevel *level, Node *node);

/* Reads a condition. */
extern void pfa_needs_condition(PfaLevel *level, Node *node, bool inside_or);

#endif							/* PFA_NEEDS_COLUMN_H */
