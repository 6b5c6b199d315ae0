/*
 * settings.c
 *		Every setting, in one table.
 *
 * Sizes are fixed at server start; what is recorded is the superuser's choice;
 * the thresholds of detectors, the notice and the unit's name are the reader's
 * or developer's own.  Must never do anything but define: no other module's
 * state is touched here.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "settings.h"

int			pfa_max_statements;
int			pfa_text_memory;
bool		pfa_enabled;
bool		pfa_track_nested;
bool		pfa_track_utility;
int			pfa_max_text_length;
int			pfa_sample_first;
double		pfa_sample_budget;
bool		pfa_sample_values;
int			pfa_brin_table_size;
int			pfa_advice_hold;
bool		pfa_provenance;
bool		pfa_save;
bool		pfa_advice_notice;
int			pfa_burst_gap;
int			pfa_burst_max_time;
int			pfa_burst_max_statements;
int			pfa_repeat_threshold;
int			pfa_repeat_report;
int			pfa_repeat_report_time;
int			pfa_duplicate_report;
char	   *pfa_unit;
char	   *pfa_ignore_applications;
uint32		pfa_unit_changes;
uint32		pfa_epoch = 1;
uint64		pfa_changes = 2;	/* 0 and 1 are none: see frames.h */
int			pfa_notice;
bool		pfa_log;

/* Thresholds of detectors: read by SQL when a view is read, never by C. */
static int	large_table_rows;
static double scan_kept_share;
static int	slow_statement;
static int	slow_statement_calls;
static int	unbounded_rows;
static int	deep_offset_rows;
static int	unused_index_age;
static int	unused_index_reads;
static int	index_report_size;
static int	large_join_rows;
static int	cacheable_calls;
static int	cacheable_time;
static int	chatty_run;
static int	chatty_statements;
static int	judge_calls;
static int	judge_time;
static int	failing_errors;
static int	spill_size;
static int	sort_rows;
static int	rescan_rows;
static int	misestimate_rows;
static int	index_scan_removed;
static int	planning_overhead_plans;
static int	planning_overhead_time;
static int	jit_overhead_time;
static int	count_rows;
static int	regression_calls;
static int	stale_rows;
static int	stale_age;
int			pfa_row_write_report;
int			pfa_row_write_burst;
int			pfa_row_write_burst_gap;
static int	idle_in_transaction;
static int	idle_single;
static int	row_function_calls;
static double idle_share;
static double regression_factor;
static double misestimate_factor;
static double large_join_factor;
static double cacheable_changes;
static double failing_share;

static const struct config_enum_entry notice_options[] = {
	{"off", PFA_NOTICE_OFF, false},
	{"notice", PFA_NOTICE_NOTICE, false},
	{"warning", PFA_NOTICE_WARNING, false},
	{"error", PFA_NOTICE_ERROR, false},
	{NULL, 0, false}
};

typedef struct BoolSetting
{
	const char *name;
	const char *description;
	bool	   *variable;
	bool		boot;
	GucContext	context;
} BoolSetting;

static const BoolSetting bool_settings[] = {
	{"perfaudit.enabled", "Records statements.",
	&pfa_enabled, true, PGC_SUSET},
	{"perfaudit.track_nested", "Records statements inside functions and triggers too.",
	&pfa_track_nested, true, PGC_SUSET},
	{"perfaudit.track_utility", "Records utility statements.",
	&pfa_track_utility, true, PGC_SUSET},
	{"perfaudit.provenance", "Finds the parent of repeated statements by the values of results.",
	&pfa_provenance, true, PGC_SUSET},
	{"perfaudit.sample_values", "Keeps a few sets of values a statement, in memory, for the index advice.",
	&pfa_sample_values, true, PGC_SUSET},
	{"perfaudit.log", "Writes a line about each finding of repeated statements to the server's log.",
	&pfa_log, false, PGC_SUSET},
	{"perfaudit.advice_notice", "Tells the client once a second how far index advice is.",
	&pfa_advice_notice, false, PGC_USERSET},
	{"perfaudit.save", "Keeps the statistics when the server is shut down, for its next start.",
	&pfa_save, true, PGC_SIGHUP},
};

