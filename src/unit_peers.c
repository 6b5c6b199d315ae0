/*
 * unit_peers.c
 *		Repeats of this backend whose list was read on another connection.
 *
 * In a burst, a shape that runs with its third different value and has no parent in
 * its own unit looks once at the lists that other backends have read just before,
 * for the same application.  It joins the group of a list's readers if all its
 * values so far come from one column, in the order of its rows, and a foreign key or
 * the column itself links the two: small numbers stand in every list.  From then on
 * every value is compared with that column.
 *
 * Must never let such a repeat be more than it is: what has begun before the list
 * was read, or has a parent in its own unit, has no other.  Looking up foreign keys
 * may throw; nothing here waits.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "log.h"
#include "peers.h"
#include "settings.h"
#include "track.h"
#include "unit_internal.h"

#define ENOUGH			3		/* values with which others' lists are looked at */

/* -- chains of bursts ---------------------------------------------------------------- */

/*
 * A pool may reset a connection between any two statements, which ends a unit: what
 * follows in the next burst, for the same application and without a pause, is one
 * chain with it.
 */
static uint32 chain;			/* serial of its first unit, 0: none */
static uint32 last_unit;		/* serial of its latest */
static bool continued;			/* the unit is not its first */
static bool crowded;			/* shapes ran in it that are not remembered */
static uint64 chain_owner;
static int64 chain_end_ns;

static pg_noinline void
add_to_chain(void)
{
	const PfaUnit *unit = &pfa_unit_current;
	uint64		owner = pfa_unit_owner();

	last_unit = unit->serial;
	continued = chain != 0 && owner == chain_owner &&
		(unit->first_seen - unit->clock_offset) * 1000 - chain_end_ns <= unit->gap_max_ns;
	if (continued)
		return;
	chain = unit->serial;
	chain_owner = owner;
	crowded = false;
}

/* The chain of the current unit, which is a burst. */
static inline uint32
chain_of_unit(void)
{
	if (unlikely(last_unit != pfa_unit_current.serial))
		add_to_chain();
	return chain;
}

/* What a shape has done in the current unit. */
static void
measure(const PfaUnitShape *us, TimestampTz ended, PfaPeerWork *work)
{
	work->n = us->calls;
	work->same_values = us->tracker >= 0 && pfa_track_belongs(us->tracker, us->shape) ?
		pfa_track_sums(us->tracker)->same_values : 0;
	work->exec_ns = us->exec_ns;
	work->gap_ns = us->gap_ns;
	work->rows = us->rows;
	work->first_seen = us->first_seen;
	work->last_seen = pfa_unit_current.last_seen;
	work->ended = ended;
}

/* What ran is remembered, to know in the chain's next unit that it did. */
void
pfa_unit_end_burst(void)
{
	const PfaUnit *unit = &pfa_unit_current;

	chain_of_unit();
	chain_end_ns = unit->last_end_ns;
	if (unit->nshapes > PFA_PEER_WATCHES)
		crowded = true;
	for (int i = 0; i < unit->nshapes && !crowded; i++)
	{
		const PfaUnitShape *us = &unit->shapes[i];
		int			at;

		if (!us->reads || pfa_peers_find_watch(us->shape, chain) >= 0)
			continue;
		at = pfa_peers_add_watch(us->shape, chain);
		if (at < 0)
			crowded = true;
		else
		{
			PfaPeerWatch *watch = pfa_peers_get_watch(at);

			watch->unit = unit->serial;
			watch->state = us->watch < 0 ? PFA_PEER_DONE : PFA_PEER_REMEMBERED;
			measure(us, unit->clock_offset + chain_end_ns / 1000, &watch->now);
		}
	}
}

bool
pfa_unit_ran_before(const PfaUnitShape *us)
{
	return pfa_peers_find_watch(us->shape, chain_of_unit()) >= 0 && continued;
}

bool
pfa_unit_remembers(const PfaUnitShape *us)
{
	int			at = pfa_peers_find_watch(us->shape, chain_of_unit());

	return continued && at >= 0 && pfa_peers_get_watch(at)->state != PFA_PEER_DONE;
}

/* -- values ------------------------------------------------------------------------ */

