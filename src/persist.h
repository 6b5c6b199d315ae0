/*
 * persist.h
 *		Statistics that outlive a shutdown of the server.
 */
#ifndef PFA_PERSIST_H
#define PFA_PERSIST_H

/* After pfa_shmem_install: what was saved goes into memory that is there. */
extern void pfa_persist_install(void);

#endif							/* PFA_PERSIST_H */
