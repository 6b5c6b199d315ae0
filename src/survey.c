/*
 * survey.c
 *		What is met on the way when a query tree is looked through.
 *
 * Catalogs are asked once for what does not change.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "survey.h"

#define REMEMBERED	32

typedef struct Answer
{
	Oid			about;
	bool		is;
	bool		left_out;		/* a relation: TOAST, or in the extension's schema */
} Answer;

/* Built-in operators stay as they are. */
bool
pfa_survey_is_equality(Oid opno)
{
	static Answer answers[REMEMBERED];
	Answer	   *answer = &answers[opno % REMEMBERED];
	bool		is;

	if (answer->about == opno)
		return answer->is;
	is = get_oprrest(opno) == F_EQSEL;
	if (opno < FirstUnpinnedObjectId)
	{
		answer->about = opno;
		answer->is = is;
	}
	return is;
}

/*
 * Whether a table is temporary, and whether it is one of perfaudit's or holds
 * what is TOASTed: from its first to its last day.
 */
static const Answer *
about_relation(Oid relid)
{
	static Answer answers[REMEMBERED];
	Answer	   *answer = &answers[relid % REMEMBERED];

	if (answer->about != relid)
	{
		Oid			namespace = get_rel_namespace(relid);

		answer->is = get_rel_persistence(relid) == RELPERSISTENCE_TEMP;
		answer->left_out = IsToastNamespace(namespace) || namespace == get_namespace_oid("perfaudit", true);
		answer->about = relid;
	}
	return answer;
}

/* Who looks at perfaudit's views, or into TOAST tables, is no part of the workload: like catalogs. */
void
pfa_survey_add_relation(PfaSurvey *survey, Oid relid)
{
	const Answer *answer;

	if (relid < FirstNormalObjectId)
		return;
	answer = about_relation(relid);
	if (answer->left_out)
		return;
	if (!OidIsValid(survey->relation))
		survey->relation = relid;
	if (answer->is)
		survey->temporary = true;
}

void
pfa_survey_add_param(PfaSurvey *survey, const Param *param)
{
	struct PfaSurveyParam *params = survey->params;
	int			at = 0;

	for (int i = 0; i < survey->nparams; i++)
	{
		if (params[i].id != param->paramid)
			continue;
		if (params[i].location <= param->location)
			return;
		memmove(&params[i], &params[i + 1], sizeof(*params) * (--survey->nparams - i));
		break;
	}
	if (survey->nparams == survey->capacity)
	{
		survey->capacity = Max(8, survey->capacity * 2);
		params = survey->params = params ?
			repalloc(params, sizeof(*params) * survey->capacity) :
			palloc(sizeof(*params) * survey->capacity);
	}
	for (at = survey->nparams; at > 0 && params[at - 1].location > param->location; at--)
		params[at] = params[at - 1];
	params[at].id = param->paramid;
	params[at].location = param->location;
	survey->nparams++;
}
