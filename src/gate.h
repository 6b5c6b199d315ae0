/*
 * gate.h
 *		Whether any recorded statement could be a finding of a kind at all.
 */
#ifndef PFA_GATE_H
#define PFA_GATE_H

#include "postgres.h"

#include "utils/array.h"

#include "reader.h"

/*
 * Whether one statement of this database that the user may see meets all of
 * these, each "fact>=setting" or "fact>=number", and the shapes of those that
 * do; true and no shapes if there are no conditions, or very many that do.
 * Statements are read once for all that is asked while the memory of the query
 * lives.
 */
extern bool pfa_gate_open(MemoryContext query, ArrayType *needs, PfaWanted *through);

/* The statements that the detector which runs now can find, or NULL: all. */
extern const PfaWanted *pfa_gate_through;

#endif							/* PFA_GATE_H */
