/*
 * statement_key.c
 *		What statements have in common that differ in their literals' values,
 *		seen from the text.
 *
 * Knows of SQL no more than where literals begin and end, and looks at the letters
 * eight at a time.  Must only be given texts that have been parsed.  Must never give
 * statements of different parse trees one key: it gives up, with 0, where it would
 * take the scanner, and takes a number's value into the key where the value may be
 * more than a constant: a column's number in ORDER BY, the modifier of a type.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "statement_key.h"

/* Letters that have to be looked at; the others are hashed as they are. */
typedef enum LetterClass
{
	NOTHING,
	END,
	QUOTE,
	DOUBLE_QUOTE,
	DOLLAR_SIGN,
	DASH,
	SLASH,
	OPEN,
	CLOSE,
	DIGIT
} LetterClass;

/* All of them are between these two. */
#define FIRST_CLASSED	'"'
#define LAST_CLASSED	';'

static uint8 classes[256];
static bool in_words[256];

#define CLASS(p)		classes[(unsigned char) *(p)]
#define IN_WORD(p)		in_words[(unsigned char) *(p)]
#define MULTIPLIER		UINT64CONST(0x9E3779B97F4A7C15)
#define MAX_LENGTH		65536
#define MAX_DEPTH		63

/* literals */
#define A_STRING		1
#define AN_INT4			2
#define AN_INT8			3
#define A_NUMERIC		4

typedef struct KeyScan
{
	const char *text;			/* where it begins */
	const char *end;
	const char *from;			/* from here on it is not hashed yet */
	uint64		hash;
	int			depth;			/* of parentheses */
	uint64		arguments;		/* a bit for each depth: of a function or type */
	uint64		lists;			/* the same: behind IN or VALUES */
} KeyScan;

void
pfa_statement_key_install(void)
{
	for (int c = 0; c < 256; c++)
	{
		bool		digit = c >= '0' && c <= '9';

		in_words[c] = digit || IS_HIGHBIT_SET(c) || c == '_' || c == '$' ||
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		classes[c] = digit ? DIGIT : NOTHING;
	}
	classes[';'] = END;
	classes['\''] = QUOTE;
	classes['"'] = DOUBLE_QUOTE;
	classes['$'] = DOLLAR_SIGN;
	classes['-'] = DASH;
	classes['/'] = SLASH;
	classes['('] = OPEN;
	classes[')'] = CLOSE;
}

static inline void
mix(KeyScan *scan, uint64 x)
{
	uint64		hash = (scan->hash ^ x) * MULTIPLIER;

	scan->hash = hash ^ (hash >> 32);
}

/*
 * The next letter that has to be looked at, or the end; most of what is gone over
 * joins the hash.
 */
static inline const char *
next_classed(KeyScan *scan, const char *p)
{
#ifndef WORDS_BIGENDIAN
#define EIGHT(c)	(UINT64CONST(0x0101010101010101) * (uint64) (c))
	for (; scan->end - p >= 8; p += 8)
	{
		uint64		letters;
		uint64		high;
		uint64		found;

		/* the high bit of each that is neither below the first nor above the last */
		memcpy(&letters, p, 8);
		high = letters | EIGHT(0x80);
		found = (high - EIGHT(FIRST_CLASSED)) & ~(high - EIGHT(LAST_CLASSED + 1)) & EIGHT(0x80);
		for (; found != 0; found &= found - 1)
		{
			const char *at = p + pg_rightmost_one_pos64(found) / 8;

			if (CLASS(at) != NOTHING)
				return at;
		}
		if (p == scan->from)
		{
			mix(scan, letters);
			scan->from += 8;
		}
	}
#endif
	while (p < scan->end && CLASS(p) == NOTHING)
		p++;
	return p;
}

/* What has been gone over joins the hash, and the literal behind it. */
static inline void
mix_text(KeyScan *scan, const char *end, int literal)
{
	const char *p = scan->from;
	uint64		rest = 0;

	for (; end - p >= 8; p += 8)
	{
		uint64		letters;

		memcpy(&letters, p, 8);
		mix(scan, letters);
	}
	for (; p < end; p++)
		rest = rest << 8 | (unsigned char) *p;
	mix(scan, rest | (uint64) literal << 56);
	scan->from = end;
}

#define WORD_IS(word, length, keyword) \
	((length) == sizeof(keyword) - 1 && pg_strncasecmp(word, keyword, length) == 0)

static inline const char *
before_blanks(const KeyScan *scan, const char *p)
{
	while (p > scan->text && (p[-1] == ' ' || (p[-1] >= '\t' && p[-1] <= '\r')))
		p--;
	return p;
}

