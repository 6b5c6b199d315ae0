/*
 * value_sets.h
 *		A few sets of values of a statement, for those who plan it again: of its
 *		parameters, or texts of it as they were sent.
 *
 * They lie one after the other in one piece of the memory for texts.
 */
#ifndef PFA_VALUE_SETS_H
#define PFA_VALUE_SETS_H

#include "nodes/params.h"
#include "store.h"

/* Sets kept of a statement. */
#define PFA_VALUE_SETS		4
/* Bytes of one set. */
#define PFA_VALUE_SET_MAX	2048

/* One set; its values (PfaSharedValue) or its text follow. */
typedef struct PfaSharedValueSet
{
	uint32		length;			/* bytes, with this header; a multiple of 8 */
	uint32		nvalues;		/* 0: a text, with its end */
} PfaSharedValueSet;

/* The values of an execution, or its text where that has literals. */
typedef struct PfaExecutionValues
{
	ParamListInfo params;		/* or NULL */
	const char *text;			/* the whole string */
	int			location;		/* of the statement in it; -1: all of it */
	int			length;			/* bytes; 0: up to the end */
} PfaExecutionValues;

/*
 * Writes a set into the buffer of PFA_VALUE_SET_MAX bytes; 0 when there is none
 * that can be kept.  Takes no lock.
 */
extern Size pfa_value_sets_make(const PfaExecutionValues *values, char *buffer);

/*
 * Keeps a set in an entry that has none like it and fewer than PFA_VALUE_SETS.
 * The partition's lock must be held exclusively.
 */
extern void pfa_value_sets_add(PfaSharedStatement *entry, const char *set, Size length);

#endif							/* PFA_VALUE_SETS_H */
