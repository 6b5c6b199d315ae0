/*
 * suggest_json.c
 *		The evidence of suggest_indexes as jsonb.
 *
 * Written as text and parsed: the functions that build jsonb changed after 18.
 * Holds counts, names and costs, never a parameter, and no literal but those
 * inside an expression to be indexed, of a statement planned for this caller.
 * Statements of roles whose facts he may not see are counted, not named.
 */
#include "postgres.h"

#include <math.h>

#include "advise/drops.h"
#include "advise/given.h"
#include "advise/hypo_index.h"
#include "advise/suggest_rows.h"
#include "plan_text.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

/* Rejected candidates told in one place. */
#define MAX_REJECTED 20

static Datum
parse_jsonb(StringInfo buf)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf->data));
}

static void
put_key(StringInfo buf, const char *key)
{
	char		last = buf->len > 0 ? buf->data[buf->len - 1] : '{';

	if (last != '{' && last != '[')
		appendStringInfoString(buf, ", ");
	if (key != NULL)
		appendStringInfo(buf, "\"%s\": ", key);
}

/* Rounded for people; counts stay whole. */
static void
put_number(StringInfo buf, const char *key, double value)
{
	put_key(buf, key);
	if (!isfinite(value))
		appendStringInfoString(buf, "null");
	else if (value == rint(value) && fabs(value) < 1e15)
		appendStringInfo(buf, "%.0f", value);
	else
		appendStringInfo(buf, fabs(value) >= 100 ? "%.0f" : "%.3f", value);
}

static void
put_text(StringInfo buf, const char *key, const char *value)
{
	put_key(buf, key);
	escape_json(buf, value);
}

static void
put_bool(StringInfo buf, const char *key, bool value)
{
	put_key(buf, key);
	appendStringInfoString(buf, value ? "true" : "false");
}

static void
put_queryid(StringInfo buf, const PfaWorkItem *item)
{
	put_key(buf, "queryid");
	appendStringInfo(buf, INT64_FORMAT, (int64) item->queryid);
}

static char *
qualified_name(Oid relid)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
									  get_rel_name(relid));
}

static void
put_columns(StringInfo buf, const PfaHypoIndex *index)
{
	put_key(buf, "columns");
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < index->ncolumns; i++)
		put_text(buf, NULL, pfa_hypo_column(index, i));
	appendStringInfoChar(buf, ']');
	if (index->ncolumns > index->nkeys)
		put_number(buf, "keys", index->nkeys);
	if (index->pred != NIL)
		put_text(buf, "predicate", pfa_hypo_predicate(index));
}

/* What is known of an existing index, and what planning without it showed. */
static void
put_drop(StringInfo buf, const PfaDrop *drop)
{
	put_key(buf, NULL);
	/* an object, which goes on */
	appendBinaryStringInfo(buf, drop->facts, strlen(drop->facts) - 1);
	put_number(buf, "size", (double) drop->size);
	put_text(buf, "reason", drop->reason);
	put_number(buf, "statements_checked", drop->checked);
	put_number(buf, "statements_using", drop->using);
	put_number(buf, "worst_pct", Max(drop->worst, 0));
	if (drop->kept != NULL)
		put_text(buf, "kept", drop->kept);
	appendStringInfoChar(buf, '}');
}

/* Existing indexes: those that this one replaces; for NULL those that must stay. */
static void
put_drops(StringInfo buf, PfaAdvice *advice, const char *key, const PfaCandidate *by)
{
	ListCell   *lc;

	if (!advice->include_drops)
		return;
	put_key(buf, key);
	appendStringInfoChar(buf, '[');
	foreach(lc, advice->drops)
	{
		const PfaDrop *drop = lfirst(lc);

		if (by != NULL ? drop->by == by && drop->kept == NULL : drop->kept != NULL)
			put_drop(buf, drop);
	}
	appendStringInfoChar(buf, ']');
}

