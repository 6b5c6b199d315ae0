/*
 * srf_units.c
 *		Units of work, repeats and backends, as rows.
 *
 * Another role's units are shown as numbers; its repeats and running
 * statements are not.  Decides nothing.
 */
#include "postgres.h"

#include "common/string.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "compat.h"
#include "histogram.h"
#include "reader.h"
#include "slab.h"
#include "srf.h"
#include "unit_sums.h"

PFA_SQL_FUNCTION(perfaudit_unit_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_pause_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_repeat_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_backend_facts_1_0);

static const char *const scope_names[] = {"transaction", "burst"};
static const char *const kind_names[] = {"child", "orphan", "duplicate", "write"};

/* As a jsonb object; those of another database may be in another encoding. */
void
pfa_srf_tags(PfaRow *row, const PfaTags *tags, Oid dbid, bool visible)
{
	StringInfoData json;

	initStringInfo(&json);
	for (int i = 0; i < PFA_TAG_KEYS && visible; i++)
	{
		const char *name;
		const char *value = pfa_tags_get(tags, i, &name);

		if (value == NULL || (dbid != MyDatabaseId && !pg_is_ascii(value)))
			continue;
		appendStringInfo(&json, "%s\"%s\":", json.len > 0 ? "," : "{", name);
		escape_json(&json, value);
	}
	if (json.len > 0)
	{
		appendStringInfoChar(&json, '}');
		pfa_srf_jsonb(row, json.data);
	}
	else
		pfa_srf_null(row);
	pfree(json.data);
}

/* All sums, those that wait in slabs included; palloc'd. */
static PfaUnitSum *
collect_sums(int *found)
{
	PfaUnitSum *sums;
	int			n;
	int			room = PFA_UNIT_SUMS + PFA_SLAB_UNITS;

	sums = palloc(sizeof(PfaUnitSum) * room);
	n = pfa_unit_sums_read(sums);
	for (int slab = 0; slab < pfa_slab_count(); slab++)
	{
		PfaUnitSum	waiting[PFA_SLAB_UNITS];
		int			k = pfa_slab_read_units(slab, waiting, lengthof(waiting));

		if (n + k > room)
			sums = repalloc_huge(sums, sizeof(PfaUnitSum) * (room = 2 * room));
		for (int i = 0; i < k; i++)
		{
			int			at = 0;

			while (at < n && !pfa_unit_sums_same(&sums[at], &waiting[i]))
				at++;
			if (at == n)
				sums[n++] = waiting[i];
			else
				pfa_unit_sums_merge(&sums[at], &waiting[i]);
		}
		CHECK_FOR_INTERRUPTS();
	}
	*found = n;
	return sums;
}

Datum
perfaudit_unit_facts_1_0(PG_FUNCTION_ARGS)
{
	PfaUnitSum *sums;
	int			n;
	PfaRow		row;

	pfa_srf_begin(fcinfo, &row);
	sums = collect_sums(&n);
	for (int i = 0; i < n; i++)
	{
		pfa_srf_oid(&row, sums[i].dbid);
		pfa_srf_oid(&row, sums[i].userid);
		pfa_srf_text(&row, pfa_reader_may_see(sums[i].userid) ?
					 sums[i].application : NULL);
		pfa_srf_text(&row, scope_names[sums[i].scope]);
		pfa_srf_int(&row, sums[i].units);
		pfa_srf_int(&row, sums[i].statements);
		pfa_srf_int(&row, sums[i].statements_max);
		pfa_srf_ms(&row, sums[i].exec_ns);
		pfa_srf_ms(&row, sums[i].gap_ns);
		pfa_srf_time(&row, sums[i].first_seen);
		pfa_srf_time(&row, sums[i].last_seen);
		pfa_srf_tags(&row, &sums[i].tags, sums[i].dbid, pfa_reader_may_see(sums[i].userid));
		pfa_srf_emit(&row);
	}
	return (Datum) 0;
}

/* Transactions of this database that paused for so long in all. */
Datum
perfaudit_pause_facts_1_0(PG_FUNCTION_ARGS)
{
	double		floor_ms = PG_GETARG_FLOAT8(0);
	PfaUnitSum *sums;
	int			n;
	PfaRow		row;

	pfa_srf_begin(fcinfo, &row);
	sums = collect_sums(&n);
	for (int i = 0; i < n; i++)
	{
		const PfaUnitSum *sum = &sums[i];
		uint64		ns = 0;
		int64		units = 0;
		int64		after_write = 0;

		for (int b = 0; b < PFA_PAUSE_BUCKETS; b++)
		{
			if (pfa_pause_floor_ms[b] < floor_ms)
				continue;
			ns += sum->paused_ns[b];
			units += sum->paused[b];
			after_write += sum->paused_after_write[b];
		}
		if (sum->dbid != MyDatabaseId || units == 0 || !pfa_reader_may_see(sum->userid))
			continue;
		pfa_srf_oid(&row, sum->userid);
		pfa_srf_text(&row, sum->application);
		pfa_srf_int(&row, units);
		pfa_srf_int(&row, after_write);
		pfa_srf_ms(&row, ns);
		pfa_srf_ms(&row, sum->pause_max_ns);
		pfa_srf_id(&row, sum->pause_shape);
		pfa_srf_int(&row, sum->units);
		pfa_srf_ms(&row, sum->exec_ns);
		pfa_srf_ms(&row, sum->gap_ns);
		pfa_srf_time(&row, sum->first_seen);
		pfa_srf_time(&row, sum->last_seen);
		pfa_srf_tags(&row, &sum->tags, sum->dbid, true);
		pfa_srf_emit(&row);
	}
	return (Datum) 0;
}

