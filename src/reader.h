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

/*
 * The statements of a partition (PfaReadStatement *) of one database, or of all
 * (InvalidOid).  Holds the partition's lock, shared, while it copies.
 */
extern List *pfa_reader_statements(int partition, Oid dbid, int what);

/* The repeats of a partition (PfaSharedRepeat *), live ones added. */
extern List *pfa_reader_repeats(int partition, Oid dbid);

/* Whether the current user may see facts of a role's statements. */
extern bool pfa_reader_may_see(Oid userid);

#endif							/* PFA_READER_H */
