/*
 * persist_file.c
 *		The file that keeps the statistics between two runs of the server.
 *
 * A header that says what and whose it is, then what persist writes, then the
 * CRC-32C of all of it.  It is verified from end to end, with a small buffer,
 * before a byte of it is believed.
 *
 * Runs in the postmaster: must never throw, and never remove what it cannot
 * read.
 *
 * Locks: none.
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "catalog/pg_control.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"

#include "compat.h"
#include "persist_file.h"

#define PLACE		PGSTAT_STAT_PERMANENT_DIRECTORY "/perfaudit.stat"
#define TEMPORARY	PLACE ".tmp"
#define REJECTED	PLACE ".rejected"
#define MAGIC		"PFASTAT"	/* with its terminator */

static char reason[128];

void
pfa_persist_file_header(PfaSavedHeader *header, const uint32 *layout)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, MAGIC, sizeof(header->magic));
	header->format = PFA_SAVED_FORMAT;
	header->server = PFA_SERVER_MAJOR;
	header->system = GetSystemIdentifier();
	memcpy(header->layout, layout, sizeof(header->layout));
}

/* -- writing ------------------------------------------------------------------ */

bool
pfa_persist_file_create(PfaSavedFile *file)
{
	memset(file, 0, sizeof(*file));
	INIT_CRC32C(file->crc);
	file->file = AllocateFile(TEMPORARY, PG_BINARY_W);
	if (file->file == NULL)
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("perfaudit could not write file \"%s\": %m", TEMPORARY)));
	return file->file != NULL;
}

static void
put(PfaSavedFile *file, const void *bytes, Size length)
{
	errno = 0;
	if (file->error == 0 && length > 0 && fwrite(bytes, length, 1, file->file) != 1)
		file->error = errno ? errno : ENOSPC;
	file->at += length;
}

void
pfa_persist_file_write(PfaSavedFile *file, const void *bytes, Size length)
{
	COMP_CRC32C(file->crc, bytes, length);
	put(file, bytes, length);
}

bool
pfa_persist_file_finish(PfaSavedFile *file)
{
	pg_crc32c	crc = file->crc;

	FIN_CRC32C(crc);
	put(file, &crc, sizeof(crc));
	if (FreeFile(file->file) != 0 && file->error == 0)
		file->error = errno;
	if (file->error == 0)
		return durable_rename(TEMPORARY, PLACE, LOG) == 0;
	errno = file->error;
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("perfaudit could not write file \"%s\": %m", TEMPORARY)));
	unlink(TEMPORARY);
	return false;
}

/* -- reading ------------------------------------------------------------------ */

bool
pfa_persist_file_read(PfaSavedFile *file, void *bytes, Size length)
{
	/* what is not before the checksum is not there */
	if (file->size - sizeof(pg_crc32c) < file->at ||
		file->size - sizeof(pg_crc32c) - file->at < length)
		return false;
	if (length > 0 && fread(bytes, length, 1, file->file) != 1)
		return false;
	file->at += length;
	return true;
}

bool
pfa_persist_file_skip(PfaSavedFile *file, Size length)
{
	char		buffer[1024];

	while (length > 0)
	{
		Size		step = Min(length, sizeof(buffer));

		if (!pfa_persist_file_read(file, buffer, step))
			return false;
		length -= step;
	}
	return true;
}

bool
pfa_persist_file_at_end(const PfaSavedFile *file)
{
	return file->at + sizeof(pg_crc32c) == file->size;
}

/* Reads all of it, and goes back to its begin. */
static bool
checksum_is_right(PfaSavedFile *file)
{
	char		buffer[8192];
	pg_crc32c	crc;
	pg_crc32c	stored;

	INIT_CRC32C(crc);
	while (!pfa_persist_file_at_end(file))
	{
		Size		step = Min(file->size - sizeof(stored) - file->at, sizeof(buffer));

		if (!pfa_persist_file_read(file, buffer, step))
			return false;
		COMP_CRC32C(crc, buffer, step);
	}
	FIN_CRC32C(crc);
	if (fread(&stored, sizeof(stored), 1, file->file) != 1 || !EQ_CRC32C(crc, stored))
		return false;
	file->at = 0;
	return fseeko(file->file, 0, SEEK_SET) == 0;
}