static void
give_up(PfaUnitShape *us, PfaPeerWatch *watch)
{
	if (watch->state == PFA_PEER_JOINS)
		pfa_groups_leave(&watch->handle);
	watch->state = PFA_PEER_DONE;
	us->watch = -1;
}

static PfaPeerWatch *
watch_of(const PfaUnitShape *us)
{
	PfaPeerWatch *watch = pfa_peers_get_watch(us->watch - 1);

	return watch->shape == us->shape && watch->chain == chain ? watch : NULL;
}

/* What may be a key, if anything. */
static bool
choose_places(PfaPeerWatch *watch, const PfaShapeFacts *facts)
{
	watch->nplaces = 0;
	for (int i = 0; i < facts->nbindings && watch->nplaces < PFA_PEER_PLACES; i++)
	{
		if ((facts->bindings[i].kind == PFA_BIND_EQUAL ||
			 facts->bindings[i].kind == PFA_BIND_LIST) && OidIsValid(facts->bindings[i].relid))
			watch->bindings[watch->nplaces++] = i;
	}
	return watch->nplaces > 0;
}

/* Goes on with what the chain's units before have begun, or begins. */
static void
begin_watch(PfaUnitShape *us, const PfaShape *shape)
{
	int			at;
	PfaPeerWatch *watch;

	us->watch = -1;
	if (pfa_unit_current.scope != PFA_SCOPE_BURST || !pfa_provenance)
		return;
	at = pfa_peers_find_watch(us->shape, chain_of_unit());
	if (at < 0 && continued && crowded)
		return;
	if (at < 0)
	{
		if (!pfa_peers_turn(us->shape))
			return;
		at = pfa_peers_add_watch(us->shape, chain);
		if (at < 0)
			return;
		pfa_peers_get_watch(at)->unit = pfa_unit_current.serial;
	}
	watch = pfa_peers_get_watch(at);
	if (watch->state == PFA_PEER_REMEMBERED)
	{
		watch->state = PFA_PEER_WATCHED;
		if (!choose_places(watch, &shape->facts) ||
			(watch->unit != pfa_unit_current.serial && !pfa_peers_turn(us->shape)))
			watch->state = PFA_PEER_DONE;
	}
	if (watch->state == PFA_PEER_DONE)
		return;
	us->watch = at + 1;
	us->show_at = 0;
}

void
pfa_unit_watch(PfaUnitShape *us, const PfaShape *shape, const PfaValues *values)
{
	PfaPeerWatch *watch;

	if (us->watch == 0)
		begin_watch(us, shape);
	if (us->watch <= 0)
		return;
	watch = watch_of(us);
	if (watch == NULL)
	{
		us->watch = -1;
		return;
	}
	/* several at once are what it should do */
	if (values->list_length > 1)
	{
		give_up(us, watch);
		return;
	}
	for (int i = 0; i < values->n; i++)
	{
		uint32		key = pfa_results_key(values->hash[i]);

		if (watch->begun && watch->last[i] != key)
			watch->varied |= 1 << i;
		watch->last[i] = key;
	}
	watch->begun = true;
	if (watch->n < PFA_PEER_VALUES)
	{
		for (int p = 0; p < watch->nplaces; p++)
			watch->values[p][watch->n] = watch->last[watch->bindings[p]];
		watch->n++;
	}
	/* those that come after so many are compared, too */
	if (watch->state == PFA_PEER_JOINS && us->tracker >= 0)
		pfa_track_look(us->tracker);
}

/* -- parents ------------------------------------------------------------------------ */

typedef struct Choice
{
	int			score;			/* 0: none */
	int			place;
	int			column;
	uint8		link;
	PfaPeerResult result;
} Choice;

/* Whether all values come from a column, in the order of its rows. */
static bool
come_from(const PfaPeerWatch *watch, int place, const PfaPeerResult *result, int column)
{
	int			row = 0;

	for (int i = 0; i < watch->n; i++)
	{
		while (row < result->captured &&
			   result->hashes[row * result->ncolumns + column] != watch->values[place][i])
			row++;
		if (row++ >= result->captured)
			return false;
	}
	return true;
}

