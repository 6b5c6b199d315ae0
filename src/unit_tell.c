/*
 * unit_tell.c
 *		Tells the client, and the log, of repeats as they happen.
 *
 * Throws when the session asked for that, in the start of the statement that
 * crosses the threshold, and nowhere else.
 */
#include "postgres.h"

#include "notice.h"
#include "settings.h"
#include "slab.h"
#include "unit_internal.h"

/* Whether a repeat is worth telling; what fails must not depend on speed. */
static bool
is_due(const PfaUnitShape *us, int which)
{
	if (us->calls < pfa_repeat_threshold ||
		(which == 1 && us->calls < pfa_duplicate_report))
		return false;
	return us->calls >= pfa_repeat_report ||
		(pfa_notice != PFA_NOTICE_ERROR &&
		 us->exec_ns + us->gap_ns >= (uint64) pfa_repeat_report_time * 1000000);
}

/* The statement is about to fail by our own doing: it neither runs nor counts. */
static void
expect_failure(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key)
{
	/* findings know what the client is told */
	pfa_unit_publish(us, shape, key);
	if (pfa_log)
		pfa_unit_write_log(us);
	/* what comes next is no retry of this */
	pfa_unit_current.rolled_back = true;
	pfa_slab_line->now.running_shape = 0;
}

/* It never fails: test suites write their fixtures row by row. */
static void
tell_of_writes(PfaUnitShape *us, const PfaShape *shape, const PfaKey *key)
{
	PfaRepeat	repeat;

	if ((us->told & 1) != 0 || us->calls < pfa_repeat_threshold ||
		!pfa_unit_judge(us, shape, key, 0, &repeat))
		return;
	pfa_unit_fill_costs(us, &repeat);
	if (!pfa_notice_reports(&repeat))
		return;
	us->told |= 1;
	pfa_notice_repeat(&repeat);
}

/* Whoever of several connections comes next: each is told once. */
static void
tell_of_spread(PfaUnitShape *us)
{
	PfaRepeat	repeat;

	if ((us->told & 1) != 0 || !pfa_unit_spread(us, &repeat) || repeat.n < pfa_repeat_report)
		return;
	us->told |= 1;
	if (pfa_notice == PFA_NOTICE_ERROR)
	{
		pfa_unit_current.rolled_back = true;
		pfa_slab_line->now.running_shape = 0;
	}
	pfa_notice_repeat(&repeat);
}

/* Tells the client before the execution that crosses the threshold starts. */
void
pfa_unit_tell(PfaShape *shape, const PfaKey *key)
{
	PfaUnitShape *us = pfa_unit_find_shape(shape);

	if (us != NULL && us->tracker == PFA_UNIT_WRITES)
		tell_of_writes(us, shape, key);
	if (us != NULL && us->watch > 0)
		tell_of_spread(us);
	for (int which = 0; us != NULL && us->tracker >= 0 && which < 2; which++)
	{
		PfaRepeat	repeat;

		if ((us->told & (1 << which)) || !is_due(us, which) ||
			!pfa_unit_judge(us, shape, key, which, &repeat))
			continue;
		us->told |= 1 << which;
		pfa_unit_fill_costs(us, &repeat);
		if (pfa_notice == PFA_NOTICE_ERROR)
			expect_failure(us, shape, key);
		pfa_notice_repeat(&repeat);
	}
}
