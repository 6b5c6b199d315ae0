/*
 * statement_key.h
 *		A key of a statement's text without its literals.
 */
#ifndef PFA_STATEMENT_KEY_H
#define PFA_STATEMENT_KEY_H

#include "pieces.h"

/*
 * A hash of the statement that begins there and has so many letters, or fewer if a
 * semicolon ends it; the text itself must end with NUL.  Two that parse, and differ
 * in nothing but blanks, comments and values of literals that their parse trees
 * differ in only as constants of the same types, have the same; all others another
 * one.  0: it takes the scanner to tell.  With a key come the pieces it falls into.
 */
extern uint64 pfa_statement_key(const char *text, int length, PfaPieces *pieces);

/* Whether a statement has a BY, a DISTINCT or an OVER, or may have. */
extern bool pfa_statement_compares(const char *text, int length);

#endif							/* PFA_STATEMENT_KEY_H */
