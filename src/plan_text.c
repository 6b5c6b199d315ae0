/*
 * plan_text.c
 *		A recorded plan in words: its nodes as a tree, with their conditions,
 *		what the planner expected and what sampled executions counted.
 *
 * Made of facts alone, for the reader and in his own statement: no execution
 * pays for it, nothing is stored, and no constant can be in it, since facts have
 * none.  What is compared with a column is shown as "?", or "..." when it is an
 * expression.
 *
 * Must never hold a lock of ours: catalogs are read.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "plan_text.h"

#define DROPPED		"(dropped)"

static const char *const node_names[PFA_NODE_TYPES] = {
	"Other", "Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan",
	"Bitmap Heap Scan", "Tid Scan", "Foreign Scan", "Function Scan",
	"Nested Loop", "Hash Join", "Merge Join", "Sort", "Incremental Sort",
	"Aggregate", "Group", "Unique", "WindowAgg", "Limit", "Memoize",
	"Materialize", "Gather", "Append", "ModifyTable"
};

static const char *const labels[PFA_PRED_KINDS] = {
	"Filter", "Index Cond", "Join Cond", "Group Key", "Sort Key"
};

const char *
pfa_plan_text_node(PfaNodeType type)
{
	return node_names[type];
}

/* -- names --------------------------------------------------------------------- */

static const char *
name_of(Oid relid, bool qualified)
{
	char	   *name = get_rel_name(relid);
	char	   *schema;

	if (name == NULL)
		return DROPPED;
	if (!qualified)
		return quote_identifier(name);
	schema = get_namespace_name(get_rel_namespace(relid));
	return quote_qualified_identifier(schema, name);
}

static void
add_column(StringInfo text, const PfaPred *pred)
{
	HeapTuple	tuple = pred->attnum == 0 ? NULL :
		SearchSysCacheAttNum(pred->relid, pred->attnum);
	char	   *function = OidIsValid(pred->funcid) ? get_func_name(pred->funcid) : NULL;

	if (function)
		appendStringInfo(text, "%s(", quote_identifier(function));
	appendStringInfo(text, "%s.", name_of(pred->relid, false));
	if (pred->attnum == 0)
		appendStringInfoString(text, "(...)");
	else if (HeapTupleIsValid(tuple))
		appendStringInfoString(text,
							   quote_identifier(NameStr(((Form_pg_attribute) GETSTRUCT(tuple))->attname)));
	else
		appendStringInfoString(text, DROPPED);
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	if (function)
		appendStringInfoChar(text, ')');
}

/* -- conditions and keys ------------------------------------------------------- */

