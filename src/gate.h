/*
 * gate.h
 *		Whether any recorded statement could be a finding of a kind at all.
 */
#ifndef PFA_GATE_H
#define PFA_GATE_H

#include "postgres.h"

#include "utils/array.h"

/*
 * Whether one statement of this database that the user may see meets all of
 * these, each "fact>=setting" or "fact>=number"; true if there are none.
 * Statements are read once for all that is asked while the memory lives.
 */
extern bool pfa_gate_open(MemoryContext query, ArrayType *needs);

#endif							/* PFA_GATE_H */
