/*
 * trust.c
 *		Whether planning a query executes nothing but built-in code and code of
 *		superusers.
 *
 * The planner folds calls on constants, also those in index expressions, check
 * constraints, partition keys, statistics and generated columns of the tables.
 * All of these are looked at as they are stored: reading them through the
 * relation cache would fold, that is execute, them.  What no tree shows before it
 * has happened (the analysis of a literal checks domains) is stopped by a hook
 * when the executor is about to call the function.
 */
#include "postgres.h"

#include "advise/replan.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/transam.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static bool untrusted_walker(Node *node, List **relids);

/* Whether the owner found in a catalog row is no superuser. */
static bool
untrusted_owner(int cache, Oid oid, AttrNumber owner_column)
{
	HeapTuple	tuple;
	bool		null;
	Oid			owner;

	if (oid < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return true;
	owner = DatumGetObjectId(SysCacheGetAttr(cache, tuple, owner_column, &null));
	ReleaseSysCache(tuple);
	return !superuser_arg(owner);
}

static bool
untrusted_function(Oid funcid, void *context)
{
	return untrusted_owner(PROCOID, funcid, Anum_pg_proc_proowner);
}

/* What is refused right now. */
static PfaTrustGuard guarding = PFA_TRUST_ALL;
static bool installed = false;
static object_access_hook_type prev_object_access = NULL;

/* Their names have their arguments in them, which are others from 17 on. */
#define EMIT_MESSAGE_TEXT 3577
#define EMIT_MESSAGE_BYTEA 3578

/*
 * Whether a volatile function is written in C and did not come with the server:
 * what it does may be done elsewhere, as on dblink's connections.
 */
static bool
acts_outside(Oid funcid)
{
	HeapTuple	tuple;
	bool		result = false;

	if (funcid < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

		result = (form->prolang == ClanguageId &&
				  form->provolatile == PROVOLATILE_VOLATILE);
		ReleaseSysCache(tuple);
	}
	return result;
}

/*
 * What a function of a role without superuser's rights can do in a read-only
 * operation that its rollback does not undo: advisory locks of the session, taken
 * or given back, which may be the caller's; where random() goes on; messages in
 * the log of changes; other sessions of the role ended; and whatever extensions do
 * elsewhere.
 */
static bool
leaves_trace(Oid funcid)
{
	switch (funcid)
	{
		case F_SETSEED:
		case F_PG_CANCEL_BACKEND:
		case F_PG_TERMINATE_BACKEND:
		case EMIT_MESSAGE_TEXT:
		case EMIT_MESSAGE_BYTEA:
		case F_PG_ADVISORY_LOCK_INT8:
		case F_PG_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_TRY_ADVISORY_LOCK_INT8:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_ADVISORY_UNLOCK_INT8:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT8:
		case F_PG_ADVISORY_LOCK_INT4_INT4:
		case F_PG_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_ALL:
			return true;
		default:
			return acts_outside(funcid);
	}
}

static void
object_access(ObjectAccessType access, Oid classid, Oid oid, int subid, void *arg)
{
	if (prev_object_access)
		prev_object_access(access, classid, oid, subid, arg);
	if (guarding == PFA_TRUST_ALL || access != OAT_FUNCTION_EXECUTE ||
		classid != ProcedureRelationId)
		return;
	if (guarding == PFA_TRUST_SUPERUSERS && untrusted_function(oid, NULL))
		ereport(ERROR,
				(errcode(PFA_TRUST_ERROR),
				 errmsg("planning would execute a function that is not trusted")));
	if (leaves_trace(oid))
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("planning would execute a function that leaves a trace")));
}

PfaTrustGuard
pfa_trust_guard(PfaTrustGuard guard)
{
	PfaTrustGuard was = guarding;

	if (!installed)
	{
		prev_object_access = object_access_hook;
		object_access_hook = object_access;
		installed = true;
	}
	guarding = Max(was, guard);
	return was;
}

void
pfa_trust_unguard(PfaTrustGuard guard)
{
	guarding = guard;
}

static bool
untrusted_operator(Oid opno)
{
	return untrusted_owner(OPEROID, opno, Anum_pg_operator_oprowner);
}

/* A stored expression, as text of a node tree. */
static bool
untrusted_stored(const char *text)
{
	List	   *relids = NIL;

	return untrusted_walker(stringToNode(text), &relids);
}

static bool
untrusted_attribute(int cache, HeapTuple tuple, AttrNumber column)
{
	bool		null;
	Datum		value = SysCacheGetAttr(cache, tuple, column, &null);

	return !null && untrusted_stored(TextDatumGetCString(value));
}

/* The same for a column of a row that is looked up by OID. */
static bool
untrusted_row(int cache, Oid oid, AttrNumber column, AttrNumber column2)
{
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = untrusted_attribute(cache, tuple, column) ||
		(column2 != 0 && untrusted_attribute(cache, tuple, column2));
	ReleaseSysCache(tuple);
	return result;
}