/* The word before a place, if nothing but blanks is between, and its letters; else 0. */
static inline int
word_before(const KeyScan *scan, const char *p, const char **word)
{
	const char *end = before_blanks(scan, p);

	for (p = end; p > scan->text && IN_WORD(p - 1);)
		p--;
	*word = p;
	return end - p;
}

/* Whether a word is the name of something, as it stands behind a point (or a comment). */
static bool
is_name(const KeyScan *scan, const char *word)
{
	word = before_blanks(scan, word);
	return word > scan->text && (word[-1] == '.' || word[-1] == '/');
}

/* Whether parentheses hold a list of values, not a query with an ORDER BY of its own. */
static inline bool
is_list(const char *p)
{
	while (*++p == ' ' || (*p >= '\t' && *p <= '\r'))
		;
	return CLASS(p) == DIGIT || CLASS(p) == QUOTE || CLASS(p) == DASH;
}

/* What the parentheses are that open there. */
static void
open_parentheses(KeyScan *scan, const char *p)
{
	uint64		bit = UINT64CONST(1) << ++scan->depth;
	const char *word;
	int			length = word_before(scan, p, &word);
	bool		arguments = length > 0;

	scan->lists &= ~bit;
	switch (length)
	{
		case 0:
			arguments = word > scan->text && (word[-1] == '"' || word[-1] == '/');
			break;
		case 2:
			if (WORD_IS(word, length, "in"))
				scan->lists |= is_list(p) ? bit : 0;
			else if (!WORD_IS(word, length, "or") && !WORD_IS(word, length, "on") &&
					 !WORD_IS(word, length, "as") && !WORD_IS(word, length, "by"))
				break;
			arguments = is_name(scan, word);
			break;
		case 3:
			arguments = is_name(scan, word) ||
				!(WORD_IS(word, length, "and") || WORD_IS(word, length, "any") ||
				  WORD_IS(word, length, "not") || WORD_IS(word, length, "all"));
			break;
		case 4:
			arguments = is_name(scan, word) ||
				!(WORD_IS(word, length, "from") || WORD_IS(word, length, "when"));
			break;
		case 5:
			arguments = is_name(scan, word) || !WORD_IS(word, length, "where");
			break;
		case 6:
			if (WORD_IS(word, length, "values"))
				scan->lists |= bit;
			else if (!WORD_IS(word, length, "select") && !WORD_IS(word, length, "exists"))
				break;
			arguments = is_name(scan, word);
			break;
		default:
			break;
	}
	if (arguments)
		scan->arguments |= bit;
	else
		scan->arguments &= ~bit;
}

/* Whether there is a BY, or a DISTINCT (ON), before a place. */
static pg_noinline bool
follows_by(const KeyScan *scan, const char *end)
{
	for (const char *p = scan->text; p < end; p++)
	{
		const char *word = p;

		if (!IN_WORD(p))
			continue;
		while (IN_WORD(++p))
			;
		if (WORD_IS(word, p - word, "by") || WORD_IS(word, p - word, "distinct"))
			return true;
	}
	return false;
}

/* Whether a number may be more than a constant: a modifier, or a column's place. */
static inline bool
value_matters(const KeyScan *scan, const char *p)
{
	uint64		bit = UINT64CONST(1) << scan->depth;

	if (unlikely(scan->arguments & bit))
		return true;
	if (scan->lists & bit)
		return false;
	p = before_blanks(scan, p);
	if (p - scan->text < 3)
		return true;
	switch (p[-1])
	{
		case '-':
			/* - -1 and -(-1) are what 1 is, and may be a place */
			p = before_blanks(scan, p - 1);
			if (p > scan->text && p[-1] != '-' && p[-1] != '(' && p[-1] != '/')
				return false;
			return (scan->arguments & (bit - 1)) != 0 || follows_by(scan, p);
		case '(':
		case '/':				/* of a comment? */
			/* (1) as well, and a modifier */
			return (scan->arguments & (bit - 1)) != 0 || follows_by(scan, p);
		case ',':
			return follows_by(scan, p);
		case 't':
		case 'T':
			/* (GROUP BY) DISTINCT? */
			return (p[-2] | 0x20) == 'c' && (p[-3] | 0x20) == 'n';
		case 'l':
		case 'L':
			/* (GROUP BY) ALL? */
			return (p[-2] | 0x20) == 'l';
		case 'y':
		case 'Y':
			return (p[-2] | 0x20) == 'b' && !IN_WORD(p - 3);
		case '{':
			return true;
		default:
			return false;
	}
}

/*
 * A number's end.  What it is joins the hash, its value only if that matters, or
 * where the type is a matter of a digit.
 */
