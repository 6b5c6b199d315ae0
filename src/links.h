/*
 * links.h
 *		How two columns belong together: by foreign keys, by being one, or not at
 *		all.
 */
#ifndef PFA_LINKS_H
#define PFA_LINKS_H

#include "perfaudit.h"

#define PFA_LINK_UNKNOWN	0
#define PFA_LINK_NONE		1
#define PFA_LINK_KEY		2	/* a foreign key from one to the other */
#define PFA_LINK_SIBLING	3	/* one from both to a third column */
#define PFA_LINK_SAME		4	/* they are one column */
#define PFA_LINK_STRANGER	5	/* as NONE: primary keys of two tables, numbers
								 * both, equal by chance */

/*
 * PFA_LINK_* of two columns, other than UNKNOWN; a relation that is not known is
 * InvalidOid.  Asks the catalogs, and may throw, only if it was not asked of late.
 */
extern int	pfa_links_find(Oid child, int16 child_attnum, Oid parent, int16 parent_attnum);

extern PFA_LOCAL const Size pfa_links_size; /* bytes */

/*
 * Rows of the relation whose key a foreign key from the other refers to, as ANALYZE
 * counted them, or, if it never did, the server; 0: not known.
 */
extern uint32 pfa_links_rows(Oid child, int16 child_attnum, Oid parent, int16 parent_attnum);

#endif							/* PFA_LINKS_H */
