/*
 * applications.c
 *		The applications that perfaudit.ignore_applications names.
 *
 * Asked once a unit of work, and only when the setting is not empty.  Must never
 * throw or allocate.
 */
#include "postgres.h"

#include "applications.h"

static inline bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One name of the list, length bytes; a quote in quotes is written twice. */
static bool
is_name(const char *p, int length, bool quoted, const char *name)
{
	const char *end = p + length;

	for (; p < end; p++, name++)
	{
		if (*p == '*' && p + 1 == end)
			return true;
		if (quoted && *p == '"')
			p++;
		if (*p != *name || *name == '\0')
			return false;
	}
	return *name == '\0';
}

bool
pfa_applications_have(const char *list, const char *name)
{
	for (const char *p = list;; p++)
	{
		bool		quoted;
		const char *begin;
		const char *end;

		while (is_blank(*p))
			p++;
		quoted = *p == '"';
		if (quoted)
		{
			begin = ++p;
			while (*p != '\0' && (*p != '"' || p[1] == '"'))
				p += *p == '"' ? 2 : 1;
			end = p;
			while (*p != '\0' && *p != ',')
				p++;
		}
		else
		{
			begin = p;
			while (*p != '\0' && *p != ',')
				p++;
			for (end = p; end > begin && is_blank(end[-1]);)
				end--;
		}
		if ((quoted || end > begin) && is_name(begin, end - begin, quoted, name))
			return true;
		if (*p == '\0')
			return false;
	}
}
