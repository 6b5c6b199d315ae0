/*
 * suggest_rows.c
 *		The rows of suggest_indexes.
 *
 * A statement that uses several advised indexes has its gain divided among
 * them, so that the rows' benefits may be summed.
 */
#include "postgres.h"

#include "advise/drops.h"
#include "advise/hypo_index.h"
#include "advise/suggest_rows.h"

#include "access/xlog.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#define SUGGEST_COLUMNS 19
/* An index on a partitioned table cannot be built concurrently. */
#define LOCK_WARNING "lock: writes to the table wait while this statement runs"

enum
{
	COL_RANK, COL_ACTION, COL_DDL, COL_TABLE, COL_METHOD, COL_COLUMNS,
	COL_PREDICATE, COL_EST_SIZE, COL_BENEFIT, COL_WRITE, COL_NET_PCT,
	COL_COST_BEFORE, COL_COST_AFTER, COL_N_QUERIES, COL_QUERYIDS,
	COL_CONFIDENCE, COL_VERIFIED, COL_WARNINGS, COL_EVIDENCE
};

typedef struct Row
{
	Datum		values[SUGGEST_COLUMNS];
	bool		nulls[SUGGEST_COLUMNS];
} Row;

static void
set(Row *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static void
start_row(Row *row, int rank, const char *action)
{
	memset(row->nulls, true, sizeof(row->nulls));
	set(row, COL_RANK, Int32GetDatum(rank));
	set(row, COL_ACTION, CStringGetTextDatum(action));
}

static Datum
text_array(List *strings)
{
	ArrayBuildState *state = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell   *lc;

	foreach(lc, strings)
		state = accumArrayResult(state, CStringGetTextDatum((char *) lfirst(lc)), false,
								 TEXTOID, CurrentMemoryContext);
	return makeArrayResult(state, CurrentMemoryContext);
}

/* Whether the other kind of plan (generic for custom) gains as well. */
static bool
cross_check(PfaAdvice *advice, const PfaCandidate *candidate, const PfaShape *shape)
{
	PfaReplanned before;
	PfaReplanned after;

	if (!shape->replan->has_params || shape->replan->values == NULL)
		return false;
	if (!pfa_replan_plan(shape->replan, NIL, NIL, !shape->generic, false, &before) ||
		!pfa_replan_plan(shape->replan, list_make1(candidate->index), NIL,
						 !shape->generic, false, &after))
		return false;
	return before.cost - after.cost > before.cost * advice->min_gain / 100;
}

static const char *
verified_by(PfaAdvice *advice, const PfaCandidate *candidate, const PfaGain *first)
{
	if (cross_check(advice, candidate, first->shape))
		return "custom+generic";
	return first->shape->generic ? "generic" : "custom";
}

/* What CREATE INDEX would call an expression. */
static const char *
expression_name(Node *expr)
{
	const char *name = IsA(expr, FuncExpr) ? get_func_name(((FuncExpr *) expr)->funcid) : NULL;

	return name ? name : "expr";
}

/* A name that is free, also among those given out before. */
static char *
index_name(const PfaHypoIndex *index, List **given)
{
	Oid			namespace = get_rel_namespace(index->relid);
	StringInfoData columns;
	char	   *name;

	initStringInfo(&columns);
	for (int i = 0; i < index->nkeys; i++)
	{
		if (i > 0)
			appendStringInfoChar(&columns, '_');
		if (index->attnums[i] != 0)
			appendStringInfoString(&columns, get_attname(index->relid, index->attnums[i], false));
		else
			appendStringInfoString(&columns, expression_name(pfa_hypo_expression(index, i)));
	}
	for (int n = 0;; n++)
	{
		char	   *label = n == 0 ? pstrdup("idx") : psprintf("idx%d", n);
		ListCell   *lc;
		bool		taken;

		name = makeObjectName(get_rel_name(index->relid), columns.data, label);
		taken = OidIsValid(get_relname_relid(name, namespace));
		foreach(lc, *given)
			taken |= (strcmp(lfirst(lc), name) == 0);
		if (!taken)
			break;
	}
	*given = lappend(*given, name);
	return name;
}

/* How to build an index on a partitioned table without blocking writes. */
static char *
partition_recipe(const PfaHypoIndex *index, const char *name)
{
	return psprintf("partition_recipe: to build it without blocking writes, run this statement with ON ONLY instead of ON, then CREATE INDEX CONCURRENTLY with the same columns on each partition, and ALTER INDEX %s ATTACH PARTITION for each of those indexes",
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(index->relid)), name));
}

