/*
 * notice.h
 *		What people are told of a repeat: the client when it crosses its threshold,
 *		the server's log (log.h).
 */
#ifndef PFA_NOTICE_H
#define PFA_NOTICE_H

#include "repeat.h"

/*
 * SQLSTATEs of our own: class PA, which neither the standard nor PostgreSQL uses.
 * PA003 is raised by perfaudit.check().
 */
#define PFA_ERRCODE_REPEAT		MAKE_SQLSTATE('P', 'A', '0', '0', '1')
#define PFA_ERRCODE_DUPLICATE	MAKE_SQLSTATE('P', 'A', '0', '0', '2')

#define PFA_ERRCODE_WRITE		MAKE_SQLSTATE('P', 'A', '0', '0', '4')

typedef struct PfaWords
{
	int			sqlstate;
	const char *message;
	const char *detail;			/* NULL: none */
	const char *hint;
} PfaWords;

/* Whether it is worth telling, by the rules of the detectors. */
extern bool pfa_notice_reports(const PfaRepeat *repeat);

/* A repeat in words, without any value; palloc'd. */
extern void pfa_notice_word(const PfaRepeat *repeat, PfaWords *words);

/*
 * Tells the client of a repeat; with perfaudit.notice = error it does not return,
 * but for writes, which are a warning then.
 */
extern void pfa_notice_repeat(const PfaRepeat *repeat);

#endif							/* PFA_NOTICE_H */