typedef struct IntSetting
{
	const char *name;
	const char *description;
	int		   *variable;
	int			boot;
	int			min;
	int			max;
	GucContext	context;
	int			flags;
} IntSetting;

static const IntSetting int_settings[] = {
	{"perfaudit.max_statements", "Number of statement shapes kept.",
	&pfa_max_statements, 5000, 256, 1000000, PGC_POSTMASTER, 0},
	{"perfaudit.text_memory", "Shared memory for statement texts.",
	&pfa_text_memory, 7168, 1024, 1024 * 1024, PGC_POSTMASTER, GUC_UNIT_KB},
	{"perfaudit.max_text_length", "Length to which a statement text is kept.",
	&pfa_max_text_length, 8192, 256, 1024 * 1024, PGC_SUSET, GUC_UNIT_BYTE},
	{"perfaudit.sample_first", "Executions of a new plan whose rows are counted at every node.",
	&pfa_sample_first, 3, 0, 1000, PGC_SUSET, 0},
	{"perfaudit.burst_gap", "Longest pause between the statements of one burst outside a transaction.",
	&pfa_burst_gap, 100, 1, 60000, PGC_SUSET, GUC_UNIT_MS},
	{"perfaudit.burst_max_time", "Longest duration of a burst.",
	&pfa_burst_max_time, 5000, 10, 3600000, PGC_SUSET, GUC_UNIT_MS},
	{"perfaudit.burst_max_statements", "Most statements in a burst.",
	&pfa_burst_max_statements, 1000, 10, 1000000, PGC_SUSET, 0},
	{"perfaudit.repeat_threshold", "Executions of one shape in a unit of work from which it counts as a repeat.",
	&pfa_repeat_threshold, 5, 2, 10000, PGC_SUSET, 0},
	{"perfaudit.repeat_report", "Executions in a unit of work from which a repeat is reported.",
	&pfa_repeat_report, 10, 2, 100000, PGC_USERSET, 0},
	{"perfaudit.repeat_report_time", "Execution and waiting time of a repeat in a unit from which it is reported.",
	&pfa_repeat_report_time, 20, 0, 3600000, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.duplicate_report", "Executions with the same values in a unit from which duplicate_statement reports.",
	&pfa_duplicate_report, 5, 2, 100000, PGC_USERSET, 0},
	{"perfaudit.large_table_rows", "Rows an execution reads by sequential scan from which seq_scan_large_table reports.",
	&large_table_rows, 10000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.slow_statement", "95th percentile of execution time from which slow_statement reports.",
	&slow_statement, 100, 1, 3600000, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.slow_statement_calls", "Slow executions from which slow_statement judges a shape.",
	&slow_statement_calls, 5, 1, 1000000, PGC_USERSET, 0},
	{"perfaudit.unbounded_rows", "Rows of a result without LIMIT from which unbounded_result reports.",
	&unbounded_rows, 10000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.deep_offset_rows", "Rows an execution discards by OFFSET from which deep_offset reports.",
	&deep_offset_rows, 10000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.unused_index_age", "Time that an index must be known to have been unused for unused_index to report it.",
	&unused_index_age, 604800, 0, INT_MAX, PGC_USERSET, GUC_UNIT_S},
	{"perfaudit.unused_index_reads", "Reads of the table from which unused_index judges its indexes.",
	&unused_index_reads, 1000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.advice_hold", "Percent that others must gain more to replace an index that was advised before.",
	&pfa_advice_hold, 15, 0, 1000, PGC_USERSET, 0},
	{"perfaudit.brin_table_size", "Size of a table from which BRIN indexes are advised.",
	&pfa_brin_table_size, 1048576, 0, INT_MAX, PGC_USERSET, GUC_UNIT_KB},
	{"perfaudit.index_report_size", "Size of an index from which unused_index and duplicate_index report it.",
	&index_report_size, 1024, 0, INT_MAX, PGC_USERSET, GUC_UNIT_KB},
	{"perfaudit.judge_calls", "Executions of a shape from which what its plans do is judged.",
	&judge_calls, 5, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.judge_time", "Execution time of a shape, in all, from which what its plans do is judged.",
	&judge_time, 100, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.failing_errors", "Failures of a shape from which failing_statement judges it.",
	&failing_errors, 10, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.spill_size", "Size that an execution writes to temporary files from which spill_to_disk reports.",
	&spill_size, 4096, 1, INT_MAX, PGC_USERSET, GUC_UNIT_KB},
	{"perfaudit.sort_rows", "Rows an execution sorts to return a few, from which sort_without_index reports.",
	&sort_rows, 10000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.rescan_rows", "Rows an execution reads by scanning a table again and again, from which nested_loop_rescan reports.",
	&rescan_rows, 100000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.misestimate_rows", "Rows of a node in an execution from which row_misestimate judges it.",
	&misestimate_rows, 1000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.cacheable_calls", "Executions of a statement from which cacheable_statement judges it.",
	&cacheable_calls, 1000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.cacheable_time", "Execution time of a statement in all from which cacheable_statement judges it.",
	&cacheable_time, 20, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.chatty_run", "Aggregates, or look-ups by lists, one after the other in a unit of work, from which chatty_unit reports.",
	&chatty_run, 6, 2, 100000, PGC_USERSET, 0},
	{"perfaudit.chatty_statements", "Statements of many shapes in a unit of work from which chatty_unit reports.",
	&chatty_statements, 50, 2, 1000000, PGC_USERSET, 0},
	{"perfaudit.large_join_rows", "Rows of a result from which large_eager_join judges it.",
	&large_join_rows, 1000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.index_scan_removed", "Rows an execution fetches by an index and throws away, from which inefficient_index_scan reports.",
	&index_scan_removed, 1000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.planning_overhead_plans", "Times planned from which planning_overhead judges a shape.",
	&planning_overhead_plans, 100, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.planning_overhead_time", "Mean planning time from which planning_overhead reports.",
	&planning_overhead_time, 2, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.jit_overhead_time", "Mean time of compiling from which jit_overhead reports.",
	&jit_overhead_time, 5, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.count_rows", "Rows an execution counts, from which expensive_count reports.",
	&count_rows, 100000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.regression_calls", "Executions of the new and of the former plan from which plan_regression compares them.",
	&regression_calls, 20, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.stale_rows", "Rows changed since a table was analyzed from which stale_statistics reports.",
	&stale_rows, 10000, 1, INT_MAX, PGC_USERSET, 0},
	{"perfaudit.stale_age", "Time since a table was analyzed from which stale_statistics reports.",
	&stale_age, 1440, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MIN},
	{"perfaudit.row_write_report", "Writes of one row in a transaction from which row_by_row_write reports.",
	&pfa_row_write_report, 10, 2, 100000, PGC_USERSET, 0},
	{"perfaudit.row_write_burst", "Writes of one row in a burst outside of a transaction from which row_by_row_write reports.",
	&pfa_row_write_burst, 50, 2, 100000, PGC_USERSET, 0},
	{"perfaudit.row_write_burst_gap", "Mean pause before such a write in a burst up to which row_by_row_write reports.",
	&pfa_row_write_burst_gap, 10, 0, 60000, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.idle_in_transaction", "Time that a transaction waits for its client, in pauses, from which idle_in_transaction reports.",
	&idle_in_transaction, 1000, 0, 20000, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.idle_single", "Time that one transaction alone waits for its client, from which idle_in_transaction may be above low.",
	&idle_single, 60000, 0, INT_MAX, PGC_USERSET, GUC_UNIT_MS},
	{"perfaudit.row_function_calls", "Executions inside one of the calling statement, on average, from which row_by_row_function reports.",
	&row_function_calls, 100, 2, INT_MAX, PGC_USERSET, 0},
};

