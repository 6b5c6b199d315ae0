/*
 * tags.c
 *		Finds the comments before and after a statement, and the tags in them.
 *
 * Only the two ends of a text are looked at, whatever its length.  Must never
 * throw, allocate, or give bytes that are no text of the database's encoding.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"

#include "tags.h"

#define COMMENTS_MAX	4		/* looked at, at either end */
#define VALUE_MAX		128		/* bytes of any value, decoded */
#define TRACE_ID		32		/* hexadecimal digits in a traceparent,
								 * after... */
#define TRACE_VERSION	3		/* ...its version and a dash */

/* What is between the marks of a comment. */
typedef struct Comment
{
	const char *begin;
	const char *end;
} Comment;

static const struct
{
	const char *name;
	size_t		offset;
	size_t		size;
}			keys[PFA_TAG_KEYS] = {
#define KEY(name) {#name, offsetof(PfaTags, name), sizeof(((PfaTags *) 0)->name)}
	KEY(controller), KEY(action), KEY(route), KEY(framework), KEY(application), KEY(job)
};

/* -- comments ---------------------------------------------------------------- */

static inline bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * The comment that ends at *at, which moves before it.  A string cannot end
 * there, as a quote would follow; a comment of the other kind (--) can, so none
 * that has dashes in it is trusted.
 */
static bool
comment_before(const char *begin, const char **at, bool semicolons, Comment *comment)
{
	const char *p = *at;
	const char *first;

	while (p > begin && (is_blank(p[-1]) || (semicolons && p[-1] == ';')))
		p--;
	if (p - begin < 4 || p[-1] != '/' || p[-2] != '*')
		return false;
	p -= 2;
	first = p - begin > PFA_TAGS_COMMENT_MAX ? p - PFA_TAGS_COMMENT_MAX : begin;
	for (const char *q = p - 2; q >= first; q--)
	{
		if (q[0] == '/' && q[1] == '*')
		{
			comment->begin = q + 2;
			comment->end = p;
			*at = q;
			return true;
		}
		if ((q[0] == '*' && q[1] == '/') || (q[0] == '-' && q[1] == '-'))
			return false;
	}
	return false;
}

/* The comment that begins at *at, which moves behind it. */
static bool
comment_after(const char **at, Comment *comment)
{
	const char *p = *at;

	while (is_blank(*p))
		p++;
	if (p[0] != '/' || p[1] != '*')
		return false;
	comment->begin = p += 2;
	for (; *p && p - comment->begin <= PFA_TAGS_COMMENT_MAX; p++)
	{
		if (p[0] == '/' && p[1] == '*')
			return false;
		if (p[0] == '*' && p[1] == '/')
		{
			comment->end = p;
			*at = p + 2;
			return true;
		}
	}
	return false;
}

/* -- pairs -------------------------------------------------------------------- */

static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Undoes the escapes of a value, at most max bytes of it; control characters are
 * dropped.  Returns the bytes that are whole characters.
 */
static int
decode(const char *p, const char *end, bool escaped, char *value, int max)
{
	int			n = 0;

	while (p < end && n < max)
	{
		unsigned char c = *p++;

		if (escaped && c == '\\' && p < end)
			c = *p++;
		else if (escaped && c == '%' && end - p >= 2 &&
				 hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0)
		{
			c = hex_digit(p[0]) * 16 + hex_digit(p[1]);
			p += 2;
		}
		if (c >= ' ' && c != 0x7f)
			value[n++] = c;
	}
	return pg_encoding_verifymbstr(GetDatabaseEncoding(), value, n);
}

/* The span in a traceparent changes with every statement, the trace does not. */
static uint64
hash_trace(const char *value, int length)
{
	const char *id = value + TRACE_VERSION;
	int			digits = 0;

	if (length > TRACE_VERSION + TRACE_ID && id[-1] == '-' && id[TRACE_ID] == '-')
	{
		while (digits < TRACE_ID && hex_digit(id[digits]) >= 0)
			digits++;
	}
	return digits == TRACE_ID ?
		hash_bytes_extended((const unsigned char *) id, TRACE_ID, 0) | 1 :
		hash_bytes_extended((const unsigned char *) value, length, 0) | 1;
}

static inline bool
is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '-' || c == '.';
}

/* perfaudit:ignore, perfaudit='ignore', and a reason may follow. */
static bool
says_ignore(const char *key, int length, Comment value)
{
	int			n = strlen("ignore");

	return length == strlen("perfaudit") && memcmp(key, "perfaudit", length) == 0 &&
		value.end - value.begin >= n && memcmp(value.begin, "ignore", n) == 0 &&
		(value.end - value.begin == n || !is_key(value.begin[n]));
}

