/*
 * letters.c
 *		Where literals, names, comments and parentheses begin and end in a text.
 *
 * Must only be given texts that have been parsed: of SQL it knows no more than it takes
 * to tell literals that are constants from those that are more, a column's number in
 * ORDER BY, the modifier of a type.  Where that is not sure the value matters.
 */
#include "postgres.h"

#include "letters.h"

#define MAX_DEPTH		63

uint8		pfa_letter_table[256];

void
pfa_letters_install(void)
{
	for (int c = 0; c < 256; c++)
	{
		bool		digit = c >= '0' && c <= '9';
		bool		word = digit || IS_HIGHBIT_SET(c) || c == '_' || c == '$' ||
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool		blank = c == ' ' || (c >= '\t' && c <= '\r');

		pfa_letter_table[c] = (digit ? PFA_LETTER_DIGIT : PFA_LETTER_PLAIN) |
			(word ? PFA_LETTER_OF_WORD : 0) | (blank ? PFA_LETTER_BLANK : 0);
	}
	pfa_letter_table[';'] = PFA_LETTER_END;
	pfa_letter_table['\''] = PFA_LETTER_QUOTE;
	pfa_letter_table['"'] = PFA_LETTER_DOUBLE_QUOTE;
	pfa_letter_table['$'] |= PFA_LETTER_DOLLAR;
	pfa_letter_table['-'] = PFA_LETTER_DASH;
	pfa_letter_table['/'] = PFA_LETTER_SLASH;
	pfa_letter_table['('] = PFA_LETTER_OPEN;
	pfa_letter_table[')'] = PFA_LETTER_CLOSE;
}

#define WORD_IS(word, length, keyword) \
	((length) == sizeof(keyword) - 1 && pg_strncasecmp(word, keyword, length) == 0)

static inline const char *
before_blanks(const PfaLetters *scan, const char *p)
{
	while (p > scan->text && PFA_IS_BLANK(p - 1))
		p--;
	return p;
}

/* The word before a place, if nothing but blanks is between, and its letters; else 0. */
static inline int
word_before(const PfaLetters *scan, const char *p, const char **word)
{
	const char *end = before_blanks(scan, p);

	for (p = end; p > scan->text && PFA_IN_WORD(p - 1);)
		p--;
	*word = p;
	return end - p;
}

/* Whether a word is the name of something, as it stands behind a point (or a comment). */
static bool
is_name(const PfaLetters *scan, const char *word)
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
	while (PFA_IS_BLANK(p));
	return PFA_IS_DIGIT(p) || PFA_LETTER_CLASS(p) == PFA_LETTER_QUOTE ||
		PFA_LETTER_CLASS(p) == PFA_LETTER_DASH;
}

/* What the parentheses are that open there; false if there are too many. */
bool
pfa_letters_open(PfaLetters *scan, const char *p)
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
follows_by(const PfaLetters *scan, const char *end)
{
	for (const char *p = scan->text; p < end; p++)
	{
		const char *word = p;

		if (!PFA_IN_WORD(p))
			continue;
		while (PFA_IN_WORD(++p))
			;
		if (WORD_IS(word, p - word, "by") || WORD_IS(word, p - word, "distinct"))
			return true;
	}
	return false;
}

/* Whether a number may be more than a constant: a modifier, or a column's place. */
static inline bool
value_matters(const PfaLetters *scan, const char *p)
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
			return (p[-2] | 0x20) == 'b' && !PFA_IN_WORD(p - 3);
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
const char *
pfa_letters_number(PfaLetters *scan, const char *start)
{
	const char *p = start;
	bool		value = value_matters(scan, start);
	int			literal = PFA_LITERAL_INT4;
	int			length;

	while (*p >= '0' && *p <= '9')
		p++;
	length = p - start;
	if (unlikely(PFA_IN_WORD(p) || *p == '.'))
	{
		literal = PFA_LITERAL_NUMERIC;
		for (; PFA_IN_WORD(p) || *p == '.' ||
			 ((*p == '+' || *p == '-') && (p[-1] | 0x20) == 'e'); p++)
			value |= PFA_IN_WORD(p) && !PFA_IS_DIGIT(p) && (*p | 0x20) != 'e';
	}
	else if (unlikely(length >= 10))
	{
		if (length > 10 || memcmp(start, "2147483648", 10) >= 0)
			literal = PFA_LITERAL_INT8;
		value |= *start == '0' || length > 18 || memcmp(start, "2147483648", 10) == 0;
	}
	scan->literal = literal;
	scan->value = value;
	return p;
}

/* Whether a string may be a modifier of a type, which need not be a number. */
static pg_noinline bool
is_modifier(const PfaLetters *scan, const char *p)
{
	if (scan->arguments & (UINT64CONST(1) << scan->depth))
		return true;
	while (p > scan->text && (PFA_IN_WORD(p - 1) || p[-1] == '&'))
		p--;
	p = before_blanks(scan, p);
	return p > scan->text && (p[-1] == '(' || p[-1] == '/');
}

/* A string's end; NULL if it takes the scanner to tell. */
const char *
pfa_letters_string(PfaLetters *scan, const char *p)
{
	uint64		bits = (UINT64CONST(2) << scan->depth) - 1;

	scan->literal = PFA_LITERAL_STRING;
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

const char *
pfa_letters_comment(PfaLetters *scan, const char *p)
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
bool
pfa_letters_name(PfaLetters *scan, const char *p)
{
	const char *last = memchr(p + 1, '"', scan->end - p - 1);

	if (last == NULL || (p > scan->text && p[-1] == '&'))
		return false;
	scan->named = last + 1;
	return true;
}
