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

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "common/string.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "compat.h"
#include "peer_groups.h"
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
copy_plans(PfaReadStatement *copy, const PfaSharedStatement *entry, int what)
{
	copy->plans = palloc(sizeof(PfaSharedPlan) * 2);
	for (int which = 0; which < 2; which++)
	{
		const PfaSharedPlan *plan = pfa_store_plan(entry, which);
		PfaSharedPlan *to;

		if (plan == NULL)
			continue;
		to = &copy->plans[copy->nplans++];
		if (what & PFA_READ_PLANS)
			*to = *plan;
		else
		{
			to->facts.hash = plan->facts.hash;
			to->renewed = plan->renewed;
			to->facts.plan_id = plan->facts.plan_id;
			to->calls = plan->calls;
			to->exec_ns = plan->exec_ns;
			to->exec_max_ns = plan->exec_max_ns;
			to->generic = plan->generic;
			memcpy(to->hist, plan->hist, sizeof(to->hist));
			to->last_seen = plan->last_seen;
		}
	}
}

static void
add_pending(PfaReadStatement *copy, const PfaPending *pending)
{
	pfa_store_merge(&copy->s, pending);
	for (int i = 0; i < copy->nplans; i++)
	{
		if (pfa_store_is_plan(&copy->plans[i], pending->plan_hash))
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

/* One whose entry was evicted while its backend was gathering: there are few. */
static PfaReadStatement *
find_homeless(const List *list, int from, const PfaKey *key)
{
	for (int i = from; i < list_length(list); i++)
	{
		PfaReadStatement *copy = list_nth(list, i);

		if (memcmp(&copy->s.key, key, sizeof(PfaKey)) == 0)
			return copy;
	}
	return NULL;
}

int
pfa_reader_compare_shapes(const void *a, const void *b)
{
	uint64		left = *(const uint64 *) a;
	uint64		right = *(const uint64 *) b;

	return left < right ? -1 : left > right ? 1 : 0;
}

static bool
is_wanted(const PfaReader *reader, const PfaKey *key)
{
	if (OidIsValid(reader->dbid) && key->dbid != reader->dbid)
		return false;
	return reader->wanted == NULL ||
		bsearch(&key->shape, reader->wanted->shapes, reader->wanted->n,
				sizeof(uint64), pfa_reader_compare_shapes) != NULL;
}

static List *
copy_statements(PfaReader *reader, int partition)
{
	List	   *list = NIL;
	PfaSharedStatement *entry;
	PfaPending	pending;
	int			at = 0;
	int			n;

	while ((entry = pfa_store_next(partition, &at)) != NULL)
	{
		PfaReadStatement *copy;

		if (!is_wanted(reader, &entry->key))
			continue;
		copy = palloc(sizeof(PfaReadStatement));
		copy->s = *entry;
		memset((char *) copy + sizeof(copy->s), 0, sizeof(*copy) - sizeof(copy->s));
		if (reader->what & (PFA_READ_TEXT | PFA_READ_SAMPLE))
			copy_texts(copy, entry, reader->what);
		if (reader->what & (PFA_READ_PLANS | PFA_READ_PLAN_IDS))
			copy_plans(copy, entry, reader->what);
		reader->copies[pfa_store_place(entry)] = copy;
		list = lappend(list, copy);
	}
	n = list_length(list);
	for (int i = reader->first[partition]; i < reader->first[partition + 1]; i++)
	{
		PfaReadStatement *copy;

		if (!pfa_slab_read_at(partition, reader->places[i], &pending))
			continue;
		if (!is_wanted(reader, &pending.key))
			continue;
		entry = pfa_store_find(&pending.key);
		copy = entry ? reader->copies[pfa_store_place(entry)] :
			find_homeless(list, n, &pending.key);
		if (copy == NULL)
		{
			copy = palloc0(sizeof(PfaReadStatement));
			copy->s.key = pending.key;
			list = lappend(list, copy);
		}
		add_pending(copy, &pending);
	}
	return list;
}

/* Adds one that goes on. */
static List *
add_live(PfaReader *reader, List *list, const PfaRepeat *live)
{
	PfaSharedRepeat *sum = NULL;
	ListCell   *lc;

	if (OidIsValid(reader->dbid) && live->id.child.dbid != reader->dbid)
		return list;
	foreach(lc, list)
	{
		PfaSharedRepeat *other = lfirst(lc);

		if (memcmp(&other->id, &live->id, sizeof(PfaRepeatId)) == 0)
			sum = other;
	}
	if (sum == NULL)
	{
		sum = palloc0(sizeof(PfaSharedRepeat));
		list = lappend(list, sum);
	}
	pfa_repeat_add(sum, live);
	return list;
}

static List *
copy_repeats(PfaReader *reader, int partition)
{
	Oid			dbid = reader->dbid;
	List	   *list = NIL;
	PfaSharedRepeat *entry;
	PfaSlabRepeat live;
	PfaPeerSum	groups[PFA_PEER_GROUPS];
	int			ngroups = pfa_groups_read(partition, groups, lengthof(groups));
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
		bool		merged = false;

		for (int i = 0; i < ngroups && !merged; i++)
			merged = pfa_groups_merge(&groups[i], &live.repeat, slab, live.pid, live.serial);
		if (!merged)
			list = add_live(reader, list, &live.repeat);
	}
	for (int i = 0; i < ngroups; i++)
		list = add_live(reader, list, &groups[i].repeat);
	return list;
}

/* The text of the one statement that is asked for. */
static List *
copy_one(PfaReader *reader, int partition)
{
	PfaSharedStatement *entry = pfa_store_find(&reader->key);
	PfaReadStatement *copy;

	if (entry == NULL)
		return NIL;
	copy = palloc0(sizeof(PfaReadStatement));
	copy_texts(copy, entry, PFA_READ_TEXT);
	return list_make1(copy);
}

/*
 * Copies under the lock.  An error gives the lock back before anyone else hears
 * of it: our own hooks, told of the failure, may want a partition themselves.
 */
static List *
copy_locked(List *(*copy) (PfaReader *, int), PfaReader *reader, int partition)
{
	List	   *list = NIL;

	pfa_store_lock(partition, LW_SHARED);
	PG_TRY();
	{
		list = copy(reader, partition);
	}
	PG_CATCH();
	{
		/* the lock will let interrupts in again, which the error did already */
		HOLD_INTERRUPTS();
		pfa_store_unlock(partition);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfa_store_unlock(partition);
	return list;
}

void
pfa_reader_begin(PfaReader *reader, Oid dbid, int what)
{
	reader->dbid = dbid;
	reader->what = what;
	reader->wanted = NULL;
	reader->places = pfa_slab_places(dbid, reader->first);
	reader->copies = palloc(sizeof(PfaReadStatement *) * pfa_store_places());
	if (what & (PFA_READ_TEXT | PFA_READ_SAMPLE))
		pfa_texts_attach();
}

static char *
without_foreign_letters(char *text)
{
	for (char *p = text; *p; p++)
	{
		if (IS_HIGHBIT_SET(*p))
			*p = '?';
	}
	return text;
}

/* What the encoding of this database does not have becomes "?". */
static char *
convert(char *text, int encoding, Oid conversion)
{
	int			length = strlen(text);
	int			room = (length + 2) * MAX_CONVERSION_GROWTH;
	char	   *result = palloc(room);
	int			n = 0;

	for (int at = 0; at < length;)
	{
		at += pg_do_encoding_conversion_buf(conversion, encoding, GetDatabaseEncoding(),
											(unsigned char *) text + at, length - at,
											(unsigned char *) result + n, room - n, true);
		n += strlen(result + n);
		if (at < length)
		{
			result[n++] = '?';
			at += pg_encoding_mblen(encoding, text + at);
		}
	}
	result[n] = '\0';
	return result;
}

/*
 * Texts of other databases may be in other encodings.  Nobody is to get an
 * error, nor a word of a text in it, for what somebody wrote elsewhere.
 */
static char *
to_server(char *text, int encoding)
{
	int			mine = GetDatabaseEncoding();
	Oid			conversion;

	if (text == NULL || encoding == mine || mine == PG_SQL_ASCII || pg_is_ascii(text))
		return text;
	if (encoding == PG_SQL_ASCII)
		return pg_verifymbstr(text, strlen(text), true) ? text : without_foreign_letters(text);
	conversion = FindDefaultConversionProc(encoding, mine);
	return OidIsValid(conversion) ? convert(text, encoding, conversion) :
		without_foreign_letters(text);
}

List *
pfa_reader_statements(PfaReader *reader, int partition)
{
	List	   *list = copy_locked(copy_statements, reader, partition);
	ListCell   *lc;

	foreach(lc, list)
	{
		PfaReadStatement *copy = lfirst(lc);

		copy->query = to_server(copy->query, copy->encoding);
	}
	return list;
}

void
pfa_reader_each(Oid dbid, int what, const PfaWanted *wanted,
				PfaReadEach each, void *with)
{
	PfaReader	reader;
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "perfaudit partition",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext old;

	pfa_reader_begin(&reader, dbid, what);
	reader.wanted = wanted;
	old = MemoryContextSwitchTo(work);
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		ListCell   *lc;

		foreach(lc, pfa_reader_statements(&reader, p))
		{
			each(lfirst(lc), with);
			CHECK_FOR_INTERRUPTS();
		}
		MemoryContextReset(work);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

char *
pfa_reader_text(const PfaKey *key)
{
	PfaReader	reader = {.key = *key};
	List	   *found;
	PfaReadStatement *copy;

	pfa_texts_attach();
	found = copy_locked(copy_one, &reader, pfa_store_partition(key));
	if (found == NIL)
		return NULL;
	copy = linitial(found);
	return to_server(copy->query, copy->encoding);
}

List *
pfa_reader_repeats(int partition, Oid dbid)
{
	PfaReader	reader = {.dbid = dbid};

	return copy_locked(copy_repeats, &reader, partition);
}

bool
pfa_reader_may_see(Oid userid)
{
	return userid == GetUserId() ||
		has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}