/* Of those that could be it, the one linked best, and of these the latest. */
static void
look_at_column(const PfaPeerWatch *watch, const PfaShape *shape, int place,
			   const PfaPeerResult *result, int column, Choice *best)
{
	static const int scores[] = {
		[PFA_LINK_NONE] = 1,
		[PFA_LINK_SAME] = 2,
		[PFA_LINK_SIBLING] = 3,
		[PFA_LINK_KEY] = 4
	};
	const PfaBinding *child = &shape->facts.bindings[watch->bindings[place]];
	int			link;

	if (!come_from(watch, place, result, column))
		return;
	link = pfa_links_find(child->relid, child->attnum,
						  result->relid[column], result->attnum[column]);
	if (link == PFA_LINK_STRANGER)
		link = PFA_LINK_NONE;
	/* what is nobody else's by itself */
	if (link == PFA_LINK_NONE &&
		(result->attnum[column] <= 0 ||
		 get_atttype(result->relid[column], result->attnum[column]) != UUIDOID))
		return;
	if (scores[link] < best->score ||
		(scores[link] == best->score && result->ended < best->result.ended))
		return;
	best->score = scores[link];
	best->place = place;
	best->column = column;
	best->link = link;
	best->result = *result;
}

static void
find_parent(const PfaUnitShape *us, const PfaShape *shape, const PfaPeerWatch *watch,
			TimestampTz began, Choice *best)
{
	TimestampTz since = began - pfa_unit_current.gap_max_ns / 1000;
	PfaPeerResult result;
	int			at = 0;

	/* a pool that grows has to wait for its new connections */
	if (MyStartTimestamp >= since)
		since = began - (TimestampTz) pfa_burst_max_time * 1000;
	best->score = 0;
	while (pfa_peers_next(&at, chain_owner, pfa_unit_current.serial, since, began, &result))
	{
		if (result.shape == us->shape)
			continue;
		for (int p = 0; p < watch->nplaces; p++)
		{
			if ((watch->varied & (1 << watch->bindings[p])) == 0)
				continue;
			for (int c = 0; c < result.ncolumns; c++)
				look_at_column(watch, shape, p, &result, c, best);
		}
	}
}

/* What is the same for all connections. */
static void
describe(const PfaUnitShape *us, const PfaShape *shape, const PfaKey *key,
		 const PfaPeerWatch *watch, const Choice *parent, TimestampTz began,
		 PfaRepeat *repeat)
{
	const PfaUnit *unit = &pfa_unit_current;
	const PfaBinding *child = &shape->facts.bindings[watch->bindings[parent->place]];

	memset(repeat, 0, sizeof(*repeat));
	repeat->id.child = *key;
	repeat->id.kind = PFA_REPEAT_CHILD;
	repeat->id.scope = PFA_SCOPE_BURST;
	repeat->id.parent = parent->result.shape;
	repeat->id.parent_relid = parent->result.relid[parent->column];
	repeat->id.parent_attnum = parent->result.attnum[parent->column];
	repeat->id.parent_resno = parent->result.resno[parent->column];
	repeat->id.child_relid = child->relid;
	repeat->id.child_attnum = child->attnum;
	strlcpy(repeat->id.application, unit->application, NAMEDATALEN);
	repeat->tags = unit->tagged.tags;
	repeat->id.tags = repeat->tags.hash;
	repeat->parent_rows = parent->result.rows;
	repeat->returned = shape->facts.target;
	repeat->first_seen = began;
	repeat->last_seen = unit->last_seen;
}

/* Whether it can be explained in its own unit, or has other reasons to repeat. */
static bool
is_explained(const PfaUnitShape *us, const PfaShape *shape)
{
	PfaParent	parent;

	if (us->validated * 4 >= us->calls)
		return true;
	if (us->tracker == PFA_UNIT_UNTRACKED)
		return false;
	if (us->tracker < 0 || !pfa_track_belongs(us->tracker, us->shape))
		return true;
	pfa_track_parent(us->tracker, &shape->facts,
					 pfa_unit_current.joined ? PFA_DOUBT_TRANSACTIONS : PFA_DOUBT_BURST, &parent);
	return parent.shape != 0;
}

