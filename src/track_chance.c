/*
 * track_chance.c
 *		What the values of a repeat may have in common with a list by chance.
 *
 * Where there are but few values, a list has many of them: who asks for some at
 * random finds them there.  How many there are is guessed, rather too few of them:
 * as many as the largest number in the list, or as the table has rows.  Must never
 * throw.
 */
#include "postgres.h"

#include <math.h>

#include "hashes.h"
#include "results.h"
#include "track_internal.h"

#define CHANCE			1e-4	/* what happens as seldom does not by chance */
#define NUMBERS_FOR_EACH 16		/* numbers looked at for each value: of so many
								 * more it has but few */

/* The largest number in a column, if it has nothing else; 0: it has. */
static uint32
largest_number(PfaResult *result, int column, uint32 distinct)
{
	uint32		found = 0;

	for (uint32 n = 0; n <= NUMBERS_FOR_EACH * distinct; n++)
	{
		uint32		row;

		found += (pfa_results_search(result, pfa_results_key(pfa_hashes_integer(n)), &row) & (1 << column)) != 0;
		if (found == distinct)
			return n;
	}
	return 0;
}

uint32
pfa_track_domain(PfaResult *result, int column, uint32 distinct, uint32 rows)
{
	uint32		largest = largest_number(result, column, distinct);

	/* a table that has grown since it was analysed is not known */
	if (rows < distinct)
		rows = 0;
	return largest == 0 || rows == 0 ? Max(largest, rows) : Min(largest, rows);
}

/* The logarithm of the number of ways to choose some. */
static double
ways(uint32 of, uint32 chosen)
{
	return chosen > of ? -HUGE_VAL : lgamma(of + 1.0) - lgamma(chosen + 1.0) - lgamma(of - chosen + 1.0);
}

bool
pfa_track_by_chance(uint32 asked, uint32 found, uint32 distinct, uint32 domain, bool once)
{
	uint32		elsewhere = asked - found;

	/* what was asked for elsewhere is there as well */
	domain = Max(domain, distinct + (once ? elsewhere : elsewhere > 0));
	if (once && found <= distinct)
		return ways(distinct, found) + ways(domain - distinct, elsewhere) - ways(domain, asked) > log(CHANCE);
	return ways(asked, elsewhere) + found * log((double) distinct / domain) > log(CHANCE);
}

uint32
pfa_track_beyond(const PfaResult *result, uint32 distinct, uint32 looked)
{
	uint32		alone;

	if (result->rows <= result->captured)
		return 0;
	/* those that hardly any other row has, at least: rows beyond have as many new ones */
	alone = 2 * distinct > result->captured ? 2 * distinct - result->captured : 0;
	return ceil((double) looked * (result->rows - result->captured) / result->rows *
				alone / result->captured);
}
