/*
 * aliases.h
 *		Shared memory of which shape a query id stands for, so that a statement
 *		parsed once need not be looked at again by another backend.
 */
#ifndef PFA_ALIASES_H
#define PFA_ALIASES_H

#include "perfaudit.h"

/* How a literal or parameter is used. */
typedef enum PfaBindKind
{
	PFA_BIND_OTHER = 0,			/* unknown, or inside an expression */
	PFA_BIND_EQUAL,				/* column = value */
	PFA_BIND_LIST,				/* column = ANY (list) */
	PFA_BIND_RANGE,				/* column < value and the like, or a pattern */
	PFA_BIND_LIMIT,				/* LIMIT or OFFSET */
	PFA_BIND_TARGET				/* in the target list: not a condition */
} PfaBindKind;

#define PFA_PARAM_BEYOND	1023	/* the number of a parameter that has a
									 * higher one */

typedef struct PfaBinding
{
	Oid			relid;			/* of the column compared with, or 0 */
	uint32		attnum:11;
	uint32		paramid:10;		/* $n, or 0 for a literal */
	uint32		kind:3;			/* PfaBindKind */
	uint32		list_length:8;	/* elements of a list of parameters, 0: none */
} PfaBinding;

/* All that is known of a query id without looking at the query. */
typedef struct PfaShapeFacts
{
	uint64		shape;
	Oid			target;			/* relation written, or first one read */
	uint8		operation;		/* PfaOperation */
	uint8		flags;			/* PFA_FLAG_* */
	uint16		tables:11;		/* a hash of them, where query ids know names only */
	uint16		nbindings:4;
	uint16		more_values:1;	/* has more literals than bindings */
	PfaBinding	bindings[PFA_MAX_VALUES];
} PfaShapeFacts;

extern Size pfa_aliases_size(void);
extern void pfa_aliases_init(void *place, bool found);

/* To put takes one lock, for a moment.  A forgotten alias is found out anew. */
extern bool pfa_aliases_find(uint64 queryid, Oid dbid, PfaShapeFacts *facts);
extern void pfa_aliases_put(uint64 queryid, Oid dbid, const PfaShapeFacts *facts);

#endif							/* PFA_ALIASES_H */
