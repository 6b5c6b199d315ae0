/*
 * record.c
 *		Where figures, plans and texts go.
 *
 * Figures go to this backend's slab, at every execution, without a lock.
 * Plans and texts go straight to the store, but only when they are new or an
 * execution was sampled.
 *
 * Locks: one partition at a time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/execdesc.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "calls.h"
#include "compat.h"
#include "errors.h"
#include "normalize.h"
#include "record.h"
#include "settings.h"
#include "slab.h"
#include "store.h"
#include "texts.h"
#include "value_sets.h"

static MemoryContext text_context;

/* What the store knew of the statement that was parsed last, and when. */
static PfaStorePeek peeked;
static uint32 peeked_epoch;

/* -- figures ----------------------------------------------------------------- */

static bool
scans_fit(const PfaPending *pending, const PfaExecution *execution)
{
	int			fresh = 0;

	if (likely(pending->nscans + execution->nscans <= PFA_SLAB_SCANS))
		return true;
	for (int i = 0; i < execution->nscans; i++)
	{
		bool		known = false;

		for (int j = 0; j < pending->nscans && !known; j++)
			known = pending->scans[j].relid == execution->scans[i].relid;
		if (!known)
			fresh++;
	}
	return pending->nscans + fresh <= PFA_SLAB_SCANS;
}

static void
add_scans(PfaPending *pending, const PfaExecution *execution)
{
	for (int i = 0; i < execution->nscans; i++)
	{
		const PfaScan *scan = &execution->scans[i];
		int			at = 0;

		while (at < pending->nscans && pending->scans[at].relid != scan->relid)
			at++;
		if (at == pending->nscans)
		{
			if (at == PFA_SLAB_SCANS)
			{
				pg_atomic_fetch_add_u64(&pfa_totals->dropped_scans, 1);
				continue;
			}
			memset(&pending->scans[at], 0, sizeof(PfaScan));
			pending->scans[at].relid = scan->relid;
			pending->nscans++;
		}
		pending->scans[at].rows += scan->rows;
		pending->scans[at].scans += scan->scans;
	}
}

/* What few executions have. */
static void
add_rare(PfaCounters *sum, const PfaCounters *c)
{
	sum->temp_written += c->temp_written;
	sum->seq_rows += c->seq_rows;
	if (c->sent_calls > 0)
	{
		sum->sent_calls += c->sent_calls;
		sum->sent_rows += c->sent_rows;
		sum->sent_max = Max(sum->sent_max, c->sent_rows);
	}
	if (c->offset_calls > 0)
	{
		sum->offset_calls += c->offset_calls;
		sum->offset_rows += c->offset_rows;
		sum->offset_max = Max(sum->offset_max, c->offset_rows);
		sum->offset_kept += c->offset_kept;
		sum->offset_ns += c->offset_ns;
	}
	sum->jit_calls += c->jit_calls;
	sum->jit_ns += c->jit_ns;
	sum->jit_functions += c->jit_functions;
}

static void
add_alias(PfaPending *pending, uint64 queryid)
{
	for (int i = 0; i < PFA_QUERYIDS; i++)
	{
		if (pending->queryids[i] == queryid)
			return;
		if (pending->queryids[i] == 0)
		{
			pending->queryids[i] = queryid;
			return;
		}
	}
}

