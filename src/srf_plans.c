/*
 * srf_plans.c
 *		Plans, their nodes and predicates, as rows.
 *
 * Only of statements whose role the reader may see.  Decides nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "compat.h"
#include "histogram.h"
#include "plan_text.h"
#include "reader.h"
#include "srf.h"

PFA_SQL_FUNCTION(perfaudit_plan_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_node_facts_1_0);
PFA_SQL_FUNCTION(perfaudit_predicate_facts_1_0);

static const char *const pred_names[PFA_PRED_KINDS] = {
	"filter", "index", "join", "group", "sort", "outer"
};

typedef void (*PlanEmitter) (PfaRow *row, const PfaReadStatement *read, int which);

typedef struct PlanRows
{
	PfaRow		row;
	PlanEmitter emit;
} PlanRows;

static void
put_plans(PfaReadStatement *read, void *with)
{
	PlanRows   *rows = with;

	if (!pfa_reader_may_see(read->s.key.userid))
		return;
	for (int which = 0; which < read->nplans; which++)
		rows->emit(&rows->row, read, which);
}

/* The shapes of an argument, sorted. */
static void
get_wanted(ArrayType *array, PfaWanted *wanted)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
	uint64	   *shapes;

	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &values, &nulls, &n);
	shapes = palloc(sizeof(uint64) * Max(n, 1));
	wanted->n = 0;
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			shapes[wanted->n++] = (uint64) DatumGetInt64(values[i]);
	}
	qsort(shapes, wanted->n, sizeof(uint64), pfa_reader_compare_shapes);
	wanted->shapes = shapes;
}

/* Plans of all statements, or of the shapes in the argument. */
static void
each_plan(FunctionCallInfo fcinfo, PlanEmitter emit, bool keep)
{
	PlanRows	rows;
	PfaWanted	wanted;
	Oid			userid = GetUserId();

	pfa_srf_begin(fcinfo, &rows.row);
	/* several detectors ask in one query */
	if (keep && PG_NARGS() == 0 && pfa_srf_again(&rows.row, &userid, sizeof(userid)))
		return;
	rows.emit = emit;
	if (PG_NARGS() > 0)
		get_wanted(PG_GETARG_ARRAYTYPE_P(0), &wanted);
	pfa_reader_each(MyDatabaseId, PFA_READ_PLANS, PG_NARGS() > 0 ? &wanted : NULL,
					put_plans, &rows);
	pfa_srf_complete(&rows.row);
}

static void
put_percentiles(PfaRow *row, const PfaSharedPlan *plan)
{
	static const double fractions[] = {0.5, 0.95};
	double		percentiles[lengthof(fractions)];
	uint32		buckets[PFA_HIST_BUCKETS / PFA_HIST_COARSE];

	for (int i = 0; i < lengthof(buckets); i++)
		buckets[i] = plan->hist[i];
	pfa_hist_quantiles(buckets, PFA_HIST_COARSE, fractions, percentiles,
					   lengthof(fractions), 0, plan->exec_max_ns / 1e6);
	for (int i = 0; i < lengthof(fractions); i++)
		pfa_srf_float(row, percentiles[i]);
}

static void
emit_plan(PfaRow *row, const PfaReadStatement *read, int which)
{
	const PfaSharedPlan *plan = &read->plans[which];

	pfa_srf_key(row, &read->s.key);
	pfa_srf_id(row, plan->facts.plan_id);
	pfa_srf_bool(row, which == 0);
	pfa_srf_int(row, plan->calls);
	pfa_srf_ms(row, plan->exec_ns);
	pfa_srf_float(row, plan->calls > 0 ? plan->exec_ns / 1e6 / plan->calls : 0);
	pfa_srf_ms(row, plan->exec_max_ns);
	pfa_srf_float(row, plan->facts.est_cost);
	pfa_srf_int(row, plan->facts.sampled);
	pfa_srf_bool(row, plan->facts.truncated);
	pfa_srf_time(row, plan->first_seen);
	pfa_srf_time(row, plan->last_seen);
	pfa_srf_text(row, pfa_plan_text(&plan->facts));
	put_percentiles(row, plan);
	pfa_srf_int(row, plan->generic);
	pfa_srf_emit(row);
}

static void
put_if(PfaRow *row, bool known, uint32 count)
{
	if (known)
		pfa_srf_int(row, count);
	else
		pfa_srf_null(row);
}

static void
put_free_counts(PfaRow *row, const PfaNode *node, bool sampled)
{
	bool		cache = node->type == PFA_NODE_MEMOIZE;
	bool		heap = node->type == PFA_NODE_BITMAP_HEAP_SCAN;
	bool		spill = !cache && !heap && !pfa_node_reads_all(node);

	pfa_srf_int(row, spill ? node->of.spill.times : 0);
	pfa_srf_int(row, spill ? node->of.spill.max_kb : 0);
	put_if(row, cache && sampled, node->of.cache.hits);
	put_if(row, cache && sampled, node->of.cache.misses);
	put_if(row, cache && sampled, node->evictions);
	put_if(row, heap && sampled, node->of.heap.exact);
	put_if(row, heap && sampled, node->of.heap.lossy);
}

