/*
 * texts.h
 *		Statement texts and sampled values in bounded shared memory.
 */
#ifndef PFA_TEXTS_H
#define PFA_TEXTS_H

#include "perfaudit.h"
#include "utils/dsa.h"

/*
 * What is kept of a statement's text: lengths, then parameter types, then the
 * texts without terminators, one after the other.  sample_length 0 means that
 * the sample is the normalised text itself; a text longer than the limit is
 * kept cut (normalised) or not at all (sample: sample_missing).
 */
typedef struct PfaSharedText
{
	uint32		normal_length;	/* bytes */
	uint32		sample_length;	/* bytes */
	uint16		path_length;	/* bytes of search_path */
	uint16		nparams;
	bool		sample_missing;
	bool		cut;
	uint8		encoding;		/* of the database it was sent to */
	/* Oid types[nparams], normalised, sample, search_path */
} PfaSharedText;

/* A text as its parts: pointers into one private or shared copy. */
typedef struct PfaTextParts
{
	const char *normal;
	uint32		normal_length;
	const char *sample;
	uint32		sample_length;
	bool		sample_missing;
	bool		cut;
	uint8		encoding;		/* given by get */
	const char *path;
	uint16		path_length;
	uint16		nparams;
	const Oid  *types;
} PfaTextParts;

/* One sampled value (value_sets.h): its bytes follow. */
typedef struct PfaSharedValue
{
	Oid			type;
	int32		length;			/* bytes that follow, padded to 8; -1: null */
} PfaSharedValue;

extern Size pfa_texts_size(void);
extern void pfa_texts_init(void *place, bool found);

/*
 * Copies a text into shared memory; InvalidDsaPointer when there is no room,
 * which is counted by the caller.  Never throws but for running out of this
 * backend's own memory at its first call.  May be called with a partition lock
 * held; takes only the area's own locks.
 */
extern dsa_pointer pfa_texts_put(const PfaTextParts *parts);
extern dsa_pointer pfa_texts_put_bytes(const void *bytes, Size length);
extern void pfa_texts_free(dsa_pointer p);

/* Parts of a stored text; valid while the lock of its partition is held. */
extern void pfa_texts_get(dsa_pointer p, PfaTextParts *parts);
extern void *pfa_texts_address(dsa_pointer p);
extern Size pfa_texts_length(dsa_pointer p);

/* Makes sure that this backend can reach the texts; may throw. */
extern void pfa_texts_attach(void);

/* Bytes in use, of pfa_texts_size(). */
extern Size pfa_texts_used(void);

#endif							/* PFA_TEXTS_H */
