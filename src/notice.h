/*
 * notice.h
 *		What the client is told when a repeat crosses its threshold.
 */
#ifndef PFA_NOTICE_H
#define PFA_NOTICE_H

#include "repeat.h"

/* Raises a NOTICE for a repeat, if the session asked for it. */
extern void pfa_notice_repeat(const PfaRepeat *repeat);

#endif							/* PFA_NOTICE_H */
