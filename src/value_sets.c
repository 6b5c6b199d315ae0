/*
 * value_sets.c
 *		A few sets of values of a statement, for those who plan it again.
 *
 * Called for executions whose rows are counted only, which are few.  Must never
 * show a value to anybody.  Locks: the caller's.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type_d.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"

#include "settings.h"
#include "texts.h"
#include "value_sets.h"

#define VALUE_MAX		512		/* bytes of one value */
/* More texts of a statement are kept while so much of the memory is used. */
#define FULL_SHARE		0.5

/* Writes one set of values flat; 0 when one of them cannot be kept. */
static Size
flatten_values(ParamListInfo params, char *buffer, Size size)
{
	Size		used = 0;

	for (int i = 0; i < params->numParams; i++)
	{
		ParamExternData *param = &params->params[i];
		PfaSharedValue *value = (PfaSharedValue *) (buffer + used);
		const void *bytes = &param->value;
		Size		length = sizeof(Datum);
		int16		typlen;
		bool		typbyval;

		if (used + sizeof(PfaSharedValue) + VALUE_MAX > size ||
			!OidIsValid(param->ptype))
			return 0;
		value->type = param->ptype;
		value->length = -1;
		used += sizeof(PfaSharedValue);
		if (param->isnull)
			continue;
		typlen = sizeof(int32);
		typbyval = true;
		/* most keys are spared a look into the catalogs */
		if (param->ptype != INT4OID)
			get_typlenbyval(param->ptype, &typlen, &typbyval);
		if (!typbyval)
		{
			bytes = DatumGetPointer(param->value);
			if (typlen == -1 && VARATT_IS_EXTERNAL(bytes))
				return 0;
			length = typlen == -1 ? VARSIZE_ANY(bytes) :
				typlen == -2 ? strlen(bytes) + 1 : (Size) typlen;
		}
		if (length > VALUE_MAX)
			return 0;
		value->length = length;
		memset(buffer + used + MAXALIGN_DOWN(length), 0, MAXALIGN(length) - MAXALIGN_DOWN(length));
		memcpy(buffer + used, bytes, length);
		used += MAXALIGN(length);
	}
	return used;
}

Size
pfa_value_sets_make(const PfaExecutionValues *values, char *buffer)
{
	PfaSharedValueSet *set = (PfaSharedValueSet *) buffer;
	char	   *at = buffer + sizeof(PfaSharedValueSet);
	Size		room = PFA_VALUE_SET_MAX - sizeof(PfaSharedValueSet);
	Size		used;

	if (!pfa_sample_values)
		return 0;
	/* sets are compared byte by byte: no byte of them is left as it was */
	memset(set, 0, sizeof(*set));
	if (values->params != NULL && values->params->numParams > 0)
	{
		if (values->params->paramFetch != NULL)
			return 0;
		set->nvalues = values->params->numParams;
		used = flatten_values(values->params, at, room);
	}
	else
	{
		const char *text = values->text + Max(values->location, 0);

		used = values->length > 0 && values->location >= 0 ? (Size) values->length :
			strnlen(text, room);
		if (used >= room)
			return 0;
		memcpy(at, text, used);
		memset(at + used, 0, Min(room - used, 1 + MAXIMUM_ALIGNOF));
		used++;
	}
	if (used == 0)
		return 0;
	set->length = MAXALIGN(sizeof(PfaSharedValueSet) + used);
	return set->length;
}

/* Whether the text is the one that is kept anyway, or has no literals. */
static bool
is_known_text(const PfaSharedStatement *entry, const char *text)
{
	PfaTextParts parts;
	Size		length = strlen(text);

	if (!DsaPointerIsValid(entry->text))
		return true;
	pfa_texts_get(entry->text, &parts);
	return parts.sample_missing || parts.sample == parts.normal || parts.nparams > 0 ||
		parts.encoding != GetDatabaseEncoding() ||
		(parts.sample_length == length && memcmp(parts.sample, text, length) == 0);
}

void
pfa_value_sets_add(PfaSharedStatement *entry, const char *set, Size length)
{
	bool		is_text = ((const PfaSharedValueSet *) set)->nvalues == 0;
	const char *old = DsaPointerIsValid(entry->values) ? pfa_texts_address(entry->values) : NULL;
	Size		old_length = old ? pfa_texts_length(entry->values) : 0;
	int			n = is_text;	/* one text is with the statement */
	dsa_pointer p;

	if (is_text && (is_known_text(entry, set + sizeof(PfaSharedValueSet)) ||
					pfa_texts_used() > FULL_SHARE * pfa_texts_size()))
		return;
	for (Size at = 0; at < old_length; n++)
	{
		uint32		one = ((const PfaSharedValueSet *) (old + at))->length;

		if (one == length && memcmp(old + at, set, length) == 0)
			return;
		at += one;
	}
	if (n >= PFA_VALUE_SETS)
		return;
	p = pfa_texts_put_bytes(NULL, old_length + length);
	if (!DsaPointerIsValid(p))
	{
		if (old == NULL)
			pg_atomic_fetch_add_u64(&pfa_totals->dropped_values, 1);
		return;
	}
	if (old_length > 0)
		memcpy(pfa_texts_address(p), old, old_length);
	memcpy((char *) pfa_texts_address(p) + old_length, set, length);
	pfa_texts_free(entry->values);
	entry->values = p;
}
