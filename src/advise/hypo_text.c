/*
 * hypo_text.c
 *		A hypothetical index in words: as a plan names it and as the statement
 *		that would build it.
 *
 * Every name is quoted by the server's own functions; names that are not found
 * without a schema get one.
 */
#include "postgres.h"

#include "advise/hypo_index.h"

#include "access/brin.h"
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

const char *
pfa_hypo_method(const PfaHypoIndex *index)
{
	return get_am_name(index->am);
}

static char *
table_name(const PfaHypoIndex *index)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(index->relid)),
									  get_rel_name(index->relid));
}

/*
 * An expression as text.  Casts that the query left to the server are written
 * out: without its cast, numeric(id) would be an index on id.
 */
static char *
deparse(const PfaHypoIndex *index, Node *expr)
{
	return deparse_expression(expr,
							  deparse_context_for(get_rel_name(index->relid), index->relid),
							  false, true);
}

Node *
pfa_hypo_expression(const PfaHypoIndex *index, int column)
{
	int			n = 0;

	for (int i = 0; i < column; i++)
		n += (index->attnums[i] == 0);
	return list_nth(index->exprs, n);
}

Oid
pfa_hypo_column_type(const PfaHypoIndex *index, int column)
{
	if (index->attnums[column] != 0)
		return get_atttype(index->relid, index->attnums[column]);
	return exprType(pfa_hypo_expression(index, column));
}

/* " (siglen='32')" */
static void
append_options(StringInfo buf, List *defs)
{
	ListCell   *lc;

	foreach(lc, defs)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		appendStringInfo(buf, "%s%s=%s", lc == list_head(defs) ? " (" : ", ",
						 quote_identifier(def->defname),
						 quote_literal_cstr(def->arg ? defGetString(def) : "true"));
	}
	appendStringInfoChar(buf, ')');
}

char *
pfa_hypo_column(const PfaHypoIndex *index, int column)
{
	StringInfoData buf;
	Oid			type;
	Oid			collation;

	initStringInfo(&buf);
	if (index->attnums[column] != 0)
	{
		int32		typmod;

		appendStringInfoString(&buf, quote_identifier(get_attname(index->relid,
																  index->attnums[column],
																  false)));
		get_atttypetypmodcoll(index->relid, index->attnums[column],
							  &type, &typmod, &collation);
	}
	else
	{
		Node	   *expr = pfa_hypo_expression(index, column);
		char	   *text = deparse(index, expr);

		/* a plain function call needs no parentheses */
		if (IsA(expr, FuncExpr) &&
			((FuncExpr *) expr)->funcformat == COERCE_EXPLICIT_CALL)
			appendStringInfoString(&buf, text);
		else
			appendStringInfo(&buf, "(%s)", text);
		type = exprType(expr);
		collation = exprCollation(expr);
	}
	if (column >= index->nkeys)
		return buf.data;

	if (OidIsValid(index->collations[column]) && index->collations[column] != collation)
		appendStringInfo(&buf, " COLLATE %s",
						 generate_collation_name(index->collations[column]));
	if (GetDefaultOpClass(type, index->am) != index->opclasses[column] ||
		(index->opclassdefs != NULL && index->opclassdefs[column] != NIL))
		appendStringInfo(&buf, " %s", generate_opclass_name(index->opclasses[column]));
	if (index->opclassdefs != NULL && index->opclassdefs[column] != NIL)
		append_options(&buf, index->opclassdefs[column]);
	if (index->descending[column])
		appendStringInfoString(&buf, index->nulls_first[column] ? " DESC" : " DESC NULLS LAST");
	else if (index->nulls_first[column])
		appendStringInfoString(&buf, " NULLS FIRST");
	return buf.data;
}

char *
pfa_hypo_predicate(const PfaHypoIndex *index)
{
	if (index->pred == NIL)
		return NULL;
	return deparse(index, (Node *) make_ands_explicit(index->pred));
}

/* "(a, b) INCLUDE (c)" */
static void
append_columns(StringInfo buf, const PfaHypoIndex *index)
{
	for (int i = 0; i < index->ncolumns; i++)
	{
		appendStringInfoString(buf, i == 0 ? "(" :
							   i == index->nkeys ? ") INCLUDE (" : ", ");
		appendStringInfoString(buf, pfa_hypo_column(index, i));
	}
	appendStringInfoChar(buf, ')');
}

char *
pfa_hypo_describe(const PfaHypoIndex *index)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "<hypothetical %s on %s ", pfa_hypo_method(index), table_name(index));
	append_columns(&buf, index);
	if (index->pred != NIL)
		appendStringInfo(&buf, " WHERE %s", pfa_hypo_predicate(index));
	appendStringInfoChar(&buf, '>');
	return buf.data;
}

char *
pfa_hypo_ddl(const PfaHypoIndex *index, const char *name, bool concurrently)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %sINDEX %s%s ON %s USING %s ",
					 index->unique ? "UNIQUE " : "",
					 concurrently ? "CONCURRENTLY " : "",
					 quote_identifier(name), table_name(index), pfa_hypo_method(index));
	append_columns(&buf, index);
	if (index->am == BRIN_AM_OID && index->pages_per_range != BRIN_DEFAULT_PAGES_PER_RANGE)
		appendStringInfo(&buf, " WITH (pages_per_range = %u)", index->pages_per_range);
	if (index->fillfactor != 0 || !index->deduplicate)
	{
		const char *separator = " WITH (";

		if (index->fillfactor != 0)
		{
			appendStringInfo(&buf, "%sfillfactor = %d", separator, index->fillfactor);
			separator = ", ";
		}
		if (!index->deduplicate)
			appendStringInfo(&buf, "%sdeduplicate_items = off", separator);
		appendStringInfoChar(&buf, ')');
	}
	if (OidIsValid(index->tablespace))
		appendStringInfo(&buf, " TABLESPACE %s",
						 quote_identifier(get_tablespace_name(index->tablespace)));
	if (index->pred != NIL)
		appendStringInfo(&buf, " WHERE %s", pfa_hypo_predicate(index));
	return buf.data;
}
