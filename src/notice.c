/*
 * notice.c
 *		Tells the developer about a repeat while it happens.
 *
 * Called at nesting level 0 before the statement that crosses the threshold is
 * started, and once a shape and unit; with perfaudit.notice = error that statement
 * fails.  Must never show a value; tags are the application's own, short and
 * without control characters.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

#include "notice.h"
#include "settings.h"

/* table.column, or NULL when it is not known (any more). */
static char *
column_name(Oid relid, int16 attnum)
{
	char	   *table = OidIsValid(relid) ? get_rel_name(relid) : NULL;
	char	   *column = table ? get_attname(relid, attnum, true) : NULL;

	return column ? psprintf("%s.%s", table, column) : NULL;
}

/* What the comments say of where it comes from, to be put behind a message. */
static const char *
from_tags(const PfaTags *tags)
{
	StringInfoData from;

	initStringInfo(&from);
	for (int i = 0; i < PFA_TAG_KEYS; i++)
	{
		const char *name;
		const char *value = pfa_tags_get(tags, i, &name);

		if (value)
			appendStringInfo(&from, "%s%s=%s", from.len > 0 ? ", " : " (from ", name, value);
	}
	if (from.len > 0)
		appendStringInfoChar(&from, ')');
	return from.data;
}

bool
pfa_notice_reports(const PfaRepeat *repeat)
{
	switch ((PfaRepeatKind) repeat->id.kind)
	{
		case PFA_REPEAT_DUPLICATE:
			return repeat->n >= pfa_duplicate_report;
		case PFA_REPEAT_WRITE:
			if (repeat->id.scope == PFA_SCOPE_TRANSACTION)
				return repeat->n >= pfa_row_write_report;
			return repeat->n >= pfa_row_write_burst &&
				repeat->gap_ns <= repeat->n * (uint64) pfa_row_write_burst_gap * 1000000;
		default:
			return repeat->n >= pfa_repeat_report ||
				repeat->exec_ns + repeat->gap_ns >= (uint64) pfa_repeat_report_time * 1000000;
	}
}

/* Rows written one by one; to: the column that they are found by. */
static void
word_write(const PfaRepeat *repeat, const char *to, const char *tags, PfaWords *words)
{
	static const char *const names[] = {
		[PFA_OP_INSERT] = "INSERT",
		[PFA_OP_UPDATE] = "UPDATE",
		[PFA_OP_DELETE] = "DELETE",
		[PFA_OP_MERGE] = "MERGE"
	};

	words->sqlstate = PFA_ERRCODE_WRITE;
	words->message = psprintf("perfaudit: the same %s ran %u times in one unit of work, for one row each%s",
							  names[repeat->operation], repeat->n, tags);
	words->detail = repeat->id.scope == PFA_SCOPE_BURST ? "Each was in a transaction of its own." : NULL;
	switch (repeat->operation)
	{
		case PFA_OP_INSERT:
			words->hint = "Write all rows at once: one INSERT with many rows of VALUES, or from unnest() of an array for each column; COPY for thousands.";
			break;
		case PFA_OP_UPDATE:
			words->hint = "Write all rows at once: UPDATE ... FROM unnest() of an array for each value and key.";
			break;
		case PFA_OP_DELETE:
			words->hint = psprintf("Delete all rows at once: %s = ANY ($1).", to ? to : "key");
			break;
		default:
			words->hint = "Write all rows at once: MERGE with a source of many rows.";
	}
}

void
pfa_notice_word(const PfaRepeat *repeat, PfaWords *words)
{
	const char *tags = from_tags(&repeat->tags);
	const char *from = column_name(repeat->id.parent_relid, repeat->id.parent_attnum);
	const char *to = column_name(repeat->id.child_relid, repeat->id.child_attnum);
	bool		walks;

	words->sqlstate = PFA_ERRCODE_REPEAT;
	words->hint = psprintf("Fetch all rows at once: %s = ANY ($1), or a join.",
						   to ? to : "key");
	switch ((PfaRepeatKind) repeat->id.kind)
	{
		case PFA_REPEAT_CHILD:
			words->message = psprintf("perfaudit: the same SELECT ran %u times in one unit of work, with other values each time%s",
									  repeat->n, tags);
			walks = repeat->id.parent == repeat->id.child.shape;
			/* others than those of the loop are not counted as its own */
			words->detail = psprintf("%s came from %s of %s before%s.",
									 repeat->partly ? "Their values" :
									 psprintf("%u of %u values compared", repeat->covered, repeat->compared),
									 from ? from : psprintf("column %d", repeat->id.parent_resno),
									 walks ? "rows that it had returned" : "a statement",
									 repeat->partly ? psprintf("; those of %u more executions did not",
															   repeat->compared - repeat->covered) : "");
			if (walks)
				words->hint = psprintf("Fetch the whole tree at once, WITH RECURSIVE, or each of its levels: %s = ANY ($1).",
									   to ? to : "key");
			break;
		case PFA_REPEAT_ORPHAN:
			words->message = psprintf("perfaudit: the same SELECT ran %u times in one transaction, with other values each time%s",
									  repeat->n, tags);
			words->detail = "Where the values came from is not known.";
			break;
		case PFA_REPEAT_DUPLICATE:
			words->sqlstate = PFA_ERRCODE_DUPLICATE;
			words->message = psprintf("perfaudit: the same SELECT ran %u times in one unit of work, %u times with values seen before%s",
									  repeat->n, repeat->same_values, tags);
			words->detail = NULL;
			words->hint = "Load it once and pass it on.";
			break;
		case PFA_REPEAT_WRITE:
			word_write(repeat, to, tags, words);
			break;
	}
}

void
pfa_notice_repeat(const PfaRepeat *repeat)
{
	static const int levels[] = {
		[PFA_NOTICE_OFF] = NOTICE,
		[PFA_NOTICE_NOTICE] = NOTICE,
		[PFA_NOTICE_WARNING] = WARNING,
		[PFA_NOTICE_ERROR] = ERROR
	};
	PfaWords	words;
	int			level = levels[pfa_notice];

	if (pfa_notice == PFA_NOTICE_OFF)
		return;
	pfa_notice_word(repeat, &words);
	if (level == ERROR && repeat->id.kind == PFA_REPEAT_WRITE)
		level = WARNING;
	if (level == ERROR)
		words.hint = psprintf("%s It fails because perfaudit.notice is \"error\"; a statement that is meant to repeat says so in a comment: /* perfaudit:ignore */.",
							  words.hint);
	ereport(level,
			(errcode(words.sqlstate),
			 errmsg("%s", words.message),
			 words.detail ? errdetail("%s", words.detail) : 0,
			 errhint("%s", words.hint)));
}
