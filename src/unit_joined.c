/*
 * unit_joined.c
 *		Short transactions that are part of a burst.
 *
 * A client that begins and commits around each call sends BEGIN, one statement and
 * COMMIT where another sends one statement: both are a burst.  Whether a
 * transaction is short is known at its end, so each that follows another short one,
 * or a burst, without a pause is taken for one; with its fourth statement, a pause
 * or a change by a utility statement it parts, and is the unit of work that it
 * would have been from its begin on.
 *
 * Sums of units count its transactions as such.
 *
 * What a burst must prove holds for what is joined, and more: the same statement
 * again is no repeat, since whoever begins a transaction wants to see what is new;
 * what is read in a transaction that writes belongs to the write.
 *
 * Must never throw; what is called when a transaction is over only changes states.
 */
#include "postgres.h"

#include "access/xact.h"

#include "makeup.h"
#include "settings.h"
#include "slab.h"
#include "track.h"
#include "unit_internal.h"

#define SHORT			3		/* statements of a transaction that is joined */

/* One of its statements: the shape's sums before it. */
typedef struct Ran
{
	uint64		shape;
	uint32		calls;
	uint64		exec_ns;
	uint64		gap_ns;
	uint64		rows;
	uint8		place;
} Ran;

/* The transaction that is joined at the moment, and the unit's sums before it. */
static struct
{
	TimestampTz since;			/* its first statement */
	TimestampTz last_seen;
	uint32		statements;
	uint64		exec_ns;
	uint64		gap_ns;
	uint64		outside_ns;		/* gap before it began */
	uint32		results_turn;
	uint16		write_serial;
	int			n;
	Ran			ran[SHORT];
}			joined;

/* Those of a unit that are over: sums of all, and of those not yet added. */
typedef struct Done
{
	uint32		transactions;
	uint32		statements;
	uint32		statements_max;
	uint64		exec_ns;
	uint64		gap_ns;			/* from their begin on */
} Done;

static Done all_done;
static Done fresh_done;
static uint32 done_serial;		/* the unit's */

/* -- sums ------------------------------------------------------------------------ */

static void
add_done(Done *sum, uint32 statements, uint64 exec_ns, uint64 gap_ns)
{
	sum->transactions++;
	sum->statements += statements;
	sum->statements_max = Max(sum->statements_max, statements);
	sum->exec_ns += exec_ns;
	sum->gap_ns += gap_ns;
}

/* A transaction is over, that began at these sums of its unit. */
static void
count_done(uint32 statements, uint64 exec_ns, uint64 gap_ns)
{
	const PfaBackendNow *line = &pfa_slab_line->now;

	if (done_serial != pfa_unit_current.serial)
	{
		memset(&all_done, 0, sizeof(all_done));
		memset(&fresh_done, 0, sizeof(fresh_done));
		done_serial = pfa_unit_current.serial;
	}
	statements = line->unit_statements - statements;
	exec_ns = line->unit_exec_ns - exec_ns;
	gap_ns = line->unit_gap_ns - gap_ns;
	add_done(&all_done, statements, exec_ns, gap_ns);
	add_done(&fresh_done, statements, exec_ns, gap_ns);
}

/* What is over is in the sums when the next one begins. */
static void
add_fresh(void)
{
	PfaUnitSum	sum;

	if (done_serial != pfa_unit_current.serial || fresh_done.transactions == 0)
		return;
	if (pfa_unit_fill_sum(&sum))
	{
		sum.scope = PFA_SCOPE_TRANSACTION;
		sum.units = fresh_done.transactions;
		sum.statements = fresh_done.statements;
		sum.statements_max = fresh_done.statements_max;
		sum.exec_ns = fresh_done.exec_ns;
		sum.gap_ns = fresh_done.gap_ns;
		pfa_slab_add_unit(&sum);
	}
	memset(&fresh_done, 0, sizeof(fresh_done));
}

/* Adds the transactions of a burst, and leaves what else it had; false if that is nothing. */
static bool
take_joined(PfaUnitSum *sum)
{
	if (sum->scope != PFA_SCOPE_BURST || done_serial != pfa_unit_current.serial)
		return true;
	add_fresh();
	if (sum->statements <= all_done.statements)
		return false;
	sum->statements -= all_done.statements;
	sum->statements_max = sum->statements;
	sum->exec_ns -= Min(all_done.exec_ns, sum->exec_ns);
	sum->gap_ns -= Min(all_done.gap_ns, sum->gap_ns);
	return true;
}

