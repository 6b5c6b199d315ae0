/*
 * normalize.c
 *		Statement texts with placeholders for literals.
 *
 * Where literals stand is known from the parse tree; how long they are is
 * found with core's own scanner, so that no rule of SQL's lexical structure is
 * written again here.  Must only be given texts that have been parsed.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/keywords.h"
#include "lib/stringinfo.h"
#include "parser/scanner.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "compat.h"
#include "normalize.h"

#define UNREADABLE	"<statement text cannot be read>"
#define COMMENT_MAX	2048		/* bytes of a comment behind a statement */
#define TOO_LONG	"<statement too long to be kept>"

typedef struct Scanning
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		at;				/* the token's offset */
	int			token;
	int			length;
	int			depth;			/* of parentheses and brackets, after it */
} Scanning;

/* One piece of work for the scanner. */
typedef struct PfaNormalizing
{
	const char *text;
	int			location;
	int			length;
	PfaCut	   *cuts;
	int			ncuts;
	int			first_param;
	bool		skip;
	char	   *result;
} PfaNormalizing;

static void
begin_scan(Scanning *scan, const char *text)
{
	memset(scan, 0, sizeof(*scan));
	scan->scanner = scanner_init(text, &scan->extra, &ScanKeywords, ScanKeywordTokens);
	PFA_SCAN_WITHOUT_WARNINGS(&scan->extra);
}

static bool
next_token(Scanning *scan)
{
	scan->token = core_yylex(&scan->value, &scan->at, scan->scanner);
	if (scan->token == 0)
		return false;
	/* flex has put a terminator behind the token */
	scan->length = strlen(scan->extra.scanbuf + scan->at);
	if (scan->token == '(' || scan->token == '[')
		scan->depth++;
	else if (scan->token == ')' || scan->token == ']')
		scan->depth--;
	return true;
}

static int
compare_cuts(const void *a, const void *b)
{
	const PfaCut *ca = a;
	const PfaCut *cb = b;

	if (ca->location != cb->location)
		return ca->location < cb->location ? -1 : 1;
	/* a row's first value may be a literal too: rows first */
	return (int) cb->what - (int) ca->what;
}

/* Behind a comment that begins here, or here when it is none or a hint. */
static const char *
skip_comment(const char *from, const char *end)
{
	const char *p = from + 2;
	int			depth = 1;

	if (end - from < 4 || (from[0] == '/' && (from[1] != '*' || from[2] == '+')) ||
		(from[0] == '-' && from[1] != '-'))
		return from;
	if (from[0] == '-')
	{
		while (p < end && *p != '\n' && *p != '\r')
			p++;
		return p;
	}
	for (; end - p >= 2; p++)
	{
		if (p[0] == '*' && p[1] == '/')
		{
			p++;
			if (--depth == 0)
				return p + 1;
		}
		else if (p[0] == '/' && p[1] == '*')
		{
			p++;
			depth++;
		}
	}
	return from;
}

/*
 * Where the comment begins that ends here, or here.  A string cannot end so, as a
 * quote would follow.
 */
static const char *
before_comment(const char *from, const char *end)
{
	if (end - from < 4 || end[-1] != '/' || end[-2] != '*')
		return end;
	for (const char *p = end - 4; p >= from && end - p < COMMENT_MAX; p--)
	{
		if (p[0] == '/' && p[1] == '*')
			return p;
		if ((p[0] == '*' && p[1] == '/') || (p[0] == '-' && p[1] == '-'))
			break;
	}
	return end;
}

/*
 * The statement's own part of a text that may hold several, without the comments
 * around it: they differ from one execution to the next.
 */
static const char *
trim(const char *text, int *location, int *length)
{
	const char *start = text + Max(*location, 0);
	const char *end = start + (*location >= 0 && *length > 0 ? *length : strlen(start));
	const char *was;

	do
	{
		was = start;
		while (start < end && scanner_isspace(*start))
			start++;
		if (start < end && (*start == '/' || *start == '-'))
			start = skip_comment(start, end);
	} while (start != was);
	do
	{
		was = end;
		while (end > start && (scanner_isspace(end[-1]) || end[-1] == ';'))
			end--;
		end = before_comment(start, end);
	} while (end != was);
	*location = start - text;
	*length = end - start;
	return start;
}