static void
put_scan(StringInfo buf, const PfaShape *shape, Oid relid)
{
	ListCell   *lc;

	foreach(lc, shape->evidence)
	{
		PfaEvidence *evidence = lfirst(lc);

		if (evidence->table->relid != relid)
			continue;
		put_number(buf, "rows_read", rint(evidence->examined));
		put_number(buf, "rows_kept", rint(evidence->kept));
		put_bool(buf, "measured", evidence->measured);
	}
}

/*
 * From the top of its recorded plan down to where the table is read: a partition
 * of it, which one is all the same.
 */
static void
put_node_path(StringInfo buf, const PfaWorkItem *item, Oid relid)
{
	const PfaPlanFacts *plan = item->plans;
	List	   *path = NIL;
	int			place = 0;
	ListCell   *lc;

	if (item->nplans == 0)
		return;
	while (place < plan->nnodes &&
		   (!OidIsValid(plan->nodes[place].relid) || plan->nodes[place].type == PFA_NODE_MODIFY ||
			pfa_advice_root(plan->nodes[place].relid) != relid))
		place++;
	if (place == plan->nnodes)
		return;
	for (; place >= 0; place = plan->nodes[place].parent)
		path = lcons(unconstify(char *, pfa_plan_text_node(plan->nodes[place].type)), path);
	put_key(buf, "node_path");
	appendStringInfoChar(buf, '[');
	foreach(lc, path)
		put_text(buf, NULL, lfirst(lc));
	appendStringInfoChar(buf, ']');
}

static void
put_gain(StringInfo buf, const PfaGain *gain, Oid relid)
{
	const PfaShape *shape = gain->shape;

	put_key(buf, NULL);
	appendStringInfoChar(buf, '{');
	put_number(buf, "cost_before", gain->before);
	put_number(buf, "cost_after", gain->after);
	/* the caller's own query has no more to tell */
	if (shape->item->queryid != 0)
	{
		put_queryid(buf, shape->item);
		put_number(buf, "calls", (double) shape->item->counters.calls);
		put_number(buf, "mean_ms", shape->mean_ms);
		if (shape->item->cut_off > 0)
			put_number(buf, "cut_off", (double) shape->item->cut_off);
		put_number(buf, "calls_per_day", rint(shape->calls_per_day));
		put_number(buf, "benefit_ms_per_day", gain->ms_per_day);
	}
	put_text(buf, "planned_with", shape->generic ? "parameters" :
			 shape->replan->values != NULL ? "values" : "literals");
	/* whose plans differ */
	if (shape->variants != NIL)
		put_number(buf, "value_sets", 1 + list_length(shape->variants));
	put_node_path(buf, shape->item, relid);
	put_scan(buf, shape, relid);
	appendStringInfoChar(buf, '}');
}

/* Some of the candidates of a table (or of all) that are not advised. */
static void
put_rejected(StringInfo buf, PfaAdvice *advice, const PfaTable *table)
{
	int			n = 0;
	ListCell   *lc;

	put_key(buf, "rejected");
	appendStringInfoChar(buf, '[');
	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (candidate->chosen || candidate->refused == NULL ||
			(table != NULL && candidate->table != table) || n++ >= MAX_REJECTED)
			continue;
		put_key(buf, NULL);
		appendStringInfoChar(buf, '{');
		if (table == NULL)
			put_text(buf, "table", qualified_name(candidate->table->relid));
		put_columns(buf, candidate->index);
		put_text(buf, "reason", candidate->refused);
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, ']');
}

/* Since when it is advised, and in how many hours of the clock. */
static void
put_given(StringInfo buf, const PfaSharedGiven *given)
{
	char		since[MAXDATELEN + 1];

	if (given == NULL || given->hours == 0)
		return;
	JsonEncodeDateTime(since, TimestampTzGetDatum(given->first), TIMESTAMPTZOID, NULL);
	put_text(buf, "advised_since", since);
	put_number(buf, "advised_hours", given->hours);
}