void
pfa_unit_add_rest(PfaUnitSum rest)
{
	pfa_unit_sum_pauses(&rest);
	if (take_joined(&rest))
		pfa_slab_add_unit(&rest);
}

/* -- transactions ---------------------------------------------------------------- */

static void
begin_joined(PfaUnit *unit, TimestampTz now, int64 gap)
{
	const PfaBackendNow *line = &pfa_slab_line->now;

	joined.since = now;
	joined.last_seen = unit->last_seen;
	joined.statements = line->unit_statements;
	joined.exec_ns = line->unit_exec_ns;
	joined.gap_ns = line->unit_gap_ns;
	joined.results_turn = pfa_results_turn;
	joined.write_serial = unit->write_serial;
	joined.n = 0;
	joined.outside_ns = Max(gap - (now - GetCurrentTransactionStartTimestamp()) * 1000, 0);
	unit->going = PFA_GOING_JOINED;
	pfa_unit_in_transaction = true;
	/* nothing stands in a row with it */
	unit->run_kind = PFA_KIND_PLAIN;
}

bool
pfa_unit_joins(PfaScope scope, Oid userid, TimestampTz now, bool altered)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaBackendNow *line = &pfa_slab_line->now;
	int64		gap = pfa_unit_gap(unit, now);

	if (unit->going == PFA_GOING_JOINED)
	{
		if (scope != PFA_SCOPE_TRANSACTION || !pfa_unit_has_name())
			return false;
		if (gap > unit->gap_max_ns || unit->userid != userid ||
			line->unit_statements - joined.statements >= SHORT)
			pfa_unit_part();
		return true;
	}
	if (unit->going != PFA_GOING_SHORT &&
		(unit->going != PFA_SCOPE_BURST + 1 || scope != PFA_SCOPE_TRANSACTION))
		return false;
	if (altered || gap > unit->gap_max_ns || now > unit->end_of_burst ||
		unit->userid != userid || line->unit_statements >= pfa_burst_max_statements ||
		!pfa_unit_has_name() || !pfa_unit_has_application())
		return false;
	add_fresh();
	unit->scope = PFA_SCOPE_BURST;
	unit->joined = true;
	PFA_SLAB_CHANGE(pfa_slab_line);
	line->scope = PFA_SCOPE_BURST;
	PFA_SLAB_CHANGED(pfa_slab_line);
	if (scope == PFA_SCOPE_TRANSACTION)
		begin_joined(unit, now, gap);
	else
		unit->going = PFA_SCOPE_BURST + 1;
	return true;
}

void
pfa_unit_note_joined(PfaUnitShape *us)
{
	Ran		   *ran = &joined.ran[joined.n];

	if (likely(pfa_unit_current.going != PFA_GOING_JOINED))
		return;
	ran->shape = us->shape;
	ran->place = us - pfa_unit_current.shapes;
	ran->calls = us->calls;
	ran->exec_ns = us->exec_ns;
	ran->gap_ns = us->gap_ns;
	ran->rows = us->rows;
	joined.n++;
	/* not in a row with the one before */
	us->last = 0;
}

void
pfa_unit_joined_anew(void)
{
	joined.statements = 0;
	joined.exec_ns = joined.gap_ns = joined.outside_ns = 0;
	joined.last_seen = pfa_unit_current.last_seen;
	joined.n = 0;
	/* those before it are forgotten */
	done_serial = 0;
}

/* The shape's sums of the transaction alone; what it tracks stays if it began there. */
static void
take_out(PfaUnitShape *us, const Ran *ran, PfaUnitShape *kept)
{
	if (ran->calls == 0)
	{
		pfa_unit_withdraw(us);
		*kept = *us;
	}
	else
	{
		*kept = *us;
		kept->calls -= ran->calls;
		kept->exec_ns -= ran->exec_ns;
		kept->gap_ns -= Min(ran->gap_ns, kept->gap_ns);
		kept->rows -= ran->rows;
		kept->tracker = Min(us->tracker, PFA_UNIT_UNTRACKED);
		kept->live[0] = kept->live[1] = -1;
		kept->judge_at = kept->show_at = pfa_repeat_threshold;
		kept->first_seen = joined.since;
		kept->validated = kept->written_after = kept->in_a_row = 0;
		kept->alone = kept->told = 0;
		/* more keys do not fit than those of the first executions */
		kept->watched |= kept->met != 0;
		kept->keys = kept->same_keys = kept->met = 0;
		kept->followed = false;
		kept->gathered = 0;
	}
	kept->last -= joined.statements;
}

