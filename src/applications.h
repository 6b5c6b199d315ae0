/*
 * applications.h
 *		The applications that perfaudit.ignore_applications names.
 */
#ifndef PFA_APPLICATIONS_H
#define PFA_APPLICATIONS_H

#include "postgres.h"

/*
 * Whether a list of names, separated by commas, has this one.  A name may be in
 * double quotes; one that ends with * stands for all that begin with the rest.
 */
extern bool pfa_applications_have(const char *list, const char *name);

#endif							/* PFA_APPLICATIONS_H */
