/*
 * hashes.c
 *		Hashes of values, by their types.
 *
 * Must never call an output function or detoast a value: a value that is not
 * plain to see is not a key.
 */
#include "postgres.h"

#include "access/tupmacs.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

#include "hashes.h"

#define KEY_TEXT_MAX	64		/* bytes of a text that may be a key */
#define DIGITS_MAX		18		/* of a number that surely fits into an int64 */

/* The number that a text is, written as the server would write it. */
static bool
is_integer(const char *text, int length, int64 *number)
{
	int			at = length > 1 && text[0] == '-' ? 1 : 0;
	bool		negative = at == 1;

	if (length == at || length - at > DIGITS_MAX ||
		(text[at] == '0' && (negative || length > 1)))
		return false;
	*number = 0;
	for (; at < length; at++)
	{
		if (text[at] < '0' || text[at] > '9')
			return false;
		*number = *number * 10 + (text[at] - '0');
	}
	if (negative)
		*number = -*number;
	return true;
}

/* A number is often kept as text where rows of any table are pointed to. */
static uint64
hash_text(const char *text, int length)
{
	int64		number;

	if (length > KEY_TEXT_MAX)
		return 0;
	if (is_integer(text, length, &number))
		return pfa_hashes_integer(number);
	return hash_bytes_extended((const unsigned char *) text, length, 1) | 1;
}

uint64
pfa_hashes_key_other(Oid type, Datum value)
{
	switch (type)
	{
		case INT2OID:
			return pfa_hashes_integer(DatumGetInt16(value));
		case OIDOID:
			return pfa_hashes_integer(DatumGetObjectId(value));
		case DATEOID:
			return hash_bytes_uint32_extended((uint32) DatumGetInt32(value), 3) | 1;
		case UUIDOID:
			return hash_bytes_extended(DatumGetUUIDP(value)->data, UUID_LEN, 1) | 1;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			{
				struct varlena *text = (struct varlena *) DatumGetPointer(value);
				int			length;

				if (VARATT_IS_EXTERNAL(text) || VARATT_IS_COMPRESSED(text))
					return 0;
				length = VARSIZE_ANY_EXHDR(text);
				while (type == BPCHAROID && length > 0 && VARDATA_ANY(text)[length - 1] == ' ')
					length--;
				return hash_text(VARDATA_ANY(text), length);
			}
		default:
			return 0;
	}
}

uint64
pfa_hashes_image(Oid type, int16 typlen, bool typbyval, Datum value)
{
	uint64		hash = pfa_hashes_key(type, value);

	if (hash != 0)
		return hash;
	if (typbyval)
		return hash_bytes_extended((unsigned char *) &value, sizeof(value), 2) | 1;
	if (typlen > 0)
		return hash_bytes_extended((unsigned char *) DatumGetPointer(value), typlen, 2) | 1;
	if (typlen == -1)
	{
		struct varlena *image = (struct varlena *) DatumGetPointer(value);

		if (VARATT_IS_EXTERNAL(image))
			return hash_bytes_extended((unsigned char *) image, VARSIZE_EXTERNAL(image), 2) | 1;
		return hash_bytes_extended((unsigned char *) VARDATA_ANY(image),
								   VARSIZE_ANY_EXHDR(image), 2) | 1;
	}
	return hash_bytes_extended((unsigned char *) DatumGetPointer(value),
							   strlen(DatumGetCString(value)) + 1, 2) | 1;
}

/* The hash of an array's first element, 0 if it is no key. */
static uint64
hash_first(const ArrayType *array)
{
	const char *first = ARR_DATA_PTR(array);

	if (ARR_HASNULL(array))
		return 0;
	switch (ARR_ELEMTYPE(array))
	{
		case INT2OID:
			return pfa_hashes_key(INT2OID, fetch_att(first, true, sizeof(int16)));
		case INT4OID:
		case DATEOID:
		case OIDOID:
			return pfa_hashes_key(ARR_ELEMTYPE(array), fetch_att(first, true, sizeof(int32)));
		case INT8OID:
			return pfa_hashes_key(INT8OID, fetch_att(first, FLOAT8PASSBYVAL, sizeof(int64)));
		default:
			return pfa_hashes_key_other(ARR_ELEMTYPE(array), PointerGetDatum(first));
	}
}

int
pfa_hashes_elements(Oid type, Datum value, uint64 *hash)
{
	ArrayType  *array = (ArrayType *) DatumGetPointer(value);
	int			elements;

	/* only a plain, aligned one is looked into */
	if (type == TEXTOID || type == VARCHAROID || !VARATT_IS_4B_U(array) ||
		!OidIsValid(get_element_type(type)))
		return 0;
	elements = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (elements == 1)
	{
		uint64		first = hash_first(array);

		if (first != 0)
			*hash = first;
	}
	return elements;
}
