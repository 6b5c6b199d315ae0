/*
 * handover.c
 *		From parsing and planning to the execution that follows.
 *
 * Must never change the query, and must do nothing but look things up for a
 * statement that this backend knows already.
 */
#include "postgres.h"

#include "access/parallel.h"

#include "clock.h"
#include "collect.h"
#include "compat.h"
#include "distinct.h"
#include "handover.h"
#include "record.h"
#include "settings.h"
#include "shape.h"
#include "slab.h"
#include "unit.h"
#include "utility.h"

PfaPlanned	pfa_handover_plan;

uint64		pfa_handover_values_queryid;
PfaValues	pfa_handover_values;

void
pfa_handover_parsed(Query *query, const char *text, const JumbleState *jumble, int nesting)
{
	PfaShape   *shape;
	PfaKey		key;

	if (query->utilityStmt || query->queryId == 0 || pfa_utility_explains > 0 ||
		text == NULL || IsParallelWorker() || (nesting > 0 && !pfa_track_nested))
		return;
	if (!pfa_slab_begin())
		return;
	shape = pfa_shape_of_query(query, text, jumble);
	pfa_collect_key(&key, shape->facts.shape, nesting == 0);
	pfa_record_text(&key, shape, query, jumble, text, 0, 0);
	if (nesting == 0 && (pfa_unit_wants_values(shape) || pfa_distinct_in == 1))
	{
		pfa_literals_hash(query, &pfa_handover_values);
		pfa_handover_values_queryid = query->queryId;
	}
}
