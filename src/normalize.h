/*
 * normalize.h
 *		Statement texts with placeholders for literals.
 */
#ifndef PFA_NORMALIZE_H
#define PFA_NORMALIZE_H

#include "postgres.h"

/* Something in a text to be replaced, in bytes from the text's start. */
typedef struct PfaCut
{
	int			location;
	enum
	{
		PFA_CUT_CONSTANT,		/* the literal that begins here: $n */
		PFA_CUT_LIST_REST,		/* an element of a list that is left out */
		PFA_CUT_ROWS			/* the first value of the first of several
								 * rows; the others are left out */
	}			what;
	int			rows;			/* PFA_CUT_ROWS: how many are left out */
} PfaCut;

#define PFA_REST_MARK	" /*, ... */"
#define PFA_PARAM_MAX	12		/* bytes of $n */
#define PFA_CUT_MAX		sizeof(PFA_REST_MARK)	/* most that is put for a cut */

/*
 * The text from location (length bytes, 0: to its end) with its cuts made;
 * placeholders go on from first_param.  palloc'd.  Sorts the cuts.
 */
extern char *pfa_normalize(const char *text, int location, int length,
						   PfaCut *cuts, int ncuts, int first_param);

/*
 * The same for a huge text, without scanning it: the first bytes, no more than
 * limit; or that it is too long.
 */
extern char *pfa_normalize_huge(const char *text, int location, int length,
								PfaCut *cuts, int ncuts, int first_param, Size limit);

/*
 * The same for texts nobody parsed for us: every literal token; without what
 * pfa_normalize_skip leaves out.
 */
extern char *pfa_normalize_statement(const char *text, int location, int length);

/*
 * What pfa_normalize does if it can be done without core's scanner, else NULL: of
 * a text that is trimmed to its start and length, its cuts sorted; the first
 * bytes, no more than limit.
 */
extern char *pfa_normalize_plainly(const char *text, const char *start, int length,
								   const PfaCut *cuts, int ncuts, int first_param, Size limit);

/*
 * Where the statement itself begins when PREPARE x AS or DECLARE x CURSOR FOR
 * stands before it.
 */
extern int	pfa_normalize_skip(const char *text, int location, int length);

#endif							/* PFA_NORMALIZE_H */
