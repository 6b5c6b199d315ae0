/*
 * footprint.h
 *		What a session's process keeps for itself, part by part.
 */
#ifndef PFA_FOOTPRINT_H
#define PFA_FOOTPRINT_H

#include "postgres.h"

typedef struct PfaFootprint
{
	const char *part;
	Size		bytes;			/* at most */
} PfaFootprint;

#define PFA_FOOTPRINT_PARTS		6

/* Between two statements; all bounds are fixed when the library is built. */
extern void pfa_footprint_list(PfaFootprint parts[PFA_FOOTPRINT_PARTS]);

#endif							/* PFA_FOOTPRINT_H */
