/*
 * tagging.c
 *		The tags of the statement that is about to begin, without a look at its
 *		text when it is that of the last time.
 *
 * Two texts of one query id may have different comments, so what is known of a
 * text is known by the plan that was made of it; it is forgotten when the id is
 * planned anew.  Must never throw.
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "tagging.h"

static inline uint32
both_hashes(const PfaTagged *tagged)
{
	return hash_combine64(tagged->tags.hash, tagged->trace) + tagged->ignored;
}

const PfaTagged *
pfa_tagging_find(PfaShape *shape, const PlannedStmt *stmt, const char *text)
{
	static PfaTagged latest;

	if (pfa_known_find(stmt, shape->plan.stamp) & PFA_KNOWN_UNTAGGED)
		return NULL;
	if (shape->tagged == stmt && shape->tags_hash == both_hashes(&latest))
		return &latest;
	if (text == NULL || !pfa_tags_find(text, stmt->stmt_location, stmt->stmt_len, &latest))
	{
		pfa_known_add(stmt, shape->plan.stamp, PFA_KNOWN_UNTAGGED);
		return NULL;
	}
	shape->tagged = stmt;
	shape->tags_hash = both_hashes(&latest);
	return &latest;
}
