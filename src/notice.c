/*
 * notice.c
 *		Tells the developer about a repeat while it happens.
 *
 * Called at nesting level 0 before the statement that crosses the threshold is
 * started, and once a shape and unit.  Must never show a value.
 */
#include "postgres.h"

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

void
pfa_notice_repeat(const PfaRepeat *repeat)
{
	char	   *from;
	char	   *to;

	if (pfa_notice == PFA_NOTICE_OFF)
		return;
	from = column_name(repeat->id.parent_relid, repeat->id.parent_attnum);
	to = column_name(repeat->id.child_relid, repeat->id.child_attnum);
	switch ((PfaRepeatKind) repeat->id.kind)
	{
		case PFA_REPEAT_CHILD:
			ereport(NOTICE,
					(errmsg("perfaudit: the same SELECT ran %u times in one unit of work, with other values each time",
							repeat->n),
					 errdetail("%u of %u values compared came from %s of a statement before.",
							   repeat->covered, repeat->compared,
							   from ? from : psprintf("column %d", repeat->id.parent_resno)),
					 errhint("Fetch all rows at once: %s = ANY ($1), or a join.",
							 to ? to : "key")));
			break;
		case PFA_REPEAT_ORPHAN:
			ereport(NOTICE,
					(errmsg("perfaudit: the same SELECT ran %u times in one transaction, with other values each time",
							repeat->n),
					 errdetail("Where the values came from is not known."),
					 errhint("Fetch all rows at once: %s = ANY ($1), or a join.",
							 to ? to : "key")));
			break;
		case PFA_REPEAT_DUPLICATE:
			ereport(NOTICE,
					(errmsg("perfaudit: the same SELECT ran %u times in one unit of work, %u times with values seen before",
							repeat->n, repeat->same_values),
					 errhint("Load it once and pass it on.")));
			break;
	}
}
