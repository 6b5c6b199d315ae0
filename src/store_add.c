/*
 * store_add.c
 *		Figures added to the shared tables: what a backend has gathered, or one
 *		execution.
 *
 * Must never throw.
 *
 * Locks: what a backend has gathered is added by a caller that holds the
 * partition's lock; a single execution takes it.
 */
#include "postgres.h"

#include "calls.h"
#include "errors.h"
#include "histogram.h"
#include "store_internal.h"

static void
add_counters(PfaCounters *sum, const PfaCounters *c)
{
	if (c->calls > 0)
	{
		sum->exec_min_ns = sum->calls == 0 ? c->exec_min_ns :
			Min(sum->exec_min_ns, c->exec_min_ns);
		sum->exec_max_ns = Max(sum->exec_max_ns, c->exec_max_ns);
	}
	sum->calls += c->calls;
	sum->errors += c->errors;
	sum->rows += c->rows;
	sum->exec_ns += c->exec_ns;
	sum->nested_ns += c->nested_ns;
	sum->plans += c->plans;
	sum->plan_ns += c->plan_ns;
	sum->plan_max_ns = Max(sum->plan_max_ns, c->plan_max_ns);
	sum->generic += c->generic;
	sum->shared_hit += c->shared_hit;
	sum->shared_read += c->shared_read;
	/* what few executions have */
	if (likely((c->temp_written | c->seq_rows | c->sent_calls | c->offset_calls |
				c->jit_calls) == 0))
		return;
	sum->temp_written += c->temp_written;
	sum->seq_rows += c->seq_rows;
	sum->sent_rows += c->sent_rows;
	sum->sent_max = Max(sum->sent_max, c->sent_max);
	sum->sent_calls += c->sent_calls;
	sum->offset_rows += c->offset_rows;
	sum->offset_max = Max(sum->offset_max, c->offset_max);
	sum->offset_kept += c->offset_kept;
	sum->offset_calls += c->offset_calls;
	sum->offset_ns += c->offset_ns;
	sum->jit_calls += c->jit_calls;
	sum->jit_ns += c->jit_ns;
	sum->jit_functions += c->jit_functions;
}

/* What was found out once is not forgotten where it could not be found out again. */
static inline void
know_kind(PfaSharedStatement *entry, uint8 operation, uint8 flags)
{
	if (unlikely((flags & PFA_FLAG_UNPARSED) && entry->operation != PFA_OP_UNKNOWN))
		return;
	entry->operation = operation;
	entry->flags = flags;
}

static void
add_scan(PfaSharedStatement *entry, const PfaScan *scan)
{
	for (int i = 0; i < entry->nscans; i++)
	{
		if (entry->scans[i].relid == scan->relid)
		{
			entry->scans[i].rows += scan->rows;
			entry->scans[i].scans = Min((uint64) entry->scans[i].scans + scan->scans,
										PG_UINT32_MAX);
			return;
		}
	}
	if (entry->nscans < PFA_MAX_SCANS)
		entry->scans[entry->nscans++] = *scan;
	else
	{
		entry->other_scan_rows += scan->rows;
		pg_atomic_fetch_add_u64(&pfa_totals->dropped_scans, 1);
	}
}

static void
add_queryid(PfaSharedStatement *entry, uint64 queryid)
{
	if (queryid == 0)
		return;
	for (int i = 0; i < PFA_QUERYIDS; i++)
	{
		if (entry->queryids[i] == queryid)
			return;
		if (entry->queryids[i] == 0)
		{
			entry->queryids[i] = queryid;
			return;
		}
	}
}

/* When a bucket is full, after billions of executions, all give up half. */
static inline void
add_to_histogram(uint32 *sum, int bucket, uint8 n)
{
	if (unlikely(sum[bucket] > PG_UINT32_MAX - PG_UINT8_MAX))
	{
		for (int i = 0; i < PFA_HIST_BUCKETS; i++)
			sum[i] /= 2;
	}
	sum[bucket] += n;
}

/* The caller of the later of the two. */
static void
merge_caller(PfaSharedStatement *entry, const PfaPending *pending)
{
	bool		later = pending->last_seen >= entry->last_seen;
	PfaCaller	sum = later ? entry->caller : pending->caller;

	pfa_calls_note(&sum, later ? &pending->caller : &entry->caller);
	entry->caller = sum;
}

void
pfa_store_merge(PfaSharedStatement *entry, const PfaPending *pending)
{
	PfaHour    *hour;

	if (entry->counters.calls == 0 && entry->counters.errors == 0)
		entry->first_seen = pending->first_seen;
	add_counters(&entry->counters, &pending->counters);
	know_kind(entry, pending->operation, pending->flags);
	for (int i = 0; i < PFA_QUERYIDS; i++)
		add_queryid(entry, pending->queryids[i]);
	if (pending->caller.id != 0)
		merge_caller(entry, pending);
	entry->called.callers += pending->called.callers;
	entry->called.most = Max(entry->called.most, pending->called.most);
	entry->last_seen = Max(entry->last_seen, pending->last_seen);
	hour = pfa_store_hour_of(entry, pending->last_seen);
	if (hour)
	{
		hour->calls += pending->counters.calls;
		hour->rows += pending->counters.rows;
		hour->exec_ns += pending->counters.exec_ns;
	}
	for (int i = 0; i < lengthof(pending->hist.eight); i++)
	{
		for (int j = 8 * i; pending->hist.eight[i] != 0 && j < 8 * i + 8; j++)
		{
			add_to_histogram(entry->hist, j, pending->hist.count[j]);
			if (hour)
				hour->hist[j / PFA_HIST_COARSE] += pending->hist.count[j];
		}
	}
	for (int i = 0; i < pending->nscans; i++)
		add_scan(entry, &pending->scans[i]);
	if (pending->counters.errors > 0)
		pfa_errors_merge(&entry->errors, &pending->errors);
}