/* What is compared with it need not be compared at every statement. */
static void
unit_was_set(const char *value, void *extra)
{
	pfa_unit_changes++;
	pfa_changes++;
}

static void
switch_was_set(bool value, void *extra)
{
	pfa_changes++;
}

/* What was kept without them is to be kept with them. */
static void
values_were_set(bool value, void *extra)
{
	pfa_settings_forget_stored();
}

static void
notice_was_set(int value, void *extra)
{
	pfa_changes++;
}

static void
sampling_was_set(double value, void *extra)
{
	pfa_settings_forget_stored();
}

static void
define_others(void)
{
	DefineCustomRealVariable("perfaudit.sample_budget",
							 "Share of run time that counting rows at every node may cost.",
							 "0 counts only the first executions of a plan, 1 counts all.",
							 &pfa_sample_budget, 0.005, 0.0, 1.0,
							 PGC_SUSET, 0, NULL, sampling_was_set, NULL);
	DefineCustomRealVariable("perfaudit.scan_kept_share",
							 "Share of rows kept up to which a sequential scan is reported.",
							 NULL,
							 &scan_kept_share, 0.1, 0.0, 1.0,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("perfaudit.failing_share",
							 "Share of executions that fail from which failing_statement reports.",
							 NULL,
							 &failing_share, 0.05, 0.0, 1.0,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("perfaudit.misestimate_factor",
							 "Actual rows divided by expected rows from which row_misestimate reports.",
							 NULL,
							 &misestimate_factor, 50, 1, 1e9,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("perfaudit.cacheable_changes",
							 "Rows changed in a table an execution up to which cacheable_statement takes it to change hardly ever.",
							 NULL,
							 &cacheable_changes, 0.01, 0, 1,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("perfaudit.large_join_factor",
							 "Rows returned divided by rows that separate statements would return, from which large_eager_join reports.",
							 NULL,
							 &large_join_factor, 3, 1, 1e9,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("perfaudit.idle_share",
							 "Share that such pauses have in the time of all transactions from which idle_in_transaction reports.",
							 NULL,
							 &idle_share, 0.1, 0.0, 1.0,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable("perfaudit.regression_factor",
							 "Mean time of the new plan divided by the former's from which plan_regression reports.",
							 NULL,
							 &regression_factor, 2, 1, 1e9,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("perfaudit.unit",
							   "Name of the current unit of work: a request, a job, a test.",
							   "A change ends the current unit, also inside a transaction.",
							   &pfa_unit, "", PGC_USERSET, 0, NULL, unit_was_set, NULL);
	DefineCustomStringVariable("perfaudit.ignore_applications",
							   "Applications whose units of work are not judged.",
							   "Names, separated by commas; a * at the end of a name stands for anything.",
							   &pfa_ignore_applications, "", PGC_SUSET, GUC_LIST_INPUT,
							   NULL, NULL, NULL);
	DefineCustomEnumVariable("perfaudit.notice",
							 "Tells the client about a repeated statement as it happens.",
							 "error makes the statement fail that repeats too often.",
							 &pfa_notice, PFA_NOTICE_OFF, notice_options,
							 PGC_USERSET, 0, NULL, notice_was_set, NULL);
}

void
pfa_settings_define(void)
{
	for (int i = 0; i < lengthof(bool_settings); i++)
	{
		const BoolSetting *s = &bool_settings[i];

		DefineCustomBoolVariable(s->name, s->description, NULL, s->variable,
								 s->boot, s->context, 0, NULL,
								 s->variable == &pfa_sample_values ? values_were_set : switch_was_set,
								 NULL);
	}
	for (int i = 0; i < lengthof(int_settings); i++)
	{
		const IntSetting *s = &int_settings[i];

		DefineCustomIntVariable(s->name, s->description, NULL, s->variable,
								s->boot, s->min, s->max, s->context, s->flags,
								NULL, NULL, NULL);
	}
	define_others();
	MarkGUCPrefixReserved("perfaudit");
}
