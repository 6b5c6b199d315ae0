/*
 * hypo_define.c
 *		Makes a hypothetical index out of a CREATE INDEX statement.
 *
 * The statement is parsed and transformed by the server's own code; what
 * CREATE INDEX would refuse is refused here with the same words.  It is never
 * executed, and nothing is written to the catalogs.
 *
 * Locks: AccessShareLock on the table, kept until the transaction ends, so that
 * its columns stay what they are while plans are made.
 */
#include "postgres.h"

#include "advise/analyze_one.h"
#include "advise/hypo_index.h"
#include "compat.h"

#include "access/amapi.h"
#include "access/brin.h"
#include "access/gist_private.h"
#include "access/hash.h"
#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/relation.h"
#include "access/reloptions.h"
#include "access/xlog.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_utilcmd.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/* Access methods whose cost estimation never opens the index. */
static const Oid supported_ams[] = {
	BTREE_AM_OID, HASH_AM_OID, GIST_AM_OID, GIN_AM_OID, BRIN_AM_OID
};

PfaHypoIndex *
pfa_hypo_make(Oid relid, Oid am, int nkeys, int ncolumns)
{
	PfaHypoIndex *index = palloc0(sizeof(PfaHypoIndex));

	index->relid = relid;
	index->am = am;
	index->nkeys = nkeys;
	index->ncolumns = ncolumns;
	index->attnums = palloc0(sizeof(AttrNumber) * ncolumns);
	index->opclasses = palloc0(sizeof(Oid) * ncolumns);
	index->collations = palloc0(sizeof(Oid) * ncolumns);
	index->descending = palloc0(sizeof(bool) * ncolumns);
	index->nulls_first = palloc0(sizeof(bool) * ncolumns);
	index->deduplicate = true;
	index->pages_per_range = BRIN_DEFAULT_PAGES_PER_RANGE;
	index->fraction = 1.0;
	return index;
}

/* The one IndexStmt of a text. */
static IndexStmt *
parse_create_index(const char *ddl)
{
	RawStmt    *raw = pfa_parse_one(ddl, "index definition");

	if (!IsA(raw->stmt, IndexStmt))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("index definition is not a CREATE INDEX statement"),
				 errdetail("The statement is %s.", GetCommandTagName(CreateCommandTag(raw->stmt)))));
	return (IndexStmt *) raw->stmt;
}

/* Refuses relations that no index can be supposed on. */
static void
check_table(Relation table, const IndexStmt *stmt)
{
	char		kind = table->rd_rel->relkind;

	if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW &&
		kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot suppose an index on relation \"%s\"",
						RelationGetRelationName(table)),
				 errdetail_relkind_not_supported(kind)));
	if (IsSystemRelation(table))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot suppose an index on system catalog \"%s\"",
						RelationGetRelationName(table))));
	if (RELATION_IS_OTHER_TEMP(table))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot suppose an index on temporary table \"%s\" of another session",
						RelationGetRelationName(table))));
	if (kind == RELKIND_PARTITIONED_TABLE && !stmt->relation->inh)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot suppose an index ON ONLY partitioned table \"%s\"",
						RelationGetRelationName(table)),
				 errdetail("Such an index is invalid and serves no query."),
				 errhint("Leave ONLY out, or name the partition.")));
	if (RecoveryInProgress() && !RelationIsPermanent(table))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot access temporary or unlogged relations during recovery")));
	if (kind == RELKIND_PARTITIONED_TABLE && stmt->concurrent)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot create index on partitioned table \"%s\" concurrently",
						RelationGetRelationName(table)),
				 errhint("Leave CONCURRENTLY out.")));
	if (stmt->excludeOpNames != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("exclusion constraints cannot be supposed")));
}

/* The access method's OID, if it can be supposed and has what is asked for. */
static Oid
check_method(const IndexStmt *stmt, const IndexAmRoutine **routine)
{
	const char *name = stmt->accessMethod;
	HeapTuple	tuple;
	Oid			am;
	int			nkeys = list_length(stmt->indexParams);
	int			ncolumns = nkeys + list_length(stmt->indexIncludingParams);
	bool		known = false;

	/* CREATE INDEX still accepts the name that R-trees once had */
	if (strcmp(name, "rtree") == 0)
		name = "gist";
	tuple = SearchSysCache1(AMNAME, CStringGetDatum(name));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("access method \"%s\" does not exist", name)));
	am = ((Form_pg_am) GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);

	for (int i = 0; i < lengthof(supported_ams); i++)
		known |= (supported_ams[i] == am);
	if (!known)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot suppose an index of access method \"%s\"", name),
				 errdetail("The planner asks this access method's index itself for its cost."),
				 errhint("Access methods btree, hash, gin, gist and brin can be supposed.")));

	*routine = GetIndexAmRoutineByAmId(am, false);
	if (stmt->unique && !(*routine)->amcanunique)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support unique indexes", name)));
	if (stmt->indexIncludingParams != NIL && !(*routine)->amcaninclude)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support included columns", name)));
	if (nkeys > 1 && !(*routine)->amcanmulticol)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support multicolumn indexes", name)));
	if (ncolumns > INDEX_MAX_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg("cannot use more than %d columns in an index", INDEX_MAX_KEYS)));
	return am;
}

