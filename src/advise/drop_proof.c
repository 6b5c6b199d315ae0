/*
 * drop_proof.c
 *		perfaudit.drop_proof(): what recorded statements would cost without an
 *		index that looks superfluous.
 *
 * For findings, which nobody asked to plan anything: under the rules of replan.c
 * for those, and in little time; the statements that take most come first.  Of
 * each index alone, unlike the drops that the advisor proposes together.  Tells
 * counts and a percentage.
 */
#include "postgres.h"

#include "advise/drops.h"
#include "compat.h"
#include "hooks.h"
#include "shmem.h"
#include "srf.h"

#include "catalog/index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PFA_SQL_FUNCTION(perfaudit_drop_proof_1_0);

/* Milliseconds, for all indexes. */
#define MAX_MS 250
/* Share of executions with a generic plan from which that is the one judged. */
#define GENERIC_SHARE 0.3

typedef struct Proof
{
	Oid			index;
	List	   *own;			/* OIDs: it and those of its partitions */
	List	   *tables;			/* OIDs: its table and the partitions */
	int			checked;		/* statements planned that read the table */
	int			using;			/* of them those whose plan has the index */
	int			skipped;		/* statements that could not be planned */
	double		worst;			/* percent that one gets dearer without it */
} Proof;

/* Whether two lists have an OID in common. */
static bool
share_one(const List *a, const List *b)
{
	ListCell   *lc;

	foreach(lc, a)
		if (list_member_oid(b, lfirst_oid(lc)))
			return true;
	return false;
}

static List *
read_proofs(ArrayType *array)
{
	List	   *proofs = NIL;
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		Oid			index = nulls[i] ? InvalidOid : DatumGetObjectId(elements[i]);
		Oid			table = OidIsValid(index) ? IndexGetRelation(index, true) : InvalidOid;
		Proof	   *proof;

		if (!OidIsValid(table))
			continue;
		proof = palloc0(sizeof(Proof));
		proof->index = index;
		proof->own = find_all_inheritors(index, NoLock, NULL);
		proof->tables = find_all_inheritors(table, NoLock, NULL);
		proofs = lappend(proofs, proof);
	}
	return proofs;
}

/* Whether a recorded plan of the statement has the table; if unsure, it does. */
static bool
reads(const PfaWorkItem *item, const Proof *proof)
{
	for (int i = 0; i < item->nplans; i++)
	{
		if (item->plans[i].truncated)
			return true;
		for (int j = 0; j < item->plans[i].nnodes; j++)
			if (list_member_oid(proof->tables, item->plans[i].nodes[j].relid))
				return true;
	}
	return false;
}

/* Plans it with one set of its values, as it is and without each index that it uses. */
static bool
plan_without(const PfaWorkItem *item, List *proofs, bool first)
{
	PfaReplan  *replan = pfa_replan_prepare_unasked(item);
	bool		generic = item->counters.generic >= GENERIC_SHARE * item->counters.calls;
	PfaReplanned before;
	PfaReplanned after;
	bool		done;
	ListCell   *lc;

	done = pfa_replan_plan(replan, NIL, NIL, generic, false, &before);
	foreach(lc, done ? proofs : NIL)
	{
		Proof	   *proof = lfirst(lc);

		if (first)
			proof->checked++;
		if (!share_one(before.indexes, proof->own))
			continue;
		if (first)
			proof->using++;
		if (!pfa_replan_plan(replan, NIL, proof->own, generic, false, &after))
			done = false;
		else if (before.cost > 0)
			proof->worst = Max(proof->worst, 100 * (after.cost - before.cost) / before.cost);
	}
	pfa_replan_release(replan);
	return done;
}

/* False when there is no time left for all. */
static bool
prove(List *proofs, TimestampTz deadline)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, proofs == NIL ? NIL : pfa_workload_read(MyDatabaseId))
	{
		PfaWorkItem *item = lfirst(lc);
		List	   *concerned = NIL;
		bool		done;

		CHECK_FOR_INTERRUPTS();
		if (item->catalog_only || item->temporary)
			continue;
		foreach(lc2, proofs)
			if (reads(item, lfirst(lc2)))
				concerned = lappend(concerned, lfirst(lc2));
		if (concerned == NIL)
			continue;
		if (GetCurrentTimestamp() >= deadline)
			return false;
		done = plan_without(item, concerned, true);
		foreach(lc2, done ? item->others : NIL)
			done &= plan_without(lfirst(lc2), concerned, false);
		foreach(lc2, done ? NIL : concerned)
			((Proof *) lfirst(lc2))->skipped++;
	}
	return true;
}

/*
 * drop_proof(indexes regclass[]), strict.  Nothing where the advisor asks for
 * indexes to prove it of itself.
 */
Datum
perfaudit_drop_proof_1_0(PG_FUNCTION_ARGS)
{
	PfaRow		row;
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), MAX_MS);
	PfaTimeRun	around;
	MemoryContext work;
	MemoryContext old;
	List	   *volatile proofs = NIL;
	volatile bool complete = false;
	ListCell   *lc;

	pfa_shmem_require();
	pfa_srf_begin(fcinfo, &row);
	if (pfa_drops_reading)
		return (Datum) 0;
	work = AllocSetContextCreate(CurrentMemoryContext, "perfaudit drop proof", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(work);
	around = pfa_time_limit_run(deadline, MAX_MS, false);
	pfa_hooks_suspend();
	PG_TRY();
	{
		proofs = read_proofs(PG_GETARG_ARRAYTYPE_P(0));
		complete = prove(proofs, deadline);
	}
	PG_FINALLY();
	{
		pfa_hooks_resume();
		pfa_time_limit_resume(around);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	foreach(lc, proofs)
	{
		Proof	   *proof = lfirst(lc);

		pfa_srf_oid(&row, proof->index);
		pfa_srf_int4(&row, proof->checked);
		pfa_srf_int4(&row, proof->using);
		pfa_srf_int4(&row, proof->skipped);
		pfa_srf_float(&row, proof->worst);
		pfa_srf_bool(&row, complete);
		pfa_srf_emit(&row);
	}
	MemoryContextDelete(work);
	return (Datum) 0;
}
