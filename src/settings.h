/*
 * settings.h
 *		Every setting of perfaudit.  The table in settings.c is the one source:
 *		the server's settings, the README and the view detectors are made from or
 *		checked against it.
 */
#ifndef PFA_SETTINGS_H
#define PFA_SETTINGS_H

#include "perfaudit.h"

typedef enum PfaNotice
{
	PFA_NOTICE_OFF,
	PFA_NOTICE_NOTICE
} PfaNotice;

/* sizes, fixed at server start */
extern int	pfa_max_statements; /* shapes kept */
extern int	pfa_text_memory;	/* kB for texts */

/* recording */
extern bool pfa_enabled;
extern bool pfa_track_nested;
extern bool pfa_track_utility;
extern int	pfa_max_text_length;	/* bytes of one text */
extern int	pfa_sample_first;	/* executions of a new plan always sampled */
extern double pfa_sample_budget;	/* share of run time for row
									 * instrumentation */
extern bool pfa_sample_values;

/* the unit of work */
extern bool pfa_provenance;
extern int	pfa_burst_gap;		/* ms */
extern int	pfa_burst_max_time; /* ms */
extern int	pfa_burst_max_statements;
extern int	pfa_repeat_threshold;	/* executions in a unit */
extern int	pfa_repeat_report;	/* executions from which it is told */
extern int	pfa_repeat_report_time; /* ms from which it is told */
extern char *pfa_unit;
extern int	pfa_notice;			/* PfaNotice */

/* Defines all settings and reserves the prefix; from _PG_init only. */
extern void pfa_settings_define(void);

#endif							/* PFA_SETTINGS_H */
