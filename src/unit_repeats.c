/*
 * unit_repeats.c
 *		Repeats in the current unit of work: judged, published, told.
 *
 * A repeat lives in the slab from the execution that crosses its threshold
 * and is updated by every later one; when it turns out to be none it is
 * withdrawn.  Must never throw but in telling, which is what the session asked
 * for, and in looking for a parent's foreign key.
 */
#include "postgres.h"

#include "compat.h"
#include "notice.h"
#include "settings.h"
#include "slab.h"
#include "track.h"
#include "unit_internal.h"

static PfaSlabRepeat *
free_live(int *at)
{
	PfaSlabRepeat *live = pfa_slab_repeats();

	for (int attempt = 0; attempt < 2; attempt++)
	{
		for (int i = 0; i < PFA_SLAB_REPEATS; i++)
		{
			if (live[i].state == PFA_LIVE_FREE)
			{
				*at = i;
				return &live[i];
			}
		}
		pfa_slab_drain();
	}
	return NULL;
}

static void
withdraw(PfaUnitShape *us, int which)
{
	PfaSlabRepeat *live;

	if (us->live[which] < 0)
		return;
	live = &pfa_slab_repeats()[us->live[which]];
	PFA_SLAB_CHANGE(live);
	live->state = PFA_LIVE_FREE;
	PFA_SLAB_CHANGED(live);
	us->live[which] = -1;
}

/* -- judging ----------------------------------------------------------------- */

/* What the repeat is, if it is one; fills all but times. */
static bool
judge(PfaUnitShape *us, const PfaUnitStatement *statement, int which, PfaRepeat *repeat)
{
	const PfaShapeFacts *facts = &statement->shape->facts;
	const PfaTrackSums *sums;
	PfaParent	parent;

	if (us->tracker < 0 || us->validated * 2 >= us->calls)
		return false;
	sums = pfa_track_sums(us->tracker);
	memset(repeat, 0, sizeof(*repeat));
	if (which == 1)
	{
		/* the same values: most of all executions */
		if (sums->same_values + 2 < pfa_repeat_threshold ||
			sums->distinct_values * 5 > sums->compared + 1)
			return false;
		repeat->id.kind = PFA_REPEAT_DUPLICATE;
	}
	else
	{
		if (sums->distinct_values + 1 < pfa_repeat_threshold ||
			sums->lists * 2 > sums->compared)
			return false;
		pfa_track_parent(us->tracker, facts, &parent);
		if (parent.shape != 0)
		{
			PfaShape   *source = pfa_shape_find(parent.queryid);

			if (source)
				source->results_unused = source->results_skip = 0;
			repeat->id.kind = PFA_REPEAT_CHILD;
			repeat->id.parent = parent.shape;
			repeat->id.parent_relid = parent.relid;
			repeat->id.parent_attnum = parent.attnum;
			repeat->id.parent_resno = parent.resno;
			repeat->id.child_relid = parent.child_relid;
			repeat->id.child_attnum = parent.child_attnum;
			repeat->parent_rows = parent.rows;
			repeat->compared = parent.compared;
			repeat->covered = parent.covered;
			repeat->others_vary = parent.others_vary;
		}
		else if (pfa_unit_current.scope == PFA_SCOPE_TRANSACTION && sums->keyed &&
				 sums->distinct_values + 1 >= 2 * pfa_repeat_threshold)
		{
			repeat->id.kind = PFA_REPEAT_ORPHAN;
			for (int i = 0; i < facts->nbindings; i++)
			{
				if (facts->bindings[i].kind == PFA_BIND_EQUAL)
				{
					repeat->id.child_relid = facts->bindings[i].relid;
					repeat->id.child_attnum = facts->bindings[i].attnum;
					break;
				}
			}
			repeat->compared = sums->compared;
			repeat->others_vary = true;
		}
		else
			return false;
	}
	repeat->id.child = *statement->key;
	repeat->id.scope = pfa_unit_current.scope;
	strlcpy(repeat->id.application, pfa_unit_current.application, NAMEDATALEN);
	repeat->tags = pfa_unit_current.tagged.tags;
	repeat->id.tags = repeat->tags.hash;
	if (!OidIsValid(repeat->id.child_relid))
		repeat->id.child_relid = facts->target;
	repeat->distinct_values = sums->distinct_values;
	repeat->same_values = sums->same_values;
	return true;
}

static void
fill_costs(const PfaUnitShape *us, PfaRepeat *repeat)
{
	repeat->n = us->calls;
	repeat->exec_ns = us->exec_ns;
	repeat->gap_ns = us->gap_ns;
	repeat->rows = us->rows;
	repeat->first_seen = us->first_seen;
	repeat->last_seen = pfa_unit_current.last_seen;
}

static void
publish(PfaUnitShape *us, const PfaUnitStatement *statement, int which)
{
	PfaSlabRepeat *live;
	PfaRepeat	repeat;
	int			at = us->live[which];

	/* a reset may have taken it away */
	if (at >= 0 && (pfa_slab_repeats()[at].state != PFA_LIVE_OPEN ||
					pfa_slab_repeats()[at].serial != pfa_unit_current.serial ||
					pfa_slab_repeats()[at].repeat.id.child.shape != us->shape))
		at = us->live[which] = -1;
	if (at >= 0 && !pfa_unit_is_due(us->calls))
	{
		const PfaTrackSums *sums = pfa_track_sums(us->tracker);

		live = &pfa_slab_repeats()[at];
		PFA_SLAB_CHANGE(live);
		/* all between two looks are taken to be as those before */
		if (live->repeat.compared > 0)
		{
			live->repeat.covered = (uint32) ((uint64) live->repeat.covered *
											 sums->compared / live->repeat.compared);
			live->repeat.compared = sums->compared;
		}
		live->repeat.distinct_values = sums->distinct_values;
		live->repeat.same_values = sums->same_values;
		fill_costs(us, &live->repeat);
		PFA_SLAB_CHANGED(live);
		return;
	}
	if (!judge(us, statement, which, &repeat))
	{
		withdraw(us, which);
		return;
	}
	fill_costs(us, &repeat);
	if (at < 0)
	{
		live = free_live(&at);
		if (live == NULL)
			return;
		us->live[which] = at;
	}
	else
		live = &pfa_slab_repeats()[at];
	PFA_SLAB_CHANGE(live);
	live->state = PFA_LIVE_OPEN;
	live->serial = pfa_unit_current.serial;
	live->repeat = repeat;
	PFA_SLAB_CHANGED(live);
}

void
pfa_unit_publish(PfaUnitShape *us, const PfaUnitStatement *statement)
{
	for (int which = 0; which < 2; which++)
	{
		if (us->live[which] >= 0 || pfa_unit_is_due(us->calls))
			publish(us, statement, which);
	}
}

/* Tells the client before the execution that crosses the threshold starts. */
void
pfa_unit_tell(PfaUnitShape *us, const PfaUnitStatement *statement)
{
	for (int which = 0; which < 2; which++)
	{
		PfaRepeat	repeat;

		if ((us->told & (1 << which)) ||
			(us->calls < pfa_repeat_report &&
			 us->exec_ns + us->gap_ns < (uint64) pfa_repeat_report_time * 1000000))
			continue;
		if (us->calls < pfa_repeat_threshold ||
			!judge(us, statement, which, &repeat))
			continue;
		us->told |= 1 << which;
		fill_costs(us, &repeat);
		pfa_notice_repeat(&repeat);
	}
}