static inline void
add_to_plan_histogram(PfaSharedPlan *plan, int bucket, uint8 n)
{
	uint16	   *sum = &plan->hist[bucket / PFA_HIST_COARSE];

	if (unlikely(*sum > PG_UINT16_MAX - PG_UINT8_MAX))
	{
		for (int i = 0; i < lengthof(plan->hist); i++)
			plan->hist[i] /= 2;
	}
	*sum += n;
}

void
pfa_store_merge_plan(PfaSharedPlan *plan, const PfaPending *pending)
{
	plan->calls += pending->counters.calls;
	plan->exec_ns += pending->counters.exec_ns;
	plan->exec_max_ns = Max(plan->exec_max_ns, pending->counters.exec_max_ns);
	plan->generic += pending->counters.generic;
	plan->last_seen = Max(plan->last_seen, pending->last_seen);
	for (int i = 0; i < lengthof(pending->hist.eight); i++)
	{
		for (int j = 8 * i; pending->hist.eight[i] != 0 && j < 8 * i + 8; j++)
			add_to_plan_histogram(plan, j, pending->hist.count[j]);
	}
}

/* The shape's plan with this hash; what it went back to becomes the current one. */
static PfaSharedPlan *
plan_seen(PfaSharedStatement *entry, uint64 hash, TimestampTz last_seen)
{
	PfaSharedPlan *current = pfa_store_plan(entry, 0);
	PfaSharedPlan *former;
	int32		swap;

	if (current && pfa_store_is_plan(current, hash))
		return current;
	former = pfa_store_plan(entry, 1);
	if (former == NULL || !pfa_store_is_plan(former, hash))
		return NULL;
	if (current && last_seen > current->first_seen)
	{
		swap = entry->plans[0];
		entry->plans[0] = entry->plans[1];
		entry->plans[1] = swap;
	}
	return former;
}

/* The first execution does not count: it is why the entry is here. */
static void
used(PfaSharedStatement *entry, bool again)
{
	if ((again || entry->counters.calls > 0 || entry->counters.errors > 0) &&
		entry->usage < PFA_USAGE_MAX)
		entry->usage++;
}

bool
pfa_store_add(const PfaPending *pending)
{
	PfaSharedStatement *entry = pfa_store_enter(&pending->key, pending->first_seen,
												pending->kin);
	PfaSharedPlan *plan;

	if (entry == NULL)
		return true;
	used(entry, pending->counters.calls > 1);
	pfa_store_merge(entry, pending);
	plan = plan_seen(entry, pending->plan_hash, pending->last_seen);
	if (plan)
		pfa_store_merge_plan(plan, pending);
	return entry->text_tried;
}

static void
add_execution(PfaSharedStatement *entry, const PfaExecution *x)
{
	PfaCounters *sum = &entry->counters;
	PfaHour    *hour = pfa_store_hour_of(entry, x->now);

	if (sum->calls == 0 || x->exec_ns < sum->exec_min_ns)
		sum->exec_min_ns = x->exec_ns;
	sum->exec_max_ns = Max(sum->exec_max_ns, x->exec_ns);
	sum->calls++;
	sum->rows += x->rows;
	sum->exec_ns += x->exec_ns;
	sum->nested_ns += x->call.nested_ns;
	sum->generic += x->generic;
	sum->shared_hit += x->shared_hit;
	sum->shared_read += x->shared_read;
	if (x->planned)
	{
		sum->plans++;
		sum->plan_ns += x->plan_ns;
		sum->plan_max_ns = Max(sum->plan_max_ns, x->plan_ns);
	}
	add_to_histogram(entry->hist, x->bucket, 1);
	if (hour)
	{
		hour->calls++;
		hour->rows += x->rows;
		hour->exec_ns += x->exec_ns;
		hour->hist[x->bucket / PFA_HIST_COARSE]++;
	}
	entry->last_seen = Max(entry->last_seen, x->now);
}

bool
pfa_store_add_execution(const PfaExecution *x, int32 hint, uint32 kin,
						uint64 queryid, uint8 operation, uint8 flags)
{
	int			p = pfa_store_partition(&x->key);
	PfaSharedStatement *entry;
	PfaSharedPlan *plan;
	bool		has_text = true;

	pfa_store_lock(p, LW_EXCLUSIVE);
	entry = &pfa_store_statements[hint];
	if (!pfa_key_is(&entry->key, &x->key))
		entry = pfa_store_enter(&x->key, x->now, kin);
	if (entry && !pfa_store_was_reset(&x->key, x->now))
	{
		used(entry, false);
		if (entry->counters.calls == 0 && entry->counters.errors == 0)
			entry->first_seen = x->now;
		know_kind(entry, operation, flags);
		add_queryid(entry, queryid);
		add_execution(entry, x);
		if (!x->key.toplevel && x->caller.id != 0)
		{
			pfa_calls_note(&entry->caller, &x->caller);
			entry->called.callers++;
			entry->called.most = Max(entry->called.most, 1);
		}
		plan = plan_seen(entry, x->plan_hash, x->now);
		if (plan)
		{
			plan->calls++;
			plan->exec_ns += x->exec_ns;
			plan->exec_max_ns = Max(plan->exec_max_ns, x->exec_ns);
			plan->generic += x->generic;
			add_to_plan_histogram(plan, x->bucket, 1);
			plan->last_seen = Max(plan->last_seen, x->now);
		}
		has_text = entry->text_tried;
	}
	pfa_store_unlock(p);
	return has_text;
}
