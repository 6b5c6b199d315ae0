/*
 * normalize_plain.c
 *		Statement texts with placeholders for literals, without the scanner.
 *
 * Most literals are plain to see, and so is where lists of ids and rows end.
 * Those make the longest texts, a megabyte and more, of which only the first
 * element is kept: core's scanner would take a hundred times as long to go over
 * the others as a look at each letter.
 *
 * Must only be given texts that have been parsed.  Must never guess: it gives up,
 * with NULL, where it takes the scanner to tell.
 */
#include "postgres.h"

#include "parser/scansup.h"
#include "utils/builtins.h"

#include "normalize.h"

static inline bool
continues_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		c == '_' || c == '$' || c == '.' || c == '\'' || c == '"' || IS_HIGHBIT_SET(c);
}

/*
 * What comes behind a constant that is plain to see: a decimal number, a string
 * without escapes, a keyword.  NULL: it takes the scanner to tell.
 */
static const char *
plain_constant(const char *start, const char *end)
{
	static const char *const words[] = {"true", "false", "null"};
	const char *p = start;
	int			blanks = 0;

	if (*p == '\'')
	{
		/* up to a quote that is not doubled */
		do
		{
			p = memchr(p + 1, '\'', end - p - 1);
			if (p == NULL)
				return NULL;
			p++;
		} while (p < end && *p == '\'');
		if (memchr(start, '\\', p - start) != NULL)
			return NULL;
		/* to be continued on another line? */
		while (p + blanks < end && scanner_isspace(p[blanks]))
			blanks++;
		if (p + blanks < end && (p[blanks] == '\'' || p[blanks] == '-'))
			return NULL;
		return p;
	}
	if (*p == '-')
		p++;
	if (p < end && *p >= '0' && *p <= '9')
	{
		while (p < end && *p >= '0' && *p <= '9')
			p++;
		if (p + 1 < end && p[0] == '.' && p[1] >= '0' && p[1] <= '9')
		{
			for (p++; p < end && *p >= '0' && *p <= '9';)
				p++;
		}
		return p < end && continues_word(*p) ? NULL : p;
	}
	for (int i = 0; i < lengthof(words); i++)
	{
		int			length = strlen(words[i]);

		if (end - start >= length && pg_strncasecmp(start, words[i], length) == 0 &&
			(end - start == length || !continues_word(start[length])))
			return start + length;
	}
	return NULL;
}

/* The quote that ends a string, or NULL when there are escapes in it. */
static const char *
close_string(const char *from, const char *end)
{
	const char *quote = memchr(from, '\'', end - from);

	/* a doubled one looks like two strings, which comes to the same */
	if (quote == NULL || memchr(from, '\\', quote - from) != NULL)
		return NULL;
	return quote;
}

/* The bracket that closes the list in which this place is. */
static const char *
close_list(const char *from, const char *end)
{
	int			depth = 0;

	for (const char *p = from; p < end; p++)
	{
		switch (*p)
		{
			case '(':
			case '[':
				depth++;
				break;
			case ')':
			case ']':
				if (depth-- == 0)
					return p;
				break;
			case '\'':
				p = close_string(p + 1, end);
				if (p == NULL)
					return NULL;
				break;
			case '"':
				return NULL;
			case '$':
				/* a parameter, or a string between dollars? */
				if (p + 1 == end || p[1] < '0' || p[1] > '9')
					return NULL;
				break;
			case '-':
			case '/':
				if (p + 1 < end && p[1] == (*p == '-' ? '-' : '*'))
					return NULL;
				break;
			default:
				break;
		}
	}
	return NULL;
}

static const char *
skip_blanks(const char *from, const char *end)
{
	while (from < end && scanner_isspace(*from))
		from++;
	return from;
}

/* What comes behind so many rows, each with a comma before it. */
static const char *
skip_rows(const char *from, const char *end, int rows)
{
	for (; rows > 0; rows--)
	{
		from = skip_blanks(from, end);
		if (from == end || *from != ',')
			return NULL;
		from = skip_blanks(from + 1, end);
		if (from == end || *from != '(')
			return NULL;
		from = close_list(from + 1, end);
		if (from == NULL)
			return NULL;
		from++;
	}
	return from;
}

/* A text that is put together, cut when there is no more room. */
typedef struct Output
{
	char	   *at;
	char	   *end;
} Output;

static inline void
put(Output *out, const char *from, Size length)
{
	length = Min(length, (Size) (out->end - out->at));
	memcpy(out->at, from, length);
	out->at += length;
}

static inline void
put_param(Output *out, int number)
{
	char		digits[PFA_PARAM_MAX];

	digits[0] = '$';
	put(out, digits, 1 + pg_ltoa(number, digits + 1));
}

static const char *
before_comma(const char *from, const char *to)
{
	while (to > from && (scanner_isspace(to[-1]) || to[-1] == ',' || to[-1] == '('))
		to--;
	return to;
}

char *
pfa_normalize_plainly(const char *text, const char *start, int length,
					  const PfaCut *cuts, int ncuts, int first_param, Size limit)
{
	const char *copied = start;
	const char *end = start + length;
	const char *row_end = NULL; /* of the first of several rows, ... */
	const char *rows_end = NULL;	/* ...and of the last */
	char	   *result = palloc(limit + 1);
	Output		out = {result, result + limit};

	for (int i = 0; i < ncuts; i++)
	{
		const char *at = text + cuts[i].location;
		const char *behind;

		if (at < copied || at >= end)
			continue;
		if (row_end && at > row_end)
		{
			put(&out, copied, row_end - copied);
			put(&out, PFA_REST_MARK, strlen(PFA_REST_MARK));
			copied = rows_end;
			row_end = NULL;
			if (at < copied)
				continue;
		}
		if (cuts[i].what == PFA_CUT_ROWS)
		{
			row_end = close_list(at, end);
			if (row_end == NULL)
				return NULL;
			row_end++;
			rows_end = skip_rows(row_end, end, cuts[i].rows);
			if (rows_end == NULL)
				return NULL;
			continue;
		}
		behind = cuts[i].what == PFA_CUT_LIST_REST ? close_list(at, end) :
			plain_constant(at, end);
		if (behind == NULL)
			return NULL;
		if (cuts[i].what == PFA_CUT_LIST_REST)
		{
			put(&out, copied, before_comma(copied, at) - copied);
			put(&out, PFA_REST_MARK, strlen(PFA_REST_MARK));
		}
		else
		{
			put(&out, copied, at - copied);
			put_param(&out, first_param++);
		}
		copied = behind;
	}
	if (row_end)
	{
		put(&out, copied, row_end - copied);
		put(&out, PFA_REST_MARK, strlen(PFA_REST_MARK));
		copied = rows_end;
	}
	put(&out, copied, end - copied);
	*out.at = '\0';
	return result;
}
