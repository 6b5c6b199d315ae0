/*
 * drops.h
 *		Existing indexes that nobody would miss.
 */
#ifndef PFA_DROPS_H
#define PFA_DROPS_H

#include "advice.h"

typedef struct PfaDrop
{
	Oid			index;
	Oid			table;
	const char *name;			/* qualified and quoted */
	const char *method;
	List	   *columns;		/* char * */
	int64		size;			/* bytes */
	bool		partitioned;
	double		entries;		/* written to it a day */
	double		write_ms;		/* that this takes a day */
	const char *reason;
	PfaCandidate *by;			/* the advised index that does its work, or
								 * NULL */
	const char *facts;			/* json object of what is known about it */
	int			checked;		/* statements that use the table */
	int			using;			/* of them those whose plan has the index */
	double		worst;			/* percent that one gets dearer without it */
	const char *kept;			/* why it is not to go after all, or NULL */
} PfaDrop;

/*
 * Fills advice->drops, given the advised indexes: each proved by planning the
 * statements that use the table without it.  Those that must stay (kept) are
 * among them.  Reads perfaudit.index_facts.
 */
extern void pfa_drops_find(PfaAdvice *advice, const List *chosen);

/* Candidates are being read, which need no other proof (drop_proof.c). */
extern bool pfa_drops_reading;

#endif							/* PFA_DROPS_H */