/* The first value of a key counts. */
static void
take(PfaTagged *tagged, const char *key, int length, Comment value, bool escaped)
{
	char		text[VALUE_MAX];

	if (says_ignore(key, length, value))
	{
		tagged->ignored = true;
		return;
	}
	if (length == strlen("traceparent") && memcmp(key, "traceparent", length) == 0)
	{
		int			n = decode(value.begin, value.end, escaped, text, VALUE_MAX);

		if (n > 0 && tagged->trace == 0)
			tagged->trace = hash_trace(text, n);
		return;
	}
	for (int i = 0; i < PFA_TAG_KEYS; i++)
	{
		char	   *place = (char *) &tagged->tags + keys[i].offset;

		if (strlen(keys[i].name) != length || memcmp(keys[i].name, key, length) != 0)
			continue;
		if (place[0] == '\0')
			memcpy(place, text, decode(value.begin, value.end, escaped, text,
									   keys[i].size - 1));
		return;
	}
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* The end of what is quoted from p on; end if it never is. */
static const char *
closing_quote(const char *p, const char *end)
{
	while (p < end && *p != '\'')
		p += *p == '\\' && end - p > 1 ? 2 : 1;
	return p;
}

static void
parse(const Comment *comment, PfaTagged *tagged)
{
	const char *end = comment->end;
	const char *p = comment->begin;

	while (p < end)
	{
		const char *key = p = skip_blanks(p, end);
		const char *behind_key;

		while (p < end && is_key(*p))
			p++;
		behind_key = p;
		p = skip_blanks(p, end);
		if (p < end && behind_key > key && (*p == '=' || *p == ':'))
		{
			bool		escaped = *p == '=';
			Comment		value;

			value.begin = p = skip_blanks(p + 1, end);
			if (p < end && *p == '\'')
			{
				value.begin++;
				value.end = p = closing_quote(value.begin, end);
				if (p == end)
					return;
			}
			else
			{
				while (p < end && *p != ',')
					p++;
				for (value.end = p; value.end > value.begin && is_blank(value.end[-1]);)
					value.end--;
			}
			take(tagged, key, behind_key - key, value, escaped);
		}
		while (p < end && *p != ',')
			p++;
		p++;
	}
}

/* -- statements ------------------------------------------------------------------ */

/* Comments that nothing but the text's end follows. */
static int
comments_behind(const char *p, Comment *comments)
{
	int			n = 0;

	while (is_blank(*p) || *p == ';')
		p++;
	while (n < COMMENTS_MAX && comment_after(&p, &comments[n]))
		n++;
	while (is_blank(*p) || *p == ';')
		p++;
	return *p == '\0' ? n : 0;
}

bool
pfa_tags_find(const char *text, int location, int length, PfaTagged *tagged)
{
	const char *begin = text + Max(location, 0);
	const char *end;
	const char *at;
	Comment		comments[4 * COMMENTS_MAX];
	PfaTagged	found;
	int			n = 0;

	if (location < 0 || length <= 0)
		end = begin + strlen(begin);
	else
	{
		end = begin + length;
		n = comments_behind(end, comments);
	}
	at = end;
	for (int i = 0; i < COMMENTS_MAX && comment_before(begin, &at, true, &comments[n]); i++)
		n++;
	at = begin;
	for (int i = 0; i < COMMENTS_MAX && comment_after(&at, &comments[n]); i++)
		n++;
	/* the statement may begin behind its comment already */
	at = begin;
	for (int i = 0; i < COMMENTS_MAX && comment_before(text, &at, false, &comments[n]); i++)
		n++;
	if (likely(n == 0))
		return false;
	memset(&found, 0, sizeof(found));
	for (int i = 0; i < n; i++)
		parse(&comments[i], &found);
	for (int i = 0; i < PFA_TAG_KEYS; i++)
	{
		if (((char *) &found.tags)[keys[i].offset] != '\0')
			found.tags.hash = 1;
	}
	if (found.tags.hash != 0)
		found.tags.hash = hash_bytes_extended((unsigned char *) &found.tags,
											  sizeof(PfaTags), 0) | 1;
	if (found.tags.hash == 0 && found.trace == 0 && !found.ignored)
		return false;
	*tagged = found;
	return true;
}

const char *
pfa_tags_get(const PfaTags *tags, int key, const char **name)
{
	const char *value = (const char *) tags + keys[key].offset;

	*name = keys[key].name;
	return tags->hash != 0 && value[0] != '\0' ? value : NULL;
}

bool
pfa_tags_are_sane(const PfaTags *tags)
{
	for (int i = 0; i < PFA_TAG_KEYS; i++)
	{
		if (memchr((const char *) tags + keys[i].offset, '\0', keys[i].size) == NULL)
			return false;
	}
	return true;
}
