/*
 * unit_repeats.c
 *		Repeats in the current unit of work: judged and published; see unit_tell.c.
 *
 * A repeat lives in the slab from the execution that crosses its threshold
 * and is updated by every later one; when it turns out to be none it is
 * withdrawn.  Must never throw but in looking for a parent's foreign key.
 */
#include "postgres.h"

#include "compat.h"
#include "log.h"
#include "settings.h"
#include "slab.h"
#include "track.h"
#include "unit_internal.h"

#define GATHER		32			/* results of one row that are put together at
								 * first */

static PfaSlabRepeat *
free_live(int *at)
{
	PfaSlabRepeat *live = pfa_slab_repeats;

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

/* A reset may have taken it away. */
static inline bool
is_live(const PfaUnitShape *us, const PfaSlabRepeat *live)
{
	return likely(live->state == PFA_LIVE_OPEN && live->serial == pfa_unit_current.serial &&
				  live->repeat.id.child.shape == us->shape);
}

/* The published repeat, or NULL. */
static inline PfaSlabRepeat *
live_of(PfaUnitShape *us, int which)
{
	PfaSlabRepeat *live;

	if (us->live[which] < 0)
		return NULL;
	live = &pfa_slab_repeats[us->live[which]];
	if (is_live(us, live))
		return live;
	us->live[which] = -1;
	us->judge_at = 0;
	return NULL;
}

void
pfa_unit_withdraw(PfaUnitShape *us)
{
	for (int which = 0; which < 2; which++)
	{
		PfaSlabRepeat *live = live_of(us, which);

		if (live == NULL)
			continue;
		PFA_SLAB_CHANGE(live);
		live->state = PFA_LIVE_FREE;
		PFA_SLAB_CHANGED(live);
		us->live[which] = -1;
		us->judge_at = us->show_at = 0;
	}
}

/* -- judging ----------------------------------------------------------------- */

#define UNEXPLAINED_FROM	6	/* executions whose values came from no result */

static uint32 missing;			/* executions after which the one judged may
								 * be a repeat, 0: not known */

static bool
has_children(void)
{
	for (int i = 0; i < pfa_unit_current.nshapes; i++)
	{
		const PfaUnitShape *us = &pfa_unit_current.shapes[i];

		if (us->live[0] >= 0 &&
			pfa_slab_repeats[us->live[0]].repeat.id.kind == PFA_REPEAT_CHILD)
			return true;
	}
	return false;
}

/*
 * The same again in a burst may be a client that waits for something, or requests
 * that have nothing to do with each other: a loop asks without a pause, and for
 * hardly anything else or for the rows of a list.
 */
static bool
is_loop(const PfaUnitShape *us)
{
	return us->in_a_row * 4 >= us->calls * 3 || has_children();
}

/* What a repeated SELECT is, if it is something; fills what is its own. */
static bool
judge_values(PfaUnitShape *us, const PfaShape *shape, int which, PfaRepeat *repeat)
{
	const PfaShapeFacts *facts = &shape->facts;
	const PfaTrackSums *sums;
	PfaParent	parent;

	if (us->tracker < 0 || us->validated * 4 >= Min(us->calls, PG_UINT16_MAX) ||
		!pfa_track_belongs(us->tracker, us->shape))
		return false;
	sums = pfa_track_sums(us->tracker);
	memset(repeat, 0, sizeof(*repeat));
	if (which == 1)
	{
		/* the same values: most of all executions */
		if (sums->same_values + 2 < pfa_repeat_threshold ||
			sums->distinct_values * 5 > sums->compared + 1)
			return false;
		if (pfa_unit_current.scope == PFA_SCOPE_BURST && !is_loop(us))
			return false;
		repeat->id.kind = PFA_REPEAT_DUPLICATE;
	}
	else
	{
		if (sums->distinct_values + 1 < pfa_repeat_threshold ||
			sums->lists * 2 > sums->compared || pfa_unit_reads_back(us))
			return false;
		pfa_track_parent(us->tracker, facts,
						 pfa_unit_current.scope != PFA_SCOPE_BURST ? PFA_DOUBT_NONE :
						 pfa_unit_current.joined ? PFA_DOUBT_TRANSACTIONS : PFA_DOUBT_BURST,
						 &parent);
		missing = parent.missing;
		pfa_unit_current.unexplained |= parent.shape == 0 && sums->keyed &&
			sums->compared >= UNEXPLAINED_FROM;
		if (parent.shape != 0)
		{
			PfaShape   *source = pfa_shape_find(parent.queryid);

			if (source)
			{
				source->results_unused = source->results_skip = 0;
				if (source->results_gather > 0)
					source->results_gather = PG_UINT8_MAX;
			}
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
			repeat->partly = parent.partly;
			repeat->before = parent.before;
		}
		else if (pfa_unit_current.scope == PFA_SCOPE_TRANSACTION && sums->keyed &&
				 us->written_after * 8 < Min(us->calls, PG_UINT16_MAX) &&
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
	if (!OidIsValid(repeat->id.child_relid))
		repeat->id.child_relid = facts->target;
	repeat->distinct_values = sums->distinct_values;
	repeat->same_values = sums->same_values;
	return true;
}

bool
pfa_unit_judge(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key, int which,
			   PfaRepeat *repeat)
{
	bool		is;

	missing = 0;
	is = us->tracker == PFA_UNIT_WRITES ?
		which == 0 && pfa_unit_judge_write(us, &shape->facts, repeat) :
		judge_values(us, shape, which, repeat);
	if (!is)
		return false;
	repeat->id.child = *key;
	repeat->id.scope = pfa_unit_current.scope;
	strlcpy(repeat->id.application, pfa_unit_current.application, NAMEDATALEN);
	repeat->tags = pfa_unit_current.tagged.tags;
	repeat->id.tags = repeat->tags.hash;
	repeat->returned = shape->facts.target;
	repeat->first_seen = us->first_seen;
	return true;
}

/* What came before a loop, or after it; the first one's value was not compared. */
static pg_noinline void
leave_out(PfaRepeat *repeat)
{
	uint32		outside = repeat->before + (repeat->before > 0);

	if (repeat->partly)
		outside = repeat->n - Min(repeat->n, repeat->covered + (repeat->before == 0));
	pfa_repeat_leave_out(repeat, outside);
}

void
pfa_unit_fill_costs(const PfaUnitShape *us, PfaRepeat *repeat)
{
	repeat->n = us->calls;
	repeat->exec_ns = us->exec_ns;
	repeat->gap_ns = us->gap_ns;
	repeat->rows = us->rows;
	repeat->last_seen = pfa_unit_current.last_seen;
	if (unlikely(repeat->partly || repeat->before > 0))
		leave_out(repeat);
}

static void
publish(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key, int which)
{
	PfaSlabRepeat *live = live_of(us, which);
	PfaRepeat	repeat;

	if (!pfa_unit_judge(us, shape, key, which, &repeat))
	{
		if (live == NULL)
			return;
		PFA_SLAB_CHANGE(live);
		live->state = PFA_LIVE_FREE;
		PFA_SLAB_CHANGED(live);
		us->live[which] = -1;
		return;
	}
	pfa_unit_fill_costs(us, &repeat);
	if (live == NULL)
	{
		int			at;

		live = free_live(&at);
		if (live == NULL)
		{
			pfa_unit_current.crowded_repeats = true;
			return;
		}
		us->live[which] = at;
		pfa_unit_current.published = true;
	}
	PFA_SLAB_CHANGE(live);
	live->state = PFA_LIVE_OPEN;
	live->serial = pfa_unit_current.serial;
	live->pid = MyProcPid;
	live->repeat = repeat;
	PFA_SLAB_CHANGED(live);
}

/* After its first executions a repeat is judged only now and then. */
static uint32
next_judgement(const PfaUnitShape *us)
{
	uint32		next = us->calls + 1;
	bool		live = us->live[0] >= 0 || us->live[1] >= 0;

	/* nothing else can explain it meanwhile */
	if (us->followed)
		return TYPEALIGN(64, next);
	/* what came in another order may soon be explained no more */
	if (live && next > 12)
		return next + Min(next / 4, 64);
	if (next >= 64)
		return TYPEALIGN(64, next);
	if (next > 12 || (live && next > pfa_repeat_report))
		return Max(pg_nextpower2_32(next), 12);
	/* what is published is not told before there are so many */
	return live ? Max(next, Min(pfa_repeat_report, 12)) : next;
}

pg_noinline void
pfa_unit_publish(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key)
{
	uint32		more;

	publish(us, shape, key, 0);
	more = missing;
	publish(us, shape, key, 1);
	us->followed = us->tracker >= 0 && us->live[0] >= 0 && pfa_track_follows(us->tracker);
	us->judge_at = next_judgement(us);
	if (more != 0)
		us->judge_at = Min(us->judge_at, us->calls + more);
	us->show_at = us->live[0] >= 0 || us->live[1] >= 0 || us->watch > 0 ? 0 : us->judge_at;
}

/* Where all values so far had an explanation, those between two looks have it. */
static inline void
update(const PfaUnitShape *us, PfaSlabRepeat *live, bool tracked)
{
	PfaRepeat  *repeat = &live->repeat;

	PFA_SLAB_CHANGE(live);
	if (tracked)
	{
		const PfaTrackSums *sums = pfa_track_sums(us->tracker);

		if (repeat->covered == repeat->compared)
			repeat->covered = repeat->compared =
				sums->compared - Min(repeat->before, sums->compared);
		repeat->distinct_values = sums->distinct_values;
		repeat->same_values = sums->same_values;
	}
	pfa_unit_fill_costs(us, repeat);
	PFA_SLAB_CHANGED(live);
}

/*
 * The same of one that goes on to follow its parent: for the time being its values
 * are taken for different ones.
 */
static inline void
update_following(const PfaUnitShape *us, const PfaTrail *trail, PfaSlabRepeat *live)
{
	const PfaTrackSums *sums = &pfa_track_all_sums[us->tracker];
	uint32		passed = trail->passed;
	PfaRepeat  *repeat = &live->repeat;
	bool		explained = repeat->covered == repeat->compared;

	PFA_SLAB_CHANGE(live);
	if (likely(explained))
		repeat->covered = repeat->compared = sums->compared + passed - repeat->before;
	repeat->distinct_values = sums->distinct_values + passed;
	pfa_unit_fill_costs(us, repeat);
	PFA_SLAB_CHANGED(live);
}

static void
update_both(PfaUnitShape *us)
{
	bool		tracked = us->tracker >= 0 && pfa_track_belongs(us->tracker, us->shape);

	for (int which = 0; which < 2; which++)
	{
		PfaSlabRepeat *live = live_of(us, which);

		if (live != NULL)
			update(us, live, tracked);
	}
}

pg_noinline void
pfa_unit_write_log(PfaUnitShape *us)
{
	for (int which = 0; which < 2; which++)
	{
		PfaSlabRepeat *live = live_of(us, which);
		uint8		done = 4 << which;

		if (live != NULL && (us->told & done) == 0 && pfa_log_repeat(&live->repeat))
			us->told |= done;
	}
}

static pg_noinline void
show_write(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key)
{
	if (us->calls < us->judge_at)
		update_both(us);
	if (us->calls >= us->judge_at)
		pfa_unit_publish(us, shape, key);
	if (unlikely(pfa_log))
		pfa_unit_write_log(us);
}

/* One that something more is to be done for than to bring its costs up to date. */
static pg_noinline void
show_slowly(PfaUnitShape *us, PfaShape *shape, const PfaExecution *execution)
{
	if (unlikely(us->tracker < 0))
	{
		if (us->tracker == PFA_UNIT_IGNORED)
			us->show_at = PG_UINT32_MAX;
		else if (us->tracker == PFA_UNIT_WRITES)
			show_write(us, shape, &execution->key);
		else if (us->watch > 0)
			pfa_unit_watched(us, shape, execution);
		return;
	}
	/* what repeats below it may have come from its rows */
	if (unlikely(pfa_unit_current.unexplained) && execution->rows == 1 && !us->gathered &&
		(us->live[0] >= 0 || pfa_tree_watches(us->tracker)))
	{
		us->gathered = true;
		shape->results_gather = Max(shape->results_gather, GATHER);
		shape->results_skip = 0;
	}
	if (us->calls < us->judge_at)
		update_both(us);
	/* also at once, if a reset has taken it away */
	if (us->calls >= us->judge_at)
		pfa_unit_publish(us, shape, &execution->key);
	if (unlikely(us->watch > 0))
		pfa_unit_watched(us, shape, execution);
	if (unlikely(pfa_log))
		pfa_unit_write_log(us);
}

/* Executions in a transaction from one time that others see how far it is to the next. */
#define SHOWN_EVERY		4

void
pfa_unit_show(PfaUnitShape *us, PfaShape *shape, const PfaExecution *execution)
{
	/* mostly it goes on to be what it was found to be */
	if (likely(us->followed && us->calls < us->judge_at && us->live[0] >= 0 && us->live[1] < 0 &&
			   !pfa_unit_current.unexplained && !pfa_log))
	{
		const PfaTrail *trail = &pfa_track_trails[us->tracker];
		PfaSlabRepeat *live = &pfa_slab_repeats[us->live[0]];

		if (likely(is_live(us, live) && trail->shape == us->shape))
		{
			update_following(us, trail, live);
			/* what a transaction did is brought up to date when it is over, too */
			if (pfa_unit_current.scope == PFA_SCOPE_TRANSACTION)
				us->show_at = Min(us->calls + SHOWN_EVERY, us->judge_at);
			return;
		}
	}
	show_slowly(us, shape, execution);
}

void
pfa_unit_show_last(void)
{
	for (int i = 0; i < pfa_unit_current.nshapes; i++)
	{
		PfaUnitShape *us = &pfa_unit_current.shapes[i];

		/* who follows was not looked at closely, even if its rows were counted since */
		if (us->followed)
			update_both(us);
	}
}
