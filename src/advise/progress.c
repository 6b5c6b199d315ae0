/*
 * progress.c
 *		How far a run of the advisor is, for those who wait for it: rows of
 *		advice_progress, and a NOTICE a second for a client who asked for it.
 *
 * A run has one of a few slots in shared memory, which only it writes to; when
 * all are taken it is not shown.  No locks: counts may be read while they change.
 */
#include "postgres.h"

#include "advise/advice.h"
#include "advise/progress.h"
#include "compat.h"
#include "reader.h"
#include "settings.h"
#include "srf.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#define SLOTS 16
#define PHASE_SIZE 32
#define NOTICE_MS 1000

PFA_SQL_FUNCTION(perfaudit_advice_progress_facts_1_0);

typedef struct PfaSharedProgress
{
	pg_atomic_uint32 pid;		/* 0: free */
	Oid			dbid;
	Oid			userid;
	char		phase[PHASE_SIZE];
	TimestampTz started;
	TimestampTz deadline;
	int32		statements;		/* recorded ones to look at; 0: not known yet */
	int32		planned;		/* of them, as things are */
	int32		skipped;
	int32		candidates;
	int32		chosen;
	int32		plans;			/* times the planner was asked */
} PfaSharedProgress;

static PfaSharedProgress *slots;
static PfaSharedProgress *mine;
static TimestampTz told;		/* when the client heard last */

Size
pfa_progress_size(void)
{
	return mul_size(SLOTS, sizeof(PfaSharedProgress));
}

void
pfa_progress_init(void *place, bool found)
{
	slots = place;
	for (int i = 0; i < SLOTS && !found; i++)
	{
		memset(&slots[i], 0, sizeof(slots[i]));
		pg_atomic_init_u32(&slots[i].pid, 0);
	}
}

/* A run that ends with its session. */
static void
at_exit(int code, Datum arg)
{
	pfa_progress_end();
}

static void
take_slot(void)
{
	static bool registered = false;

	if (!registered)
		before_shmem_exit(at_exit, (Datum) 0);
	registered = true;
	for (int i = 0; i < SLOTS && mine == NULL; i++)
	{
		uint32		nobody = 0;

		if (pg_atomic_compare_exchange_u32(&slots[i].pid, &nobody, (uint32) MyProcPid))
			mine = &slots[i];
	}
}

void
pfa_progress_begin(PfaAdvice *advice)
{
	/* advice that was asked for inside of advice (by a function) is not shown */
	if (mine != NULL || slots == NULL)
		return;
	take_slot();
	told = GetCurrentTimestamp();
	if (mine == NULL)
		return;
	mine->dbid = MyDatabaseId;
	mine->userid = GetUserId();
	mine->started = told;
	mine->deadline = advice->deadline;
	mine->statements = 0;
	pfa_progress_phase(advice, "reading statements");
}

void
pfa_progress_end(void)
{
	if (mine != NULL)
		pg_atomic_write_u32(&mine->pid, 0);
	mine = NULL;
}

void
pfa_progress_phase(PfaAdvice *advice, const char *phase)
{
	advice->phase = phase;
	if (mine != NULL)
		strlcpy(mine->phase, phase, PHASE_SIZE);
	pfa_progress_tick(advice);
}

void
pfa_progress_tick(PfaAdvice *advice)
{
	int			planned = list_length(advice->shapes);
	int			candidates = list_length(advice->candidates);

	if (mine != NULL)
	{
		mine->statements = advice->wanted;
		mine->planned = planned;
		mine->skipped = list_length(advice->skipped);
		mine->candidates = candidates;
		mine->chosen = advice->n_chosen;
		mine->plans = advice->plans;
	}
	if (pfa_advice_notice &&
		TimestampDifferenceExceeds(told, GetCurrentTimestamp(), NOTICE_MS))
	{
		told = GetCurrentTimestamp();
		ereport(NOTICE,
				(errmsg("perfaudit: %s", advice->phase),
				 errdetail("Statements planned: %d of %d; indexes tried: %d, chosen: %d; plans: %d.",
						   planned, advice->wanted, candidates, advice->n_chosen, advice->plans)));
	}
}

/*
 * advice_progress_facts()
 */
Datum
perfaudit_advice_progress_facts_1_0(PG_FUNCTION_ARGS)
{
	PfaRow		row;

	pfa_srf_begin(fcinfo, &row);
	for (int i = 0; i < SLOTS; i++)
	{
		PfaSharedProgress copy = slots[i];
		int			pid = (int) pg_atomic_read_u32(&slots[i].pid);

		if (pid == 0 || !pfa_reader_may_see(copy.userid))
			continue;
		copy.phase[PHASE_SIZE - 1] = '\0';
		pfa_srf_int4(&row, pid);
		pfa_srf_oid(&row, copy.dbid);
		pfa_srf_oid(&row, copy.userid);
		pfa_srf_text(&row, copy.phase);
		pfa_srf_int4(&row, copy.statements);
		pfa_srf_int4(&row, copy.planned);
		pfa_srf_int4(&row, copy.skipped);
		pfa_srf_int4(&row, copy.candidates);
		pfa_srf_int4(&row, copy.chosen);
		pfa_srf_int4(&row, copy.plans);
		pfa_srf_time(&row, copy.started);
		pfa_srf_time(&row, copy.deadline);
		pfa_srf_emit(&row);
	}
	return (Datum) 0;
}
