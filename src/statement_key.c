/*
 * statement_key.c
 *		What statements have in common that differ in their literals' values,
 *		seen from the text.
 *
 * Looks at the letters sixteen at a time.  Must only be given texts that have been
 * parsed.  Must never give statements of different parse trees one key: it gives up,
 * with 0, where it would take the scanner.
 */
#include "postgres.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "port/pg_bitutils.h"

#include "letters.h"
#include "pieces.h"
#include "statement_key.h"

#define MAX_LENGTH		65535

/* A letter of a literal that matters joins the hash as if it were one of these. */
#define A_LETTER		(PFA_LITERAL_NUMERIC + 1)

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
										  _mm_set1_epi8(PFA_LETTER_FIRST));
	__m128i		at_most_last = _mm_min_epu8(from_first,
											_mm_set1_epi8(PFA_LETTER_LAST - PFA_LETTER_FIRST));

	return _mm_movemask_epi8(_mm_cmpeq_epi8(from_first, at_most_last));
#else
	uint32		found = 0;

	for (int i = 0; i < LETTERS; i++)
		found |= (uint32) (PFA_LETTER_CLASS((const char *) letters + i) != PFA_LETTER_PLAIN) << i;
	return found;
#endif
}

/* A literal's own letters, when they matter. */
static pg_noinline uint64
mix_value(uint64 hash, const char *p, const char *end)
{
	for (; p < end; p++)
		hash = pfa_letters_mix(hash, (unsigned char) *p | (uint64) A_LETTER << 56);
	return hash;
}

/*
 * A letter that is classed.  Where a literal or a comment begins, or the text ends, what
 * is behind it; NULL if the text is to have no key; else "at".
 */
static inline const char *
look_at(PfaLetters *scan, const char *at, PfaLetterClass class)
{
	switch (class)
	{
		case PFA_LETTER_DIGIT:
			/* of a name? */
			return at > scan->text && PFA_IN_WORD(at - 1) ? at : pfa_letters_number(scan, at);
		case PFA_LETTER_QUOTE:
			return pfa_letters_string(scan, at);
		case PFA_LETTER_OPEN:
			return pfa_letters_open(scan, at) ? at : NULL;
		case PFA_LETTER_CLOSE:
			return --scan->depth < 0 ? NULL : at;
		case PFA_LETTER_DOUBLE_QUOTE:
			return pfa_letters_name(scan, at) ? at : NULL;
		case PFA_LETTER_DASH:
			return at[1] == '-' ? NULL : at;
		case PFA_LETTER_SLASH:
			return at[1] == '*' ? pfa_letters_comment(scan, at) : at;
		case PFA_LETTER_DOLLAR:
			return at > scan->text && PFA_IN_WORD(at - 1) ? at : NULL;
		case PFA_LETTER_END:
			scan->literal = 0;
			scan->value = false;
			return scan->end;
		case PFA_LETTER_PLAIN:
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
pfa_statement_key(const char *text, int length, PfaPieces *pieces)
{
	PfaLetters	scan = {.text = text,.end = text + length,.piece = text};
	uint64		hash = 0;
	const char *next;

	pieces->literals = 0;
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
			PfaLetterClass class = PFA_LETTER_CLASS(p + before);

			if (class == PFA_LETTER_PLAIN || unlikely(p + before < scan.named))
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
			else if (scan.literal != 0)
				pfa_pieces_add(pieces, &scan, p + before, next);
			if (before >= 8)
				hash = pfa_letters_mix(hash, letters.first);
			hash = pfa_letters_mix(hash, pfa_letters_first(before >= 8 ? letters.second : letters.first, before % 8) |
					   (uint64) scan.literal << 56);
			break;
		}
		if (found == 0)
			hash = pfa_letters_mix(pfa_letters_mix(hash, letters.first), letters.second);
	}
	pieces->letters[Min(pieces->literals, PFA_MAX_PIECES)] = text + length - scan.piece;
	return hash;
}

bool
pfa_statement_compares(const char *text, int length)
{
	for (const char *p = text + 2; p < text + length; p++)
	{
		char		c = *p | 0x20;

		if ((c == 'y' && (p[-1] | 0x20) == 'b' && !PFA_IN_WORD(p - 2) && !PFA_IN_WORD(p + 1)) ||
			(c == 't' && (p[-1] | 0x20) == 'c' && (p[-2] | 0x20) == 'n' && !PFA_IN_WORD(p + 1)) ||
			(c == 'v' && (p[-1] | 0x20) == 'o' && !PFA_IN_WORD(p - 2)))
			return true;
	}
	return false;
}
