/*
 * errors.h
 *		What an error is, and sums of errors.
 */
#ifndef PFA_ERRORS_H
#define PFA_ERRORS_H

#include "perfaudit.h"

/* The error that is raised or handled. */
extern PfaFailure pfa_errors_current(void);

/* Why this backend ends, while it does. */
extern PfaFailure pfa_errors_of_exit(void);

extern void pfa_errors_count(PfaErrors *errors, PfaFailure failure);
extern void pfa_errors_merge(PfaErrors *sum, const PfaErrors *errors);

#endif							/* PFA_ERRORS_H */
