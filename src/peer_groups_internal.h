/*
 * peer_groups_internal.h
 *		What peer_groups.c gathers and peer_sums.c adds up, and nobody else sees.
 */
#ifndef PFA_PEER_GROUPS_INTERNAL_H
#define PFA_PEER_GROUPS_INTERNAL_H

#include "peer_groups.h"
#include "store.h"
#include "storage/spin.h"

#define PFA_GROUP_PIECES	20		/* backends of a group */

/* What one backend has done. */
typedef struct PfaSharedPiece
{
	int			slot;
	int			pid;
	uint32		unit;			/* 0: has left */
	PfaPeerWork work;
	uint32		compared;
	uint32		covered;		/* of them, found in a row not asked for yet */
	uint32		followers;		/* covered after another one */
	uint32		in_order;		/* in a later row than it */
	uint32		run;			/* of them, the latest in a row */
	int			last;			/* row */
	float8		evidence;
} PfaSharedPiece;

typedef struct PfaSharedGroup
{
	slock_t		lock;
	bool		used;
	uint8		column;
	uint8		link;			/* PFA_LINK_* */
	bool		beyond;			/* the parent has more rows than are here */
	uint16		captured;
	uint32		generation;		/* of this place */
	uint64		statistics;		/* generation of the statistics it belongs to */
	PfaRepeat	repeat;			/* what is the same for all pieces, and what
								 * the parent's backend had published */
	int			slot;			/* the parent's */
	int			pid;
	uint32		unit;
	uint32		serial;
	TimestampTz last_seen;
	int			last;			/* the row furthest behind that was asked for */
	int			npieces;
	PfaSharedPiece pieces[PFA_GROUP_PIECES];
	uint64		asked[(PFA_RESULT_VALUES + 63) / 64];
	uint32		keys[PFA_RESULT_VALUES];
} PfaSharedGroup;

extern PFA_LOCAL PfaSharedGroup *pfa_groups;

/* It is of statistics that have not been reset since. */
static inline bool
pfa_group_is_current(const PfaSharedGroup *group)
{
	return group->used && group->statistics == pg_atomic_read_u64(&pfa_totals->generation);
}

#endif							/* PFA_PEER_GROUPS_INTERNAL_H */