static void
add_key(StringInfo text, const PfaPred *pred)
{
	bool		descending = (pred->flags & PFA_PRED_DESC) != 0;
	bool		nulls_first = (pred->flags & PFA_PRED_NULLS_FIRST) != 0;

	add_column(text, pred);
	if (descending)
		appendStringInfoString(text, " DESC");
	/* a group's keys have no order of their own */
	if (pred->kind == PFA_PRED_SORT && nulls_first != descending)
		appendStringInfoString(text, nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

/* other: the second side of a join, or NULL. */
static void
add_condition(StringInfo text, const PfaPred *pred, const PfaPred *other)
{
	bool		negated = (pred->flags & PFA_PRED_NEGATED) != 0;
	char	   *operator;

	if (pred->flags & PFA_PRED_NULLTEST)
	{
		add_column(text, pred);
		appendStringInfoString(text, negated ? " IS NOT NULL" : " IS NULL");
		return;
	}
	operator = get_opname(pred->opno);
	if (negated)
		appendStringInfoString(text, "NOT ");
	add_column(text, pred);
	appendStringInfo(text, " %s ", operator ? operator : DROPPED);
	if (other)
		add_column(text, other);
	else
	{
		const char *value = (pred->flags & (PFA_PRED_LITERAL | PFA_PRED_PARAM)) ? "?" : "...";

		appendStringInfo(text, (pred->flags & PFA_PRED_LIST) ? "ANY (%s)" : "%s", value);
	}
}

/* A join is two facts, one after the other, each with its own column first. */
static const PfaPred *
other_side(const PfaPlanFacts *facts, int i)
{
	const PfaPred *pred = &facts->preds[i];

	if (pred->kind != PFA_PRED_JOIN || i + 1 >= facts->npreds)
		return NULL;
	return pred[1].kind == PFA_PRED_JOIN && pred[1].node == pred->node &&
		pred[1].opno == get_commutator(pred->opno) ? &pred[1] : NULL;
}

/* One line: the conditions or keys of a kind, of one node. */
static void
add_line(StringInfo text, const PfaPlanFacts *facts, int node, PfaPredKind kind,
		 bool inside_or, int indent)
{
	bool		is_key = kind == PFA_PRED_GROUP || kind == PFA_PRED_SORT;
	const char *label = labels[kind];
	int			n = 0;

	/* two columns of what is scanned: of an index or not is not known */
	if (kind == PFA_PRED_JOIN && node < facts->nnodes && OidIsValid(facts->nodes[node].relid))
		label = "Condition";

	for (int i = 0; i < facts->npreds; i++)
	{
		const PfaPred *pred = &facts->preds[i];
		const PfaPred *other;

		if (pred->node != node || pred->kind != kind ||
			((pred->flags & PFA_PRED_INSIDE_OR) != 0) != inside_or)
			continue;
		if (n++ == 0)
			appendStringInfo(text, "\n%*s%s%s: ", indent, "", label,
							 inside_or ? " inside OR" : "");
		else
			appendStringInfoString(text, is_key || inside_or ? ", " : " AND ");
		if (is_key)
		{
			add_key(text, pred);
			continue;
		}
		other = other_side(facts, i);
		add_condition(text, pred, other);
		if (other)
			i++;
	}
}

static void
add_lines(StringInfo text, const PfaPlanFacts *facts, int node, int indent)
{
	static const PfaPredKind order[] = {
		PFA_PRED_GROUP, PFA_PRED_SORT, PFA_PRED_INDEX, PFA_PRED_JOIN, PFA_PRED_FILTER
	};

	for (int i = 0; i < lengthof(order); i++)
	{
		add_line(text, facts, node, order[i], false, indent);
		add_line(text, facts, node, order[i], true, indent);
	}
}

/* -- nodes ---------------------------------------------------------------------- */

static void
add_number(StringInfo text, const char *label, double value)
{
	bool		whole = fabs(value - rint(value)) < 0.005;

	appendStringInfo(text, whole ? "%s%.0f" : "%s%.2f", label, value);
}

static void
add_figures(StringInfo text, const PfaNode *node, uint32 sampled)
{
	appendStringInfo(text, "  (cost=%.2f", node->est_cost);
	add_number(text, " rows=", rint(node->est_rows));
	appendStringInfoChar(text, ')');
	if (sampled == 0)
		return;
	if (node->loops <= 0)
	{
		appendStringInfoString(text, " (never executed)");
		return;
	}
	add_number(text, " (actual rows=", node->rows / node->loops);
	add_number(text, " loops=", node->loops / sampled);
	appendStringInfoChar(text, ')');
}

/* What the server counts in some nodes anyway, of one execution. */
static void
add_free_counts(StringInfo text, const PfaNode *node, uint32 sampled, int indent)
{
	switch (node->type)
	{
		case PFA_NODE_MEMOIZE:
			if (sampled == 0 || (node->of.cache.hits | node->of.cache.misses) == 0)
				return;
			appendStringInfo(text, "\n%*s", indent, "");
			add_number(text, "Hits: ", (double) node->of.cache.hits / sampled);
			add_number(text, "  Misses: ", (double) node->of.cache.misses / sampled);
			add_number(text, "  Evictions: ", (double) node->evictions / sampled);
			break;
		case PFA_NODE_BITMAP_HEAP_SCAN:
			if (sampled == 0 || (node->of.heap.exact | node->of.heap.lossy) == 0)
				return;
			appendStringInfo(text, "\n%*s", indent, "");
			add_number(text, "Heap Pages: exact=", (double) node->of.heap.exact / sampled);
			add_number(text, " lossy=", (double) node->of.heap.lossy / sampled);
			break;
		case PFA_NODE_SEQ_SCAN:
		case PFA_NODE_SAMPLE_SCAN:
			break;
		default:
			if (node->of.spill.times > 0)
				appendStringInfo(text, "\n%*sSpilled: %u %s, at most %u kB", indent, "",
								 node->of.spill.times, node->of.spill.times == 1 ? "time" : "times",
								 node->of.spill.max_kb);
			break;
	}
}

static void
add_node(StringInfo text, const PfaPlanFacts *facts, int i)
{
	const PfaNode *node = &facts->nodes[i];
	int			indent = 2;

	/* parents come first */
	for (int at = i; facts->nodes[at].parent >= 0 && facts->nodes[at].parent < at;
		 at = facts->nodes[at].parent)
		indent += 6;
	if (i > 0)
		appendStringInfo(text, "\n%*s", indent - 2, indent > 2 ? "->  " : "");
	appendStringInfoString(text, node_names[node->type]);
	if (OidIsValid(node->indexid))
		appendStringInfo(text, " using %s", name_of(node->indexid, false));
	if (OidIsValid(node->relid))
		appendStringInfo(text, " on %s", name_of(node->relid, true));
	add_figures(text, node, facts->sampled);
	add_lines(text, facts, i, indent);
	if (facts->sampled > 0 && node->loops > 0 && node->removed > 0)
	{
		appendStringInfo(text, "\n%*s", indent, "");
		add_number(text, "Rows Removed: ", node->removed / node->loops);
	}
	add_free_counts(text, node, facts->sampled, indent);
}

char *
pfa_plan_text(const PfaPlanFacts *facts)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < facts->nnodes; i++)
		add_node(&text, facts, i);
	/* of nodes of no kind that is kept */
	add_lines(&text, facts, PG_UINT8_MAX, 0);
	if (facts->truncated)
		appendStringInfoString(&text, "\n(more nodes or conditions than are kept)");
	return text.data[0] == '\n' ? text.data + 1 : text.data;
}
