/*
 * persist_save.c
 *		Writes what the shared tables hold, the most used statements first.
 *
 * Runs in the postmaster when no other process is there.  Must never throw, and
 * never write a sampled value or a text as it was sent: only normalised texts,
 * which have no literals.
 *
 * Locks: that of unit_sums for a moment.
 */
#include "postgres.h"

#include "portability/instr_time.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "peer_groups.h"
#include "persist_save.h"

/* What is written as it stands in memory. */
const uint32 pfa_saved_layout[PFA_SAVED_LAYOUT] = {
	sizeof(PfaSavedStatement), sizeof(PfaSharedPlan), sizeof(PfaSharedRepeat),
	sizeof(PfaUnitSum), sizeof(PfaSharedText), sizeof(PfaCounters),
	offsetof(PfaSharedStatement, counters), offsetof(PfaSharedStatement, hist),
	PFA_MAX_NODES << 16 | PFA_MAX_PREDS, PFA_MAX_SCANS << 16 | PFA_HIST_BUCKETS,
	sizeof(PfaSharedGiven)
};

static int
by_calls(const void *a, const void *b)
{
	const PfaSharedStatement *left = *(PfaSharedStatement *const *) a;
	const PfaSharedStatement *right = *(PfaSharedStatement *const *) b;

	if (left->counters.calls != right->counters.calls)
		return left->counters.calls > right->counters.calls ? -1 : 1;
	if (left->counters.exec_ns != right->counters.exec_ns)
		return left->counters.exec_ns > right->counters.exec_ns ? -1 : 1;
	return memcmp(&left->key, &right->key, sizeof(PfaKey));
}

/* All statements that ran, the most used first; NULL if there is no memory. */
static PfaSharedStatement **
sorted_statements(int64 room, uint32 *n)
{
	PfaSharedStatement **list = palloc_extended(sizeof(PfaSharedStatement *) * (room + 1),
												MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);

	*n = 0;
	for (int p = 0; list && p < PFA_PARTITIONS; p++)
	{
		PfaSharedStatement *entry;
		int			at = 0;

		while ((entry = pfa_store_next(p, &at)) != NULL && *n < room)
		{
			if (entry->counters.calls > 0 || entry->counters.errors > 0)
				list[(*n)++] = entry;
		}
	}
	if (list)
		qsort(list, *n, sizeof(*list), by_calls);
	return list;
}

static void
write_statement(PfaSavedFile *file, const PfaSharedStatement *entry)
{
	PfaSavedStatement saved;
	PfaSharedText head;
	PfaTextParts parts;

	memset(&saved, 0, sizeof(saved));
	memset(&head, 0, sizeof(head));
	pfa_texts_get(entry->text, &parts);
	if (DsaPointerIsValid(entry->text))
	{
		const PfaSharedText *text = pfa_texts_address(entry->text);

		head = *text;
		/* without one of its own, the sample is the normalised text */
		head.sample_missing = text->sample_missing || text->sample_length > 0;
		head.sample_length = 0;
		saved.text_length = sizeof(head) + head.nparams * sizeof(Oid) +
			head.normal_length + head.path_length;
	}
	saved.mark = PFA_SAVED_MARK;
	saved.had_values = entry->values_lost || DsaPointerIsValid(entry->values);
	saved.nplans = (entry->plans[0] >= 0) + (entry->plans[1] >= 0);
	saved.s = *entry;
	saved.s.next = -1;
	saved.s.text = saved.s.values = InvalidDsaPointer;
	saved.s.plans[0] = saved.s.plans[1] = -1;
	pfa_persist_file_write(file, &saved, sizeof(saved));
	for (int which = 0; which < 2; which++)
	{
		if (entry->plans[which] >= 0)
			pfa_persist_file_write(file, pfa_store_plan(entry, which), sizeof(PfaSharedPlan));
	}
	if (saved.text_length == 0)
		return;
	pfa_persist_file_write(file, &head, sizeof(head));
	pfa_persist_file_write(file, parts.types, head.nparams * sizeof(Oid));
	pfa_persist_file_write(file, parts.normal, head.normal_length);
	pfa_persist_file_write(file, parts.path, head.path_length);
}

static void
write_repeats(PfaSavedFile *file)
{
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		PfaSharedRepeat *repeat;
		int			at = 0;

		while ((repeat = pfa_store_next_repeat(p, &at)) != NULL)
			pfa_persist_file_write(file, repeat, sizeof(*repeat));
	}
}

/* Writes what was advised, or (no file) counts it. */
static uint32
write_given(PfaSavedFile *file)
{
	const PfaSharedGiven *given;
	uint32		n = 0;
	int			at = 0;

	while ((given = pfa_given_next(&at)) != NULL)
	{
		n++;
		if (file != NULL)
			pfa_persist_file_write(file, given, sizeof(*given));
	}
	return n;
}

void
pfa_persist_save(void)
{
	static PfaUnitSum units[PFA_UNIT_SUMS];
	PfaSavedHeader header;
	PfaSavedFile file;
	PfaSharedStatement **list;
	instr_time	begin;
	instr_time	end;
	int64		statements;
	int64		plans;
	int64		repeats;
	int64		room;

	INSTR_TIME_SET_CURRENT(begin);
	pfa_groups_finish();
	pfa_store_usage(&statements, &plans, &repeats, &room, &room, &room);
	pfa_persist_file_header(&header, pfa_saved_layout);
	list = sorted_statements(statements, &header.statements);
	if (list == NULL)
	{
		ereport(LOG,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("perfaudit could not save its statistics: out of memory")));
		return;
	}
	header.repeats = (uint32) repeats;
	header.units = pfa_unit_sums_read(units);
	header.given = write_given(NULL);
	header.reset_at = (TimestampTz) pg_atomic_read_u64(&pfa_totals->reset_at);
	header.saved_at = GetCurrentTimestamp();
	if (pfa_persist_file_create(&file))
	{
		pfa_persist_file_write(&file, &header, sizeof(header));
		for (uint32 i = 0; i < header.statements && file.error == 0; i++)
			write_statement(&file, list[i]);
		write_repeats(&file);
		pfa_persist_file_write(&file, units, sizeof(PfaUnitSum) * header.units);
		(void) write_given(&file);
		if (pfa_persist_file_finish(&file))
		{
			INSTR_TIME_SET_CURRENT(end);
			INSTR_TIME_SUBTRACT(end, begin);
			ereport(DEBUG1,
					(errmsg_internal("perfaudit saved %u statements, " UINT64_FORMAT " bytes, in %.1f ms",
									 header.statements, file.at,
									 INSTR_TIME_GET_MILLISEC(end))));
		}
	}
	pfree(list);
}
