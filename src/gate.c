/*
 * gate.c
 *		Whether any recorded statement could be a finding of a kind at all.
 *
 * Most kinds find nothing most of the time; to see that from a few figures of
 * each statement costs less than to plan a detector.  Facts are compared with
 * thresholds as the detector's own conditions are, which decide; nothing is
 * decided here.
 *
 * Locks: none held; what reader.h says while it reads.
 */
#include "postgres.h"

#include <math.h>

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "gate.h"
#include "reader.h"

#define MANY	500				/* statements */

typedef enum GateFact
{
	CALLS,
	ERRORS,
	EXEC_TIME,
	MAX_EXEC_TIME,
	PLANS,
	MEAN_PLAN_TIME,
	JIT_CALLS,
	TEMP_BLOCKS,
	UNBOUNDED_ROWS,
	OFFSET_ROWS,
	ROWS_SCANNED,
	MEAN_ROWS,
	COUNTS,
	ORDINARY,
	REPEATS,
	GATE_FACTS					/* count, last */
} GateFact;

/*
 * As in statement_facts(), but for mean_plan_time (ms) and rows_scanned: of users'
 * tables, sequentially, an execution; mean_rows: returned or changed by one;
 * ordinary: neither utility nor of catalogs alone; repeats: of it, or caused by
 * it, in units of work.
 */
static const char *const fact_names[] = {
	"calls", "errors", "total_exec_time", "max_exec_time", "plans", "mean_plan_time",
	"jit_calls", "temp_blks_written", "unbounded_rows_max", "offset_rows_max", "rows_scanned",
	"mean_rows", "counts", "ordinary", "repeats"
};

typedef struct GateRow
{
	uint64		shape;
	double		facts[GATE_FACTS];
} GateRow;

/* The facts, as long as the query lives that they were read for. */
typedef struct PfaGate
{
	MemoryContext query;
	Oid			userid;			/* who sees these */
	GateRow    *rows;
	int			n;
	int			room;
	bool		complete;
	MemoryContextCallback forget;
	struct PfaGate *next;
} PfaGate;

static PfaGate *gates;

const PfaWanted *pfa_gate_through;

static void
forget(void *arg)
{
	PfaGate   **link = &gates;

	while (*link && *link != arg)
		link = &(*link)->next;
	if (*link)
		*link = (*link)->next;
}

static void
add_statement(PfaReadStatement *read, void *with)
{
	PfaGate    *gate = with;
	const PfaSharedStatement *s = &read->s;
	const PfaCounters *c = &s->counters;
	double	   *facts;
	uint64		scanned = 0;

	if (!pfa_reader_may_see(s->key.userid))
		return;
	if (gate->n == gate->room)
	{
		gate->room *= 2;
		gate->rows = repalloc_huge(gate->rows, sizeof(GateRow) * gate->room);
	}
	for (int i = 0; i < s->nscans; i++)
	{
		if (s->scans[i].relid >= FirstNormalObjectId)
			scanned += s->scans[i].rows;
	}
	gate->rows[gate->n].shape = s->key.shape;
	facts = gate->rows[gate->n++].facts;
	facts[CALLS] = c->calls;
	facts[ERRORS] = c->errors;
	facts[EXEC_TIME] = c->exec_ns / 1e6;
	facts[MAX_EXEC_TIME] = c->exec_max_ns / 1e6;
	facts[PLANS] = c->plans;
	facts[MEAN_PLAN_TIME] = c->plans > 0 ? c->plan_ns / 1e6 / c->plans : 0;
	facts[JIT_CALLS] = c->jit_calls;
	facts[TEMP_BLOCKS] = c->temp_written;
	facts[UNBOUNDED_ROWS] = c->sent_max;
	facts[OFFSET_ROWS] = c->offset_max;
	facts[ROWS_SCANNED] = (double) scanned / Max(c->calls, 1);
	facts[MEAN_ROWS] = (double) c->rows / Max(c->calls, 1);
	facts[COUNTS] = (s->flags & PFA_FLAG_COUNT) != 0;
	facts[REPEATS] = 0;
	facts[ORDINARY] = s->operation != PFA_OP_UTILITY && (s->flags & PFA_FLAG_CATALOG) == 0;
}

