/*
 * perfaudit.c
 *		Module magic and start: calls each layer's beginning, nothing else.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "compat.h"
#include "hooks.h"
#include "letters.h"
#include "persist.h"
#include "settings.h"
#include "shmem.h"

PFA_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	/*
	 * Without preloading there is no shared memory: the SQL functions exist
	 * and say which line to add.
	 */
	if (!process_shared_preload_libraries_in_progress)
		return;
	pfa_letters_install();
	pfa_settings_define();
	pfa_shmem_install();
	pfa_persist_install();
	pfa_hooks_install();
}
