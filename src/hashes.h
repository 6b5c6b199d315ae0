/*
 * hashes.h
 *		Hashes of values, by which what stands in a statement is found again in
 *		a result.
 */
#ifndef PFA_HASHES_H
#define PFA_HASHES_H

#include "catalog/pg_type_d.h"
#include "common/hashfn.h"
#include "compat.h"

/*
 * The hash of a value by its type, the same for equal integers of any width and
 * for their text; 0 when the type is none that keys are made of.
 */
extern uint64 pfa_hashes_key_other(Oid type, Datum value);

/*
 * Knuth's multiplicative hashing: what is kept is taken from the upper bits, and
 * numbers that follow one another never meet there.
 */
static inline uint64
pfa_hashes_integer(int64 value)
{
	return ((uint64) value * UINT64CONST(0x9E3779B97F4A7C15)) | 1;
}

static inline uint64
pfa_hashes_key(Oid type, Datum value)
{
	if (type == INT4OID)
		return pfa_hashes_integer(DatumGetInt32(value));
	if (type == INT8OID)
		return pfa_hashes_integer(DatumGetInt64(value));
	return pfa_hashes_key_other(type, value);
}

/* Any value, keys or not: tells equal from different images. */
extern uint64 pfa_hashes_image(Oid type, int16 typlen, bool typbyval, Datum value);

/*
 * Elements of an array, 0 for any other value.  If there is but one, the hash
 * becomes that element's, as if it stood there alone.
 */
extern int	pfa_hashes_elements(Oid type, Datum value, uint64 *hash);

#endif							/* PFA_HASHES_H */
