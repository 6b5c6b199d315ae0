/*
 * analyze_one.c
 *		From a text with one statement to its analysed Query.
 *
 * transformTopLevelStmt is called directly: parse_analyze_*() would tell every
 * post_parse_analyze_hook of a statement that nobody runs.
 */
#include "postgres.h"

#include "advise/analyze_one.h"

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

Query *
pfa_analyze_one(RawStmt *raw, const char *text, Oid **types, int *ntypes)
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