Datum
pfa_suggest_evidence(PfaAdvice *advice, const PfaCandidate *candidate)
{
	StringInfoData buf;
	PfaTable   *table = candidate->table;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	put_key(&buf, "queries");
	appendStringInfoChar(&buf, '[');
	foreach(lc, candidate->gains)
		put_gain(&buf, lfirst(lc), table->relid);
	appendStringInfoChar(&buf, ']');

	put_key(&buf, "table");
	appendStringInfoChar(&buf, '{');
	put_number(&buf, "rows", rint(table->tuples));
	put_number(&buf, "bytes", table->pages * BLCKSZ);
	put_number(&buf, "inserts_per_day", rint(table->inserts));
	put_number(&buf, "updates_per_day", rint(table->updates));
	put_number(&buf, "deletes_per_day", rint(table->deletes));
	put_number(&buf, "hot_share", table->hot_share);
	appendStringInfoChar(&buf, '}');
	put_number(&buf, "window_hours", advice->window_days * 24);
	put_number(&buf, "ms_per_cost", advice->ms_per_cost);
	put_given(&buf, candidate->given);
	put_rejected(&buf, advice, table);
	put_drops(&buf, advice, "replaces", candidate);
	appendStringInfoChar(&buf, '}');
	return parse_jsonb(&buf);
}

/* Statements that were not planned again; those of others without their id. */
static void
put_skipped(StringInfo buf, PfaAdvice *advice)
{
	bool		all = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
	int			hidden = 0;
	ListCell   *lc;

	put_key(buf, "skipped");
	appendStringInfoChar(buf, '[');
	foreach(lc, advice->skipped)
	{
		PfaReplan  *replan = lfirst(lc);

		if (!all && !has_privs_of_role(GetUserId(), replan->item->key.userid))
		{
			hidden++;
			continue;
		}
		put_key(buf, NULL);
		appendStringInfoChar(buf, '{');
		put_queryid(buf, replan->item);
		put_number(buf, "calls", (double) replan->item->counters.calls);
		put_text(buf, "reason", replan->skipped);
		if (replan->sqlstate[0] != '\0')
			put_text(buf, "sqlstate", replan->sqlstate);
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, ']');
	if (hidden > 0)
		put_number(buf, "skipped_of_other_roles", hidden);
}

/* Tables that had waste, but are no place for an index. */
static void
put_refused_tables(StringInfo buf, PfaAdvice *advice)
{
	ListCell   *lc;

	put_key(buf, "refused_tables");
	appendStringInfoChar(buf, '[');
	foreach(lc, advice->tables)
	{
		PfaTable   *table = lfirst(lc);

		if (table->refused == NULL)
			continue;
		put_key(buf, NULL);
		appendStringInfoChar(buf, '{');
		put_text(buf, "table", qualified_name(table->relid));
		put_number(buf, "rows", rint(table->tuples));
		put_text(buf, "reason", table->refused);
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoChar(buf, ']');
}

Datum
pfa_suggest_leftovers(PfaAdvice *advice)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	put_number(&buf, "statements", list_length(advice->shapes));
	put_number(&buf, "indexes_tried", list_length(advice->candidates));
	put_number(&buf, "plans", advice->plans);
	put_number(&buf, "memory_kb", pfa_advice_memory(advice));
	put_bool(&buf, "truncated", advice->truncated);
	put_skipped(&buf, advice);
	put_refused_tables(&buf, advice);
	put_rejected(&buf, advice, NULL);
	put_drops(&buf, advice, "kept_indexes", NULL);
	appendStringInfoChar(&buf, '}');
	return parse_jsonb(&buf);
}

Datum
pfa_suggest_drop_evidence(const PfaDrop *drop)
{
	StringInfoData buf;

	initStringInfo(&buf);
	put_drop(&buf, drop);
	return parse_jsonb(&buf);
}

Datum
pfa_suggest_note_evidence(const PfaNote *note)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	put_queryid(&buf, note->shape->item);
	put_number(&buf, "calls", (double) note->shape->item->counters.calls);
	put_number(&buf, "mean_ms", note->shape->mean_ms);
	put_scan(&buf, note->shape, note->table->relid);
	appendStringInfoChar(&buf, '}');
	return parse_jsonb(&buf);
}
