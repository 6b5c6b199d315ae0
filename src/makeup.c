/*
 * makeup.c
 *		What a unit of work is made of: runs of statements of one kind, and how
 *		many shapes there are.
 *
 * The current unit's stands in a place of its backend's own, for readers to
 * see; when the unit goes it is added to sums.  Both are done under the lock, by
 * units that may be chatty alone: nothing is seen twice or never.  Must never
 * throw, but for readers; what the transaction callback calls does not wait.
 *
 * Locks: that of unit_sums; nothing is taken below.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "compat.h"
#include "makeup.h"
#include "settings.h"
#include "shmem.h"
#include "slab.h"
#include "store.h"

#define BITS	256				/* different shapes are counted by these */
#define READ_ATTEMPTS	1000

typedef enum State
{
	OPEN = 0,
	OVER,
	VOID						/* nothing is to be told of it */
} State;

/* Of one backend's current unit; written by it alone. */
typedef struct PfaSharedMakeup
{
	volatile uint32 change;
	uint32		state;			/* State */
	TimestampTz unit_start;		/* 0: nothing is here */
	TimestampTz last_seen;
	PfaRun		runs[PFA_VARIANTS];
	/* not looked at by others */
	PfaRun		run;			/* that goes on */
	uint64		met[BITS / 64]; /* shapes of the unit, by their hashes */
} PfaSharedMakeup;

typedef struct MakeupTable
{
	PfaMakeupSum sums[PFA_MAKEUP_SUMS];
	PfaSharedMakeup units[FLEXIBLE_ARRAY_MEMBER];
} MakeupTable;

static MakeupTable *table;
static uint16 run_serial;
static uint64 exec_before;		/* of the unit, when the run began */
static uint64 gap_before;

Size
pfa_makeup_size(void)
{
	return add_size(offsetof(MakeupTable, units),
					mul_size(sizeof(PfaSharedMakeup), MaxBackends));
}

void
pfa_makeup_init(void *place, bool found)
{
	table = place;
	if (!found)
		memset(place, 0, pfa_makeup_size());
}

/* -- the current unit ------------------------------------------------------------ */

static inline PfaSharedMakeup *
mine(void)
{
	return &table->units[pfa_compat_slot()];
}

/* The place of this backend, to be changed. */
static PfaSharedMakeup *
change(void)
{
	PfaSharedMakeup *unit = mine();

	PFA_SLAB_CHANGE(unit);
	if (!pfa_unit_current.makeup)
	{
		pfa_unit_current.makeup = true;
		memset(&unit->state, 0, offsetof(PfaSharedMakeup, run) - offsetof(PfaSharedMakeup, state));
		unit->unit_start = pfa_slab_line->now.unit_start;
	}
	if (pfa_unit_current.altered)
		unit->state = VOID;
	unit->last_seen = pfa_unit_current.last_seen;
	return unit;
}

static void
add_example(PfaRun *to, const PfaUnitShape *us)
{
	if (to->shapes < PFA_MAKEUP_EXAMPLES)
		to->shape[to->shapes] = us->shape;
	to->shapes++;
	for (int i = 0; i < PFA_MAKEUP_EXAMPLES && OidIsValid(us->relid); i++)
	{
		if (to->relids[i] == us->relid)
			break;
		if (OidIsValid(to->relids[i]))
			continue;
		to->relids[i] = us->relid;
		to->tables++;
		break;
	}
}

void
pfa_makeup_follow(PfaUnitShape *us)
{
	const PfaBackendNow *now = &pfa_slab_line->now;
	PfaSharedMakeup *unit = mine();
	PfaRun	   *run = &unit->run;
	PfaVariant	variant = us->kind - PFA_KIND_AGGREGATE;

	if (us->kind == PFA_KIND_ASIDE)
		return;
	if (us->kind != pfa_unit_current.run_kind)
	{
		pfa_unit_current.run_kind = us->kind;
		if (us->kind == PFA_KIND_PLAIN)
			return;
		memset(run, 0, sizeof(*run));
		if (++run_serial == 0)
			run_serial = 1;
		exec_before = now->unit_exec_ns;
		gap_before = now->unit_gap_ns;
	}
	if (us->run != run_serial)
	{
		us->run = run_serial;
		us->run_n = 0;
		add_example(run, us);
	}
	if (us->run_n < PG_UINT16_MAX)
		us->run_n++;
	run->n++;
	run->most = Max(run->most, us->run_n);
	run->exec_ns = now->unit_exec_ns - exec_before;
	run->gap_ns = now->unit_gap_ns - gap_before;
	/* a transaction that may be a unit of its own is too short to tell */
	if (run->shapes < PFA_MAKEUP_RUN || pfa_unit_current.going == PFA_GOING_JOINED)
		return;
	change();
	/* the latest of the largest */
	if (run->shapes >= unit->runs[variant].shapes)
		unit->runs[variant] = *run;
	PFA_SLAB_CHANGED(unit);
}

