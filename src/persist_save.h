/*
 * persist_save.h
 *		What stands in the file, and its writing.
 *
 * The header; statements, each with its plans and its text; repeats; sums of
 * units; advice given.
 */
#ifndef PFA_PERSIST_SAVE_H
#define PFA_PERSIST_SAVE_H

#include "advise/given.h"
#include "persist_file.h"
#include "store.h"
#include "texts.h"
#include "unit_sums.h"

#define PFA_SAVED_MARK			0x50464153	/* begins a statement */
#define PFA_SAVED_TEXT_MAX		(4 * 1024 * 1024)	/* bytes; more than any */

/* A statement in the file; its plans and its text follow. */
typedef struct PfaSavedStatement
{
	uint32		mark;
	uint32		nplans;
	uint32		text_length;	/* bytes of a PfaSharedText with its parts */
	uint32		had_values;
	PfaSharedStatement s;
} PfaSavedStatement;

extern PFA_LOCAL const uint32 pfa_saved_layout[PFA_SAVED_LAYOUT];

/* Writes all that the shared tables hold; nobody may change them. */
extern void pfa_persist_save(void);

#endif							/* PFA_PERSIST_SAVE_H */
