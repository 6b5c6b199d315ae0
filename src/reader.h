/*
 * reader.h
 *		Copies of what store and the slabs hold, one partition at a time.
 */
#ifndef PFA_READER_H
#define PFA_READER_H

#include "nodes/pg_list.h"
#include "store.h"

#define PFA_READ_TEXT		0x01	/* normalised text */
#define PFA_READ_SAMPLE		0x02	/* text as sent, parameter types, values */
#define PFA_READ_PLANS		0x04
#define PFA_READ_PLAN_IDS	0x08	/* of the plans only identity and times */

/* One statement, what waits in the slabs included; palloc'd. */
typedef struct PfaReadStatement
{
	PfaSharedStatement s;		/* pointers and places in it mean nothing here */
	int			encoding;		/* of query, while it is copied */
	char	   *query;
	char	   *sample;
	char	   *search_path;
	int			nparams;
	Oid		   *types;
	char	   *values;			/* as in texts.h */
	Size		values_length;
	int			nplans;
	PfaSharedPlan *plans;		/* the current one first */
} PfaReadStatement;

/* The shapes that somebody wants, ascending. */
typedef struct PfaWanted
{
	const uint64 *shapes;
	int			n;
} PfaWanted;

/* For qsort() of shapes. */
extern int	pfa_reader_compare_shapes(const void *a, const void *b);

/* One reading of the statements of a database, or of all (InvalidOid). */
typedef struct PfaReader
{
	Oid			dbid;
	int			what;			/* PFA_READ_* */
	PfaKey		key;			/* when one statement is asked for, else
								 * unused */
	const PfaWanted *wanted;	/* NULL: all */
	uint32	   *places;			/* in the slabs, see slab.h */
	int			first[PFA_PARTITIONS + 1];
	PfaReadStatement **copies;	/* by their place in the partition */
} PfaReader;

extern void pfa_reader_begin(PfaReader *reader, Oid dbid, int what);

/*
 * The statements of a partition (PfaReadStatement *).  Holds the partition's
 * lock, shared, while it copies.
 */
extern List *pfa_reader_statements(PfaReader *reader, int partition);

/*
 * Calls each with every statement, or those wanted (NULL: all); what it is given, and what it allocates,
 * is gone after the partition.
 */
typedef void (*PfaReadEach) (PfaReadStatement *read, void *with);
extern void pfa_reader_each(Oid dbid, int what, const PfaWanted *wanted,
							PfaReadEach each, void *with);

/* The normalised text of one statement, or NULL; shows it to anyone. */
extern char *pfa_reader_text(const PfaKey *key);

/* The repeats of a partition (PfaSharedRepeat *), live ones added. */
extern List *pfa_reader_repeats(int partition, Oid dbid);

/* Whether the current user may see facts of a role's statements. */
extern bool pfa_reader_may_see(Oid userid);

#endif							/* PFA_READER_H */