static int
compare_rows(const void *a, const void *b)
{
	return pfa_reader_compare_shapes(&((const GateRow *) a)->shape, &((const GateRow *) b)->shape);
}

/* A repeat of a shape, whoever runs it; the rows are sorted. */
static void
add_repeat(PfaGate *gate, uint64 shape)
{
	GateRow		key = {.shape = shape};
	GateRow    *row = bsearch(&key, gate->rows, gate->n, sizeof(GateRow), compare_rows);

	if (row == NULL)
		return;
	while (row > gate->rows && row[-1].shape == shape)
		row--;
	for (; row < gate->rows + gate->n && row->shape == shape; row++)
		row->facts[REPEATS]++;
}

static void
add_repeats(PfaGate *gate)
{
	qsort(gate->rows, gate->n, sizeof(GateRow), compare_rows);
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		ListCell   *lc;

		foreach(lc, pfa_reader_repeats(p, MyDatabaseId))
		{
			const PfaSharedRepeat *repeat = lfirst(lc);

			add_repeat(gate, repeat->id.child.shape);
			if (repeat->id.parent != 0)
				add_repeat(gate, repeat->id.parent);
		}
	}
}

static PfaGate *
get_gate(MemoryContext query)
{
	PfaGate    *gate;

	for (gate = gates; gate; gate = gate->next)
	{
		if (gate->query == query && gate->userid == GetUserId() && gate->complete)
			return gate;
	}
	gate = MemoryContextAllocZero(query, sizeof(PfaGate));
	gate->query = query;
	gate->userid = GetUserId();
	gate->room = 1024;
	gate->rows = MemoryContextAlloc(query, sizeof(GateRow) * gate->room);
	gate->next = gates;
	gates = gate;
	gate->forget.func = forget;
	gate->forget.arg = gate;
	MemoryContextRegisterResetCallback(query, &gate->forget);
	pfa_reader_each(MyDatabaseId, 0, NULL, add_statement, gate);
	add_repeats(gate);
	gate->complete = true;
	return gate;
}

/* "fact>=setting", or a number instead of the setting. */
static void
parse(const char *need, GateFact *fact, double *least)
{
	const char *sign = strstr(need, ">=");
	char	   *end;

	*fact = 0;
	while (sign && *fact < GATE_FACTS &&
		   (strlen(fact_names[*fact]) != sign - need ||
			strncmp(need, fact_names[*fact], sign - need) != 0))
		(*fact)++;
	if (sign == NULL || *fact == GATE_FACTS)
		elog(ERROR, "perfaudit: \"%s\" is no condition of a detector", need);
	*least = strtod(sign + 2, &end);
	if (*end)
		*least = strtod(GetConfigOption(psprintf("perfaudit.%s", sign + 2), false, false), NULL);
}

bool
pfa_gate_open(MemoryContext query, ArrayType *needs, PfaWanted *through)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
	GateFact	facts[GATE_FACTS];
	double		least[GATE_FACTS];
	PfaGate    *gate;
	uint64	   *shapes;

	deconstruct_array(needs, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &n);
	memset(through, 0, sizeof(*through));
	if (n == 0)
		return true;
	if (n > GATE_FACTS)
		elog(ERROR, "perfaudit: a detector has more than %d conditions", GATE_FACTS);
	for (int i = 0; i < n; i++)
	{
		parse(nulls[i] ? "" : TextDatumGetCString(values[i]), &facts[i], &least[i]);
		/* the detector may round otherwise */
		least[i] -= fabs(least[i]) * 1e-9;
	}
	gate = get_gate(query);
	/* ascending, as the rows are */
	through->shapes = shapes = palloc(sizeof(uint64) * Max(gate->n, 1));
	for (int row = 0; row < gate->n; row++)
	{
		int			i = 0;

		while (i < n && gate->rows[row].facts[facts[i]] >= least[i])
			i++;
		if (i == n)
			shapes[through->n++] = gate->rows[row].shape;
	}
	if (through->n == 0)
		return false;
	/* of very many, all are read, once for all detectors */
	if (through->n > MANY)
		through->n = 0;
	return true;
}