static List *
make_warnings(const PfaCandidate *candidate, const char *name)
{
	const PfaHypoIndex *index = candidate->index;
	List	   *warnings = NIL;

	if (candidate->table->partitioned)
	{
		warnings = lappend(warnings, LOCK_WARNING);
		warnings = lappend(warnings, partition_recipe(index, name));
	}
	if (candidate->hot_lost >= 1)
		warnings = lappend(warnings,
						   psprintf("hot_loss: some %.0f updates a day would no longer be heap-only (HOT)",
									candidate->hot_lost));
	if (index->exprs != NIL)
		warnings = lappend(warnings, "statistics: run ANALYZE on the table after building it, the expression needs statistics of its own");
	if (index->pred != NIL)
		warnings = lappend(warnings, "partial: it serves only statements whose condition, with literals, implies its WHERE");
	return warnings;
}

static void
set_queries(Row *row, List *gains)
{
	ArrayBuildState *ids = initArrayResult(INT8OID, CurrentMemoryContext, false);
	double		before = 0;
	double		after = 0;
	ListCell   *lc;

	foreach(lc, gains)
	{
		PfaGain    *gain = lfirst(lc);

		if (gain->shape->item->queryid != 0)
			ids = accumArrayResult(ids, Int64GetDatum((int64) gain->shape->item->queryid),
								   false, INT8OID, CurrentMemoryContext);
		before += gain->before;
		after += gain->after;
	}
	set(row, COL_COST_BEFORE, Float8GetDatum(before));
	set(row, COL_COST_AFTER, Float8GetDatum(after));
	set(row, COL_N_QUERIES, Int32GetDatum(list_length(gains)));
	set(row, COL_QUERYIDS, makeArrayResult(ids, CurrentMemoryContext));
}

static void
set_index(Row *row, const PfaHypoIndex *index, const char *ddl)
{
	List	   *columns = NIL;
	char	   *predicate = pfa_hypo_predicate(index);

	for (int i = 0; i < index->ncolumns; i++)
		columns = lappend(columns, pfa_hypo_column(index, i));
	set(row, COL_DDL, CStringGetTextDatum(ddl));
	set(row, COL_TABLE, ObjectIdGetDatum(index->relid));
	set(row, COL_METHOD, CStringGetTextDatum(pfa_hypo_method(index)));
	set(row, COL_COLUMNS, text_array(columns));
	if (predicate != NULL)
		set(row, COL_PREDICATE, CStringGetTextDatum(predicate));
	set(row, COL_EST_SIZE, Int64GetDatum((int64) index->pages * BLCKSZ));
}

/* Existing indexes that go when this one is there. */
static List *
drops_of(PfaAdvice *advice, const PfaCandidate *candidate)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, advice->drops)
	{
		PfaDrop    *drop = lfirst(lc);

		if (drop->by == candidate && drop->kept == NULL)
			result = lappend(result, drop);
	}
	return result;
}

static char *
drop_ddl(const PfaDrop *drop)
{
	return psprintf("DROP INDEX %s%s", drop->partitioned ? "" : "CONCURRENTLY ", drop->name);
}

static List *
drop_warnings(PfaAdvice *advice, List *drops)
{
	List	   *warnings = NIL;

	if (drops == NIL)
		return NIL;
	if (!RecoveryInProgress())
		warnings = list_make1("standbys: they keep counters of their own, look at pg_stat_user_indexes there too");
	else
		warnings = list_make1("standby: the primary counts its own use of it, look at pg_stat_user_indexes there too");
	if (advice->skipped != NIL || advice->cut > 0)
		warnings = lappend(warnings, psprintf("unchecked: %d recorded statements could not be planned without it",
											  list_length(advice->skipped) + advice->cut));
	return warnings;
}

/* The row of an index that nobody would miss. */
static void
make_drop_row(PfaAdvice *advice, const PfaDrop *drop, int rank, Row *row)
{
	start_row(row, rank, "drop");
	set(row, COL_DDL, CStringGetTextDatum(drop_ddl(drop)));
	set(row, COL_TABLE, ObjectIdGetDatum(drop->table));
	set(row, COL_METHOD, CStringGetTextDatum(drop->method));
	set(row, COL_COLUMNS, text_array(drop->columns));
	set(row, COL_EST_SIZE, Int64GetDatum(drop->size));
	set(row, COL_BENEFIT, Float8GetDatum(0));
	set(row, COL_WRITE, Float8GetDatum(-drop->write_ms));
	set(row, COL_N_QUERIES, Int32GetDatum(drop->checked));
	set(row, COL_VERIFIED, CStringGetTextDatum("custom"));
	set(row, COL_WARNINGS, text_array(drop_warnings(advice, list_make1(unconstify(PfaDrop *, drop)))));
	set(row, COL_EVIDENCE, pfa_suggest_drop_evidence(drop));
}

