/*
 * srf_distinct.c
 *		How many different values statements are asked with, as rows.
 *
 * Only of roles that the reader may see.  Decides nothing.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "compat.h"
#include "distinct.h"
#include "reader.h"
#include "srf.h"

PFA_SQL_FUNCTION(perfaudit_distinct_facts_1_0);

Datum
perfaudit_distinct_facts_1_0(PG_FUNCTION_ARGS)
{
	PfaDistinct *copies = palloc(sizeof(PfaDistinct) * PFA_DISTINCT_SHAPES);
	int			n;
	PfaRow		row;

	pfa_srf_begin(fcinfo, &row);
	n = pfa_distinct_read(MyDatabaseId, copies);
	for (int i = 0; i < n; i++)
	{
		if (!pfa_reader_may_see(copies[i].userid))
			continue;
		pfa_srf_oid(&row, copies[i].userid);
		pfa_srf_id(&row, copies[i].shape);
		pfa_srf_int(&row, copies[i].sampled);
		pfa_srf_float(&row, pfa_distinct_estimate(&copies[i]));
		pfa_srf_int(&row, copies[i].units);
		pfa_srf_time(&row, copies[i].last_seen);
		pfa_srf_emit(&row);
	}
	return (Datum) 0;
}
