/*
 * srf.h
 *		Helpers for functions that return facts as rows.
 */
#ifndef PFA_SRF_H
#define PFA_SRF_H

#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/timestamp.h"

#include "perfaudit.h"
#include "tags.h"

/* One row being put together, column by column. */
typedef struct PfaRow
{
	ReturnSetInfo *rsinfo;
	Oid			function;
	struct PfaKept *kept;		/* where its rows are kept, or NULL */
	int			n;
	Datum		values[80];
	bool		nulls[80];
} PfaRow;

/* Requires the shared memory, and begins a materialised result. */
extern void pfa_srf_begin(FunctionCallInfo fcinfo, PfaRow *row);
extern void pfa_srf_emit(PfaRow *row);

/*
 * Rows kept until the query ends, so that a query that asks again (a view of
 * many detectors) gets the same facts, and at once.  True if they were given;
 * if not, those emitted from now on are kept, under the same question to the
 * same function (its bytes, without padding), unless the query has asked it
 * several others.
 */
#define PFA_QUESTION_SIZE	32
extern bool pfa_srf_again(PfaRow *row, const void *question, Size size);

/* To be called when all rows are emitted. */
extern void pfa_srf_complete(PfaRow *row);

/* Instead, when the rows were put into the result without pfa_srf_emit(). */
extern void pfa_srf_keep(PfaRow *row);

/*
 * What queries ask for that are run on behalf of another is kept for that one,
 * until share_back gets what share gave, also after an error.
 */
extern MemoryContext pfa_srf_share(MemoryContext query);
extern void pfa_srf_share_back(MemoryContext outer);

extern void pfa_srf_null(PfaRow *row);
extern void pfa_srf_oid(PfaRow *row, Oid value);	/* 0: null */
extern void pfa_srf_bool(PfaRow *row, bool value);
extern void pfa_srf_int(PfaRow *row, int64 value);	/* bigint */
extern void pfa_srf_int4(PfaRow *row, int32 value);
extern void pfa_srf_id(PfaRow *row, uint64 value);	/* bigint, 0: null */
extern void pfa_srf_float(PfaRow *row, double value);
extern void pfa_srf_ms(PfaRow *row, uint64 ns); /* double precision,
												 * milliseconds */
extern void pfa_srf_text(PfaRow *row, const char *value);	/* NULL: null */
extern void pfa_srf_jsonb(PfaRow *row, const char *json);
extern void pfa_srf_time(PfaRow *row, TimestampTz value);	/* 0: null */
extern void pfa_srf_tags(PfaRow *row, const PfaTags *tags, Oid dbid, bool visible);

/* The four columns that begin every row about a statement. */
extern void pfa_srf_key(PfaRow *row, const PfaKey *key);

#endif							/* PFA_SRF_H */
