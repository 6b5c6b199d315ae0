/*
 * log.c
 *		What the server's log is told of repeats: a line a finding.
 *
 * The sessions remember together what was told since the last reset: hashes of
 * findings, as many as there is room for.  Must never write a value: the line
 * comes without the statement that the server would put behind it.
 *
 * Locks: a spinlock, with nothing below it; only taken for a repeat that is worth
 * a line, once in its unit of work.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/spin.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "log.h"
#include "notice.h"
#include "store.h"

#define FINDINGS_MAX	1000	/* lines until a reset */
#define LINES_MAX		30		/* lines a minute */

typedef struct SharedLog
{
	slock_t		lock;
	int			n;				/* findings told... */
	uint64		resets;			/* ...since this reset */
	TimestampTz minute;			/* when it began */
	int			lines;			/* in this minute */
	uint64		findings[FINDINGS_MAX];
} SharedLog;

static SharedLog *told;

Size
pfa_log_size(void)
{
	return sizeof(SharedLog);
}

void
pfa_log_init(void *place, bool found)
{
	told = place;
	if (found)
		return;
	memset(told, 0, sizeof(SharedLog));
	SpinLockInit(&told->lock);
}

/* As the finding's id: neither role nor scope. */
static uint64
finding_of(const PfaRepeatId *id)
{
	PfaRepeatId finding;

	memcpy(&finding, id, sizeof(finding));	/* with what is between its parts */
	finding.child.userid = InvalidOid;
	finding.scope = 0;
	if (finding.kind == PFA_REPEAT_ORPHAN)
		finding.kind = PFA_REPEAT_CHILD;
	return hash_bytes_extended((unsigned char *) &finding, sizeof(finding), 0);
}

/* Whether this session is to write the line; left: how many there may be after it. */
static bool
claim(uint64 finding, TimestampTz now, int *left)
{
	uint64		resets = pg_atomic_read_u64(&pfa_totals->resets);
	bool		mine = true;

	SpinLockAcquire(&told->lock);
	if (told->resets != resets)
	{
		told->resets = resets;
		told->n = 0;
	}
	for (int i = 0; i < told->n && mine; i++)
		mine = told->findings[i] != finding;
	if (now - told->minute >= USECS_PER_MINUTE || now < told->minute)
	{
		told->minute = now;
		told->lines = 0;
	}
	mine = mine && told->n < FINDINGS_MAX && told->lines < LINES_MAX;
	if (mine)
	{
		told->findings[told->n++] = finding;
		told->lines++;
	}
	*left = FINDINGS_MAX - told->n;
	SpinLockRelease(&told->lock);
	return mine;
}

static const char *
or_unknown(const char *name)
{
	return name ? name : "?";
}

bool
pfa_log_repeat(const PfaRepeat *repeat)
{
	PfaWords	words;
	int			left;

	if (!pfa_notice_reports(repeat) || !IsTransactionState())
		return false;
	if (!claim(finding_of(&repeat->id), GetCurrentTimestamp(), &left))
		return true;
	pfa_notice_word(repeat, &words);
	ereport(LOG_SERVER_ONLY,
			(errcode(words.sqlstate),
			 errmsg("%s", words.message),
			 errdetail("%s%sTable %s, database %s, role %s, application_name \"%s\".",
					   words.detail ? words.detail : "", words.detail ? " " : "",
					   or_unknown(get_rel_name(repeat->id.child_relid)),
					   or_unknown(get_database_name(repeat->id.child.dbid)),
					   or_unknown(GetUserNameFromId(repeat->id.child.userid, true)),
					   repeat->id.application),
			 errhint("%s The statements are in perfaudit.findings.%s", words.hint,
					 left > 0 ? "" : " No more findings are logged before perfaudit.reset()."),
			 errhidestmt(true),
			 errhidecontext(true)));
	return true;
}
