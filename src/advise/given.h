/*
 * given.h
 *		What suggest_indexes() has advised of late, for each role and each set of
 *		arguments, so that the next call can keep to it.
 */
#ifndef PFA_GIVEN_H
#define PFA_GIVEN_H

#include "postgres.h"

#include "datatype/timestamp.h"

#define PFA_GIVEN			1024	/* kept in all */
#define PFA_GIVEN_CALL		128 /* of one call: its best ones */
#define PFA_GIVEN_COLUMNS	8	/* of an index that can be put together again */

/* Whose advice, and on what: a role is told what was advised to it, no other's. */
typedef struct PfaGivenKey
{
	Oid			dbid;			/* InvalidOid: a free place */
	Oid			userid;			/* who asked */
	uint64		args;			/* what limited the search */
} PfaGivenKey;

/* Names and definitions are kept as hashes only; there is no OID of a table. */
typedef struct PfaSharedGiven
{
	PfaGivenKey key;
	uint64		index;			/* its definition */
	uint64		table;			/* its table's qualified name */
	TimestampTz first;			/* when it was advised first, and last */
	TimestampTz last;
	int64		hour;			/* of the clock, when it was counted last */
	uint32		hours;			/* different ones in which it was advised */
	bool		held;			/* the latest such call advised it */
	bool		plain;			/* without predicate and expressions, so that no
								 * literal is in it */
	uint16		ncolumns;		/* of columns; 0: it cannot be put together */
	uint32		columns[PFA_GIVEN_COLUMNS]; /* their names, in order */
} PfaSharedGiven;

/* Shared memory: its size, and its place at start. */
extern Size pfa_given_size(void);
extern void pfa_given_init(void *place, bool found);

/* Copies what this key was given, held or not, at most PFA_GIVEN; how many. */
extern int	pfa_given_read(const PfaGivenKey *key, PfaSharedGiven *into);

/* It is advised now, and held. */
extern void pfa_given_count(PfaSharedGiven *given, TimestampTz now);

/*
 * The key is given these (key and definition filled), and holds nothing else from
 * now on.  Never throws.
 */
extern void pfa_given_write(const PfaGivenKey *key, const PfaSharedGiven *list, int n,
							TimestampTz now);

/* Forgets what a database's or a role's calls were given; InvalidOid: any. */
extern void pfa_given_reset(Oid dbid, Oid userid);

/*
 * For the file between two runs, when no other process is there: those to be saved,
 * one after the other from *at 0 on, and putting one back.
 */
extern const PfaSharedGiven *pfa_given_next(int *at);
extern bool pfa_given_restore(const PfaSharedGiven *saved);

#endif							/* PFA_GIVEN_H */
