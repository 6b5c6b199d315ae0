/*
 * persist.c
 *		Statistics over a restart: all that the shared tables hold is written
 *		when the server has been shut down, and read when it starts.
 *
 * The file is removed once it is read: after a crash nothing old comes back.
 * One that is damaged, or not this server's, is set aside, and recording begins
 * anew.
 *
 * Runs in the postmaster, when no other process is there: must never throw, and
 * never keep the server from starting or stopping.
 *
 * Locks: none of ours; the text area's, and those of unit_sums and given for a
 * moment.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "persist.h"
#include "persist_save.h"
#include "settings.h"

static shmem_startup_hook_type prev_startup;
static bool restored;			/* a file, when this postmaster started */

/* A correct checksum says that it is what was written; this, that it is usable. */
static bool
statement_is_sane(const PfaSavedStatement *saved)
{
	const PfaSharedStatement *s = &saved->s;

	return saved->mark == PFA_SAVED_MARK && saved->nplans <= 2 && s->key.shape != 0 &&
		s->operation <= PFA_OP_UTILITY && s->nscans <= PFA_MAX_SCANS &&
		s->caller.how < PFA_CALLED_BY_WAYS &&
		(saved->text_length == 0 ||
		 (saved->text_length >= sizeof(PfaSharedText) && saved->text_length <= PFA_SAVED_TEXT_MAX));
}

static bool
plan_is_sane(const PfaSharedPlan *plan)
{
	const PfaPlanFacts *facts = &plan->facts;

	if (facts->nnodes > PFA_MAX_NODES || facts->npreds > PFA_MAX_PREDS)
		return false;
	for (int i = 0; i < facts->nnodes; i++)
	{
		if (facts->nodes[i].type >= PFA_NODE_TYPES || facts->nodes[i].parent >= facts->nnodes)
			return false;
	}
	for (int i = 0; i < facts->npreds; i++)
	{
		const PfaPred *pred = &facts->preds[i];

		if (pred->kind >= PFA_PRED_KINDS || pred->other > facts->npreds ||
			(pred->node >= facts->nnodes && pred->node != PG_UINT8_MAX))
			return false;
	}
	return true;
}

static bool
text_is_sane(const PfaSharedText *text, uint32 length)
{
	return (uint64) text->normal_length + text->path_length +
		text->nparams * sizeof(Oid) + sizeof(*text) == length &&
		text->sample_length == 0 && PG_VALID_BE_ENCODING(text->encoding);
}

/* Reads a text into shared memory, if there is room and it is wanted. */
static bool
read_text(PfaSavedFile *file, PfaSharedStatement *entry, uint32 length)
{
	PfaSharedText head;
	dsa_pointer p;

	if (!pfa_persist_file_read(file, &head, sizeof(head)) || !text_is_sane(&head, length))
		return false;
	p = entry ? pfa_texts_put_bytes(NULL, length) : InvalidDsaPointer;
	if (!DsaPointerIsValid(p))
		return pfa_persist_file_skip(file, length - sizeof(head));
	/* what has a sample to come is tried again when it runs */
	entry->text = p;
	entry->text_tried = !head.sample_missing;
	memcpy(pfa_texts_address(p), &head, sizeof(head));
	return pfa_persist_file_read(file, (char *) pfa_texts_address(p) + sizeof(head),
								 length - sizeof(head));
}

static bool
read_statement(PfaSavedFile *file)
{
	PfaSavedStatement saved;
	PfaSharedPlan plan;
	PfaSharedStatement *entry;

	if (!pfa_persist_file_read(file, &saved, sizeof(saved)) || !statement_is_sane(&saved))
		return false;
	entry = pfa_store_restore(&saved.s);
	if (entry)
	{
		entry->text_tried = false;
		entry->values_lost = saved.had_values != 0;
	}
	pg_atomic_fetch_add_u64(entry ? &pfa_totals->restored_statements :
							&pfa_totals->not_restored, 1);
	for (uint32 i = 0; i < saved.nplans; i++)
	{
		if (!pfa_persist_file_read(file, &plan, sizeof(plan)) || !plan_is_sane(&plan))
			return false;
		if (entry && pfa_store_restore_plan(entry, &plan))
			pg_atomic_fetch_add_u64(&pfa_totals->restored_plans, 1);
	}
	return saved.text_length == 0 || read_text(file, entry, saved.text_length);
}