/* What an entry's first execution brings, and what does not fit beside others. */
void
pfa_record_execution(const PfaExecution *execution, PfaShape *shape)
{
	PfaSlabEntry *entry;
	PfaPending *pending;

	if (!shape->recorded && execution->rare == NULL && execution->nscans == 0 &&
		execution->counts && pfa_slab_resets == pg_atomic_read_u64(&pfa_totals->resets))
	{
		/* it may be the last one of its shape here: not worth an entry */
		shape->recorded = true;
		if (!execution->key.toplevel)
		{
			shape->called_by = execution->caller.execution;
			shape->unit_serial = PFA_SHAPE_CALLED + 1;
		}
		if (!pfa_store_add_execution(execution, shape->store_hint, shape->kin, shape->queryid,
									 shape->facts.operation, shape->facts.flags))
			pfa_settings_forget_stored();
		return;
	}
	shape->recorded = true;
	pfa_changes++;
	entry = pfa_slab_entry(&execution->key, &shape->slab_hint);
	pending = &entry->pending;

	if (pending->hist.count[execution->bucket] == PG_UINT8_MAX ||
		(pending->last_seen != 0 && pending->plan_hash != execution->plan_hash &&
		 execution->plan_hash != 0 && pending->plan_hash != 0) ||
		(execution->nscans > 0 && !scans_fit(pending, execution)))
		pfa_slab_flush(entry);
	PFA_SLAB_CHANGE(entry);
	if (pending->last_seen == 0)
	{
		pending->first_seen = execution->now;
		pending->operation = shape->facts.operation;
		pending->flags = shape->facts.flags;
		pending->kin = shape->kin;
	}
	if (pending->queryids[0] != shape->queryid)
		add_alias(pending, shape->queryid);
	pending->last_seen = execution->now;
	if (execution->plan_hash != 0)
		pending->plan_hash = execution->plan_hash;
	pfa_record_add(&pending->counters, execution, execution->counts);
	if (!execution->key.toplevel)
		pfa_calls_note(&pending->caller, &execution->caller);
	if (execution->rare)
	{
		add_rare(&pending->counters, execution->rare);
		if (unlikely(execution->rare->errors > 0))
		{
			pending->counters.errors += execution->rare->errors;
			pfa_errors_count(&pending->errors, execution->failure);
		}
	}
	if (execution->counts)
		pending->hist.count[execution->bucket]++;
	if (execution->nscans > 0)
		add_scans(pending, execution);
	PFA_SLAB_CHANGED(entry);
}

void
pfa_record_other_caller(const PfaExecution *execution, PfaSlabEntry *entry)
{
	if (execution->key.toplevel)
		return;
	PFA_SLAB_CHANGE(entry);
	pfa_calls_note(&entry->pending.caller, &execution->caller);
	PFA_SLAB_CHANGED(entry);
}

/* -- plans and values -------------------------------------------------------- */

void
pfa_record_plan_seen(const PfaKey *key, uint64 plan_hash, PfaPlanSeen *seen)
{
	memset(seen, 0, sizeof(*seen));
	if (!pfa_key_is(&peeked.key, key) || peeked_epoch != pfa_epoch)
		pfa_store_peek(key, &peeked);
	for (int which = 0; which < 2; which++)
	{
		if (peeked.plans[which].hash != plan_hash)
			continue;
		seen->known = true;
		seen->sampled = peeked.plans[which].sampled;
		seen->id = peeked.plans[which].id;
		seen->run_ns = peeked.plans[which].run_ns;
	}
	/* it was true when the statement was parsed, but not for long */
	peeked.key.shape = 0;
}

void
pfa_record_plan(const PfaKey *key, const PfaPlanFacts *facts,
				const PfaExecutionValues *values, TimestampTz now)
{
	int			p = pfa_store_partition(key);
	PfaSharedStatement *entry;
	char		buffer[PFA_VALUE_SET_MAX];
	Size		length = pfa_value_sets_make(values, buffer);

	pfa_store_lock(p, LW_EXCLUSIVE);
	entry = pfa_store_enter(key, now, PFA_KIN_NONE);
	if (entry)
	{
		/* made room for another meanwhile: to be looked up and put anew */
		if (!pfa_store_add_plan(entry, facts, now))
			pfa_settings_forget_stored();
		/* who wants them later has it counted again */
		if (pfa_sample_values)
			entry->values_lost = false;
		else if (!DsaPointerIsValid(entry->values))
			entry->values_lost = true;
		if (length > 0)
			pfa_value_sets_add(entry, buffer, length);
	}
	pfa_store_unlock(p);
}

/* -- texts ------------------------------------------------------------------- */

/*
 * Of a statement whose parse was not seen, or is over.  Of one that is executed
 * the text is a sample, too; its parameters have their types, but for variables
 * of functions, which stand in the text by their names.
 */
