/*
 * delay.c
 *		How long a library that is preloaded between two copies of this one keeps
 *		each statement: DELAY_OUTER is called first and stops the clock for the
 *		library, DELAY_INNER is called by it and stops the clock of the server.
 *
 * For bench/delays only.  What the library does between a statement's rows is
 * not seen, nor at the end of a transaction or a session.
 */
#include "postgres.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fmgr.h"
#include "parser/analyze.h"
#include "storage/ipc.h"
#include "tcop/utility.h"

#include "compat.h"

PG_MODULE_MAGIC;

#define BUCKETS	40				/* powers of two of nanoseconds */

typedef struct Moment
{
	int64		cpu;			/* ns that this process ran */
	int64		wall;			/* ns */
	int64		waits;			/* times it gave up its processor by itself */
} Moment;

/* What one copy tells the other: when the server's part began and ended. */
typedef struct Shared
{
	Moment	   *begin;
	Moment	   *end;
} Shared;

static Shared **shared;

static void
stamp(Moment *moment)
{
	struct timespec cpu;
	struct timespec wall;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	clock_gettime(CLOCK_MONOTONIC, &wall);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	moment->cpu = cpu.tv_sec * INT64CONST(1000000000) + cpu.tv_nsec;
	moment->wall = wall.tv_sec * INT64CONST(1000000000) + wall.tv_nsec;
	moment->waits = usage.ru_nvcsw;
}

#ifdef DELAY_OUTER
static Moment statement;		/* sums, of the statement that runs */
static int	depth;
static int	hooked = -1;		/* process that will write its figures */
static int64 statements;
static int64 waited;			/* statements that waited in the library */
static int64 cpu_counts[BUCKETS];
static int64 wall_counts[BUCKETS];
static Moment longest;
static int64 total_cpu;
static int64 longest_wait;

static int
bucket(int64 ns)
{
	int			n = 0;

	while (n < BUCKETS - 1 && ns >= (INT64CONST(1) << n))
		n++;
	return n;
}

static void
write_figures(int code, Datum arg)
{
	FILE	   *file;

	if (hooked != getpid() || statements == 0)
		return;
	file = fopen(psprintf("delays.%d", hooked), "w");
	if (file == NULL)
		return;
	fprintf(file, "statements %lld\ntotal_cpu %lld\nlongest_cpu %lld\nlongest_wall %lld\nwaited %lld\nlongest_wait %lld\n",
			(long long) statements, (long long) total_cpu, (long long) longest.cpu, (long long) longest.wall,
			(long long) waited, (long long) longest_wait);
	for (int i = 0; i < BUCKETS; i++)
	{
		if (cpu_counts[i] > 0)
			fprintf(file, "cpu %d %lld\n", i, (long long) cpu_counts[i]);
		if (wall_counts[i] > 0)
			fprintf(file, "wall %d %lld\n", i, (long long) wall_counts[i]);
	}
	fclose(file);
}

static void
statement_over(void)
{
	if (depth > 0)
		return;
	if (hooked != getpid())
	{
		/* not counted: the first of a session attaches to shared memory */
		hooked = getpid();
		on_proc_exit(write_figures, 0);
	}
	else
	{
		statements++;
		total_cpu += statement.cpu;
		cpu_counts[bucket(statement.cpu)]++;
		wall_counts[bucket(statement.wall)]++;
		longest.cpu = Max(longest.cpu, statement.cpu);
		longest.wall = Max(longest.wall, statement.wall);
		if (statement.waits > 0)
		{
			waited++;
			longest_wait = Max(longest_wait, statement.wall);
		}
	}
	memset(&statement, 0, sizeof(statement));
}

static void
add(const Moment *from, const Moment *to)
{
	statement.cpu += to->cpu - from->cpu;
	statement.wall += to->wall - from->wall;
	statement.waits += to->waits - from->waits;
}

#define AROUND(call) \
	do { \
		Shared		outside = **shared; \
		Moment		t0, t1 = {0}, t2 = {0}, t3; \
		(*shared)->begin = &t1; \
		(*shared)->end = &t2; \
		stamp(&t0); \
		call; \
		stamp(&t3); \
		**shared = outside; \
		add(&t0, &t1); \
		add(&t2, &t3); \
	} while (0)
#else
#define AROUND(call) \
	do { \
		Shared		here = **shared; \
		stamp(here.begin); \
		call; \
		stamp(here.end); \
	} while (0)
#endif

static post_parse_analyze_hook_type prev_post_parse;
static planner_hook_type prev_planner;
static ExecutorStart_hook_type prev_start;
static ExecutorRun_hook_type prev_run;
static ExecutorFinish_hook_type prev_finish;
static ExecutorEnd_hook_type prev_end;
static ProcessUtility_hook_type prev_utility;

static void
post_parse(PFA_POST_PARSE_PARAMS)
{
	AROUND(if (prev_post_parse) prev_post_parse(pstate, query, jstate));
}

static PlannedStmt *
planner_entry(PFA_PLANNER_PARAMS)
{
	PlannedStmt *result;

	AROUND(result = prev_planner ? prev_planner(PFA_PLANNER_ARGS) : standard_planner(PFA_PLANNER_ARGS));
	return result;
}

static void
start(QueryDesc *queryDesc, int eflags)
{
	AROUND(if (prev_start) prev_start(queryDesc, eflags); else standard_ExecutorStart(queryDesc, eflags));
}

static void
run(PFA_EXECUTOR_RUN_PARAMS)
{
#ifdef DELAY_OUTER
	depth++;
	PG_TRY();
#endif
	{
		AROUND(if (prev_run) prev_run(PFA_EXECUTOR_RUN_ARGS); else standard_ExecutorRun(PFA_EXECUTOR_RUN_ARGS));
	}
#ifdef DELAY_OUTER
	PG_FINALLY();
	{
		depth--;
	}
	PG_END_TRY();
#endif
}

static void
finish(QueryDesc *queryDesc)
{
	AROUND(if (prev_finish) prev_finish(queryDesc); else standard_ExecutorFinish(queryDesc));
}

static void
end(QueryDesc *queryDesc)
{
	AROUND(if (prev_end) prev_end(queryDesc); else standard_ExecutorEnd(queryDesc));
#ifdef DELAY_OUTER
	statement_over();
#endif
}

static void
utility(PFA_UTILITY_PARAMS)
{
#ifdef DELAY_OUTER
	depth++;
	PG_TRY();
#endif
	{
		AROUND(if (prev_utility) prev_utility(PFA_UTILITY_ARGS); else standard_ProcessUtility(PFA_UTILITY_ARGS));
	}
#ifdef DELAY_OUTER
	PG_FINALLY();
	{
		depth--;
	}
	PG_END_TRY();
	statement_over();
#endif
}

void
_PG_init(void)
{
	static Shared both;

	shared = (Shared **) find_rendezvous_variable("perfaudit_delay");
	if (*shared == NULL)
		*shared = &both;
	prev_post_parse = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse;
	prev_planner = planner_hook;
	planner_hook = planner_entry;
	prev_start = ExecutorStart_hook;
	ExecutorStart_hook = start;
	prev_run = ExecutorRun_hook;
	ExecutorRun_hook = run;
	prev_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish;
	prev_end = ExecutorEnd_hook;
	ExecutorEnd_hook = end;
	prev_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility;
}