static void
emit_nodes(PfaRow *row, const PfaReadStatement *read, int which)
{
	const PfaPlanFacts *facts = &read->plans[which].facts;
	const char *paths[PFA_MAX_NODES];

	for (int i = 0; i < facts->nnodes; i++)
	{
		const PfaNode *node = &facts->nodes[i];
		const PfaNode *parent = node->parent >= 0 ? &facts->nodes[node->parent] : NULL;

		/* parents come before their children */
		paths[i] = pfa_plan_text_node(node->type);
		if (parent)
			paths[i] = psprintf("%s/%s", paths[node->parent], paths[i]);
		pfa_srf_key(row, &read->s.key);
		pfa_srf_id(row, facts->plan_id);
		pfa_srf_bool(row, which == 0);
		pfa_srf_int4(row, i);
		if (parent)
			pfa_srf_int4(row, node->parent);
		else
			pfa_srf_null(row);
		pfa_srf_text(row, pfa_plan_text_node(node->type));
		pfa_srf_oid(row, node->relid);
		pfa_srf_oid(row, node->indexid);
		pfa_srf_float(row, node->est_rows);
		pfa_srf_float(row, node->est_cost);
		pfa_srf_int(row, facts->sampled);
		if (facts->sampled > 0)
		{
			pfa_srf_float(row, node->rows);
			pfa_srf_float(row, node->loops);
			pfa_srf_float(row, node->removed);
		}
		else
		{
			pfa_srf_null(row);
			pfa_srf_null(row);
			pfa_srf_null(row);
		}
		put_free_counts(row, node, facts->sampled > 0);
		pfa_srf_text(row, paths[i]);
		pfa_srf_bool(row, (node->flags & PFA_NODE_INNER) != 0);
		if (parent && facts->sampled > 0)
			pfa_srf_float(row, parent->rows);
		else
			pfa_srf_null(row);
		if (parent && facts->sampled > 0)
			pfa_srf_float(row, parent->removed);
		else
			pfa_srf_null(row);
		put_if(row, facts->sampled > 0 && pfa_node_reads_all(node), node->of.scan.searched);
		pfa_srf_emit(row);
	}
}

/* Rows that a condition's node has read and kept, and in how many executions. */
static void
put_rows_of_node(PfaRow *row, const PfaPlanFacts *facts, int node)
{
	bool		kept = node < facts->nnodes;

	if (kept && facts->sampled > 0)
	{
		pfa_srf_float(row, facts->nodes[node].rows + facts->nodes[node].removed);
		pfa_srf_float(row, facts->nodes[node].rows);
	}
	else
	{
		pfa_srf_null(row);
		pfa_srf_null(row);
	}
	if (kept)
		pfa_srf_int(row, facts->sampled);
	else
		pfa_srf_null(row);
}

/* The column that it is compared with. */
static void
put_other_column(PfaRow *row, const PfaPlanFacts *facts, const PfaPred *pred)
{
	if (pred->other == 0)
	{
		pfa_srf_null(row);
		pfa_srf_null(row);
		return;
	}
	pfa_srf_oid(row, facts->preds[pred->other - 1].relid);
	pfa_srf_int4(row, facts->preds[pred->other - 1].attnum);
}

static void
emit_predicates(PfaRow *row, const PfaReadStatement *read, int which)
{
	const PfaPlanFacts *facts = &read->plans[which].facts;

	for (int i = 0; i < facts->npreds; i++)
	{
		const PfaPred *pred = &facts->preds[i];

		if (pred->kind == PFA_PRED_OUTER)
			continue;
		pfa_srf_key(row, &read->s.key);
		pfa_srf_id(row, facts->plan_id);
		pfa_srf_bool(row, which == 0);
		if (pred->node < facts->nnodes)
			pfa_srf_int4(row, pred->node);
		else
			pfa_srf_null(row);
		pfa_srf_text(row, pred_names[pred->kind]);
		pfa_srf_oid(row, pred->relid);
		pfa_srf_int4(row, pred->attnum);
		pfa_srf_oid(row, pred->funcid);
		pfa_srf_oid(row, pred->opno);
		pfa_srf_int4(row, pred->position);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_DESC) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_LIST) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_NULLTEST) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_INSIDE_OR) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_NEGATED) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_NULLS_FIRST) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_LITERAL) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_PARAM) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_COLLATED) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_PREFIX) != 0);
		put_rows_of_node(row, facts, pred->node);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_UNANCHORED) != 0);
		put_other_column(row, facts, pred);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_NESTED) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_POSITION) != 0);
		pfa_srf_bool(row, (pred->flags & PFA_PRED_OPEN_OR) != 0);
		pfa_srf_emit(row);
	}
}

Datum
perfaudit_plan_facts_1_0(PG_FUNCTION_ARGS)
{
	each_plan(fcinfo, emit_plan, false);
	return (Datum) 0;
}

Datum
perfaudit_node_facts_1_0(PG_FUNCTION_ARGS)
{
	each_plan(fcinfo, emit_nodes, true);
	return (Datum) 0;
}

Datum
perfaudit_predicate_facts_1_0(PG_FUNCTION_ARGS)
{
	each_plan(fcinfo, emit_predicates, true);
	return (Datum) 0;
}
