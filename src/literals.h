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
#include "common/hashfn.h"
#include "compat.h"
#include "hashes.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "survey.h"

/* Hashes of the values of one execution. */
typedef struct PfaValues
{
	bool		known;
	uint8		n;				/* as many as bindings */
	uint16		list_length;	/* longest list among them, 0: none */
	uint64		all;			/* every value, those beyond n included */
	uint64		hash[PFA_MAX_VALUES];	/* 0: unknown or null */
} PfaValues;

/*
 * How the literals and parameters of a query are used: once a shape.  The
 * survey is filled, too; zeroed by the caller.
 */
extern void pfa_literals_bind(Query *query, PfaShapeFacts *facts, PfaSurvey *survey);

/* Hashes of the literals of a query just parsed. */
extern void pfa_literals_hash(Query *query, PfaValues *values);

/* Values of which nothing is known yet, if there are any. */
static inline void
pfa_literals_begin(PfaValues *values, const PfaShapeFacts *facts)
{
	values->known = facts->nbindings == 0 && !facts->more_values;
	values->n = 0;
	values->list_length = 0;
	values->all = 0;
	for (int i = 0; i < facts->nbindings; i++)
		values->hash[i] = 0;
}

/*
 * Adds the values of parameters to what pfa_literals_hash found (or to
 * pfa_literals_begin's nothing, when the statement was parsed earlier).
 */
extern void pfa_literals_add_params(PfaValues *values, const PfaShapeFacts *facts,
									ParamListInfo params);

/*
 * All values of a statement parsed earlier, for what is most frequent: one number
 * for one place; else false.
 */
static inline bool
pfa_literals_take_single(PfaValues *values, const PfaShapeFacts *facts,
						 ParamListInfo params)
{
	const ParamExternData *param = &params->params[0];

	if (params->numParams != 1 || params->paramFetch != NULL || facts->nbindings != 1 ||
		facts->bindings[0].paramid != 1 || facts->bindings[0].list_length != 0 ||
		param->isnull || (param->ptype != INT4OID && param->ptype != INT8OID))
		return false;
	values->hash[0] = pfa_hashes_key(param->ptype, param->value);
	values->all = hash_combine64(0, values->hash[0]);
	values->list_length = 0;
	values->n = 1;
	values->known = true;
	return true;
}

#endif							/* PFA_LITERALS_H */