/*
 * Storage parameters that decide about the size.  The access method's own
 * parser raises the errors.
 */
static void
read_options(PfaHypoIndex *index, const IndexStmt *stmt,
			 const IndexAmRoutine *routine)
{
	Datum		options;
	bytea	   *parsed;

	if (stmt->options == NIL)
		return;
	options = transformRelOptions((Datum) 0, stmt->options, NULL, NULL, false, false);
	parsed = index_reloptions(routine->amoptions, options, true);
	if (parsed == NULL)
		return;
	if (index->am == BTREE_AM_OID)
	{
		index->fillfactor = ((BTOptions *) parsed)->fillfactor;
		index->deduplicate = ((BTOptions *) parsed)->deduplicate_items;
	}
	else if (index->am == HASH_AM_OID)
		index->fillfactor = ((HashOptions *) parsed)->fillfactor;
	else if (index->am == GIST_AM_OID)
		index->fillfactor = ((GiSTOptions *) parsed)->fillfactor;
	else if (index->am == BRIN_AM_OID)
		index->pages_per_range = ((BrinOptions *) parsed)->pagesPerRange;
}

/*
 * What one element indexes: fills attnums or exprs, gives type and collation.
 */
static void
define_target(PfaHypoIndex *index, int column, const IndexElem *elem,
			  Oid *type, Oid *collation)
{
	Node	   *expr = elem->expr;

	if (elem->name != NULL)
	{
		HeapTuple	tuple = SearchSysCacheAttName(index->relid, elem->name);
		Form_pg_attribute att;

		if (!HeapTupleIsValid(tuple))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" does not exist", elem->name)));
		att = (Form_pg_attribute) GETSTRUCT(tuple);
		index->attnums[column] = att->attnum;
		*type = att->atttypid;
		*collation = att->attcollation;
		ReleaseSysCache(tuple);
		if (index->attnums[column] <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("index creation on system columns is not supported")));
		return;
	}

	if (column >= index->nkeys)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("expressions are not supported in included columns")));
	*type = exprType(expr);
	*collation = exprCollation(expr);
	while (IsA(expr, CollateExpr))
		expr = (Node *) ((CollateExpr *) expr)->arg;
	if (IsA(expr, Var) && ((Var *) expr)->varattno > 0)
	{
		index->attnums[column] = ((Var *) expr)->varattno;
		return;
	}
	if (contain_mutable_functions((Node *) expression_planner(copyObject((Expr *) expr))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("functions in index expression must be marked IMMUTABLE")));

	/* the form that the relation cache hands to the planner */
	expr = eval_const_expressions(NULL, copyObject(expr));
	fix_opfuncids(expr);
	index->exprs = lappend(index->exprs, expr);
}

/* Parameters of the operator class; it raises the errors itself. */
static void
define_opclass_options(PfaHypoIndex *index, int column, const IndexElem *elem)
{
	Oid			opclass = index->opclasses[column];
	Oid			opcintype = get_opclass_input_type(opclass);
	int			number = GetIndexAmRoutineByAmId(index->am, false)->amoptsprocnum;
	Oid			function = InvalidOid;
	local_relopts options;
	Datum		array;

	if (elem->opclassopts == NIL)
		return;
	if (number != 0)
		function = get_opfamily_proc(get_opclass_family(opclass), opcintype, opcintype, number);
	if (!OidIsValid(function))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("operator class %s has no options", generate_opclass_name(opclass))));
	array = transformRelOptions((Datum) 0, elem->opclassopts, NULL, NULL, false, false);
	init_local_reloptions(&options, 0);
	(void) OidFunctionCall1(function, PointerGetDatum(&options));
	if (index->opclassdefs == NULL)
	{
		index->opclassdefs = palloc0(sizeof(List *) * index->nkeys);
		index->opclassoptions = palloc0(sizeof(bytea *) * index->nkeys);
	}
	index->opclassdefs[column] = elem->opclassopts;
	index->opclassoptions[column] = build_local_reloptions(&options, array, true);
}

/* Operator class, collation and order of one key column. */
static void
define_key(PfaHypoIndex *index, int column, const IndexElem *elem,
		   const char *method, bool can_order, Oid type, Oid collation)
{
	if (elem->collation)
		collation = get_collation_oid(elem->collation, false);
	if (type_is_collatable(type))
	{
		if (!OidIsValid(collation))
			ereport(ERROR,
					(errcode(ERRCODE_INDETERMINATE_COLLATION),
					 errmsg("could not determine which collation to use for index expression"),
					 errhint("Use the COLLATE clause to set the collation explicitly.")));
	}
	else if (OidIsValid(collation))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("collations are not supported by type %s",
						format_type_be(type))));

	index->collations[column] = collation;
	index->opclasses[column] = ResolveOpClass(elem->opclass, type, method, index->am);

	define_opclass_options(index, column, elem);
	if (!can_order)
	{
		if (elem->ordering != SORTBY_DEFAULT ||
			elem->nulls_ordering != SORTBY_NULLS_DEFAULT)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("access method \"%s\" does not support ASC/DESC or NULLS FIRST/LAST options",
							method)));
		return;
	}
	index->descending[column] = (elem->ordering == SORTBY_DESC);
	if (elem->nulls_ordering == SORTBY_NULLS_DEFAULT)
		index->nulls_first[column] = index->descending[column];
	else
		index->nulls_first[column] = (elem->nulls_ordering == SORTBY_NULLS_FIRST);
}

