/*
 * srf_makeup.c
 *		What units of work that may be chatty are made of, as rows.
 *
 * Only of roles that the reader may see.  Decides nothing.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/string.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "compat.h"
#include "makeup.h"
#include "reader.h"
#include "srf.h"

PFA_SQL_FUNCTION(perfaudit_makeup_facts_1_0);

static const char *const scope_names[] = {"transaction", "burst"};
static const char *const variant_names[PFA_VARIANTS] = {
	"sequential_aggregates", "eager_cascade", "many_shapes"
};

static void
put_shapes(PfaRow *row, const PfaRun *run)
{
	Datum		shapes[PFA_MAKEUP_EXAMPLES];
	int			n = 0;

	for (; n < PFA_MAKEUP_EXAMPLES && run->shape[n] != 0; n++)
		shapes[n] = Int64GetDatum((int64) run->shape[n]);
	row->values[row->n] = PointerGetDatum(construct_array(shapes, n, INT8OID, sizeof(int64),
														  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	row->nulls[row->n++] = false;
}

static void
put_tables(PfaRow *row, const PfaRun *run)
{
	Datum		relids[PFA_MAKEUP_EXAMPLES];
	int			n = 0;

	for (; n < PFA_MAKEUP_EXAMPLES && OidIsValid(run->relids[n]); n++)
		relids[n] = ObjectIdGetDatum(run->relids[n]);
	row->values[row->n] = PointerGetDatum(construct_array(relids, n, OIDOID, sizeof(Oid),
														  true, TYPALIGN_INT));
	row->nulls[row->n++] = false;
}

Datum
perfaudit_makeup_facts_1_0(PG_FUNCTION_ARGS)
{
	PfaMakeupSum *sums;
	int			n;
	PfaRow		row;

	pfa_srf_begin(fcinfo, &row);
	sums = pfa_makeup_read(MyDatabaseId, &n);
	for (int i = 0; i < n; i++)
	{
		const PfaMakeupSum *sum = &sums[i];

		if (!pfa_reader_may_see(sum->userid))
			continue;
		pfa_srf_oid(&row, sum->userid);
		pfa_srf_text(&row, variant_names[sum->variant]);
		pfa_srf_text(&row, scope_names[sum->scope]);
		pfa_srf_text(&row, sum->application);
		pfa_srf_text(&row, sum->name[0] != '\0' ? sum->name : NULL);
		pfa_srf_tags(&row, &sum->tags, sum->dbid, true);
		pfa_srf_int(&row, sum->units);
		pfa_srf_int(&row, sum->statements);
		pfa_srf_int(&row, sum->n_total);
		pfa_srf_int(&row, sum->n_min);
		pfa_srf_int(&row, sum->largest.n);
		pfa_srf_int(&row, sum->largest.shapes);
		pfa_srf_int(&row, sum->largest.most);
		put_shapes(&row, &sum->largest);
		put_tables(&row, &sum->largest);
		pfa_srf_ms(&row, sum->exec_ns);
		pfa_srf_ms(&row, sum->gap_ns);
		pfa_srf_time(&row, sum->first_seen);
		pfa_srf_time(&row, sum->last_seen);
		pfa_srf_emit(&row);
	}
	return (Datum) 0;
}
