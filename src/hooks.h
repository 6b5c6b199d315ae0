/*
 * hooks.h
 *		Puts perfaudit into the server's hooks.
 */
#ifndef PFA_HOOKS_H
#define PFA_HOOKS_H

/* Installs all hooks; from _PG_init, while preloading. */
extern void pfa_hooks_install(void);

/*
 * Stops and resumes recording in this backend, for statements that perfaudit
 * itself parses and plans.  Nests; a (sub)transaction's abort resumes.
 */
extern void pfa_hooks_suspend(void);
extern void pfa_hooks_resume(void);

#endif							/* PFA_HOOKS_H */