static bool
join(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key, TimestampTz began,
	 PfaPeerWatch *watch)
{
	Choice		parent;
	PfaRepeat	repeat;
	PfaPeerJoin joined;

	if (is_explained(us, shape))
	{
		give_up(us, watch);
		return false;
	}
	find_parent(us, shape, watch, began, &parent);
	if (parent.score == 0)
	{
		pfa_peers_learn(us->shape, false);
		give_up(us, watch);
		return false;
	}
	describe(us, shape, key, watch, &parent, began, &repeat);
	joined = pfa_groups_join(&parent.result, parent.column, parent.link, &repeat,
							 pfa_unit_current.serial, &watch->handle);
	if (joined == PFA_PEER_NO_ROOM || (joined == PFA_PEER_LATER && watch->n == PFA_PEER_VALUES))
		give_up(us, watch);
	if (joined != PFA_PEER_JOINED)
		return false;
	watch->place = parent.place;
	watch->state = PFA_PEER_JOINS;
	pfa_peers_note_used(&parent.result);
	pfa_peers_learn(us->shape, true);
	return true;
}

/* All that the shape has done in the chain. */
static void
sum_up(PfaPeerWatch *watch, const PfaUnitShape *us, const PfaExecution *execution,
	   PfaPeerWork *work)
{
	PfaPeerWork *before = &watch->before;

	if (watch->unit != pfa_unit_current.serial)
	{
		if (before->n == 0)
			before->first_seen = watch->now.first_seen;
		before->n += watch->now.n;
		before->same_values += watch->now.same_values;
		before->exec_ns += watch->now.exec_ns;
		before->rows += watch->now.rows;
		before->gap_ns += watch->now.gap_ns +
			Max(execution->now - watch->now.ended, 0) * 1000;
		watch->unit = pfa_unit_current.serial;
	}
	measure(us, execution->now + (TimestampTz) (execution->exec_ns / 1000), &watch->now);
	*work = watch->now;
	if (before->n > 0)
		work->first_seen = before->first_seen;
	work->n += before->n;
	work->same_values += before->same_values;
	work->exec_ns += before->exec_ns;
	work->gap_ns += before->gap_ns;
	work->rows += before->rows;
	work->others_vary = (watch->varied & ~(1 << watch->bindings[watch->place])) != 0;
}

bool
pfa_unit_spread(const PfaUnitShape *us, PfaRepeat *repeat)
{
	const PfaPeerWatch *watch = us->watch > 0 ? watch_of(us) : NULL;
	PfaPeerSum	sum;

	if (watch == NULL || watch->state != PFA_PEER_JOINS || !pfa_groups_sum(&watch->handle, &sum))
		return false;
	*repeat = sum.repeat;
	return true;
}

/* As unit_repeats.c does of what this backend has published. */
static pg_noinline void
write_log(PfaUnitShape *us)
{
	PfaRepeat	repeat;

	if ((us->told & 4) == 0 && pfa_unit_spread(us, &repeat) && pfa_log_repeat(&repeat))
		us->told |= 4;
}

void
pfa_unit_watched(PfaUnitShape *us, const PfaShape *shape, const PfaExecution *execution)
{
	PfaPeerWatch *watch = watch_of(us);
	PfaPeerWork work;

	if (watch == NULL || pfa_unit_current.scope != PFA_SCOPE_BURST)
	{
		us->watch = -1;
		return;
	}
	sum_up(watch, us, execution, &work);
	/* a parent on its own connection explains it better, or what it is read for */
	if (us->live[0] >= 0 || us->validated * 4 >= us->calls)
	{
		give_up(us, watch);
		return;
	}
	if (watch->state == PFA_PEER_WATCHED &&
		(watch->n < ENOUGH || !join(us, shape, &execution->key, work.first_seen, watch)))
		return;
	work.others_vary = (watch->varied & ~(1 << watch->bindings[watch->place])) != 0;
	/* a reset has taken the group away: what comes may make another */
	if (!pfa_groups_add(&watch->handle, watch->values[watch->place], watch->n, &work))
		watch->state = PFA_PEER_WATCHED;
	watch->n = 0;
	if (unlikely(pfa_log))
		write_log(us);
}
