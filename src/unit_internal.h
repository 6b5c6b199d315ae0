/*
 * unit_internal.h
 *		What the parts of the unit share, and nobody else sees.
 */
#ifndef PFA_UNIT_INTERNAL_H
#define PFA_UNIT_INTERNAL_H

#include "unit_hot.h"
#include "unit_sums.h"

extern void pfa_unit_sum_pauses(PfaUnitSum *sum);

/* What the unit knows of a shape, or NULL; the shape remembers the place. */
extern PfaUnitShape *pfa_unit_search_shape(PfaShape *shape);

static inline PfaUnitShape *
pfa_unit_find_shape(PfaShape *shape)
{
	PfaUnitShape *us = &pfa_unit_current.shapes[shape->unit_place];

	return shape->unit_serial == pfa_unit_current.serial && us->shape == shape->facts.shape ?
		us : pfa_unit_search_shape(shape);
}

/* NULL when there is no room. */
extern PfaUnitShape *pfa_unit_enter_shape(PfaShape *shape, TimestampTz now);

/* Whether a burst that begins now follows a change of the schema. */
extern bool pfa_unit_follows_schema_change(TimestampTz now);

/* Whether a shape writes row by row; fills what is its own. */
extern bool pfa_unit_judge_write(const PfaUnitShape *us, const PfaShapeFacts *facts,
								 PfaRepeat *repeat);

#endif							/* PFA_UNIT_INTERNAL_H */
