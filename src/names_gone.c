/*
 * names_gone.c
 *		Whether a statement names relations or functions that do not exist any more.
 *
 * For statements that never ran to their end, of which no plan is known: their
 * normalised text tells.  Asked for a few of them when somebody looks.  Nothing
 * is analysed or locked, and what cannot be parsed names nothing; must never be
 * true of what could still run: a name without schema is that of a relation or
 * function in any of them, since nobody knows the search_path here.
 *
 * Locks: those of catalog look-ups.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "compat.h"

PFA_SQL_FUNCTION(perfaudit_names_gone_1_0);

typedef struct Names
{
	List	   *with;			/* names of WITH queries, wherever they are known */
	List	   *relations;		/* RangeVar */
	List	   *functions;		/* names without schema */
} Names;

static bool
names_walker(Node *node, void *context)
{
	Names	   *names = context;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_RangeVar:
			names->relations = lappend(names->relations, node);
			return false;
		case T_LockingClause:	/* FOR UPDATE OF: aliases */
		case T_IntoClause:		/* is yet to be made */
			return false;
		case T_CommonTableExpr:
			names->with = lappend(names->with, ((CommonTableExpr *) node)->ctename);
			break;
		case T_FuncCall:
			names->functions = lappend(names->functions, strVal(llast(((FuncCall *) node)->funcname)));
			break;
		default:
			break;
	}
	return raw_expression_tree_walker(node, names_walker, names);
}

static bool
is_with(const Names *names, const RangeVar *relation)
{
	ListCell   *lc;

	if (relation->schemaname != NULL)
		return false;
	foreach(lc, names->with)
	{
		if (strcmp(lfirst(lc), relation->relname) == 0)
			return true;
	}
	return false;
}

/* Whether any schema has one of this name, by an index that begins with names. */
static bool
is_anywhere(const char *name, Oid catalog, AttrNumber column, Oid index)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		found;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(name));
	scan = systable_beginscan(rel, index, true, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

static bool
exists(const RangeVar *relation)
{
	Oid			schema;

	if (relation->schemaname == NULL)
		return is_anywhere(relation->relname, RelationRelationId, Anum_pg_class_relname, ClassNameNspIndexId);
	/* of a session that may be gone */
	if (strcmp(relation->schemaname, "pg_temp") == 0)
		return true;
	schema = get_namespace_oid(relation->schemaname, true);
	return OidIsValid(schema) && OidIsValid(get_relname_relid(relation->relname, schema));
}

static bool
any_is_gone(const char *query)
{
	List	   *statements = raw_parser(query, RAW_PARSE_DEFAULT);
	Names		names = {NIL, NIL, NIL};
	ListCell   *lc;

	foreach(lc, statements)
	{
		Node	   *statement = lfirst_node(RawStmt, lc)->stmt;

		switch (nodeTag(statement))
		{
			case T_SelectStmt:
			case T_InsertStmt:
			case T_UpdateStmt:
			case T_DeleteStmt:
			case T_MergeStmt:
				names_walker(statement, &names);
				break;
			case T_CopyStmt:
				if (((CopyStmt *) statement)->relation != NULL)
					names.relations = lappend(names.relations, ((CopyStmt *) statement)->relation);
				else
					names_walker(((CopyStmt *) statement)->query, &names);
				break;
			case T_CallStmt:
				names_walker((Node *) ((CallStmt *) statement)->funccall, &names);
				break;
			default:
				break;
		}
	}
	foreach(lc, names.functions)
	{
		if (!is_anywhere(lfirst(lc), ProcedureRelationId, Anum_pg_proc_proname, ProcedureNameArgsNspIndexId))
			return true;
	}
	foreach(lc, names.relations)
	{
		if (!is_with(&names, lfirst(lc)) && !exists(lfirst(lc)))
			return true;
	}
	return false;
}

Datum
perfaudit_names_gone_1_0(PG_FUNCTION_ARGS)
{
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool gone = false;

	/* a text that was cut short is no statement */
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		gone = any_is_gone(query);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		/* a placeholder where the grammar wants a constant has many names */
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION ||
			ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INSUFFICIENT_RESOURCES)
			ReThrowError(error);
		FreeErrorData(error);
		gone = false;
	}
	PG_END_TRY();
	PG_RETURN_BOOL(gone);
}