static bool
read_repeat(PfaSavedFile *file)
{
	PfaSharedRepeat repeat;

	if (!pfa_persist_file_read(file, &repeat, sizeof(repeat)) || !repeat.used ||
		repeat.id.kind > PFA_REPEAT_WRITE || repeat.id.scope > PFA_SCOPE_BURST ||
		memchr(repeat.id.application, '\0', NAMEDATALEN) == NULL ||
		repeat.id.tags != repeat.tags.hash || !pfa_tags_are_sane(&repeat.tags))
		return false;
	if (pfa_store_restore_repeat(&repeat))
		pg_atomic_fetch_add_u64(&pfa_totals->restored_repeats, 1);
	return true;
}

static bool
read_unit(PfaSavedFile *file)
{
	PfaUnitSum	sum;

	if (!pfa_persist_file_read(file, &sum, sizeof(sum)) || sum.dbid == 0 ||
		sum.scope > PFA_SCOPE_BURST ||
		memchr(sum.application, '\0', NAMEDATALEN) == NULL ||
		!pfa_tags_are_sane(&sum.tags))
		return false;
	pfa_unit_sums_add(&sum);
	return true;
}

static bool
read_given(PfaSavedFile *file)
{
	PfaSharedGiven given;

	if (!pfa_persist_file_read(file, &given, sizeof(given)) || given.key.dbid == 0 ||
		!given.plain || given.hours == 0 || given.ncolumns > PFA_GIVEN_COLUMNS)
		return false;
	(void) pfa_given_restore(&given);
	return true;
}

static bool
read_all(PfaSavedFile *file, const PfaSavedHeader *header)
{
	for (uint32 i = 0; i < header->statements; i++)
	{
		if (!read_statement(file))
			return false;
	}
	for (uint32 i = 0; i < header->repeats; i++)
	{
		if (!read_repeat(file))
			return false;
	}
	for (uint32 i = 0; i < header->units; i++)
	{
		if (!read_unit(file))
			return false;
	}
	for (uint32 i = 0; i < header->given; i++)
	{
		if (!read_given(file))
			return false;
	}
	pg_atomic_write_u64(&pfa_totals->reset_at, (uint64) header->reset_at);
	return pfa_persist_file_at_end(file);
}

/* Half of the truth is none. */
static void
forget_all(void)
{
	(void) pfa_store_reset(InvalidOid, InvalidOid, 0);
	pfa_unit_sums_reset(InvalidOid, InvalidOid);
	pfa_given_reset(InvalidOid, InvalidOid);
	pg_atomic_write_u64(&pfa_totals->restored_statements, 0);
	pg_atomic_write_u64(&pfa_totals->restored_plans, 0);
	pg_atomic_write_u64(&pfa_totals->restored_repeats, 0);
	pg_atomic_write_u64(&pfa_totals->not_restored, 0);
}

static void
restore(void)
{
	PfaSavedHeader header;
	PfaSavedFile file;
	instr_time	begin;
	instr_time	end;
	const char *why;

	INSTR_TIME_SET_CURRENT(begin);
	why = pfa_persist_file_open(&file, &header, pfa_saved_layout);
	if (why == NULL)
	{
		if (!read_all(&file, &header))
		{
			why = "its content makes no sense";
			forget_all();
		}
		pfa_persist_file_close(&file);
	}
	else if (why[0] == '\0')
		return;
	if (why != NULL)
	{
		pg_atomic_write_u64(&pfa_totals->refused_files, 1);
		pfa_persist_file_set_aside(why);
		return;
	}
	pfa_persist_file_remove();
	restored = true;
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, begin);
	ereport(DEBUG1,
			(errmsg_internal("perfaudit restored " UINT64_FORMAT " statements, " UINT64_FORMAT " bytes, in %.1f ms",
							 pg_atomic_read_u64(&pfa_totals->restored_statements),
							 file.size, INSTR_TIME_GET_MILLISEC(end))));
}

/*
 * The postmaster ends.  Only a server shut down in order has tables to be
 * trusted, or one that did not come to start a process.
 */
static void
at_exit(int code, Datum arg)
{
	bool		started = PgStartTime != 0;

	if (pfa_save && (started ? code == 0 : restored) && pfa_persist_file_clean_shutdown())
		pfa_persist_save();
}

static void
startup(void)
{
	if (prev_startup)
		prev_startup();
	if (IsUnderPostmaster)
		return;
	restored = false;

	/*
	 * what pg_upgrade runs is nobody's workload; the file is for the next
	 * start
	 */
	if (IsBinaryUpgrade)
		return;
	on_shmem_exit(at_exit, 0);
	/* what is not to be kept any more must not come back later */
	if (pfa_save)
		restore();
	else
		pfa_persist_file_remove();
}

void
pfa_persist_install(void)
{
	prev_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
}