/* All columns that it looks at, as pull_varattnos counts. */
static Bitmapset *
referenced_columns(const PfaHypoIndex *index)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < index->ncolumns; i++)
		if (index->attnums[i] > 0)
			columns = bms_add_member(columns, index->attnums[i] - FirstLowInvalidHeapAttributeNumber);
	pull_varattnos((Node *) index->exprs, 1, &columns);
	pull_varattnos((Node *) index->pred, 1, &columns);
	return columns;
}

/* Refuses columns that no index may have, in expressions and predicate too. */
static void
check_columns(const PfaHypoIndex *index, const Bitmapset *columns)
{
	int			i = -1;

	while ((i = bms_next_member(columns, i)) >= 0)
	{
		AttrNumber	attnum = i + FirstLowInvalidHeapAttributeNumber;

		if (attnum < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("index creation on system columns is not supported")));
		if (attnum > 0 && get_attgenerated(index->relid, attnum) == PFA_GENERATED_VIRTUAL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("indexes on virtual generated columns are not supported")));
	}
}

/* Each partition has an index of its own, so it must tell rows apart alone. */
static void
check_unique(const PfaHypoIndex *index, Relation table)
{
	PartitionKey key;

	if (!index->unique || table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	key = RelationGetPartitionKey(table);
	for (int i = 0; i < key->partnatts; i++)
	{
		bool		found = false;

		for (int k = 0; k < index->nkeys; k++)
			found |= (key->partattrs[i] != 0 && index->attnums[k] == key->partattrs[i]);
		if (!found)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("unique constraint on partitioned table must include all partitioning columns")));
	}
}

/*
 * The size of an index tells something about its columns, so the caller must
 * be allowed to read them.
 */
bool
pfa_hypo_is_readable(const PfaHypoIndex *index)
{
	Bitmapset  *columns = referenced_columns(index);
	int			i = -1;

	if (pg_class_aclcheck(index->relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return true;
	while ((i = bms_next_member(columns, i)) >= 0)
	{
		AttrNumber	attnum = i + FirstLowInvalidHeapAttributeNumber;

		if (attnum <= 0 ||
			pg_attribute_aclcheck(index->relid, attnum, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/* The partial predicate, in the form that the relation cache gives it. */
static List *
define_predicate(Node *where)
{
	Node	   *pred;

	if (where == NULL)
		return NIL;
	if (contain_mutable_functions((Node *) expression_planner(copyObject((Expr *) where))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("functions in index predicate must be marked IMMUTABLE")));
	pred = eval_const_expressions(NULL, copyObject(where));
	pred = (Node *) canonicalize_qual((Expr *) pred, false);
	pred = (Node *) make_ands_implicit((Expr *) pred);
	fix_opfuncids(pred);
	return (List *) pred;
}

PfaHypoIndex *
pfa_hypo_define(const char *ddl)
{
	IndexStmt  *stmt = parse_create_index(ddl);
	PfaHypoIndex *index;
	const IndexAmRoutine *routine;
	Relation	table;
	ListCell   *lc;
	Oid			relid;
	Oid			am;
	int			column = 0;

	relid = RangeVarGetRelid(stmt->relation, AccessShareLock, false);

	table = relation_open(relid, NoLock);
	check_table(table, stmt);
	am = check_method(stmt, &routine);
	stmt = transformIndexStmt(relid, stmt, ddl);

	index = pfa_hypo_make(relid, am, list_length(stmt->indexParams),
						  list_length(stmt->indexParams) +
						  list_length(stmt->indexIncludingParams));
	index->own_words = true;
	index->unique = stmt->unique;
	if (stmt->tableSpace)
		index->tablespace = get_tablespace_oid(stmt->tableSpace, false);
	read_options(index, stmt, routine);

	foreach(lc, list_concat_copy(stmt->indexParams, stmt->indexIncludingParams))
	{
		IndexElem  *elem = lfirst_node(IndexElem, lc);
		Oid			type;
		Oid			collation;

		define_target(index, column, elem, &type, &collation);
		if (column < index->nkeys)
			define_key(index, column, elem, stmt->accessMethod,
					   routine->amcanorder, type, collation);
		else if (elem->collation || elem->opclass ||
				 elem->ordering != SORTBY_DEFAULT ||
				 elem->nulls_ordering != SORTBY_NULLS_DEFAULT)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("included columns have no collation, operator class or order")));
		column++;
	}
	index->pred = define_predicate(stmt->whereClause);
	check_columns(index, referenced_columns(index));
	check_unique(index, table);
	if (!pfa_hypo_is_readable(index))
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(table->rd_rel->relkind),
					   RelationGetRelationName(table));
	relation_close(table, NoLock);
	return index;
}
