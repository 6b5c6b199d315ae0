/*
 * pieces.h
 *		A text as the letters between its literals, to know the next one by that differs
 *		in nothing but their values.
 */
#ifndef PFA_PIECES_H
#define PFA_PIECES_H

#include "letters.h"

#define PFA_MAX_PIECES		14	/* literals of such a text */

/* What stands in a literal's place. */
typedef enum PfaPieceKind
{
	PFA_PIECE_INT4,				/* up to nine digits */
	PFA_PIECE_SIGNED_INT4,		/* the same, or those with a minus before them */
	PFA_PIECE_STRING
} PfaPieceKind;

typedef struct PfaPieces
{
	uint16		letters[PFA_MAX_PIECES + 1];	/* before each literal, behind the last */
	uint8		kind[PFA_MAX_PIECES];	/* PfaPieceKind */
	uint8		literals;		/* more than the maximum: too many */
} PfaPieces;

/* While the letters are gone through: one more literal whose value does not matter. */
extern void pfa_pieces_add(PfaPieces *pieces, PfaLetters *scan,
						   const char *literal, const char *behind);

/*
 * What pfa_statement_key() says of this text, or of one that gives the same query id:
 * one that differs in literals' values, maybe in their signs.
 */
extern uint64 pfa_pieces_key(const char *text, int length);

extern PFA_LOCAL const Size pfa_pieces_size;	/* bytes of this backend */

#endif							/* PFA_PIECES_H */
