/*
 * reader.c
 *		Copies partitions for those who look.
 *
 * While a partition is copied its lock keeps backends from draining into it,
 * so what waits in their slabs is added exactly once.  Decides nothing.
 *
 * Locks: one partition at a time, shared; the text area is read below it.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "compat.h"
#include "reader.h"
#include "slab.h"
#include "texts.h"

static char *
copy_text(const char *text, uint32 length)
{
	return length > 0 ? pnstrdup(text, length) : NULL;
}

static void
copy_texts(PfaReadStatement *copy, const PfaSharedStatement *entry, int what)
{
	PfaTextParts parts;

	if (!DsaPointerIsValid(entry->text))
		return;
	pfa_texts_get(entry->text, &parts);
	if (what & PFA_READ_TEXT)
	{
		copy->encoding = parts.encoding;
		copy->query = copy_text(parts.normal, parts.normal_length);
		if (copy->query && parts.cut)
			copy->query = psprintf("%s ...", copy->query);
	}
	if (what & PFA_READ_SAMPLE)
	{
		/* with these the normalised text means what it meant */
		copy->search_path = copy_text(parts.path, parts.path_length);
		copy->nparams = parts.nparams;
		if (parts.nparams > 0)
		{
			copy->types = palloc(sizeof(Oid) * parts.nparams);
			memcpy(copy->types, parts.types, sizeof(Oid) * parts.nparams);
		}
	}
	if ((what & PFA_READ_SAMPLE) && !parts.sample_missing)
	{
		copy->sample = copy_text(parts.sample, parts.sample_length);
		if (DsaPointerIsValid(entry->values))
		{
			copy->values_length = pfa_texts_length(entry->values);
			copy->values = palloc(copy->values_length);
			memcpy(copy->values, pfa_texts_address(entry->values), copy->values_length);
		}
	}
}

static void
copy_plans(PfaReadStatement *copy, const PfaSharedStatement *entry)
{
	copy->plans = palloc(sizeof(PfaSharedPlan) * 2);
	for (int which = 0; which < 2; which++)
	{
		PfaSharedPlan *plan = pfa_store_plan(entry, which);

		if (plan)
			copy->plans[copy->nplans++] = *plan;
	}
}

static void
add_pending(List **list, const PfaPending *pending)
{
	PfaReadStatement *copy = NULL;
	ListCell   *lc;

	foreach(lc, *list)
	{
		PfaReadStatement *other = lfirst(lc);

		if (memcmp(&other->s.key, &pending->key, sizeof(PfaKey)) == 0)
		{
			copy = other;
			break;
		}
	}
	if (copy == NULL)
	{
		copy = palloc0(sizeof(PfaReadStatement));
		copy->s.key = pending->key;
		*list = lappend(*list, copy);
	}
	pfa_store_merge(&copy->s, pending);
	for (int i = 0; i < copy->nplans; i++)
	{
		if (copy->plans[i].facts.hash == pending->plan_hash)
			pfa_store_merge_plan(&copy->plans[i], pending);
	}
	/* it may have gone back to its former plan */
	if (copy->nplans == 2 && copy->plans[1].last_seen > copy->plans[0].last_seen)
	{
		PfaSharedPlan former = copy->plans[0];

		copy->plans[0] = copy->plans[1];
		copy->plans[1] = former;
	}
}

static List *
copy_statements(int partition, Oid dbid, int what)
{
	List	   *list = NIL;
	PfaSharedStatement *entry;
	PfaPending	pending;
	int			at = 0;
	int			slab = 0;

	while ((entry = pfa_store_next(partition, &at)) != NULL)
	{
		PfaReadStatement *copy;

		if (OidIsValid(dbid) && entry->key.dbid != dbid)
			continue;
		copy = palloc0(sizeof(PfaReadStatement));
		copy->s = *entry;
		if (what & (PFA_READ_TEXT | PFA_READ_SAMPLE))
			copy_texts(copy, entry, what);
		if (what & PFA_READ_PLANS)
			copy_plans(copy, entry);
		list = lappend(list, copy);
	}
	at = 0;
	while (pfa_slab_read_next(partition, &slab, &at, &pending))
	{
		if (!OidIsValid(dbid) || pending.key.dbid == dbid)
			add_pending(&list, &pending);
	}
	return list;
}

static List *
copy_repeats(int partition, Oid dbid, int what)
{
	List	   *list = NIL;
	PfaSharedRepeat *entry;
	PfaRepeat	live;
	int			at = 0;
	int			slab = 0;

	while ((entry = pfa_store_next_repeat(partition, &at)) != NULL)
	{
		if (!OidIsValid(dbid) || entry->id.child.dbid == dbid)
		{
			PfaSharedRepeat *copy = palloc(sizeof(PfaSharedRepeat));

			*copy = *entry;
			list = lappend(list, copy);
		}
	}
	at = 0;
	while (pfa_slab_read_repeat(partition, &slab, &at, &live))
	{
		PfaSharedRepeat *sum = NULL;
		ListCell   *lc;

		if (OidIsValid(dbid) && live.id.child.dbid != dbid)
			continue;
		foreach(lc, list)
		{
			PfaSharedRepeat *other = lfirst(lc);

			if (memcmp(&other->id, &live.id, sizeof(PfaRepeatId)) == 0)
				sum = other;
		}
		if (sum == NULL)
		{
			sum = palloc0(sizeof(PfaSharedRepeat));
			list = lappend(list, sum);
		}
		pfa_repeat_add(sum, &live);
	}
	return list;
}

/*
 * Copies under the lock.  An error gives the lock back before anyone else hears
 * of it: our own hooks, told of the failure, may want a partition themselves.
 */
static List *
copy_locked(List *(*copy) (int, Oid, int), int partition, Oid dbid, int what)
{
	List	   *list = NIL;

	pfa_store_lock(partition, LW_SHARED);
	PG_TRY();
	{
		list = copy(partition, dbid, what);
	}
	PG_CATCH();
	{
		pfa_store_unlock(partition);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfa_store_unlock(partition);
	return list;
}

List *
pfa_reader_statements(int partition, Oid dbid, int what)
{
	List	   *list;
	ListCell   *lc;

	if (what & (PFA_READ_TEXT | PFA_READ_SAMPLE))
		pfa_texts_attach();
	list = copy_locked(copy_statements, partition, dbid, what);
	foreach(lc, list)
	{
		PfaReadStatement *copy = lfirst(lc);

		/* texts of other databases may be in other encodings */
		if (copy->query)
			copy->query = pg_any_to_server(copy->query, strlen(copy->query),
										   copy->encoding);
	}
	return list;
}

List *
pfa_reader_repeats(int partition, Oid dbid)
{
	return copy_locked(copy_repeats, partition, dbid, 0);
}

bool
pfa_reader_may_see(Oid userid)
{
	return userid == GetUserId() ||
		has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}
