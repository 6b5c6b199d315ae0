/*
 * shmem.h
 *		Asks for and hands out perfaudit's shared memory; knows no content.
 */
#ifndef PFA_SHMEM_H
#define PFA_SHMEM_H

#include "perfaudit.h"
#include "storage/lwlock.h"

/* Installs the request and startup hooks; from _PG_init, while preloading. */
extern void pfa_shmem_install(void);

/* Whether this server has our memory, that is, was started with us. */
extern PFA_LOCAL bool pfa_shmem_ready;

/*
 * Raises an error that says which line to add, if it has not; every SQL
 * function calls this first.
 */
extern void pfa_shmem_require(void);

extern LWLock *pfa_shmem_alias_lock(uint32 set);
extern LWLock *pfa_shmem_units_lock(void);
extern LWLock *pfa_shmem_peers_lock(void);
extern LWLock *pfa_shmem_advice_lock(void);

#endif							/* PFA_SHMEM_H */
