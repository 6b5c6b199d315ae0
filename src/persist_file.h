/*
 * persist_file.h
 *		The file between two runs of the server: read and written with a
 *		checksum, recognised, replaced, set aside.  Knows no content.
 */
#ifndef PFA_PERSIST_FILE_H
#define PFA_PERSIST_FILE_H

#include "perfaudit.h"

/* To be raised when what stands in the file changes its meaning. */
#define PFA_SAVED_FORMAT	9
#define PFA_SAVED_LAYOUT	11	/* sizes of what is written as it is in memory */

typedef struct PfaSavedHeader
{
	char		magic[8];
	uint32		format;			/* PFA_SAVED_FORMAT */
	uint32		server;			/* major version */
	uint64		system;			/* identifier of the cluster */
	uint32		layout[PFA_SAVED_LAYOUT];
	uint32		statements;		/* records that follow, of each kind */
	uint32		repeats;
	uint32		units;
	uint32		given;
	TimestampTz reset_at;		/* statistics since */
	TimestampTz saved_at;
} PfaSavedHeader;

typedef struct PfaSavedFile
{
	FILE	   *file;
	uint64		size;			/* bytes; when reading, of the whole file */
	uint64		at;				/* bytes read or written so far */
	uint32		crc;			/* CRC-32C of them */
	int			error;			/* errno of the first failure, or 0 */
} PfaSavedFile;

/* What a file of this server says about itself; the rest is the caller's. */
extern void pfa_persist_file_header(PfaSavedHeader *header, const uint32 *layout);

/*
 * Writing goes to a temporary file, which takes the other's place at the end,
 * if nothing failed.  Failures are logged, once; none of these throws.
 */
extern bool pfa_persist_file_create(PfaSavedFile *file);
extern void pfa_persist_file_write(PfaSavedFile *file, const void *bytes, Size length);
extern bool pfa_persist_file_finish(PfaSavedFile *file);

/*
 * Opens the file and verifies all of it: NULL when it is good and read up to
 * the end of its header, else why it is not; empty when there is none.
 */
extern const char *pfa_persist_file_open(PfaSavedFile *file, PfaSavedHeader *header,
										 const uint32 *layout);
extern bool pfa_persist_file_read(PfaSavedFile *file, void *bytes, Size length);
extern bool pfa_persist_file_skip(PfaSavedFile *file, Size length);

/* Whether all was read that is there. */
extern bool pfa_persist_file_at_end(const PfaSavedFile *file);
extern void pfa_persist_file_close(PfaSavedFile *file);

/* Removes it, durably; there may be none. */
extern void pfa_persist_file_remove(void);

/* Gives it another name, so that it harms no more, and logs why. */
extern void pfa_persist_file_set_aside(const char *why);

/* Whether the server was shut down in order, as its control file says. */
extern bool pfa_persist_file_clean_shutdown(void);

#endif							/* PFA_PERSIST_FILE_H */
