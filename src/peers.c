/*
 * peers.c
 *		What one backend may find out of another's results, in shared memory.
 *
 * A request that is spread over the connections of a pool reads its list on one of
 * them and asks for the rows' belongings on others.  So each backend leaves copies
 * of the latest lists that it read outside of transactions: hashes of their key-like
 * values, in an area of its own, written by itself alone, without locks; who reads
 * tries again while a change count moves.  Only results that are looked at anyway
 * get here, and only shapes that repeat with nothing to explain them come to look:
 * the less often, the less often they find something.
 *
 * The same area has what this backend keeps for itself of that.  Must never throw,
 * allocate, wait, or write to another's area but for the word that says that one of
 * its results was used.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "peers.h"

#define HABITS			24		/* shapes of which is known whether to look */
#define REST_MAX		6		/* of so many units, as a power of two, one */
#define READ_ATTEMPTS	100

/* What those who look for a parent read of every backend. */
typedef struct Head
{
	uint64		who;			/* 0: no result */
	TimestampTz ended;
} Head;

typedef struct SharedResult
{
	volatile uint32 change;		/* odd while it changes */
	PfaPeerResult result;
} SharedResult;

/* How often a shape was watched in vain. */
typedef struct Habit
{
	uint32		shape;			/* of its bits, 0: free */
	uint8		vain;
	uint8		rest;			/* units in which it is not looked at */
} Habit;

typedef struct SharedPeer
{
	Head		heads[PFA_PEER_RESULTS];
	uint32		serial;			/* of the latest result, over all its backends */
	char		pad[PG_CACHE_LINE_SIZE];
	/* written by others: the serial of one that was used */
	volatile uint32 used[PFA_PEER_RESULTS];
	char		pad_used[PG_CACHE_LINE_SIZE];
	SharedResult results[PFA_PEER_RESULTS];
	PfaPeerWatch watches[PFA_PEER_WATCHES];
	Habit		habits[HABITS];
} SharedPeer;

static SharedPeer *peers;
static SharedPeer *mine;
static int	my_slot;

static SharedPeer *
peer_at(int slot)
{
	return (SharedPeer *) ((char *) peers +
						   TYPEALIGN(PG_CACHE_LINE_SIZE, sizeof(SharedPeer)) * slot);
}

static Size
areas_size(void)
{
	return mul_size(TYPEALIGN(PG_CACHE_LINE_SIZE, sizeof(SharedPeer)), MaxBackends);
}

Size
pfa_peers_size(void)
{
	return add_size(areas_size(), pfa_groups_size());
}

void
pfa_peers_init(void *place, bool found)
{
	peers = place;
	pfa_groups_init((char *) place + areas_size(), found);
	if (!found)
		memset(place, 0, areas_size());
}

/* This backend's area; what another left there is no more. */
static bool
have_area(void)
{
	if (likely(mine != NULL))
		return true;
	my_slot = pfa_compat_slot();
	if (my_slot < 0)
		return false;
	mine = peer_at(my_slot);
	memset(mine->heads, 0, sizeof(mine->heads));
	memset(mine->watches, 0, sizeof(mine->watches));
	memset(mine->habits, 0, sizeof(mine->habits));
	return true;
}

/* -- what others may find ------------------------------------------------------- */

static int
place_of(uint64 shape)
{
	for (int i = 0; i < PFA_PEER_RESULTS; i++)
	{
		if (mine->heads[i].who != 0 && mine->results[i].result.shape == shape)
			return i;
	}
	return -1;
}

static bool
is_used(int at)
{
	return mine->heads[at].who != 0 && mine->used[at] == mine->results[at].result.serial;
}

/* A free place, or that of the oldest that nobody has used, or of the oldest. */
static int
make_room(void)
{
	int			oldest = -1;
	int			at = 0;

	for (int i = 0; i < PFA_PEER_RESULTS; i++)
	{
		if (mine->heads[i].who == 0)
			return i;
		if (mine->heads[i].ended < mine->heads[at].ended)
			at = i;
		if (!is_used(i) && (oldest < 0 || mine->heads[i].ended < mine->heads[oldest].ended))
			oldest = i;
	}
	return oldest >= 0 ? oldest : at;
}

