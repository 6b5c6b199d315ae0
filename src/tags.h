/*
 * tags.h
 *		What an application says of its work in the comments around a statement:
 *		sqlcommenter's key='value' and marginalia's key:value.
 */
#ifndef PFA_TAGS_H
#define PFA_TAGS_H

#include "postgres.h"

#define PFA_TAGS_COMMENT_MAX	2048	/* bytes of a comment that is looked
										 * at */

/*
 * The tags by which work is told apart, cut to whole characters of the
 * database's encoding; all bytes after a value are zero.
 */
typedef struct PfaTags
{
	uint64		hash;			/* of all below; 0: there are none */
	char		controller[48];
	char		action[32];
	char		route[88];
	char		framework[16];
	char		application[32];
	char		job[32];
} PfaTags;

/* Those of one statement. */
typedef struct PfaTagged
{
	PfaTags		tags;
	uint64		trace;			/* hash of the trace's id, 0: none; never kept
								 * beyond the unit of work */
	bool		ignored;		/* perfaudit:ignore */
} PfaTagged;

#define PFA_TAG_KEYS	6

/*
 * Finds the tags of the statement at location (-1: unknown) of a text, length
 * bytes long (0: to the text's end); false, and nothing written, if it has none.
 */
extern bool pfa_tags_find(const char *text, int location, int length, PfaTagged *tagged);

/* The value of a key from 0 on, and the key's name; NULL if there is none. */
extern const char *pfa_tags_get(const PfaTags *tags, int key, const char **name);

/* Whether what was read from somewhere can be what pfa_tags_find writes. */
extern bool pfa_tags_are_sane(const PfaTags *tags);

#endif							/* PFA_TAGS_H */