/* Too few, if any, are counted: those of one hash are taken for one. */
static void
count_shape(PfaSharedMakeup *unit, const PfaUnitShape *us)
{
	uint64	   *met = unit->met;
	int			bit = us->shape % BITS;

	if (!us->reads || us->last == 0 || (met[bit / 64] & (UINT64CONST(1) << (bit % 64))) != 0)
		return;
	met[bit / 64] |= UINT64CONST(1) << (bit % 64);
	add_example(&unit->runs[PFA_VARIANT_SHAPES], us);
}

void
pfa_makeup_meet(PfaUnitShape *us)
{
	PfaSharedMakeup *unit;

	if (pfa_unit_current.going == PFA_GOING_JOINED)
		return;
	unit = change();
	if (unit->runs[PFA_VARIANT_SHAPES].shapes == 0)
	{
		memset(unit->met, 0, sizeof(unit->met));
		for (int i = 0; i < pfa_unit_current.nshapes; i++)
			count_shape(unit, &pfa_unit_current.shapes[i]);
	}
	else
		count_shape(unit, us);
	PFA_SLAB_CHANGED(unit);
}

/* What was undone, or went wrong, is nothing to learn from. */
static State
state_now(void)
{
	const PfaUnit *unit = &pfa_unit_current;

	return unit->altered || unit->aborted || (unit->rolled_back && unit->write_serial > 0) ?
		VOID : OVER;
}

void
pfa_makeup_over(void)
{
	mine()->state = state_now();
}

void
pfa_makeup_forget(void)
{
	pfa_unit_current.run_kind = PFA_KIND_PLAIN;
	if (!pfa_unit_current.makeup)
		return;
	pfa_unit_current.makeup = false;
	mine()->unit_start = 0;
}

void
pfa_makeup_take_over(uint8 run_kind, uint64 exec_ns, uint64 gap_ns)
{
	pfa_unit_current.run_kind = run_kind;
	exec_before -= exec_ns;
	gap_before -= gap_ns;
}

/* -- sums --------------------------------------------------------------------------- */

static bool
is_same(const PfaMakeupSum *a, const PfaMakeupSum *b)
{
	return a->dbid == b->dbid && a->userid == b->userid && a->scope == b->scope &&
		a->variant == b->variant && a->tags.hash == b->tags.hash &&
		a->largest.shape[0] == b->largest.shape[0] &&
		strcmp(a->application, b->application) == 0;
}

/* Adds b to a, which is of the same identity. */
static void
merge(PfaMakeupSum *a, const PfaMakeupSum *b)
{
	a->units += b->units;
	a->statements += b->statements;
	a->n_total += b->n_total;
	a->exec_ns += b->exec_ns;
	a->gap_ns += b->gap_ns;
	a->n_min = Min(a->n_min, b->n_min);
	if (b->largest.n >= a->largest.n)
		a->largest = b->largest;
	if (b->last_seen >= a->last_seen)
		memcpy(a->name, b->name, NAMEDATALEN);
	a->first_seen = Min(a->first_seen, b->first_seen);
	a->last_seen = Max(a->last_seen, b->last_seen);
}

/* What there is to tell of a unit in one way; false if nothing. */
static bool
tell(const PfaSharedMakeup *unit, PfaVariant variant, const PfaUnitSum *of,
	 const char *name, PfaMakeupSum *sum)
{
	PfaRun	   *largest = &sum->largest;

	if (unit->state == VOID)
		return false;
	memset(sum, 0, sizeof(*sum));
	*largest = unit->runs[variant];
	if (variant != PFA_VARIANT_SHAPES)
	{
		if (largest->shapes < PFA_MAKEUP_RUN)
			return false;
	}
	else
	{
		/* a burst of a pool may be anybody's; what goes on may be undone */
		if (largest->shapes < PFA_MAKEUP_SHAPES || of->statements > 2 * largest->shapes ||
			(of->scope == PFA_SCOPE_TRANSACTION ? unit->state != OVER :
			 name[0] == '\0' && of->tags.hash == 0))
			return false;
		largest->n = of->statements;
		largest->exec_ns = of->exec_ns;
		largest->gap_ns = of->gap_ns;
	}
	sum->dbid = of->dbid;
	sum->userid = of->userid;
	sum->scope = of->scope;
	sum->variant = variant;
	memcpy(sum->application, of->application, NAMEDATALEN);
	memcpy(sum->name, name, NAMEDATALEN);
	sum->tags = of->tags;
	sum->units = 1;
	sum->statements = of->statements;
	sum->n_total = sum->n_min = largest->n;
	sum->exec_ns = largest->exec_ns;
	sum->gap_ns = largest->gap_ns;
	sum->first_seen = of->first_seen;
	sum->last_seen = unit->last_seen;
	return true;
}

