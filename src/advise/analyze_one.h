/*
 * analyze_one.h
 *		From a text with one statement to its analysed Query.
 */
#ifndef PFA_ANALYZE_ONE_H
#define PFA_ANALYZE_ONE_H

#include "postgres.h"

#include "nodes/parsenodes.h"

/*
 * The one statement of a text; raises an error when there are none or several.
 * what names the text in messages ("query").  Positions in errors refer to the
 * text, not to the statement that called us.
 */
extern RawStmt *pfa_parse_one(const char *text, const char *what);

/*
 * Parse analysis without the hooks of other modules (nobody records or counts
 * this statement).  types and ntypes: parameter types known, InvalidOid or
 * UNKNOWNOID entries are inferred; both may be NULL.  variables: names that are
 * no columns are taken for variables of a function, that is for parameters.
 */
extern Query *pfa_analyze_one(RawStmt *raw, const char *text,
							  Oid **types, int *ntypes, bool variables);

/*
 * Whether the statement is one that has a plan: SELECT, INSERT, UPDATE, DELETE
 * or MERGE.
 */
extern bool pfa_is_plannable(const RawStmt *raw);

#endif							/* PFA_ANALYZE_ONE_H */
