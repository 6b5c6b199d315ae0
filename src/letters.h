/*
 * letters.h
 *		Where literals, names, comments and parentheses begin and end in the text of a
 *		statement that has been parsed.
 */
#ifndef PFA_LETTERS_H
#define PFA_LETTERS_H

#include "perfaudit.h"
#include "port/pg_bswap.h"

/* Letters that have to be looked at; the others are plain. */
typedef enum PfaLetterClass
{
	PFA_LETTER_PLAIN,
	PFA_LETTER_END,
	PFA_LETTER_QUOTE,
	PFA_LETTER_DOUBLE_QUOTE,
	PFA_LETTER_DOLLAR,
	PFA_LETTER_DASH,
	PFA_LETTER_SLASH,
	PFA_LETTER_OPEN,
	PFA_LETTER_CLOSE,
	PFA_LETTER_DIGIT
} PfaLetterClass;

/* All of them are between these two. */
#define PFA_LETTER_FIRST	'"'
#define PFA_LETTER_LAST		';'

/* PfaLetterClass of each letter, and what else it is. */
extern PFA_LOCAL uint8 pfa_letter_table[256];

#define PFA_LETTER_OF_WORD	0x20
#define PFA_LETTER_BLANK	0x40

#define PFA_LETTER(p)			pfa_letter_table[(unsigned char) *(p)]
#define PFA_LETTER_CLASS(p)		(PFA_LETTER(p) & ~(PFA_LETTER_OF_WORD | PFA_LETTER_BLANK))
#define PFA_IS_DIGIT(p)			(PFA_LETTER(p) == (PFA_LETTER_DIGIT | PFA_LETTER_OF_WORD))
#define PFA_IN_WORD(p)			((PFA_LETTER(p) & PFA_LETTER_OF_WORD) != 0)
#define PFA_IS_BLANK(p)			(PFA_LETTER(p) == PFA_LETTER_BLANK)

/* Literals, by what they are to the parser. */
#define PFA_LITERAL_STRING		1
#define PFA_LITERAL_INT4		2
#define PFA_LITERAL_INT8			3
#define PFA_LITERAL_NUMERIC		4

/* How far a text has been gone through. */
typedef struct PfaLetters
{
	const char *text;			/* where it begins */
	const char *end;
	int			depth;			/* of parentheses */
	uint64		arguments;		/* a bit for each depth: of a function or type */
	uint64		lists;			/* the same: behind IN or VALUES */
	const char *named;			/* the end of the last name in double quotes */
	const char *piece;			/* behind the last literal that pieces.h knows */
	int			literal;		/* the last one... */
	bool		value;			/* ...which matters */
} PfaLetters;

/*
 * Joins eight letters to a hash.  All bits of a product matter: what differs in the
 * last of them must not meet the first ones of the next eight.
 */
static inline uint64
pfa_letters_mix(uint64 hash, uint64 letters)
{
#ifdef HAVE_INT128
	uint128		product = (uint128) (hash ^ letters) * UINT64CONST(0x9E3779B97F4A7C15);

	return (uint64) product ^ (uint64) (product >> 64);
#else
	hash = (hash ^ letters) * UINT64CONST(0x9E3779B97F4A7C15);
	hash = (hash ^ (hash >> 32)) * UINT64CONST(0xD6E8FEB86659FD93);
	return hash ^ (hash >> 32);
#endif
}

/* The same for sixteen. */
static inline uint64
pfa_letters_mix_both(uint64 hash, uint64 first, uint64 second)
{
#ifdef HAVE_INT128
	uint128		product = (uint128) (hash ^ first) * (second ^ UINT64CONST(0x9E3779B97F4A7C15));

	return (uint64) product ^ (uint64) (product >> 64);
#else
	return pfa_letters_mix(pfa_letters_mix(hash, first), second);
#endif
}

/* The first, or last, ones of eight letters, fewer than that. */
static inline uint64
pfa_letters_first(uint64 letters, int n)
{
#ifdef WORDS_BIGENDIAN
	letters = pg_bswap64(letters);
#endif
	return letters & ((UINT64CONST(1) << (n * 8)) - 1);
}

static inline uint64
pfa_letters_last(uint64 letters, int n)
{
#ifdef WORDS_BIGENDIAN
	letters = pg_bswap64(letters);
#endif
	return letters >> 8 >> ((7 - n) * 8);
}

/* Must come first; from _PG_init. */
extern void pfa_letters_install(void);

/*
 * What is behind a literal, noted with whether its value matters, or a comment; NULL
 * if it takes the scanner to tell.
 */
extern const char *pfa_letters_number(PfaLetters *scan, const char *start);
extern const char *pfa_letters_string(PfaLetters *scan, const char *p);
extern const char *pfa_letters_comment(PfaLetters *scan, const char *p);

/* A name in double quotes, and parentheses; false if it takes the scanner. */
extern bool pfa_letters_name(PfaLetters *scan, const char *p);
extern bool pfa_letters_open(PfaLetters *scan, const char *p);

#endif							/* PFA_LETTERS_H */
