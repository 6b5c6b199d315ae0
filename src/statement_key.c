/*
 * statement_key.c
 *		What statements have in common that differ in their literals' values,
 *		seen from the text.
 *
 * Knows of SQL no more than where literals begin and end, and looks at the letters
 * sixteen at a time.  Must only be given texts that have been parsed.  Must never give
 * statements of different parse trees one key: it gives up, with 0, where it would
 * take the scanner, and takes a number's value into the key where the value may be
 * more than a constant: a column's number in ORDER BY, the modifier of a type.
 */
#include "postgres.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

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

static uint8 letter_classes[256];	/* LetterClass, and what else a letter is: */
#define WORD_LETTER		0x20
#define BLANK_LETTER	0x40

#define LETTER(p)		letter_classes[(unsigned char) *(p)]
#define CLASS(p)		(LETTER(p) & ~(WORD_LETTER | BLANK_LETTER))
#define IS_DIGIT(p)		(LETTER(p) == (DIGIT | WORD_LETTER))
#define IN_WORD(p)		((LETTER(p) & WORD_LETTER) != 0)
#define IS_BLANK(p)		(LETTER(p) == BLANK_LETTER)
#define MULTIPLIER		UINT64CONST(0x9E3779B97F4A7C15)
#define MAX_LENGTH		65536
#define MAX_DEPTH		63

/* Literals: what joins the hash above the letters before them, of which at most seven do. */
#define A_STRING		1
#define AN_INT4			2
#define AN_INT8			3
#define A_NUMERIC		4
#define A_VALUE			5		/* a letter of one */

typedef struct KeyScan
{
	const char *text;			/* where it begins */
	const char *end;
	int			depth;			/* of parentheses */
	uint64		arguments;		/* a bit for each depth: of a function or type */
	uint64		lists;			/* the same: behind IN or VALUES */
	const char *named;			/* the end of the last name in double quotes */
	int			literal;		/* the last one... */
	bool		value;			/* ...which matters */
} KeyScan;

void
pfa_statement_key_install(void)
{
	for (int c = 0; c < 256; c++)
	{
		bool		digit = c >= '0' && c <= '9';
		bool		word = digit || IS_HIGHBIT_SET(c) || c == '_' || c == '$' ||
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool		blank = c == ' ' || (c >= '\t' && c <= '\r');

		letter_classes[c] = (digit ? DIGIT : NOTHING) | (word ? WORD_LETTER : 0) |
			(blank ? BLANK_LETTER : 0);
	}
	letter_classes[';'] = END;
	letter_classes['\''] = QUOTE;
	letter_classes['"'] = DOUBLE_QUOTE;
	letter_classes['$'] |= DOLLAR_SIGN;
	letter_classes['-'] = DASH;
	letter_classes['/'] = SLASH;
	letter_classes['('] = OPEN;
	letter_classes[')'] = CLOSE;
}

static inline uint64
mix(uint64 hash, uint64 letters)
{
	hash = (hash ^ letters) * MULTIPLIER;
	return hash ^ (hash >> 32);
}

/* So many letters, behind the text's end zeros. */
typedef struct Letters
{
	uint64		first;
	uint64		second;
} Letters;

#define LETTERS			((int) sizeof(Letters))

/* Those of them that have to be looked at, and maybe some more: a bit for each. */
static inline uint32
find_classed(const Letters *letters)
{
#ifdef __SSE2__
	/* all that are neither below the first nor above the last */
	__m128i		from_first = _mm_sub_epi8(_mm_loadu_si128((const __m128i *) letters),
										  _mm_set1_epi8(FIRST_CLASSED));
	__m128i		at_most_last = _mm_min_epu8(from_first,
											_mm_set1_epi8(LAST_CLASSED - FIRST_CLASSED));

	return _mm_movemask_epi8(_mm_cmpeq_epi8(from_first, at_most_last));
#else
	uint32		found = 0;

	for (int i = 0; i < LETTERS; i++)
		found |= (uint32) (CLASS((const char *) letters + i) != NOTHING) << i;
	return found;
#endif
}

/* The first ones of eight, fewer than that. */
static inline uint64
first_letters(uint64 letters, int n)
{
#ifdef WORDS_BIGENDIAN
	letters = pg_bswap64(letters);
#endif
	return letters & ((UINT64CONST(1) << (n * 8)) - 1);
}

#define WORD_IS(word, length, keyword) \
	((length) == sizeof(keyword) - 1 && pg_strncasecmp(word, keyword, length) == 0)

static inline const char *
before_blanks(const KeyScan *scan, const char *p)
{
	while (p > scan->text && IS_BLANK(p - 1))
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
	do
		p++;
	while (IS_BLANK(p));
	return IS_DIGIT(p) || CLASS(p) == QUOTE || CLASS(p) == DASH;
}

