/*
 * unit_shapes.c
 *		The shapes of the current unit of work: found, entered, their values looked
 *		at.
 *
 * A fixed table: when it is full, a shape that neither repeats nor ran of late
 * makes room.  Must never throw.
 */
#include "postgres.h"

#include "makeup.h"
#include "settings.h"
#include "slab.h"
#include "store.h"
#include "track.h"
#include "unit_internal.h"

static uint8 *
chain_of(uint64 shape)
{
	return &pfa_unit_current.chains[(shape ^ (shape >> 32)) % PFA_UNIT_BUCKETS];
}

/* What the unit knows of a shape, or NULL; the shape remembers the place. */
PfaUnitShape *
pfa_unit_search_shape(PfaShape *shape)
{
	for (uint8 at = *chain_of(shape->facts.shape); at != 0;
		 at = pfa_unit_current.shapes[at - 1].next)
	{
		if (pfa_unit_current.shapes[at - 1].shape != shape->facts.shape)
			continue;
		shape->unit_serial = pfa_unit_current.serial;
		shape->unit_place = at - 1;
		return &pfa_unit_current.shapes[at - 1];
	}
	return NULL;
}

bool
pfa_unit_wants_values(PfaShape *shape)
{
	PfaUnitShape *us;

	if (pfa_unit_current.going == 0)
		return false;
	us = pfa_unit_find_shape(shape);
	return us != NULL && pfa_unit_worth_tracking(us);
}

/* A place for one more: that of one that neither repeats nor ran of late; or -1. */
static int
make_room(void)
{
	for (int i = 0; i < 2 * PFA_UNIT_SHAPES; i++)
	{
		int			place = pfa_unit_current.hand;
		PfaUnitShape *us = &pfa_unit_current.shapes[place];
		uint8	   *link = chain_of(us->shape);

		pfa_unit_current.hand = (place + 1) % PFA_UNIT_SHAPES;
		if (us->live[0] >= 0 || us->live[1] >= 0)
			continue;
		if (us->recent)
		{
			us->recent = false;
			continue;
		}
		while (*link != 0 && *link - 1 != place)
			link = &pfa_unit_current.shapes[*link - 1].next;
		if (*link != 0)
			*link = us->next;
		return place;
	}
	return -1;
}

#define PFA_UNCOMMON	(PFA_FLAG_CATALOG | PFA_FLAG_LOCKING | PFA_FLAG_EXISTS)

/* Of one with such a flag, or that is not judged. */
static pg_noinline void
set_kind(PfaUnitShape *us, const PfaShapeFacts *facts)
{
	bool		ignored = pfa_unit_current.ignored;

	us->tracker = (facts->flags & PFA_FLAG_CATALOG) || ignored ? PFA_UNIT_IGNORED :
		facts->operation != PFA_OP_SELECT ? PFA_UNIT_WRITES :
		(facts->flags & PFA_FLAG_LOCKING) ? PFA_UNIT_IGNORED : PFA_UNIT_UNTRACKED;
	us->locks = (facts->flags & PFA_FLAG_LOCKING) != 0;
	us->watched = us->tracker == PFA_UNIT_WRITES && facts->operation == PFA_OP_UPDATE;
	us->asks_existence = (facts->flags & PFA_FLAG_EXISTS) != 0;
	us->kind = ignored ? PFA_KIND_PLAIN : pfa_makeup_kind(facts);
	us->reads = facts->operation == PFA_OP_SELECT && us->kind != PFA_KIND_ASIDE && !ignored;
}

PfaUnitShape *
pfa_unit_enter_shape(PfaShape *shape, TimestampTz now)
{
	uint8	   *chain = chain_of(shape->facts.shape);
	PfaUnitShape *us;
	int			place;

	if (likely(pfa_unit_current.nshapes < PFA_UNIT_SHAPES))
		place = pfa_unit_current.nshapes++;
	else
	{
		pfa_unit_current.crowded_shapes = !pfa_unit_current.ignored;
		place = make_room();
		if (place < 0)
			return NULL;
	}
	us = &pfa_unit_current.shapes[place];
	pfa_changes++;
	memset(us, 0, sizeof(*us));
	us->shape = shape->facts.shape;
	us->live[0] = us->live[1] = -1;
	if (unlikely(pfa_unit_current.ignored || (shape->facts.flags & PFA_UNCOMMON) != 0))
		set_kind(us, &shape->facts);
	else if (shape->facts.operation == PFA_OP_SELECT)
	{
		us->tracker = PFA_UNIT_UNTRACKED;
		us->reads = true;
		us->kind = pfa_makeup_kind(&shape->facts);
	}
	else
	{
		us->tracker = PFA_UNIT_WRITES;
		us->watched = shape->facts.operation == PFA_OP_UPDATE;
	}
	us->relid = shape->facts.target;
	us->first_seen = now;
	us->judge_at = us->show_at = pfa_repeat_threshold;
	shape->unit_serial = pfa_unit_current.serial;
	shape->unit_place = place;
	us->next = *chain;
	*chain = place + 1;
	return us;
}

void
pfa_unit_take_over_shape(const PfaUnitShape *us)
{
	uint8	   *chain = chain_of(us->shape);
	PfaUnitShape *place = &pfa_unit_current.shapes[pfa_unit_current.nshapes++];

	*place = *us;
	place->next = *chain;
	*chain = pfa_unit_current.nshapes;
}

void
pfa_unit_track(PfaShape *shape, const PfaValues *values)
{
	PfaUnitShape *us = &pfa_unit_current.shapes[shape->unit_place];

	if (us->tracker < PFA_UNIT_UNTRACKED)
	{
		if (us->watched)
			pfa_unit_note_key(us, &shape->facts, values);
		return;
	}
	if (us->calls == 1)
	{
		/* first in this unit, but not of late */
		pfa_unit_watch(us, shape, values);
		return;
	}
	if (us->tracker == PFA_UNIT_UNTRACKED ||
		!pfa_track_add(us->tracker, &shape->facts, values, pfa_unit_current.write_serial))
	{
		/* another shape has taken its tracker */
		pfa_unit_current.crowded_repeats |= us->tracker >= 0;
		us->tracker = pfa_track_open(us->shape);
		if (us->tracker < 0)
		{
			us->followed = false;
			us->tracker = PFA_UNIT_IGNORED;
			pfa_unit_current.crowded_repeats = true;
			return;
		}
		pfa_track_add(us->tracker, &shape->facts, values, pfa_unit_current.write_serial);
	}
	if (us->watch >= 0)
		pfa_unit_watch(us, shape, values);
	/* a loop over a list that it has just met is not to be over before it is judged */
	if (unlikely(pfa_track_met))
	{
		pfa_track_met = false;
		us->judge_at = Min(us->judge_at, us->calls + 2 * pfa_repeat_threshold);
		us->show_at = Min(us->show_at, us->judge_at);
	}
	/* what it follows no more is judged anew */
	if (us->followed && !pfa_track_follows(us->tracker))
	{
		us->followed = false;
		us->judge_at = us->show_at = us->calls;
	}
}