static const char *
take_number(KeyScan *scan, const char *start)
{
	const char *p = start;
	bool		value = value_matters(scan, start);
	int			what = AN_INT4;
	int			length;

	while (CLASS(p) == DIGIT)
		p++;
	length = p - start;
	if (unlikely(IN_WORD(p) || *p == '.'))
	{
		what = A_NUMERIC;
		for (; IN_WORD(p) || *p == '.' ||
			 ((*p == '+' || *p == '-') && (p[-1] | 0x20) == 'e'); p++)
			value |= IN_WORD(p) && CLASS(p) != DIGIT && (*p | 0x20) != 'e';
	}
	else if (length > 10 || (length == 10 && memcmp(start, "2147483648", 10) >= 0))
	{
		what = AN_INT8;
		value |= length > 18 || memcmp(start, "2147483648", 10) == 0;
	}
	mix_text(scan, start, what);
	if (likely(!value && (*start != '0' || length < 10)))
		scan->from = p;
	return p;
}

/* Whether a string may be a modifier of a type, which need not be a number. */
static pg_noinline bool
is_modifier(const KeyScan *scan, const char *p)
{
	if (scan->arguments & (UINT64CONST(1) << scan->depth))
		return true;
	while (p > scan->text && (IN_WORD(p - 1) || p[-1] == '&'))
		p--;
	p = before_blanks(scan, p);
	return p > scan->text && (p[-1] == '(' || p[-1] == '/');
}

/* A string's end; NULL if it takes the scanner to tell. */
static const char *
take_string(KeyScan *scan, const char *p)
{
	uint64		bits = (UINT64CONST(2) << scan->depth) - 1;
	bool		value = unlikely(scan->arguments & bits) && is_modifier(scan, p);

	mix_text(scan, p, A_STRING);
	for (;;)
	{
		p++;
		if (*p == '\'')
		{
			if (p[1] != '\'')
				break;
			p++;
		}
		else if (*p == '\\' || *p == '\0')
			return NULL;
	}
	if (likely(!value))
		scan->from = p + 1;
	return p + 1;
}

static const char *
skip_comment(KeyScan *scan, const char *p)
{
	int			depth = 1;

	mix_text(scan, p, 0);
	for (p += 2; depth > 0; p++)
	{
		if (*p == '\0')
			return NULL;
		if (p[0] == '/' && p[1] == '*')
		{
			depth++;
			p++;
		}
		else if (p[0] == '*' && p[1] == '/')
		{
			depth--;
			p++;
		}
	}
	scan->from = p;
	return p;
}

/* The end of a name in double quotes, which is hashed as it is. */
static inline const char *
skip_name(const KeyScan *scan, const char *p)
{
	/* one with escapes? */
	if (p > scan->text && p[-1] == '&')
		return NULL;
	p = memchr(p + 1, '"', scan->end - p - 1);
	return p ? p + 1 : NULL;
}

uint64
pfa_statement_key(const char *text, int length)
{
	KeyScan		scan = {.text = text,.end = text + length,.from = text};
	const char *p = text;

	if (length > MAX_LENGTH)
		return 0;
	while (p != NULL)
	{
		p = next_classed(&scan, p);
		if (p == scan.end || *p == ';')
		{
			mix_text(&scan, p, 0);
			return scan.hash;
		}
		switch ((LetterClass) CLASS(p))
		{
			case DIGIT:
				if (p > text && IN_WORD(p - 1))
				{
					/* of a name */
					while (CLASS(++p) == DIGIT)
						;
				}
				else
					p = take_number(&scan, p);
				break;
			case QUOTE:
				p = take_string(&scan, p);
				break;
			case DOUBLE_QUOTE:
				p = skip_name(&scan, p);
				break;
			case DASH:
				if (*++p == '-')
					return 0;
				break;
			case SLASH:
				if (p[1] == '*')
					p = skip_comment(&scan, p);
				else
					p++;
				break;
			case OPEN:
				if (scan.depth == MAX_DEPTH)
					return 0;
				open_parentheses(&scan, p++);
				break;
			case CLOSE:
				if (--scan.depth < 0)
					return 0;
				p++;
				break;
			case DOLLAR_SIGN:
				if (p == text || !IN_WORD(p - 1))
					return 0;
				p++;
				break;
			case END:
			case NOTHING:
				return 0;
		}
	}
	return 0;
}

bool
pfa_statement_compares(const char *text, int length)
{
	for (const char *p = text + 2; p < text + length; p++)
	{
		char		c = *p | 0x20;

		if ((c == 'y' && (p[-1] | 0x20) == 'b' && !IN_WORD(p - 2) && !IN_WORD(p + 1)) ||
			(c == 't' && (p[-1] | 0x20) == 'c' && (p[-2] | 0x20) == 'n' && !IN_WORD(p + 1)) ||
			(c == 'v' && (p[-1] | 0x20) == 'o' && !IN_WORD(p - 2)))
			return true;
	}
	return false;
}
