/*
 * survey.h
 *		What is met on the way when a query tree is looked through for its
 *		values, once a shape.
 */
#ifndef PFA_SURVEY_H
#define PFA_SURVEY_H

#include "nodes/primnodes.h"

typedef struct PfaSurvey
{
	Oid			relation;		/* first one that is no catalog, or 0 */
	bool		temporary;		/* one of them is temporary */
	bool		lists;			/* a list, or several rows of VALUES */
	bool		locks;			/* a query in it, too, has FOR UPDATE or so */
	int			nparams;		/* different external parameters */
	int			capacity;
	struct PfaSurveyParam
	{
		int			id;
		int			location;	/* first place in the text */
	}		   *params;			/* in order of their places; palloc'd */
} PfaSurvey;

extern void pfa_survey_add_relation(PfaSurvey *survey, Oid relid);
extern void pfa_survey_add_param(PfaSurvey *survey, const Param *param);

/* Whether an operator is estimated as an equality. */
extern bool pfa_survey_is_equality(Oid opno);

#endif							/* PFA_SURVEY_H */
