/*
 * texts.c
 *		Statement texts and sampled values, in a DSA area inside main shared
 *		memory that cannot grow.
 *
 * Must never throw for lack of room, and must never create a segment outside
 * main shared memory: the area's size limit is its size.
 *
 * Locks: the area's own, below every lock of store.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "compat.h"
#include "settings.h"
#include "texts.h"

typedef struct TextsControl
{
	int			tranche;
	pg_atomic_uint64 used;		/* bytes handed out */
} TextsControl;

static TextsControl *control;
static void *area_place;
static dsa_area *area;

Size
pfa_texts_size(void)
{
	return MAXALIGN(sizeof(TextsControl)) + (Size) pfa_text_memory * 1024;
}

void
pfa_texts_init(void *place, bool found)
{
	Size		size = (Size) pfa_text_memory * 1024;

	control = place;
	area_place = (char *) place + MAXALIGN(sizeof(TextsControl));
	if (!found)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		/* that of the shared memory before a crash */
		if (area != NULL)
			dsa_detach(area);
		pg_atomic_init_u64(&control->used, 0);
#if PFA_TRANCHE_IN_ONE_CALL
		control->tranche = LWLockNewTrancheId("perfaudit_texts");
#else
		control->tranche = LWLockNewTrancheId();
		LWLockRegisterTranche(control->tranche, "perfaudit_texts");
#endif
		area = dsa_create_in_place(area_place, size, control->tranche, NULL);
		dsa_set_size_limit(area, size);
		dsa_pin(area);
		/* stays attached: to save texts; its children inherit that */
		dsa_pin_mapping(area);
		MemoryContextSwitchTo(old);
	}
#if !PFA_TRANCHE_IN_ONE_CALL
	else
		LWLockRegisterTranche(control->tranche, "perfaudit_texts");
#endif
}

void
pfa_texts_attach(void)
{
	MemoryContext old;

	if (area != NULL)
		return;
	old = MemoryContextSwitchTo(TopMemoryContext);
#if !PFA_TRANCHE_IN_ONE_CALL
	LWLockRegisterTranche(control->tranche, "perfaudit_texts");
#endif
	area = dsa_attach_in_place(area_place, NULL);
	dsa_pin_mapping(area);
	MemoryContextSwitchTo(old);
}

dsa_pointer
pfa_texts_put_bytes(const void *bytes, Size length)
{
	dsa_pointer p;

	if (area == NULL || length == 0)
		return InvalidDsaPointer;
	p = dsa_allocate_extended(area, length + sizeof(uint64), DSA_ALLOC_NO_OOM);
	if (!DsaPointerIsValid(p))
		return InvalidDsaPointer;
	/* its size stands before it, so that use can be told exactly */
	*(uint64 *) dsa_get_address(area, p) = length + sizeof(uint64);
	if (bytes)
		memcpy((char *) dsa_get_address(area, p) + sizeof(uint64), bytes, length);
	pg_atomic_fetch_add_u64(&control->used, length + sizeof(uint64));
	return p;
}

void *
pfa_texts_address(dsa_pointer p)
{
	if (area == NULL || !DsaPointerIsValid(p))
		return NULL;
	return (char *) dsa_get_address(area, p) + sizeof(uint64);
}

Size
pfa_texts_length(dsa_pointer p)
{
	return *(uint64 *) dsa_get_address(area, p) - sizeof(uint64);
}

dsa_pointer
pfa_texts_put(const PfaTextParts *parts)
{
	Size		length = sizeof(PfaSharedText) + parts->nparams * sizeof(Oid) +
		parts->normal_length + parts->sample_length + parts->path_length;
	dsa_pointer p = pfa_texts_put_bytes(NULL, length);
	PfaSharedText *text;
	char	   *at;

	if (!DsaPointerIsValid(p))
		return InvalidDsaPointer;
	text = pfa_texts_address(p);
	text->normal_length = parts->normal_length;
	text->sample_length = parts->sample_length;
	text->path_length = parts->path_length;
	text->nparams = parts->nparams;
	text->sample_missing = parts->sample_missing;
	text->cut = parts->cut;
	text->encoding = GetDatabaseEncoding();
	at = (char *) (text + 1);
	if (parts->nparams > 0)
		memcpy(at, parts->types, parts->nparams * sizeof(Oid));
	at += parts->nparams * sizeof(Oid);
	memcpy(at, parts->normal, parts->normal_length);
	at += parts->normal_length;
	if (parts->sample_length > 0)
		memcpy(at, parts->sample, parts->sample_length);
	at += parts->sample_length;
	if (parts->path_length > 0)
		memcpy(at, parts->path, parts->path_length);
	return p;
}

void
pfa_texts_get(dsa_pointer p, PfaTextParts *parts)
{
	PfaSharedText *text = pfa_texts_address(p);
	char	   *at;

	memset(parts, 0, sizeof(*parts));
	if (text == NULL)
		return;
	at = (char *) (text + 1);
	parts->nparams = text->nparams;
	parts->types = (Oid *) at;
	at += text->nparams * sizeof(Oid);
	parts->normal = at;
	parts->normal_length = text->normal_length;
	at += text->normal_length;
	parts->sample = text->sample_length > 0 ? at : parts->normal;
	parts->sample_length = text->sample_length > 0 ? text->sample_length :
		text->normal_length;
	parts->sample_missing = text->sample_missing;
	parts->cut = text->cut;
	parts->encoding = text->encoding;
	at += text->sample_length;
	parts->path = at;
	parts->path_length = text->path_length;
}

void
pfa_texts_free(dsa_pointer p)
{
	uint64		size;

	if (area == NULL || !DsaPointerIsValid(p))
		return;
	size = *(uint64 *) dsa_get_address(area, p);
	dsa_free(area, p);
	pg_atomic_fetch_sub_u64(&control->used, size);
}

Size
pfa_texts_used(void)
{
	return (Size) pg_atomic_read_u64(&control->used);
}