/* The row of an advised index. */
static void
make_create_row(PfaAdvice *advice, PfaCandidate *candidate, int rank, const char *name,
				Row *row)
{
	PfaGain    *first = linitial(candidate->gains);
	const char *verified = verified_by(advice, candidate, first);
	double		total = candidate->table->total_ms;
	const char *ddl = pfa_hypo_ddl(candidate->index, name, !candidate->table->partitioned);
	List	   *replaced = drops_of(advice, candidate);
	double		write_ms = candidate->write_ms;
	ListCell   *lc;

	foreach(lc, replaced)
	{
		ddl = psprintf("%s; %s", ddl, drop_ddl(lfirst(lc)));
		write_ms -= ((PfaDrop *) lfirst(lc))->write_ms;
	}
	start_row(row, rank, replaced != NIL ? "replace" : "create");
	set_index(row, candidate->index, ddl);
	set_queries(row, candidate->gains);
	if (advice->query == NULL)
	{
		set(row, COL_BENEFIT, Float8GetDatum(candidate->gain_ms));
		set(row, COL_WRITE, Float8GetDatum(write_ms));
		set(row, COL_NET_PCT,
			Float8GetDatum(total > 0 ? 100 * (candidate->gain_ms - write_ms) / total : 0));
	}
	set(row, COL_CONFIDENCE,
		Float4GetDatum(pfa_suggest_confidence(candidate, verified)));
	set(row, COL_VERIFIED, CStringGetTextDatum(verified));
	set(row, COL_WARNINGS,
		text_array(list_concat(make_warnings(candidate, name), drop_warnings(advice, replaced))));
	set(row, COL_EVIDENCE, pfa_suggest_evidence(advice, candidate));
}

/* Whether a GIN index of the column alone is there already. */
static bool
has_gin(const PfaNote *note)
{
	ListCell   *lc;

	foreach(lc, note->table->indexes)
	{
		PfaTableIndex *index = lfirst(lc);

		if (index->am == GIN_AM_OID && index->attnums[0] == note->attnum && !index->partial)
			return true;
	}
	return false;
}

/*
 * A GIN index that needs an extension first, for a pattern, or another way to
 * write the statement: told, not verified.
 */
static void
make_note_row(const PfaNote *note, int rank, List **names, Row *row)
{
	PfaHypoIndex *index = pfa_hypo_make(note->table->relid, GIN_AM_OID, 1, 1);
	const char *column = quote_identifier(get_attname(note->table->relid, note->attnum, false));
	const char *key = note->member ? column : psprintf("%s gin_trgm_ops", column);
	bool		partitioned = note->table->partitioned;
	List	   *warnings;

	index->attnums[0] = note->attnum;
	if (note->member)
		warnings = list_make1(psprintf("rewrite: value = ANY (%s) uses no index; a GIN index serves the same written as %s @> ARRAY[value]",
									   column, column));
	else
		warnings = list_make1("extension_missing: a search inside a text needs the extension pg_trgm, which is not installed in this database");
	start_row(row, rank, "note");
	if (!note->member || !has_gin(note))
	{
		if (partitioned)
			warnings = lappend(warnings, LOCK_WARNING);
		set(row, COL_DDL, CStringGetTextDatum(psprintf("%sCREATE INDEX %s%s ON %s USING gin (%s)",
													   note->member ? "" : "CREATE EXTENSION pg_trgm; ",
													   partitioned ? "" : "CONCURRENTLY ",
													   quote_identifier(index_name(index, names)),
													   quote_qualified_identifier(get_namespace_name(get_rel_namespace(note->table->relid)),
																				  get_rel_name(note->table->relid)),
													   key)));
	}
	set(row, COL_TABLE, ObjectIdGetDatum(note->table->relid));
	set(row, COL_METHOD, CStringGetTextDatum("gin"));
	set(row, COL_COLUMNS, text_array(list_make1(pstrdup(key))));
	set(row, COL_N_QUERIES, Int32GetDatum(1));
	set(row, COL_VERIFIED, CStringGetTextDatum("rule"));
	set(row, COL_WARNINGS, text_array(warnings));
	set(row, COL_EVIDENCE, pfa_suggest_note_evidence(note));
}

