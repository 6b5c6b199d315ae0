/*
 * shmem.c
 *		Perfaudit's shared memory: asked for once, at server start.
 *
 * Must never grow: what does not fit is evicted or dropped, and counted, by
 * the part that owns it.
 */
#include "postgres.h"

#include "storage/ipc.h"

#include "advise/given.h"
#include "advise/progress.h"
#include "aliases.h"
#include "compat.h"
#include "distinct.h"
#include "log.h"
#include "makeup.h"
#include "peers.h"
#include "shmem.h"
#include "slab.h"
#include "store.h"
#include "texts.h"
#include "unit_sums.h"

#define ALIAS_LOCKS		16

static shmem_request_hook_type prev_request;
static shmem_startup_hook_type prev_startup;
static LWLockPadded *alias_locks;
static LWLockPadded *units_lock;
static LWLockPadded *peers_lock;
static LWLockPadded *advice_lock;
bool		pfa_shmem_ready;

static void
request(void)
{
	const Size	parts[] = {
		pfa_store_size(), pfa_slab_size(), pfa_texts_size(), pfa_aliases_size(),
		pfa_unit_sums_size(), pfa_makeup_size(), pfa_distinct_size(), pfa_log_size(),
		pfa_progress_size(), pfa_peers_size(), pfa_given_size()
	};
	Size		size = 0;

	if (prev_request)
		prev_request();
	for (int i = 0; i < lengthof(parts); i++)
		size = add_size(size, add_size(parts[i], PG_CACHE_LINE_SIZE));
	RequestAddinShmemSpace(size);
	RequestNamedLWLockTranche("perfaudit", PFA_PARTITIONS);
	RequestNamedLWLockTranche("perfaudit_aliases", ALIAS_LOCKS);
	RequestNamedLWLockTranche("perfaudit_units", 1);
	RequestNamedLWLockTranche("perfaudit_peers", 1);
	RequestNamedLWLockTranche("perfaudit_advice", 1);
}

static void
startup(void)
{
	void	   *place;
	bool		found;

	if (prev_startup)
		prev_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	place = ShmemInitStruct("perfaudit store", pfa_store_size(), &found);
	pfa_store_init(place, found);
	place = ShmemInitStruct("perfaudit texts", pfa_texts_size(), &found);
	pfa_texts_init(place, found);
	place = ShmemInitStruct("perfaudit aliases", pfa_aliases_size(), &found);
	pfa_aliases_init(place, found);
	place = ShmemInitStruct("perfaudit units", pfa_unit_sums_size(), &found);
	pfa_unit_sums_init(place, found);
	place = ShmemInitStruct("perfaudit makeup", pfa_makeup_size(), &found);
	pfa_makeup_init(place, found);
	place = ShmemInitStruct("perfaudit distinct", pfa_distinct_size(), &found);
	pfa_distinct_init(place, found);
	place = ShmemInitStruct("perfaudit slabs", pfa_slab_size(), &found);
	pfa_slab_init(place, found);
	place = ShmemInitStruct("perfaudit log", pfa_log_size(), &found);
	pfa_log_init(place, found);
	place = ShmemInitStruct("perfaudit advice", pfa_progress_size(), &found);
	pfa_progress_init(place, found);
	place = ShmemInitStruct("perfaudit peers", pfa_peers_size(), &found);
	pfa_peers_init(place, found);
	place = ShmemInitStruct("perfaudit advice given", pfa_given_size(), &found);
	pfa_given_init(place, found);
	advice_lock = GetNamedLWLockTranche("perfaudit_advice");
	peers_lock = GetNamedLWLockTranche("perfaudit_peers");
	units_lock = GetNamedLWLockTranche("perfaudit_units");
	alias_locks = GetNamedLWLockTranche("perfaudit_aliases");
	LWLockRelease(AddinShmemInitLock);
	pfa_shmem_ready = true;
}

void
pfa_shmem_install(void)
{
	prev_request = shmem_request_hook;
	shmem_request_hook = request;
	prev_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
}

void
pfa_shmem_require(void)
{
	if (pfa_shmem_ready)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("perfaudit must be loaded via shared_preload_libraries"),
			 errdetail("The server was started without it, so nothing has been recorded."),
			 errhint("Add this line to postgresql.conf and restart the server: shared_preload_libraries = 'perfaudit'")));
}

LWLock *
pfa_shmem_alias_lock(uint32 set)
{
	return &alias_locks[set % ALIAS_LOCKS].lock;
}

LWLock *
pfa_shmem_units_lock(void)
{
	return &units_lock->lock;
}

LWLock *
pfa_shmem_peers_lock(void)
{
	return &peers_lock->lock;
}

LWLock *
pfa_shmem_advice_lock(void)
{
	return &advice_lock->lock;
}
