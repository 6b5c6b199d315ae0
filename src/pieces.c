/*
 * pieces.c
 *		The keys of the last texts, known by the letters between their literals.
 *
 * To find a text's key takes a look at what each letter of it may begin.  A session
 * that sends the same few statements in turn with other literals sends the same
 * letters between them: which text came after this one the last time is
 * compared first, by a hash of those.  Literals end where their digits or quotes end.
 *
 * Must never take a text for one that has another parse tree; the same letters between
 * the same kinds of literals are what it goes by.
 */
#include "postgres.h"

#include "pieces.h"
#include "statement_key.h"

#define TEXTS			16
#define MISSES			48		/* after so many... */
#define PAUSE			1024	/* ...as many are not compared */
#define FORGIVEN		2		/* misses, for one that is known */

#define MAX_DIGITS		9		/* of a number that is surely int4 */

typedef struct Text
{
	uint64		hash;			/* of the letters between its literals */
	uint64		key;
	PfaPieces	pieces;
	uint8		next;			/* place of the one that came after it */
} Text;

static Text texts[TEXTS];
const Size	pfa_pieces_size = sizeof(texts);

static Text *last = texts;		/* the one that came last... */
static Text *expected = texts;	/* ...and what came after it the last time */
static int	replaced;			/* the one that was replaced last */
static int	misses;
static int	not_compared;

/*
 * Whether a minus before a number may come and go: then the number is
 * one of another sign, and no operator of two sides.  What binds closer than the minus
 * would come before it.
 */
static bool
may_have_sign(const PfaLetters *scan, const char *number, const char *behind)
{
	const char *before = number;

	if (number - scan->text >= 3 && number[-1] == '-')
		before--;
	if (before - scan->text < 2 || before[-1] != ' ')
		return false;
	switch (before[-2])
	{
		case '=':
		case '+':
		case '*':
		case '<':
		case '>':
			break;
		case ',':
			if (scan->lists & (UINT64CONST(1) << scan->depth))
				break;
			return false;
		default:
			return false;
	}
	while (PFA_IS_BLANK(behind))
		behind++;
	return *behind == '\0' || *behind == ';' || *behind == ',' || *behind == ')' ||
		(PFA_IN_WORD(behind) && !PFA_IS_DIGIT(behind));
}

/* One more literal; what its value matters for stays among the letters. */
void
pfa_pieces_add(PfaPieces *pieces, PfaLetters *scan, const char *literal, const char *behind)
{
	PfaPieceKind kind = PFA_PIECE_STRING;

	if (scan->literal == PFA_LITERAL_INT4)
	{
		kind = PFA_PIECE_INT4;
		if (behind - literal > MAX_DIGITS)
			return;
		if (may_have_sign(scan, literal, behind))
		{
			kind = PFA_PIECE_SIGNED_INT4;
			literal -= literal[-1] == '-';
		}
	}
	else if (scan->literal != PFA_LITERAL_STRING)
		return;
	if (pieces->literals >= PFA_MAX_PIECES)
	{
		pieces->literals = PFA_MAX_PIECES + 1;
		return;
	}
	pieces->letters[pieces->literals] = literal - scan->piece;
	pieces->kind[pieces->literals++] = kind;
	scan->piece = behind;
}

static inline uint64
eight(const char *p)
{
	uint64		letters;

	memcpy(&letters, p, sizeof(letters));
	return letters;
}

/*
 * Joins the letters between two literals to a hash.  Few ones are read with those
 * before them, unless these are of a text's beginning; some of many twice.
 */
static inline uint64
mix_letters(uint64 hash, const char *text, const char *p, const char *behind)
{
	uint64		letters = 0;

	for (; behind - p > 16; p += 16)
		hash = pfa_letters_mix_both(hash, eight(p), eight(p + 8));
	if (behind - p >= 8)
		return pfa_letters_mix_both(hash, eight(p), eight(behind - 8));
	if (likely(behind - text >= 8))
		return pfa_letters_mix(hash, pfa_letters_last(eight(behind - 8), behind - p));
	for (; p < behind; p++)
		letters = letters << 8 | (unsigned char) *p;
	return pfa_letters_mix(hash, letters);
}

/* Where a literal ends; NULL if there is none of this kind. */
static inline const char *
behind_literal(const char *p, PfaPieceKind kind)
{
	const char *digits;

	if (kind == PFA_PIECE_STRING)
	{
		if (*p != '\'')
			return NULL;
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
	if (kind == PFA_PIECE_SIGNED_INT4 && *p == '-')
		p++;
	digits = p;
	while (*p >= '0' && *p <= '9')
		p++;
	return p > digits && p - digits <= MAX_DIGITS ? p : NULL;
}

/* The hash of the letters between literals; false if a text does not fall apart so. */
static pg_attribute_always_inline bool
falls_apart(const PfaPieces *pieces, const char *text, int length, uint64 *result)
{
	const char *p = text;
	const char *end = text + length;
	uint64		hash = 0;

	for (int i = 0;; i++)
	{
		const char *literal = p + pieces->letters[i];

		if (literal > end)
			return false;
		hash = mix_letters(hash, text, p, literal);
		if (i == pieces->literals)
		{
			*result = hash;
			return literal == end;
		}
		p = behind_literal(literal, pieces->kind[i]);
		if (p == NULL)
			return false;
	}
}

/* A text that has just been given a key, and how it falls apart. */
static pg_noinline void
remember(const char *text, int length, uint64 key, const PfaPieces *pieces)
{
	uint64		hash;
	Text	   *place = texts;

	if (pieces->literals > PFA_MAX_PIECES || !falls_apart(pieces, text, length, &hash))
		return;
	while (place < texts + TEXTS && place->key != key)
		place++;
	if (place == texts + TEXTS)
	{
		replaced = (replaced + 1) % TEXTS;
		place = &texts[replaced];
		place->next = place - texts;
	}
	place->hash = hash;
	place->key = key;
	place->pieces = *pieces;
	last->next = place - texts;
	last = place;
	expected = &texts[place->next];
}

/* Of a text that is not the one that is expected. */
static pg_noinline uint64
find_key(const char *text, int length)
{
	PfaPieces	pieces;
	uint64		key = pfa_statement_key(text, length, &pieces);

	if (not_compared > 0)
		not_compared--;
	else if (key != 0)
	{
		remember(text, length, key, &pieces);
		if (++misses > MISSES)
			not_compared = PAUSE;
	}
	return key;
}

uint64
pfa_pieces_key(const char *text, int length)
{
	const Text *next = expected;
	uint64		hash;

	if (unlikely(not_compared > 0 || !falls_apart(&next->pieces, text, length, &hash) ||
				 hash != next->hash))
		return find_key(text, length);
	last = expected;
	expected = &texts[next->next];
	if (unlikely(misses > 0))
		misses = Max(misses - FORGIVEN, 0);
	return next->key;
}