/* What the parentheses are that open there; false if there are too many. */
static pg_noinline bool
open_parentheses(KeyScan *scan, const char *p)
{
	uint64		bit;
	const char *word;
	int			length = word_before(scan, p, &word);
	bool		arguments = length > 0;

	if (scan->depth == MAX_DEPTH)
		return false;
	bit = UINT64CONST(1) << ++scan->depth;
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
	return true;
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
static pg_noinline const char *
take_number(KeyScan *scan, const char *start)
{
	const char *p = start;
	bool		value = value_matters(scan, start);
	int			literal = AN_INT4;
	int			length;

	while (*p >= '0' && *p <= '9')
		p++;
	length = p - start;
	if (unlikely(IN_WORD(p) || *p == '.'))
	{
		literal = A_NUMERIC;
		for (; IN_WORD(p) || *p == '.' ||
			 ((*p == '+' || *p == '-') && (p[-1] | 0x20) == 'e'); p++)
			value |= IN_WORD(p) && !IS_DIGIT(p) && (*p | 0x20) != 'e';
	}
	else if (unlikely(length >= 10))
	{
		if (length > 10 || memcmp(start, "2147483648", 10) >= 0)
			literal = AN_INT8;
		value |= *start == '0' || length > 18 || memcmp(start, "2147483648", 10) == 0;
	}
	scan->literal = literal;
	scan->value = value;
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
static pg_noinline const char *
take_string(KeyScan *scan, const char *p)
{
	uint64		bits = (UINT64CONST(2) << scan->depth) - 1;

	scan->literal = A_STRING;
	scan->value = unlikely(scan->arguments & bits) && is_modifier(scan, p);
	for (;;)
	{
		p++;
		if (*p == '\'')
		{
			if (p[1] != '\'')
				return p + 1;
			p++;
		}
		else if (*p == '\\' || *p == '\0')
			return NULL;
	}
}

static pg_noinline const char *
skip_comment(KeyScan *scan, const char *p)
{
	int			depth = 1;

	scan->literal = 0;
	scan->value = false;
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
	return p;
}

/* A name in double quotes is hashed as it is; false for one with escapes. */
static bool
skip_name(KeyScan *scan, const char *p)
{
	const char *last = memchr(p + 1, '"', scan->end - p - 1);

	if (last == NULL || (p > scan->text && p[-1] == '&'))
		return false;
	scan->named = last + 1;
	return true;
}

/* A literal's own letters, when they matter. */
static pg_noinline uint64
mix_value(uint64 hash, const char *p, const char *end)
{
	for (; p < end; p++)
		hash = mix(hash, (unsigned char) *p | (uint64) A_VALUE << 56);
	return hash;
}

/*
 * A letter that is classed.  Where a literal or a comment begins, or the text ends, what
 * is behind it; NULL if the text is to have no key; else "at".
 */
static inline const char *
look_at(KeyScan *scan, const char *at, LetterClass class)
{
	switch (class)
	{
		case DIGIT:
			/* of a name? */
			return at > scan->text && IN_WORD(at - 1) ? at : take_number(scan, at);
		case QUOTE:
			return take_string(scan, at);
		case OPEN:
			return open_parentheses(scan, at) ? at : NULL;
		case CLOSE:
			return --scan->depth < 0 ? NULL : at;
		case DOUBLE_QUOTE:
			return skip_name(scan, at) ? at : NULL;
		case DASH:
			return at[1] == '-' ? NULL : at;
		case SLASH:
			return at[1] == '*' ? skip_comment(scan, at) : at;
		case DOLLAR_SIGN:
			return at > scan->text && IN_WORD(at - 1) ? at : NULL;
		case END:
			scan->literal = 0;
			scan->value = false;
			return scan->end;
		case NOTHING:
			break;
	}
	return at;
}

/*
 * Text is hashed sixteen letters at a time, of which those that are classed are looked
 * at in turn; the letters before a literal are hashed with what it is, and then it
 * goes on behind it.
 */
uint64
pfa_statement_key(const char *text, int length)
{
	KeyScan		scan = {.text = text,.end = text + length};
	uint64		hash = 0;
	const char *next;

	if (length > MAX_LENGTH)
		return 0;
	for (const char *p = text; p < scan.end; p = next)
	{
		Letters		letters = {0};
		uint32		found;

		if (likely(scan.end - p >= LETTERS))
			memcpy(&letters, p, LETTERS);
		else
			memcpy(&letters, p, scan.end - p);
		next = p + LETTERS;
		for (found = find_classed(&letters); found != 0; found &= found - 1)
		{
			int			before = pg_rightmost_one_pos32(found);
			LetterClass class = CLASS(p + before);

			if (class == NOTHING || unlikely(p + before < scan.named))
				continue;
			next = look_at(&scan, p + before, class);
			if (next == NULL)
				return 0;
			if (next == p + before)
			{
				next = p + LETTERS;
				continue;
			}
			if (unlikely(scan.value))
				hash = mix_value(hash, p + before, next);
			if (before >= 8)
				hash = mix(hash, letters.first);
			hash = mix(hash, first_letters(before >= 8 ? letters.second : letters.first, before % 8) |
					   (uint64) scan.literal << 56);
			break;
		}
		if (found == 0)
			hash = mix(mix(hash, letters.first), letters.second);
	}
	return hash;
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