/* What the planner may fold of one table. */
static bool
untrusted_table(Relation table)
{
	TupleConstr *constr = RelationGetDescr(table)->constr;
	Oid			relid = RelationGetRelid(table);
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(table))
	{
		if (untrusted_row(INDEXRELID, lfirst_oid(lc),
						  Anum_pg_index_indexprs, Anum_pg_index_indpred))
			return true;
	}
	foreach(lc, RelationGetStatExtList(table))
	{
		if (untrusted_row(STATEXTOID, lfirst_oid(lc),
						  Anum_pg_statistic_ext_stxexprs, 0))
			return true;
	}
	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE &&
		untrusted_row(PARTRELID, relid, Anum_pg_partitioned_table_partexprs, 0))
		return true;
	if (constr != NULL)
	{
		for (int i = 0; i < constr->num_check; i++)
			if (untrusted_stored(constr->check[i].ccbin))
				return true;
		for (int i = 0; i < constr->num_defval; i++)
			if (untrusted_stored(constr->defval[i].adbin))
				return true;
	}
	return false;
}

/* A table and its children; those of superusers are trusted. */
static bool
untrusted_relation(Oid relid)
{
	ListCell   *lc;

	if (relid < FirstNormalObjectId)
		return false;
	foreach(lc, find_all_inheritors(relid, AccessShareLock, NULL))
	{
		Relation	table = relation_open(lfirst_oid(lc), NoLock);
		bool		result;

		result = !superuser_arg(table->rd_rel->relowner) && untrusted_table(table);
		relation_close(table, NoLock);
		if (result)
			return true;
	}
	return false;
}

/* Estimates and statistics of a range call its subtype_diff. */
static bool
untrusted_type(Oid type)
{
	Oid			base = getBaseType(type);
	Oid			element = get_element_type(base);

	if (OidIsValid(element))
		base = getBaseType(element);
	if (type_is_multirange(base))
		base = get_multirange_range(base);
	return type_is_range(base) && untrusted_owner(TYPEOID, base, Anum_pg_type_typowner);
}

/* Operators, and what check_functions_in_node does not know of. */
static bool
untrusted_node(Node *node)
{
	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			return untrusted_operator(((OpExpr *) node)->opno);
		case T_ScalarArrayOpExpr:
			return untrusted_operator(((ScalarArrayOpExpr *) node)->opno);
		case T_CoerceToDomain:
			return untrusted_owner(TYPEOID, ((CoerceToDomain *) node)->resulttype,
								   Anum_pg_type_typowner);
		case T_Var:
		case T_Const:
		case T_Param:
			return untrusted_type(exprType(node));
		case T_SortGroupClause:
			return untrusted_operator(((SortGroupClause *) node)->eqop) ||
				untrusted_operator(((SortGroupClause *) node)->sortop);
		default:
			return false;
	}
}

static bool
untrusted_walker(Node *node, List **relids)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, untrusted_function, NULL) || untrusted_node(node))
		return true;
	if (IsA(node, RangeTblEntry))
	{
		Oid			relid = ((RangeTblEntry *) node)->relid;

		if (!OidIsValid(relid) || list_member_oid(*relids, relid))
			return false;
		*relids = lappend_oid(*relids, relid);
		return untrusted_relation(relid);
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, untrusted_walker, relids,
								 QTW_EXAMINE_RTES_BEFORE | QTW_EXAMINE_SORTGROUP);
	return expression_tree_walker(node, untrusted_walker, relids);
}

bool
pfa_trust_query(Query *query)
{
	List	   *relids = NIL;

	return !untrusted_walker((Node *) query, &relids);
}

bool
pfa_trust_reads_foreign(List *relids)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, relids)
		foreach(lc2, find_all_inheritors(lfirst_oid(lc), NoLock, NULL))
			if (get_rel_relkind(lfirst_oid(lc2)) == RELKIND_FOREIGN_TABLE)
				return true;
	return false;
}

/*
 * Only of the server's own wrappers is known whether they ask: that of files has
 * nobody to ask, PostgreSQL's does where it is told to.
 */
static bool
asks_server(Oid relid)
{
	ForeignTable *table = GetForeignTable(relid);
	ForeignServer *server = GetForeignServer(table->serverid);
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	char	   *handler = OidIsValid(wrapper->fdwhandler) ? get_func_name(wrapper->fdwhandler) : NULL;
	ListCell   *lc;
	bool		asks = false;

	if (handler != NULL && strcmp(handler, "file_fdw_handler") == 0)
		return false;
	if (handler == NULL || strcmp(handler, "postgres_fdw_handler") != 0)
		return true;
	/* the table's own word comes after the server's */
	foreach(lc, list_concat_copy(server->options, table->options))
	{
		DefElem    *option = lfirst(lc);

		if (strcmp(option->defname, "use_remote_estimate") == 0)
			asks = defGetBoolean(option);
	}
	return asks;
}

bool
pfa_trust_asks_servers(List *relids)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, relids)
		foreach(lc2, find_all_inheritors(lfirst_oid(lc), NoLock, NULL))
			if (get_rel_relkind(lfirst_oid(lc2)) == RELKIND_FOREIGN_TABLE && asks_server(lfirst_oid(lc2)))
				return true;
	return false;
}

bool
pfa_trust_expression(Node *expr)
{
	List	   *relids = NIL;

	return !untrusted_walker(expr, &relids);
}