bool
pfa_peers_publish(uint64 who, const PfaResult *result, uint32 unit, TimestampTz ended)
{
	int			at;
	bool		used;
	PfaPeerResult *place;

	if (!have_area())
		return false;
	at = place_of(result->shape);
	used = at >= 0 && is_used(at);
	if (at < 0)
		at = make_room();
	place = &mine->results[at].result;
	mine->results[at].change++;
	pg_write_barrier();
	place->who = who;
	place->ended = ended;
	place->shape = result->shape;
	place->queryid = result->queryid;
	place->slot = my_slot;
	place->pid = MyProcPid;
	place->serial = Max(++mine->serial, 1);
	place->unit = unit;
	place->rows = Max(result->rows, result->captured);
	place->captured = result->captured;
	place->ncolumns = result->ncolumns;
	memcpy(place->attnum, result->attnum, sizeof(place->attnum));
	memcpy(place->resno, result->resno, sizeof(place->resno));
	memcpy(place->relid, result->relid, sizeof(place->relid));
	memcpy(place->hashes, result->hashes,
		   sizeof(uint32) * result->captured * result->ncolumns);
	pg_write_barrier();
	mine->results[at].change++;
	mine->heads[at].ended = ended;
	mine->heads[at].who = who;
	return used;
}

void
pfa_peers_withdraw(uint64 shape)
{
	int			at = mine != NULL ? place_of(shape) : -1;

	if (at >= 0 && !is_used(at))
		mine->heads[at].who = 0;
}

/* -- what others have ------------------------------------------------------------ */

static bool
copy_result(const SharedResult *shared, PfaPeerResult *copy)
{
	for (int i = 0; i < READ_ATTEMPTS; i++)
	{
		uint32		before = shared->change;

		pg_read_barrier();
		memcpy(copy, &shared->result, sizeof(*copy));
		pg_read_barrier();
		if ((before & 1) == 0 && shared->change == before)
			return true;
	}
	return false;
}

bool
pfa_peers_next(int *at, uint64 who, uint32 unit, TimestampTz since, TimestampTz began,
			   PfaPeerResult *copy)
{
	if (!have_area())
		return false;
	for (; *at < MaxBackends * PFA_PEER_RESULTS; (*at)++)
	{
		int			slot = *at / PFA_PEER_RESULTS;
		int			k = *at % PFA_PEER_RESULTS;
		const SharedPeer *peer = peer_at(slot);

		if (peer->heads[k].who != who ||
			peer->heads[k].ended < since || peer->heads[k].ended > began)
			continue;
		/* another one may be there by now */
		if (!copy_result(&peer->results[k], copy) || copy->who != who ||
			copy->ended < since || copy->ended > began ||
			(slot == my_slot && copy->unit == unit))
			continue;
		(*at)++;
		return true;
	}
	return false;
}

void
pfa_peers_note_used(const PfaPeerResult *result)
{
	SharedPeer *peer = peer_at(result->slot);

	for (int i = 0; i < PFA_PEER_RESULTS; i++)
	{
		if (peer->results[i].result.serial == result->serial)
			peer->used[i] = result->serial;
	}
}

/* -- what this backend looks for ------------------------------------------------- */

static Habit *
habit_of(uint64 shape)
{
	uint32		bits = (uint32) (shape >> 32) | 1;
	Habit	   *habit = &mine->habits[(uint32) shape % HABITS];

	/* it shares its place with others: the latest has it */
	if (habit->shape != bits)
	{
		memset(habit, 0, sizeof(*habit));
		habit->shape = bits;
	}
	return habit;
}

bool
pfa_peers_turn(uint64 shape)
{
	Habit	   *habit;

	if (!have_area())
		return false;
	habit = habit_of(shape);
	if (habit->rest == 0)
		return true;
	habit->rest--;
	return false;
}

void
pfa_peers_learn(uint64 shape, bool found)
{
	Habit	   *habit = habit_of(shape);

	habit->vain = found ? 0 : Min(habit->vain + 1, REST_MAX);
	habit->rest = found ? 0 : (1 << habit->vain) - 1;
}

static uint32 watched_chain;	/* the latest that has a watch */

int
pfa_peers_find_watch(uint64 shape, uint32 chain)
{
	if (chain != watched_chain)
		return -1;
	for (int i = 0; mine != NULL && i < PFA_PEER_WATCHES; i++)
	{
		if (mine->watches[i].shape == shape && mine->watches[i].chain == chain)
			return i;
	}
	return -1;
}

int
pfa_peers_add_watch(uint64 shape, uint32 chain)
{
	for (int i = 0; have_area() && i < PFA_PEER_WATCHES; i++)
	{
		PfaPeerWatch *watch = &mine->watches[i];

		if (watch->chain == chain)
			continue;
		memset(watch, 0, sizeof(*watch));
		watch->shape = shape;
		watch->chain = watched_chain = chain;
		return i;
	}
	return -1;
}

PfaPeerWatch *
pfa_peers_get_watch(int at)
{
	return &mine->watches[at];
}