/* The median number of executions in a unit, within its exact bounds. */
static int64
median_n(const PfaSharedRepeat *repeat)
{
	uint64		total = 0;
	uint64		seen = 0;

	for (int i = 0; i < PFA_REPEAT_HIST; i++)
		total += repeat->n_hist[i];
	for (int i = 0; i < PFA_REPEAT_HIST; i++)
	{
		seen += repeat->n_hist[i];
		if (seen * 2 >= total)
			return Min(Max((pfa_hist_floor(i) + pfa_hist_floor(i + 1) - 1) / 2,
						   repeat->n_min), repeat->n_max);
	}
	return repeat->n_max;
}

Datum
perfaudit_repeat_facts_1_0(PG_FUNCTION_ARGS)
{
	PfaRow		row;

	pfa_srf_begin(fcinfo, &row);
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		List	   *list = pfa_reader_repeats(p, MyDatabaseId);
		ListCell   *lc;

		foreach(lc, list)
		{
			const PfaSharedRepeat *r = lfirst(lc);

			if (!pfa_reader_may_see(r->id.child.userid))
				continue;
			pfa_srf_key(&row, &r->id.child);
			pfa_srf_text(&row, kind_names[r->id.kind]);
			pfa_srf_text(&row, scope_names[r->id.scope]);
			pfa_srf_text(&row, r->id.application);
			pfa_srf_id(&row, r->id.parent);
			pfa_srf_oid(&row, r->id.child_relid);
			pfa_srf_int4(&row, r->id.child_attnum);
			pfa_srf_oid(&row, r->id.parent_relid);
			pfa_srf_int4(&row, r->id.parent_attnum);
			pfa_srf_int4(&row, r->id.parent_resno);
			pfa_srf_int(&row, r->units);
			pfa_srf_int(&row, r->n_total);
			pfa_srf_int(&row, r->n_min);
			pfa_srf_int(&row, median_n(r));
			pfa_srf_int(&row, r->n_max);
			pfa_srf_int(&row, r->distinct_total);
			pfa_srf_int(&row, r->same_total);
			pfa_srf_int(&row, r->compared);
			pfa_srf_int(&row, r->covered);
			pfa_srf_int(&row, r->parent_rows);
			pfa_srf_int(&row, r->rows);
			pfa_srf_ms(&row, r->exec_ns);
			pfa_srf_ms(&row, r->gap_ns);
			pfa_srf_ms(&row, r->saved_ns);
			pfa_srf_time(&row, r->first_seen);
			pfa_srf_time(&row, r->last_seen);
			pfa_srf_bool(&row, r->others_vary);
			pfa_srf_tags(&row, &r->tags, r->id.child.dbid, true);
			pfa_srf_oid(&row, r->returned);
			pfa_srf_int4(&row, r->connections);
			pfa_srf_emit(&row);
		}
		list_free_deep(list);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

Datum
perfaudit_backend_facts_1_0(PG_FUNCTION_ARGS)
{
	PfaRow		row;

	pfa_srf_begin(fcinfo, &row);
	for (int slab = 0; slab < pfa_slab_count(); slab++)
	{
		PfaBackendNow now;
		bool		visible;

		if (!pfa_slab_read_now(slab, &now))
			continue;
		visible = pfa_reader_may_see(now.userid);
		pfa_srf_int4(&row, now.pid);
		pfa_srf_oid(&row, now.dbid);
		pfa_srf_oid(&row, now.userid);
		pfa_srf_text(&row, visible ? now.application : NULL);
		/* another database's name may be in another encoding */
		pfa_srf_text(&row, visible && (now.dbid == MyDatabaseId || pg_is_ascii(now.unit)) ?
					 now.unit : NULL);
		pfa_srf_text(&row, now.in_unit ? scope_names[now.scope] : NULL);
		pfa_srf_time(&row, now.unit_start);
		pfa_srf_int(&row, now.unit_statements);
		pfa_srf_ms(&row, now.unit_exec_ns);
		pfa_srf_ms(&row, now.unit_gap_ns);
		pfa_srf_id(&row, visible ? now.running_shape : 0);
		pfa_srf_id(&row, visible ? now.repeated_shape : 0);
		pfa_srf_int(&row, now.repeated_n);
		pfa_srf_time(&row, now.connected);
		pfa_srf_int(&row, now.statements);
		pfa_srf_int(&row, now.errors);
		pfa_srf_ms(&row, now.exec_ns);
		pfa_srf_float(&row, pfa_hist_quantile(now.hist, 0.95, 0, now.exec_ns / 1e6));
		pfa_srf_tags(&row, &now.tags, now.dbid, visible);
		pfa_srf_id(&row, visible ? pfa_compat_plan_id_of(slab, now.pid) : 0);
		pfa_srf_emit(&row);
	}
	return (Datum) 0;
}
