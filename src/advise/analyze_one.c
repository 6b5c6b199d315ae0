/*
 * analyze_one.c
 *		From a text with one statement to its analysed Query.
 *
 * transformTopLevelStmt is called directly: parse_analyze_*() would tell every
 * post_parse_analyze_hook of a statement that nobody runs.
 */
#include "postgres.h"

#include "advise/analyze_one.h"

#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parse_param.h"
#include "parser/parser.h"

/* Makes an error's position one within our text. */
static void
transpose_position(void *arg)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery((const char *) arg);
	}
}

static void
push_context(ErrorContextCallback *callback, const char *text)
{
	callback->callback = transpose_position;
	callback->arg = unconstify(char *, text);
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

RawStmt *
pfa_parse_one(const char *text, const char *what)
{
	ErrorContextCallback callback;
	List	   *statements;

	push_context(&callback, text);
	statements = raw_parser(text, RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;

	if (statements == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s contains no statement", what)));
	if (list_length(statements) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s contains more than one statement", what)));
	return linitial_node(RawStmt, statements);
}

/* Names that stand for parameters in the statement being analysed. */
static List *parameter_names;
static int	first_name;			/* number of the first of them */

/*
 * A name that is no column is a variable of the function that ran the
 * statement: a parameter of a type to be inferred.
 */
static Node *
variable_as_parameter(ParseState *pstate, ColumnRef *cref, Node *var)
{
	ParamRef   *param;
	char	   *name;
	int			n = 0;
	ListCell   *lc;

	if (var != NULL || IsA(llast(cref->fields), A_Star))
		return NULL;
	name = NameListToString(cref->fields);
	foreach(lc, parameter_names)
	{
		if (strcmp(strVal(lfirst(lc)), name) == 0)
			break;
		n++;
	}
	if (n == list_length(parameter_names))
		parameter_names = lappend(parameter_names, makeString(name));
	param = makeNode(ParamRef);
	param->number = first_name + n;
	param->location = cref->location;
	return pstate->p_paramref_hook(pstate, param);
}

Query *
pfa_analyze_one(RawStmt *raw, const char *text, Oid **types, int *ntypes,
				bool variables)
{
	ErrorContextCallback callback;
	ParseState *pstate = make_parsestate(NULL);
	Query	   *query;
	Oid		   *no_types = NULL;
	int			zero = 0;

	if (types == NULL)
	{
		types = &no_types;
		ntypes = &zero;
	}
	push_context(&callback, text);
	pstate->p_sourcetext = text;

	setup_parse_variable_parameters(pstate, types, ntypes);
	if (variables)
	{
		parameter_names = NIL;
		first_name = *ntypes + 1;
		pstate->p_post_columnref_hook = variable_as_parameter;
	}
	query = transformTopLevelStmt(pstate, raw);
	check_variable_parameters(pstate, query);
	free_parsestate(pstate);
	error_context_stack = callback.previous;
	return query;
}

bool
pfa_is_plannable(const RawStmt *raw)
{
	switch (nodeTag(raw->stmt))
	{
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return true;
		default:
			return false;
	}
}
