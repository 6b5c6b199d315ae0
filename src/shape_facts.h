/*
 * shape_facts.h
 *		What a query tree says of a shape: operation, target, flags, bindings, types of
 *		its parameters.
 */
#ifndef PFA_SHAPE_FACTS_H
#define PFA_SHAPE_FACTS_H

#include "aliases.h"
#include "literals.h"
#include "nodes/parsenodes.h"

extern PfaOperation pfa_shape_operation(CmdType command);

/* Fills all but the shape's id, and the survey, which is zeroed by the caller. */
extern void pfa_shape_facts_find(Query *query, PfaShapeFacts *facts, PfaSurvey *survey);

/*
 * Whether facts are of this query's tables, and not of others of the same
 * names: since 18 the server's query id knows a table by its name only.
 */
extern bool pfa_shape_facts_fit(Query *query, const PfaShapeFacts *facts);

/* The types of its external parameters, palloc'd, by their numbers; 0: not used. */
extern Oid *pfa_shape_param_types(Query *query, int *n);

#endif							/* PFA_SHAPE_FACTS_H */
