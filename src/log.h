/*
 * log.h
 *		What the server's log is told of repeats: a line a finding.
 */
#ifndef PFA_LOG_H
#define PFA_LOG_H

#include "repeat.h"

/*
 * Writes a line about a published repeat, if findings would report it and no
 * session has done so since the last reset.  False: it is not worth a line yet.
 */
extern bool pfa_log_repeat(const PfaRepeat *repeat);

extern Size pfa_log_size(void);
extern void pfa_log_init(void *place, bool found);

#endif							/* PFA_LOG_H */
