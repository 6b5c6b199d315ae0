/*
 * footprint.c
 *		What a session's process keeps for itself, part by part.
 *
 * Only the arithmetic: each part owns its memory.  What a process has not used
 * yet the system has not given it.
 */
#include "postgres.h"

#include "footprint.h"
#include "frames.h"
#include "known.h"
#include "results.h"
#include "shape.h"
#include "track.h"
#include "unit_internal.h"
#include "utils/memutils.h"

/* contexts for cutting a query and for its text keep their first block */
#define CONTEXTS	2

void
pfa_footprint_list(PfaFootprint parts[PFA_FOOTPRINT_PARTS])
{
	parts[0] = (PfaFootprint) {"statements and plans met of late",
	pfa_shape_cache_size + sizeof(pfa_known_plans)};
	parts[1] = (PfaFootprint) {"values of repeats", pfa_track_size};
	parts[2] = (PfaFootprint) {"values of results", pfa_results_size};
	parts[3] = (PfaFootprint) {"statements that run", pfa_frames_size};
	parts[4] = (PfaFootprint) {"unit of work", sizeof(pfa_unit_current)};
	parts[5] = (PfaFootprint) {"working memory", CONTEXTS * ALLOCSET_DEFAULT_INITSIZE};
}