/* The shapes that ran in it; returns the trackers that are its own, a bit each. */
static uint32
take_out_shapes(PfaUnitShape *kept, int *nkept)
{
	uint32		trackers = 0;

	*nkept = 0;
	for (int i = 0; i < joined.n; i++)
	{
		const Ran  *ran = &joined.ran[i];
		PfaUnitShape *us = &pfa_unit_current.shapes[ran->place];
		bool		again = us->shape != ran->shape;	/* or gone */

		for (int j = 0; j < i; j++)
			again |= joined.ran[j].shape == ran->shape;
		if (again)
			continue;
		take_out(us, ran, &kept[*nkept]);
		if (i == 0)
			kept->gap_ns -= Min(joined.outside_ns, kept->gap_ns);
		if (kept[*nkept].tracker >= 0)
			trackers |= 1U << kept[*nkept].tracker;
		(*nkept)++;
	}
	return trackers;
}

void
pfa_unit_part(void)
{
	PfaUnit    *unit = &pfa_unit_current;
	PfaBackendNow *line = &pfa_slab_line->now;
	PfaBackendNow all = *line;
	TimestampTz last_seen = unit->last_seen;
	int64		last_end_ns = unit->last_end_ns;
	int64		write_mark = unit->write_mark;
	uint16		write_serial = unit->write_serial;
	uint8		run_kind = unit->run_kind;
	PfaTagged	tagged = unit->tagged;
	uint64		gap_before = joined.gap_ns + joined.outside_ns;
	PfaUnitShape kept[SHORT];
	int			nkept;
	uint32		trackers = take_out_shapes(kept, &nkept);

	PFA_SLAB_CHANGE(pfa_slab_line);
	line->unit_statements = joined.statements;
	line->unit_exec_ns = joined.exec_ns;
	line->unit_gap_ns = joined.gap_ns;
	PFA_SLAB_CHANGED(pfa_slab_line);
	unit->last_seen = joined.last_seen;
	pfa_unit_end_but(joined.results_turn, trackers);
	pfa_unit_start(PFA_SCOPE_TRANSACTION, unit->userid, joined.since);
	unit->last_seen = last_seen;
	unit->last_end_ns = last_end_ns;
	unit->write_mark = write_mark;
	unit->write_serial = write_serial;
	if (unit->tagged.tags.hash == 0 && unit->tagged.trace == 0)
		unit->tagged = tagged;
	PFA_SLAB_CHANGE(pfa_slab_line);
	line->tags = unit->tagged.tags;
	line->unit_statements = all.unit_statements - joined.statements;
	line->unit_exec_ns = all.unit_exec_ns - joined.exec_ns;
	line->unit_gap_ns = all.unit_gap_ns - gap_before;
	line->running_shape = all.running_shape;
	PFA_SLAB_CHANGED(pfa_slab_line);
	pfa_makeup_take_over(run_kind, joined.exec_ns, gap_before);
	for (int i = 0; i < nkept; i++)
		pfa_unit_take_over_shape(&kept[i]);
}

/* What was read to be written is read for each. */
static void
note_reads_for_writes(void)
{
	for (int i = 0; i < joined.n; i++)
	{
		PfaUnitShape *us = &pfa_unit_current.shapes[joined.ran[i].place];

		if (us->shape != joined.ran[i].shape || !us->reads || us->validated == PG_UINT16_MAX)
			continue;
		us->validated++;
		us->judge_at = us->show_at = 0;
	}
}

bool
pfa_unit_outlives(bool aborted)
{
	PfaUnit    *unit = &pfa_unit_current;
	bool		is_joined = unit->going == PFA_GOING_JOINED;
	bool		wrote = unit->write_serial != (is_joined ? joined.write_serial : 0);
	bool		undone = aborted && (wrote || !unit->rolled_back);

	if (is_joined)
	{
		unit->rolled_back = false;
		count_done(joined.statements, joined.exec_ns, joined.gap_ns + joined.outside_ns);
		if (undone)
		{
			/* only the last of several that are done */
			pfa_unit_cut();
			return true;
		}
		if (wrote)
			note_reads_for_writes();
	}
	else
	{
		if (undone || unit->going != PFA_SCOPE_TRANSACTION + 1 || unit->altered ||
			unit->published || unit->makeup || unit->paused_ns > 0 ||
			pfa_slab_line->now.unit_statements > SHORT)
			return false;
		unit->rolled_back = false;
		count_done(0, 0, 0);
	}
	unit->going = PFA_GOING_SHORT;
	pfa_unit_in_transaction = false;
	unit->run_kind = PFA_KIND_PLAIN;
	return true;
}