/* The same column is noted once, for the statement that takes most time. */
static bool
noted_before(PfaAdvice *advice, const PfaNote *note)
{
	ListCell   *lc;

	foreach(lc, advice->notes)
	{
		PfaNote    *other = lfirst(lc);

		if (other == note)
			return false;
		if (other->table == note->table && other->attnum == note->attnum &&
			other->member == note->member)
			return true;
	}
	return false;
}

/* In a sentence each, what the run could not do; NIL: nothing to tell. */
static List *
leftover_warnings(PfaAdvice *advice, int advised)
{
	List	   *warnings = NIL;
	int			small = 0;
	int			unserved = 0;
	int			kept = 0;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, advice->tables)
		small += (((PfaTable *) lfirst(lc))->refused != NULL);
	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);
		bool		served = candidate->chosen;

		foreach(lc2, advice->candidates)
			served |= (((PfaCandidate *) lfirst(lc2))->chosen &&
					   ((PfaCandidate *) lfirst(lc2))->table == candidate->table);
		unserved += !served;
	}
	foreach(lc, advice->drops)
		kept += (((PfaDrop *) lfirst(lc))->kept != NULL);
	if (RecoveryInProgress() && (advised > 0 || advice->include_drops))
		warnings = lappend(warnings, "standby: the primary counts what is written and read there, so what an index costs its writes is not known here, nor whether it needs one that looks superfluous");
	if (kept > 0)
		warnings = lappend(warnings, psprintf("kept: %d indexes look superfluous, but are not proved to be", kept));
	if (advice->full)
		warnings = lappend(warnings, pstrdup("memory: what a run may use was not enough to try everything; ask for some tables or statements"));
	if (advice->truncated ? !advice->full : advice->left > 0)
		warnings = lappend(warnings, "deadline: max_ms was not enough to try everything");
	else if (advice->cut > 0)
		warnings = lappend(warnings, psprintf("deadline: max_ms was not enough to look at the %d statements that take least time",
											  advice->cut));
	if (advice->crowded)
		warnings = lappend(warnings, pstrdup("crowded: there are more indexes to try than are tried at once; ask for some tables or statements"));
	if (advice->skipped != NIL)
		warnings = lappend(warnings, psprintf(list_length(advice->skipped) == 1 ?
											  "skipped: %d recorded statement was not planned again" :
											  "skipped: %d recorded statements were not planned again",
											  list_length(advice->skipped)));
	if (small > 0)
		warnings = lappend(warnings, psprintf("small_table: no index is advised on %d %s", small,
											  small == 1 ? "table" : "tables"));
	if (unserved > 0)
		warnings = lappend(warnings, psprintf(unserved == 1 ?
											  "rejected: %d index was tried and is not worth it" :
											  "rejected: %d indexes were tried and are not worth it", unserved));
	return warnings;
}

void
pfa_suggest_emit(PfaAdvice *advice, List *chosen, ReturnSetInfo *rsinfo)
{
	List	   *names = NIL;
	List	   *warnings;
	int			rank = 0;
	Row			row;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "perfaudit row",
												  ALLOCSET_DEFAULT_SIZES);
	ListCell   *lc;

	foreach(lc, chosen)
	{
		char	   *name = index_name(((PfaCandidate *) lfirst(lc))->index, &names);
		MemoryContext old = MemoryContextSwitchTo(scratch);

		make_create_row(advice, lfirst(lc), ++rank, name, &row);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(scratch);
	}
	foreach(lc, advice->drops)
	{
		const PfaDrop *drop = lfirst(lc);

		if (drop->by != NULL || drop->kept != NULL)
			continue;
		make_drop_row(advice, drop, ++rank, &row);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
	}
	foreach(lc, advice->notes)
	{
		if (noted_before(advice, lfirst(lc)))
			continue;
		make_note_row(lfirst(lc), ++rank, &names, &row);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
	}
	warnings = leftover_warnings(advice, rank);
	if (warnings != NIL)
	{
		start_row(&row, ++rank, "note");
		set(&row, COL_WARNINGS, text_array(warnings));
		set(&row, COL_EVIDENCE, pfa_suggest_leftovers(advice));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
	}
}