/* Copies what lies before a list's left-out elements, less the comma. */
static void
append_until_comma(StringInfo out, const char *from, int length)
{
	while (length > 0 && (scanner_isspace(from[length - 1]) ||
						  from[length - 1] == ',' || from[length - 1] == '('))
		length--;
	appendBinaryStringInfo(out, from, length);
	appendStringInfoString(out, PFA_REST_MARK);
}

static char *
normalize_cuts(const char *text, int location, int length,
			   PfaCut *cuts, int ncuts, int first_param)
{
	StringInfoData out;
	Scanning	scan;
	const char *start = trim(text, &location, &length);
	int			param = first_param;
	int			copied = 0;
	int			next = 0;
	int			close_depth = -1;	/* skipping until the list closes */
	int			rows_depth = -1;	/* depth in the first of several rows */
	int			rows_left = 0;

	initStringInfo(&out);
	begin_scan(&scan, pnstrdup(start, length));
	while (next_token(&scan))
	{
		if (close_depth >= 0)
		{
			if (scan.depth >= close_depth)
				continue;
			close_depth = -1;
			copied = scan.at;
		}
		if (rows_depth >= 0 && scan.depth == rows_depth - 1 && scan.token == ')')
		{
			/* the first row is complete: leave out the others */
			appendBinaryStringInfo(&out, start + copied,
								   scan.at + scan.length - copied);
			appendStringInfoString(&out, PFA_REST_MARK);
			copied = scan.at + scan.length;
			while (rows_left > 0 && next_token(&scan))
			{
				if (scan.depth == rows_depth - 1 && scan.token == ')')
					rows_left--;
				copied = scan.at + scan.length;
			}
			rows_depth = -1;
			continue;
		}
		while (next < ncuts && cuts[next].location - location < scan.at)
			next++;
		while (next < ncuts && cuts[next].location - location == scan.at)
		{
			PfaCut	   *cut = &cuts[next++];

			if (cut->what == PFA_CUT_ROWS)
			{
				rows_depth = scan.depth - (scan.token == '(' ? 1 : 0);
				rows_left = cut->rows;
			}
			else if (cut->what == PFA_CUT_LIST_REST)
			{
				append_until_comma(&out, start + copied, scan.at - copied);
				close_depth = scan.depth - (scan.token == '(' ? 1 : 0);
				break;
			}
			else if (copied <= scan.at)
			{
				appendBinaryStringInfo(&out, start + copied, scan.at - copied);
				appendStringInfo(&out, "$%d", param++);
				/* the parser puts a minus sign into the constant */
				if (scan.token == '-' && !next_token(&scan))
					break;
				copied = scan.at + scan.length;
			}
		}
	}
	scanner_finish(scan.scanner);
	if (close_depth < 0 && copied < length)
		appendBinaryStringInfo(&out, start + copied, length - copied);
	return out.data;
}

/* Whether the token at this place is a literal, by its first characters. */
static bool
is_literal(const char *token)
{
	unsigned char c = token[0];

	if (c == '\'' || (c >= '0' && c <= '9') ||
		(c == '.' && token[1] >= '0' && token[1] <= '9'))
		return true;
	if (c == '$')
		return !(token[1] >= '0' && token[1] <= '9');
	if (strchr("bBxXeEnN", c) && token[1] == '\'')
		return true;
	return (c == 'u' || c == 'U') && token[1] == '&' && token[2] == '\'';
}

/* The highest $n in a text. */
static int
highest_param(const char *text, int length)
{
	Scanning	scan;
	int			highest = 0;

	if (memchr(text, '$', length) == NULL)
		return 0;
	begin_scan(&scan, pnstrdup(text, length));
	while (next_token(&scan))
	{
		const char *token = text + scan.at;

		if (token[0] == '$' && token[1] >= '0' && token[1] <= '9')
			highest = Max(highest, atoi(token + 1));
	}
	scanner_finish(scan.scanner);
	return highest;
}

static char *
normalize_tokens(const char *text, int location, int length)
{
	StringInfoData out;
	Scanning	scan;
	const char *start = trim(text, &location, &length);
	int			copied = 0;
	int			param = highest_param(start, length) + 1;

	initStringInfo(&out);
	begin_scan(&scan, pnstrdup(start, length));
	while (next_token(&scan))
	{
		if (!is_literal(start + scan.at))
			continue;
		appendBinaryStringInfo(&out, start + copied, scan.at - copied);
		appendStringInfo(&out, "$%d", param++);
		copied = scan.at + scan.length;
	}
	scanner_finish(scan.scanner);
	if (copied < length)
		appendBinaryStringInfo(&out, start + copied, length - copied);
	return out.data;
}

