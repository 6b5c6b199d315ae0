/*
 * literals.h
 *		The typed constants and client parameters of a statement, in an order
 *		that is the same for all statements of one shape.
 *
 * One source for provenance (hashes of values) and for sampling (the values
 * themselves).
 */
#ifndef PFA_LITERALS_H
#define PFA_LITERALS_H

#include "aliases.h"
#include "catalog/pg_type_d.h"
#include "common/hashfn.h"
#include "compat.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"

/* Hashes of the values of one execution. */
typedef struct PfaValues
{
	bool		known;
	uint8		n;				/* as many as bindings */
	uint16		list_length;	/* longest list among them, 0: none */
	uint64		all;			/* every value, those beyond n included */
	uint64		hash[PFA_MAX_VALUES];	/* 0: unknown or null */
} PfaValues;

/* How the literals and parameters of a query are used: once a shape. */
extern void pfa_literals_bind(Query *query, PfaShapeFacts *facts);

/* Hashes of the literals of a query just parsed. */
extern void pfa_literals_hash(Query *query, PfaValues *values);

/*
 * Adds the values of parameters to what pfa_literals_hash found (or to zeroes,
 * when the statement was parsed earlier).
 */
extern void pfa_literals_add_params(PfaValues *values, const PfaShapeFacts *facts,
									ParamListInfo params);

/*
 * The hash of a value by its type, the same for equal integers of any width;
 * 0 when the type is none that keys are made of.
 */
extern uint64 pfa_literals_hash_other(Oid type, Datum value);

static inline uint64
pfa_literals_hash_int(int64 value)
{
	return murmurhash64((uint64) value) | 1;
}

static inline uint64
pfa_literals_hash_key(Oid type, Datum value)
{
	if (type == INT4OID)
		return pfa_literals_hash_int(DatumGetInt32(value));
	if (type == INT8OID)
		return pfa_literals_hash_int(DatumGetInt64(value));
	return pfa_literals_hash_other(type, value);
}

#endif							/* PFA_LITERALS_H */
