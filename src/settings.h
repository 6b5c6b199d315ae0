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
	PFA_NOTICE_NOTICE,
	PFA_NOTICE_WARNING,
	PFA_NOTICE_ERROR
} PfaNotice;

/* sizes, fixed at server start */
extern PFA_LOCAL int pfa_max_statements;	/* shapes kept */
extern PFA_LOCAL int pfa_text_memory;	/* kB for texts */

/* recording */
extern PFA_LOCAL bool pfa_enabled;
extern PFA_LOCAL bool pfa_track_nested;
extern PFA_LOCAL bool pfa_track_utility;
extern PFA_LOCAL int pfa_max_text_length;	/* bytes of one text */
extern PFA_LOCAL int pfa_sample_first;	/* executions of a new plan always
										 * sampled */
extern PFA_LOCAL double pfa_sample_budget;	/* share of run time for row
											 * instrumentation */
extern PFA_LOCAL bool pfa_sample_values;
extern PFA_LOCAL int pfa_brin_table_size;
extern PFA_LOCAL int pfa_advice_hold;	/* percent */
extern PFA_LOCAL bool pfa_save; /* at shutdown, for the next start */
extern PFA_LOCAL bool pfa_advice_notice;	/* tells how far advice is */

/*
 * Grows when what this backend remembers of statements, plans and texts in the
 * store may be true no more: by a setting, a reset, an eviction.
 */
extern PFA_LOCAL uint32 pfa_epoch;

/*
 * Grows with that, and whenever else a statement that runs again may not go on as
 * it did: a shape, a plan or what waits in the slab changed its place, a plan was
 * made, a unit of work began or took up a shape, a setting was set.
 */
extern PFA_LOCAL uint64 pfa_changes;

static inline void
pfa_settings_forget_stored(void)
{
	pfa_epoch++;
	pfa_changes++;
}

/* the unit of work */
extern PFA_LOCAL bool pfa_provenance;
extern PFA_LOCAL int pfa_burst_gap; /* ms */
extern PFA_LOCAL int pfa_burst_max_time;	/* ms */
extern PFA_LOCAL int pfa_burst_max_statements;
extern PFA_LOCAL int pfa_repeat_threshold;	/* executions in a unit */
extern PFA_LOCAL int pfa_repeat_report; /* executions from which it is told */
extern PFA_LOCAL int pfa_repeat_report_time;	/* ms from which it is told */
extern PFA_LOCAL int pfa_row_write_report;	/* the same, of writes */
extern PFA_LOCAL int pfa_row_write_burst;	/* in a burst, if... */
extern PFA_LOCAL int pfa_row_write_burst_gap;	/* ...no longer between, ms */
extern PFA_LOCAL int pfa_duplicate_report;	/* the same, with the same values */
extern PFA_LOCAL char *pfa_unit;
extern PFA_LOCAL char *pfa_ignore_applications; /* names, with commas */
extern PFA_LOCAL uint32 pfa_unit_changes;	/* times that it was set */
extern PFA_LOCAL int pfa_notice;	/* PfaNotice */
extern PFA_LOCAL bool pfa_log;

/* Defines all settings and reserves the prefix; from _PG_init only. */
extern void pfa_settings_define(void);

#endif							/* PFA_SETTINGS_H */
