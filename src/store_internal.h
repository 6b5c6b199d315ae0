/*
 * store_internal.h
 *		What the files of store share among themselves, and nobody else sees.
 */
#ifndef PFA_STORE_INTERNAL_H
#define PFA_STORE_INTERNAL_H

#include "store.h"

#define PFA_REPEATS_PER_PARTITION	64
#define PFA_SWEEP_LIMIT				32	/* entries looked at to make room for
										 * one */

#define PFA_USAGE_MAX				5
#define PFA_KINDS					256

typedef struct PfaSharedPartition
{
	uint32		change;			/* odd while somebody changes anything here */
	int32		free_statement; /* head of a free list, or -1 */
	int32		free_plan;
	int32		hand;			/* clock hand over statements */
	int32		kin_hand;		/* the same, over those of a kind */
	int32		newest;			/* queue of those that wait, or -1 */
	int32		oldest;
	int32		waiting;		/* how many they are */
	uint32		turn;
	uint16		kin[PFA_KINDS]; /* statements by the hash of their kin */
	int32		used_statements;
	int32		used_plans;
	int32		used_repeats;
} PfaSharedPartition;

#define PFA_RECENT_RESETS			8

/* What a partial reset has forgotten; 0 stands for all. */
typedef struct PfaSharedReset
{
	Oid			dbid;
	Oid			userid;
	uint64		shape;
	TimestampTz at;				/* 0: none */
} PfaSharedReset;

typedef struct PfaStoreControl
{
	PfaSharedTotals totals;
	PfaSharedReset recent[PFA_RECENT_RESETS];
	int			per_partition;	/* statements, and as many plans */
	int			buckets;		/* hash chains a partition, a power of two */
	LWLockPadded *locks;
	PfaSharedPartition partitions[PFA_PARTITIONS];
} PfaStoreControl;

extern PFA_LOCAL PfaStoreControl *pfa_store_control;
extern PFA_LOCAL PfaSharedStatement *pfa_store_statements;
extern PFA_LOCAL PfaSharedPlan *pfa_store_plans;
extern PFA_LOCAL uint32 *pfa_store_gone_hashes; /* [partition][place] */
extern PFA_LOCAL PfaSharedRepeat *pfa_store_repeats;

extern bool pfa_store_is_used(const PfaSharedStatement *entry);

/* Takes a statement out of its chain and gives back what it holds. */
extern void pfa_store_remove(PfaSharedPartition *part, PfaSharedStatement *entry);

/* Evicts a statement for one of that kin, if there is any to be evicted. */
extern void pfa_store_make_room(int p, uint32 kin);

/* Whether it was evicted not long ago; it is asked once. */
extern bool pfa_store_went_lately(int p, const PfaKey *key);

/* A statement that came when there was no room. */
extern void pfa_store_await(PfaSharedPartition *part, PfaSharedStatement *entry);

extern void pfa_store_set_kin(PfaSharedPartition *part, PfaSharedStatement *entry, uint32 kin);

/* One that goes, whyever. */
extern void pfa_store_gone(PfaSharedPartition *part, PfaSharedStatement *entry);

/* The hour that figures of that time belong to; NULL if it is not kept. */
extern PfaHour *pfa_store_other_hour(PfaSharedStatement *entry, int64 hour);

static inline PfaHour *
pfa_store_hour_of(PfaSharedStatement *entry, TimestampTz when)
{
	int64		hour = when / USECS_PER_HOUR;

	return likely(entry->hour == hour) ? &entry->hours[0] :
		pfa_store_other_hour(entry, hour);
}

/* Gives a plan back to its partition; *slot becomes -1. */
extern void pfa_store_free_plan(PfaSharedPartition *part, int32 *slot);

#endif							/* PFA_STORE_INTERNAL_H */
