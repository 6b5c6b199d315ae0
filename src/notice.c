/*
 * notice.c
 *		Tells the developer about a repeat while it happens.
 *
 * Called at nesting level 0 before the statement that crosses the threshold is
 * started, and once a shape and unit.  Must never show a value; tags are the
 * application's own, short and without control characters.
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

void
pfa_notice_repeat(const PfaRepeat *repeat)
{
	const char *tags;
	char	   *from;
	char	   *to;

	if (pfa_notice == PFA_NOTICE_OFF)
		return;
	from = column_name(repeat->id.parent_relid, repeat->id.parent_attnum);
	tags = from_tags(&repeat->tags);
	to = column_name(repeat->id.child_relid, repeat->id.child_attnum);
	switch ((PfaRepeatKind) repeat->id.kind)
	{
		case PFA_REPEAT_CHILD:
			ereport(NOTICE,
					(errmsg("perfaudit: the same SELECT ran %u times in one unit of work, with other values each time%s",
							repeat->n, tags),
					 errdetail("%u of %u values compared came from %s of a statement before.",
							   repeat->covered, repeat->compared,
							   from ? from : psprintf("column %d", repeat->id.parent_resno)),
					 errhint("Fetch all rows at once: %s = ANY ($1), or a join.",
							 to ? to : "key")));
			break;
		case PFA_REPEAT_ORPHAN:
			ereport(NOTICE,
					(errmsg("perfaudit: the same SELECT ran %u times in one transaction, with other values each time%s",
							repeat->n, tags),
					 errdetail("Where the values came from is not known."),
					 errhint("Fetch all rows at once: %s = ANY ($1), or a join.",
							 to ? to : "key")));
			break;
		case PFA_REPEAT_DUPLICATE:
			ereport(NOTICE,
					(errmsg("perfaudit: the same SELECT ran %u times in one unit of work, %u times with values seen before%s",
							repeat->n, repeat->same_values, tags),
					 errhint("Load it once and pass it on.")));
			break;
	}
}
