/*
 * distinct.c
 *		How many different values statements are asked with, across units of work.
 *
 * A backend looks at few of its executions, and gathers what it sees of a shape
 * in a small part of its own; now and then it is added to the shared one, which
 * keeps the shapes seen most and latest.  Values are hashes, of which a register
 * keeps no more than a count of zeroes.  Must never throw or wait.
 *
 * Locks: that of unit_sums, if it is free; nothing is taken below.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "compat.h"
#include "distinct.h"
#include "shmem.h"
#include "slab.h"
#include "unit_internal.h"

#define BUCKET		8			/* places in which a shape may stand */
#define GATHERED	8			/* shapes, a power of two */
#define ADD_MAX		8			/* executions gathered before they are added */
#define SETTLED		8			/* executions from which a shape is kept... */
#define KEEP		(10 * USECS_PER_MINUTE) /* ...for that long, at least */

/* What this backend has seen of a shape, and has not added yet. */
typedef struct Gathered
{
	PfaDistinct seen;
	uint32		add_at;			/* executions after which it is added */
	uint32		unit;			/* of the last */
} Gathered;

typedef struct DistinctTable
{
	PfaDistinct shapes[PFA_DISTINCT_SHAPES];
	Gathered	gathered[FLEXIBLE_ARRAY_MEMBER][GATHERED];	/* a backend's own */
} DistinctTable;

static DistinctTable *table;
static bool known;
static uint64 known_resets;		/* when known */
uint32		pfa_distinct_in = PFA_DISTINCT_EVERY / 2;

Size
pfa_distinct_size(void)
{
	return add_size(offsetof(DistinctTable, gathered),
					mul_size(sizeof(Gathered) * GATHERED, MaxBackends));
}

void
pfa_distinct_init(void *place, bool found)
{
	table = place;
	if (!found)
		memset(place, 0, pfa_distinct_size());
}

/* At random, so that it falls in step with nothing. */
void
pfa_distinct_draw(void)
{
	pfa_distinct_in = PFA_DISTINCT_EVERY / 2 + 1 +
		(uint32) (pg_prng_uint64(&pg_global_prng_state) % PFA_DISTINCT_EVERY);
}

static inline bool
is_same(const PfaDistinct *a, const PfaDistinct *b)
{
	return a->shape == b->shape && a->dbid == b->dbid && a->userid == b->userid;
}

/* The place of a shape, or one that may be taken; NULL if there is none. */
static PfaDistinct *
place_of(const PfaDistinct *seen)
{
	PfaDistinct *bucket = &table->shapes[(seen->shape / BUCKET * BUCKET) % PFA_DISTINCT_SHAPES];
	PfaDistinct *place = NULL;

	for (int i = 0; i < BUCKET; i++)
	{
		if (is_same(&bucket[i], seen))
			return &bucket[i];
		if (bucket[i].shape != 0 && bucket[i].sampled >= SETTLED &&
			bucket[i].last_seen > seen->last_seen - KEEP)
			continue;
		if (place == NULL || bucket[i].shape == 0 ||
			(place->shape != 0 && bucket[i].last_seen < place->last_seen))
			place = &bucket[i];
	}
	return place;
}

static void
merge(PfaDistinct *a, const PfaDistinct *b)
{
	a->sampled += b->sampled;
	a->units += b->units;
	a->last_seen = Max(a->last_seen, b->last_seen);
	for (int i = 0; i < PFA_DISTINCT_REGISTERS; i++)
		a->registers[i] = Max(a->registers[i], b->registers[i]);
}

/* False if somebody else has the lock. */
static bool
add_gathered(Gathered *mine)
{
	PfaDistinct *place;

	if (!LWLockConditionalAcquire(pfa_shmem_units_lock(), LW_EXCLUSIVE))
		return false;
	place = place_of(&mine->seen);
	if (place && is_same(place, &mine->seen))
		merge(place, &mine->seen);
	else if (place)
		*place = mine->seen;
	LWLockRelease(pfa_shmem_units_lock());
	mine->seen.sampled = mine->seen.units = 0;
	return true;
}

void
pfa_distinct_add(const PfaKey *key, uint64 values, TimestampTz now)
{
	Gathered   *all = table->gathered[pfa_compat_slot()];
	Gathered   *mine = &all[key->shape % GATHERED];
	uint64		hash = murmurhash64(values);
	int			at = hash % PFA_DISTINCT_REGISTERS;
	uint8		zeroes;

	if (!known || known_resets != pfa_slab_resets)
	{
		known = true;
		known_resets = pfa_slab_resets;
		memset(all, 0, sizeof(Gathered) * GATHERED);
	}
	if (mine->seen.shape != key->shape || mine->seen.userid != key->userid)
	{
		if (mine->seen.sampled > 0)
			add_gathered(mine);
		memset(mine, 0, sizeof(*mine));
		mine->seen.shape = key->shape;
		mine->seen.dbid = key->dbid;
		mine->seen.userid = key->userid;
		mine->add_at = 1;
	}
	mine->seen.sampled++;
	if (mine->unit != pfa_unit_current.serial)
		mine->seen.units++;
	mine->unit = pfa_unit_current.serial;
	mine->seen.last_seen = now;
	hash >>= 32;
	zeroes = 32 - (hash == 0 ? 0 : pg_leftmost_one_pos32((uint32) hash) + 1) + 1;
	mine->seen.registers[at] = Max(mine->seen.registers[at], zeroes);
	if (mine->seen.sampled >= mine->add_at && add_gathered(mine))
		mine->add_at = Min(2 * mine->add_at, ADD_MAX);
}

/* -- readers ----------------------------------------------------------------- */

int
pfa_distinct_read(Oid dbid, PfaDistinct *copies)
{
	int			n = 0;

	LWLockAcquire(pfa_shmem_units_lock(), LW_SHARED);
	for (int i = 0; i < PFA_DISTINCT_SHAPES; i++)
	{
		if (table->shapes[i].shape != 0 && table->shapes[i].dbid == dbid)
			copies[n++] = table->shapes[i];
	}
	LWLockRelease(pfa_shmem_units_lock());
	return n;
}

void
pfa_distinct_reset(Oid dbid, Oid userid, uint64 shape)
{
	LWLockAcquire(pfa_shmem_units_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < PFA_DISTINCT_SHAPES; i++)
	{
		if ((dbid == 0 || table->shapes[i].dbid == dbid) && (userid == 0 || table->shapes[i].userid == userid) &&
			(shape == 0 || table->shapes[i].shape == shape))
			memset(&table->shapes[i], 0, sizeof(PfaDistinct));
	}
	LWLockRelease(pfa_shmem_units_lock());
}

/* As Flajolet and others do; few values by the registers that none has touched. */
double
pfa_distinct_estimate(const PfaDistinct *of)
{
	const double m = PFA_DISTINCT_REGISTERS;
	double		sum = 0;
	int			zero = 0;
	double		estimate;

	for (int i = 0; i < PFA_DISTINCT_REGISTERS; i++)
	{
		sum += pow(2, -(double) of->registers[i]);
		zero += of->registers[i] == 0;
	}
	estimate = 0.697 * m * m / sum;
	if (estimate <= 2.5 * m && zero > 0)
		estimate = m * log(m / zero);
	return estimate;
}