/* The one seen longest ago makes room. */
static void
add(const PfaMakeupSum *sum)
{
	PfaMakeupSum *place = NULL;

	for (int i = 0; i < PFA_MAKEUP_SUMS; i++)
	{
		if (is_same(&table->sums[i], sum))
		{
			merge(&table->sums[i], sum);
			return;
		}
		if (place == NULL || table->sums[i].last_seen < place->last_seen)
			place = &table->sums[i];
	}
	*place = *sum;
}

void
pfa_makeup_end(const PfaUnitSum *of, bool counts)
{
	PfaSharedMakeup *unit = mine();

	unit->state = state_now();
	if (counts && unit->state == OVER)
	{
		LWLockAcquire(pfa_shmem_units_lock(), LW_EXCLUSIVE);
		for (int variant = 0; variant < PFA_VARIANTS; variant++)
		{
			PfaMakeupSum sum;

			if (tell(unit, variant, of, pfa_unit_current.name, &sum))
				add(&sum);
		}
		unit->unit_start = 0;
		LWLockRelease(pfa_shmem_units_lock());
	}
	pfa_makeup_forget();
}

/* -- readers ------------------------------------------------------------------------- */

/* The current unit of a backend, and whose it is; false if there is nothing to tell. */
static bool
read_unit(int slot, Oid dbid, PfaSharedMakeup *copy, PfaUnitSum *of, char *name)
{
	const PfaSharedMakeup *unit = &table->units[slot];
	PfaBackendNow now;
	PfaKey		key = {0};
	int			attempts = 0;
	uint32		before;

	if (unit->unit_start == 0)
		return false;
	do
	{
		before = unit->change;
		pg_read_barrier();
		memcpy(copy, unit, offsetof(PfaSharedMakeup, run));
		pg_read_barrier();
	} while (((before & 1) != 0 || unit->change != before) && attempts++ < READ_ATTEMPTS);
	if (attempts > READ_ATTEMPTS || !pfa_slab_read_now(slot, &now) || !now.in_unit ||
		now.unit_start != copy->unit_start || now.dbid != dbid)
		return false;
	memset(of, 0, sizeof(*of));
	of->dbid = key.dbid = now.dbid;
	of->userid = key.userid = now.userid;
	of->scope = now.scope;
	memcpy(of->application, now.application, NAMEDATALEN);
	memcpy(name, now.unit, NAMEDATALEN);
	of->tags = now.tags;
	of->statements = now.unit_statements;
	of->exec_ns = now.unit_exec_ns;
	of->gap_ns = now.unit_gap_ns;
	of->first_seen = now.unit_start;
	return copy->last_seen >= (TimestampTz) pg_atomic_read_u64(&pfa_totals->reset_at) &&
		!pfa_store_was_reset(&key, copy->last_seen);
}

PfaMakeupSum *
pfa_makeup_read(Oid dbid, int *n)
{
	PfaMakeupSum *sums = palloc(sizeof(PfaMakeupSum) * (PFA_MAKEUP_SUMS + MaxBackends * PFA_VARIANTS));

	*n = 0;
	LWLockAcquire(pfa_shmem_units_lock(), LW_SHARED);
	for (int i = 0; i < PFA_MAKEUP_SUMS; i++)
	{
		if (table->sums[i].dbid == dbid)
			sums[(*n)++] = table->sums[i];
	}
	for (int slot = 0; slot < MaxBackends; slot++)
	{
		PfaSharedMakeup unit;
		PfaUnitSum	of;
		char		name[NAMEDATALEN];

		if (!read_unit(slot, dbid, &unit, &of, name))
			continue;
		for (int variant = 0; variant < PFA_VARIANTS; variant++)
		{
			int			at = 0;

			if (!tell(&unit, variant, &of, name, &sums[*n]))
				continue;
			while (!is_same(&sums[at], &sums[*n]))
				at++;
			if (at < *n)
				merge(&sums[at], &sums[*n]);
			else
				(*n)++;
		}
	}
	LWLockRelease(pfa_shmem_units_lock());
	return sums;
}

void
pfa_makeup_reset(Oid dbid, Oid userid)
{
	LWLockAcquire(pfa_shmem_units_lock(), LW_EXCLUSIVE);
	for (int i = 0; i < PFA_MAKEUP_SUMS; i++)
	{
		if ((dbid == 0 || table->sums[i].dbid == dbid) &&
			(userid == 0 || table->sums[i].userid == userid))
			memset(&table->sums[i], 0, sizeof(PfaMakeupSum));
	}
	LWLockRelease(pfa_shmem_units_lock());
}