static void
parts_of_text(const char *text, int location, int length, bool executed,
			  const ParamListInfoData *params, PfaTextParts *parts)
{
	int			begin;

	if (location < 0)
		location = length = 0;
	if (length <= 0)
		length = strlen(text + location);
	memset(parts, 0, sizeof(*parts));
	if (length > 16 * pfa_max_text_length)
		parts->normal = "<statement too long to be kept>";
	else
		parts->normal = pfa_normalize_statement(text, location, length);
	parts->normal_length = strlen(parts->normal);
	if (parts->normal_length > pfa_max_text_length)
	{
		parts->normal_length = pg_mbcliplen(parts->normal, parts->normal_length,
											pfa_max_text_length);
		parts->cut = true;
	}
	if (!executed || !pfa_sample_values || length > pfa_max_text_length)
	{
		parts->sample_missing = true;
		return;
	}
	begin = pfa_normalize_skip(text, location, length);
	length -= begin - location;
	if (length != parts->normal_length || memcmp(parts->normal, text + begin, length) != 0)
	{
		parts->sample = text + begin;
		parts->sample_length = length;
	}
	if (params != NULL && params->paramFetch == NULL && params->numParams > 0)
	{
		Oid		   *types = palloc(sizeof(Oid) * params->numParams);

		for (int i = 0; i < params->numParams; i++)
			types[i] = params->params[i].ptype;
		parts->types = types;
		parts->nparams = params->numParams;
	}
	parts->path = namespace_search_path;
	parts->path_length = Min(strlen(namespace_search_path), PG_INT16_MAX);
}

static void
put_text(const PfaKey *key, const PfaTextParts *parts, PfaShape *shape)
{
	int			p = pfa_store_partition(key);
	uint32		kin = pfa_store_kin(shape->facts.flags, parts->normal, parts->normal_length);
	PfaSharedStatement *entry;

	pfa_store_lock(p, LW_EXCLUSIVE);
	entry = pfa_store_enter(key, GetCurrentStatementStartTimestamp(), kin);
	shape->kin = kin;
	if (entry)
		pfa_store_know_kin(entry, kin);
	if (entry && !pfa_store_has_text(entry))
	{
		/* one that a restart left gives way to one with a sample */
		if (!DsaPointerIsValid(entry->text) || !parts->sample_missing)
		{
			dsa_pointer text = pfa_texts_put(parts);

			if (DsaPointerIsValid(text))
			{
				pfa_texts_free(entry->text);
				entry->text = text;
			}
			else
				pg_atomic_fetch_add_u64(&pfa_totals->dropped_texts, 1);
		}
		entry->text_tried = true;
		entry->operation = shape->facts.operation;
		entry->flags = shape->facts.flags;
	}
	pfa_store_unlock(p);
}

void
pfa_record_new_text(const PfaKey *key, PfaShape *shape, Query *query,
					const JumbleState *jumble, const char *text, int location, int length,
					const QueryDesc *executed)
{
	peeked_epoch = pfa_epoch;
	if (pfa_store_peek(key, &peeked) && peeked.text_tried)
	{
		shape->kin = peeked.kin;
		/*
		 * where this backend meets it anew again and again, it never learns;
		 * one that has just begun may be who reads a list
		 */
		if (peeked.single && !shape->recorded && pfa_shape_was_forgotten(shape->queryid))
			shape->results_skip = 1;
	}
	else
	{
		PfaTextParts parts;
		MemoryContext old;

		if (text_context == NULL)
			text_context = AllocSetContextCreate(TopMemoryContext, "perfaudit text",
												 ALLOCSET_SMALL_SIZES);
		old = MemoryContextSwitchTo(text_context);
		if (query)
			pfa_shape_text(query, text, jumble, &parts);
		else
			parts_of_text(text, location, length, executed != NULL,
						  executed ? executed->params : NULL, &parts);
		put_text(key, &parts, shape);
		MemoryContextSwitchTo(old);
		MemoryContextReset(text_context);
	}
	shape->store_hint = peeked.place;
	shape->text_epoch = pfa_epoch;
	shape->text_user = key->userid;
	shape->plan.text_toplevel = key->toplevel;
}