static bool
is_word(const char *token, int length, const char *word)
{
	return length == strlen(word) && pg_strncasecmp(token, word, length) == 0;
}

/* PREPARE x AS, DECLARE x CURSOR FOR: what comes before the statement itself. */
static int
skip_prefix(const char *text, int location, int length)
{
	Scanning	scan;
	const char *start = trim(text, &location, &length);
	int			prefix = 0;

	begin_scan(&scan, pnstrdup(start, length));
	if (next_token(&scan))
	{
		const char *last = is_word(start + scan.at, scan.length, "prepare") ? "as" :
			is_word(start + scan.at, scan.length, "declare") ? "for" : NULL;

		while (last && next_token(&scan))
		{
			if (scan.depth == 0 && is_word(start + scan.at, scan.length, last))
			{
				prefix = next_token(&scan) ? scan.at : 0;
				break;
			}
		}
	}
	scanner_finish(scan.scanner);
	return location + prefix;
}

/*
 * Runs the scanner without its notices, which the client has had already, and
 * without its errors: a text may have been parsed under other settings.
 */
static bool
quietly(PfaNormalizing *work)
{
	MemoryContext context = CurrentMemoryContext;
	int			client = client_min_messages;
	int			server = PFA_LOG_MIN_MESSAGES;
	volatile bool fine = true;

	client_min_messages = PFA_LOG_MIN_MESSAGES = ERROR;
	PG_TRY();
	{
		if (work->skip)
			work->location = skip_prefix(work->text, work->location, work->length);
		else if (work->cuts)
			work->result = normalize_cuts(work->text, work->location, work->length,
										  work->cuts, work->ncuts, work->first_param);
		else
			work->result = normalize_tokens(work->text, work->location, work->length);
	}
	PG_CATCH();
	{
		/* scanning takes nothing but memory: there is nothing else to undo */
		MemoryContextSwitchTo(context);
		FlushErrorState();
		fine = false;
	}
	PG_END_TRY();
	client_min_messages = client;
	PFA_LOG_MIN_MESSAGES = server;
	return fine;
}

char *
pfa_normalize(const char *text, int location, int length,
			  PfaCut *cuts, int ncuts, int first_param)
{
	PfaNormalizing work = {
		.text = text,.location = location,.length = length,
		.cuts = cuts,.ncuts = ncuts,.first_param = first_param
	};
	const char *start = trim(text, &location, &length);
	char	   *plain;

	qsort(cuts, ncuts, sizeof(PfaCut), compare_cuts);
	plain = pfa_normalize_plainly(text, start, length, cuts, ncuts, first_param,
								  length + (Size) ncuts * PFA_CUT_MAX);
	if (plain)
		return plain;
	return quietly(&work) ? work.result : pstrdup(UNREADABLE);
}

char *
pfa_normalize_huge(const char *text, int location, int length,
				   PfaCut *cuts, int ncuts, int first_param, Size limit)
{
	const char *start = trim(text, &location, &length);
	char	   *plain;

	qsort(cuts, ncuts, sizeof(PfaCut), compare_cuts);
	plain = pfa_normalize_plainly(text, start, length, cuts, ncuts, first_param, limit);
	return plain ? plain : pstrdup(TOO_LONG);
}

int
pfa_normalize_skip(const char *text, int location, int length)
{
	PfaNormalizing work = {
		.text = text,.location = location,.length = length,.skip = true
	};
	const char *start = trim(text, &location, &length);

	/* most begin with another word */
	if (length > 0 && isalpha((unsigned char) *start) &&
		pg_strncasecmp(start, "prepare", 7) != 0 && pg_strncasecmp(start, "declare", 7) != 0)
		return location;

	return quietly(&work) ? work.location : Max(location, 0);
}

char *
pfa_normalize_statement(const char *text, int location, int length)
{
	int			begin = pfa_normalize_skip(text, location, length);
	PfaNormalizing work = {
		.text = text,
		.location = begin,
		.length = length > 0 ? length - (begin - Max(location, 0)) : 0
	};

	return quietly(&work) ? work.result : pstrdup(UNREADABLE);
}
