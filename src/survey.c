/*
 * survey.c
 *		What is met on the way when a query tree is looked through.
 *
 * Catalogs are asked once for what does not change.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_class.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "survey.h"

#define REMEMBERED	32

typedef struct Answer
{
	Oid			about;
	bool		is;
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

/* A table is temporary from its first to its last day. */
static bool
is_temporary(Oid relid)
{
	static Answer answers[REMEMBERED];
	Answer	   *answer = &answers[relid % REMEMBERED];

	if (answer->about != relid)
	{
		answer->is = get_rel_persistence(relid) == RELPERSISTENCE_TEMP;
		answer->about = relid;
	}
	return answer->is;
}

void
pfa_survey_add_relation(PfaSurvey *survey, Oid relid)
{
	if (relid < FirstNormalObjectId)
		return;
	if (!OidIsValid(survey->relation))
		survey->relation = relid;
	if (is_temporary(relid))
		survey->temporary = true;
}

/* Kept in order of their places in the text, by insertion: there are few. */
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