static const char *
verify(PfaSavedFile *file, PfaSavedHeader *header, const uint32 *layout)
{
	PfaSavedHeader mine;

	pfa_persist_file_header(&mine, layout);
	if (file->size < sizeof(PfaSavedHeader) + sizeof(pg_crc32c))
		return "it is too short";
	if (!pfa_persist_file_read(file, header, sizeof(*header)))
		return "it cannot be read";
	if (memcmp(header->magic, mine.magic, sizeof(mine.magic)) != 0)
		return "it was not written by perfaudit";
	if (header->format != mine.format)
	{
		snprintf(reason, sizeof(reason), "its format is %u, and this perfaudit reads %u",
				 header->format, mine.format);
		return reason;
	}
	file->at = 0;
	if (fseeko(file->file, 0, SEEK_SET) != 0 || !checksum_is_right(file))
		return "it is damaged: its checksum is wrong";
	if (!pfa_persist_file_read(file, header, sizeof(*header)))
		return "it cannot be read";
	if (header->server != mine.server)
	{
		snprintf(reason, sizeof(reason), "it was written by PostgreSQL %u, and this is %u",
				 header->server, mine.server);
		return reason;
	}
	if (header->system != mine.system)
		return "it belongs to another database cluster";
	if (memcmp(header->layout, mine.layout, sizeof(mine.layout)) != 0)
		return "it was written by another build of perfaudit";
	return NULL;
}

const char *
pfa_persist_file_open(PfaSavedFile *file, PfaSavedHeader *header, const uint32 *layout)
{
	struct stat status;
	const char *why;

	memset(file, 0, sizeof(*file));
	if (stat(PLACE, &status) == 0)
	{
		/* opening something else may wait for ever */
		if (!S_ISREG(status.st_mode))
			return "it is not a file";
		file->file = AllocateFile(PLACE, PG_BINARY_R);
	}
	if (file->file == NULL)
	{
		if (errno == ENOENT)
			return "";
		snprintf(reason, sizeof(reason), "it cannot be opened: %s", strerror(errno));
		return reason;
	}
	file->size = status.st_size;
	why = verify(file, header, layout);
	if (why != NULL)
		pfa_persist_file_close(file);
	return why;
}

void
pfa_persist_file_close(PfaSavedFile *file)
{
	if (file->file != NULL)
		FreeFile(file->file);
	file->file = NULL;
}

/* -- away with it --------------------------------------------------------------- */

void
pfa_persist_file_remove(void)
{
	struct stat status;

	if (lstat(PLACE, &status) == 0)
		(void) durable_unlink(PLACE, LOG);
}

void
pfa_persist_file_set_aside(const char *why)
{
	int			result = rename(PLACE, REJECTED);

	/* an older one may be in the way, of another kind */
	if (result != 0 && (unlink(REJECTED) == 0 || rmdir(REJECTED) == 0))
		result = rename(PLACE, REJECTED);
	if (result == 0)
		ereport(LOG,
				(errmsg("perfaudit did not restore its statistics from file \"%s\": %s",
						PLACE, why),
				 errdetail("The file was set aside as \"%s\"; recording begins anew.",
						   REJECTED)));
	else
		ereport(LOG,
				(errmsg("perfaudit did not restore its statistics from file \"%s\": %s",
						PLACE, why),
				 errdetail("Nor could it be renamed to \"%s\": %m.", REJECTED),
				 errhint("Remove it; as long as it is there nothing can be kept.")));
}

bool
pfa_persist_file_clean_shutdown(void)
{
	ControlFileData control;
	pg_crc32c	crc;
	FILE	   *file = AllocateFile(XLOG_CONTROL_FILE, PG_BINARY_R);
	bool		read;

	if (file == NULL)
		return false;
	read = fread(&control, sizeof(control), 1, file) == 1;
	FreeFile(file);
	if (!read)
		return false;
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, (char *) &control, offsetof(ControlFileData, crc));
	FIN_CRC32C(crc);
	return EQ_CRC32C(crc, control.crc) &&
		(control.state == DB_SHUTDOWNED || control.state == DB_SHUTDOWNED_IN_RECOVERY);
}
