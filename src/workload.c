/*
 * workload.c
 *		The recorded workload, copied for the index advisor.
 *
 * Holds samples of texts and values: must never be shown to anyone.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "reader.h"
#include "texts.h"
#include "value_sets.h"
#include "workload.h"

/* Values were stored flat, one after the other; false when they make no set. */
static bool
unfold_values(PfaWorkItem *item, const char *at, const char *end)
{
	item->param_values = palloc0(sizeof(Datum) * item->nparams);
	item->param_nulls = palloc0(sizeof(bool) * item->nparams);
	for (int i = 0; i < item->nparams; i++)
	{
		const PfaSharedValue *value = (const PfaSharedValue *) at;

		if (at + sizeof(PfaSharedValue) > end)
			return false;
		at += sizeof(PfaSharedValue);
		item->param_types[i] = value->type;
		if (value->length < 0)
			item->param_nulls[i] = true;
		else if (at + value->length > end)
			return false;
		else
		{
			if (get_typbyval(value->type))
				memcpy(&item->param_values[i], at, sizeof(Datum));
			else
			{
				char	   *copy = palloc(value->length);

				memcpy(copy, at, value->length);
				item->param_values[i] = PointerGetDatum(copy);
			}
			at += MAXALIGN(value->length);
		}
	}
	return true;
}

static bool
has_nulls(const PfaWorkItem *item)
{
	for (int i = 0; i < item->nparams; i++)
		if (item->param_nulls[i])
			return true;
	return false;
}

/* The item with a recorded set of values, or a text; or NULL. */
static PfaWorkItem *
with_set(const PfaWorkItem *item, const PfaSharedValueSet *set)
{
	PfaWorkItem *other = palloc(sizeof(PfaWorkItem));
	char	   *at = (char *) (set + 1);

	*other = *item;
	if (set->nvalues == 0)
	{
		other->sample = at;
		return item->nparams == 0 ? other : NULL;
	}
	other->param_types = palloc(sizeof(Oid) * Max(item->nparams, 1));
	/* PREPARE may declare parameters behind the last one that the text has */
	if (item->nparams == 0 || set->nvalues < item->nparams ||
		!unfold_values(other, at, (const char *) set + set->length))
		return NULL;
	other->has_values = true;
	return other;
}

/* The first set without nulls is the item's; the others are beside it. */
static void
add_sets(PfaWorkItem *item, const PfaReadStatement *read)
{
	List	   *sets = NIL;
	PfaWorkItem *first = NULL;
	ListCell   *lc;

	for (Size at = 0; at + sizeof(PfaSharedValueSet) <= read->values_length;)
	{
		PfaSharedValueSet *set = (PfaSharedValueSet *) (read->values + at);
		PfaWorkItem *one;

		if (set->length < sizeof(PfaSharedValueSet) || at + set->length > read->values_length)
			break;
		one = with_set(item, set);
		if (one != NULL)
			sets = lappend(sets, one);
		at += set->length;
	}
	foreach(lc, sets)
	{
		PfaWorkItem *one = lfirst(lc);

		if (one->has_values && (first == NULL || (has_nulls(first) && !has_nulls(one))))
			first = one;
	}
	if (first != NULL)
	{
		sets = list_delete_ptr(sets, first);
		item->param_types = first->param_types;
		item->param_values = first->param_values;
		item->param_nulls = first->param_nulls;
		item->has_values = true;
	}
	item->others = sets;
}

/*
 * Executions that were cut off count as such: they took at least as long as the
 * longest that came to its end, if there is one.
 */
static void
count_cut_off(PfaWorkItem *item, const PfaSharedStatement *s)
{
	item->cut_off = s->errors.reasons[PFA_STATEMENT_TIMEOUT] + s->errors.reasons[PFA_CANCELLED];
	item->counters.calls += item->cut_off;
	item->counters.exec_ns += item->cut_off * s->counters.exec_max_ns;
}

static bool
never_ended(const PfaWorkItem *item)
{
	return item->cut_off == item->counters.calls;
}

static PfaWorkItem *
make_item(const PfaReadStatement *read)
{
	PfaWorkItem *item = palloc0(sizeof(PfaWorkItem));
	const PfaSharedStatement *s = &read->s;

	item->key = s->key;
	item->queryid = s->queryids[0];
	item->queryids = s->queryids;
	item->nqueryids = PFA_QUERYIDS;
	item->operation = s->operation;
	item->catalog_only = (s->flags & PFA_FLAG_CATALOG) != 0;
	item->temporary = (s->flags & PFA_FLAG_TEMPORARY) != 0;
	item->counters = s->counters;
	count_cut_off(item, s);
	item->first_seen = s->first_seen;
	item->last_seen = s->last_seen;
	item->query = read->query;
	item->sample = read->sample;
	item->search_path = read->search_path;
	item->nparams = read->nparams;
	item->param_types = read->types;
	item->nplans = read->nplans;
	item->plans = palloc(sizeof(PfaPlanFacts) * Max(read->nplans, 1));
	for (int i = 0; i < read->nplans; i++)
		item->plans[i] = read->plans[i].facts;
	item->nscans = s->nscans;
	item->scans = palloc(sizeof(PfaScan) * PFA_MAX_SCANS);
	memcpy(item->scans, s->scans, sizeof(s->scans));
	if (read->values)
		add_sets(item, read);
	return item;
}

static int
by_time(const ListCell *a, const ListCell *b)
{
	const PfaWorkItem *left = lfirst(a);
	const PfaWorkItem *right = lfirst(b);

	if (never_ended(left) != never_ended(right))
		return never_ended(left) ? -1 : 1;
	if (left->counters.exec_ns != right->counters.exec_ns)
		return left->counters.exec_ns > right->counters.exec_ns ? -1 : 1;
	if (left->key.shape != right->key.shape)
		return left->key.shape < right->key.shape ? -1 : 1;
	return memcmp(&left->key, &right->key, sizeof(PfaKey));
}

List *
pfa_workload_read(Oid dbid)
{
	List	   *items = NIL;
	PfaReader	reader;

	pfa_reader_begin(&reader, dbid, PFA_READ_TEXT | PFA_READ_SAMPLE | PFA_READ_PLANS);
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		List	   *list = pfa_reader_statements(&reader, p);
		ListCell   *lc;

		foreach(lc, list)
		{
			PfaReadStatement *read = lfirst(lc);

			PfaWorkItem *item = make_item(read);

			if (item->counters.calls > 0)
				items = lappend(items, item);
		}
		list_free(list);
		CHECK_FOR_INTERRUPTS();
	}
	list_sort(items, by_time);
	return items;
}

PfaWorkItem *
pfa_workload_find(const PfaKey *key)
{
	PfaReader	reader;
	PfaWanted	wanted = {&key->shape, 1};
	ListCell   *lc;

	pfa_reader_begin(&reader, key->dbid, PFA_READ_TEXT | PFA_READ_SAMPLE | PFA_READ_PLANS);
	reader.wanted = &wanted;
	foreach(lc, pfa_reader_statements(&reader, pfa_store_partition(key)))
	{
		PfaReadStatement *read = lfirst(lc);

		if (pfa_key_is(&read->s.key, key) && read->s.counters.calls > 0)
			return make_item(read);
	}
	return NULL;
}
