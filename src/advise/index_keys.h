/*
 * index_keys.h
 *		From the columns of a candidate to the definition of its index.
 */
#ifndef PFA_INDEX_KEYS_H
#define PFA_INDEX_KEYS_H

#include "advice.h"

#define PFA_MAX_INDEX_KEYS 4

typedef struct PfaIndexKey
{
	AttrNumber	attnum;			/* 0: expr */
	Node	   *expr;
	Oid			opclass;		/* InvalidOid: the type's default */
	bool		descending;
	bool		nulls_first;
} PfaIndexKey;

typedef struct PfaIndexKeys
{
	Oid			am;				/* access method; InvalidOid: btree */
	int			n;
	bool		cut;			/* more keys were wanted */
	PfaIndexKey keys[PFA_MAX_INDEX_KEYS];
	List	   *pred;			/* of a partial index, implicit AND; or NIL */
	double		share;			/* of the rows that it keeps */
	List	   *included;		/* column numbers behind the keys */
} PfaIndexKeys;

/* Each adds what is not among the keys yet. */
extern void pfa_keys_add_column(PfaIndexKeys *keys, const PfaNeedColumn *column);
extern void pfa_keys_add_columns(PfaIndexKeys *keys, List *columns);
extern void pfa_keys_add_order(PfaIndexKeys *keys, List *order);

/* A column whose beginning is searched. */
extern void pfa_keys_add_prefix(PfaIndexKeys *keys, const PfaNeedColumn *column);

/* A column searched by trigrams; false if pg_trgm is not there. */
extern bool pfa_keys_add_trigrams(PfaIndexKeys *keys, const PfaNeedColumn *column);

/* A column whose elements are searched. */
extern void pfa_keys_add_elements(PfaIndexKeys *keys, const PfaNeedColumn *column);

/* Whether its values are short enough for a btree. */
extern bool pfa_keys_is_narrow(const PfaTable *table, const PfaNeedColumn *column);

/* NULL if a column cannot be indexed or the keys serve no search. */
extern PfaHypoIndex *pfa_keys_make_index(const PfaTable *table, const PfaIndexKeys *keys);

extern bool pfa_keys_same_index(const PfaHypoIndex *a, const PfaHypoIndex *b);

/*
 * Whether the first key of the index occurs in the needs, or another one for
 * which reading all of the index may pay.  The index has its size.
 */
extern bool pfa_keys_could_serve(const PfaTable *table, const PfaHypoIndex *index, List *needs);

/* needs_column.c, for what only a plan shows */
extern PfaNeedColumn *pfa_needs_add(PfaNeed *need, PfaNeedKind kind,
									AttrNumber attnum, bool inside_or);

#endif							/* PFA_INDEX_KEYS_H */
