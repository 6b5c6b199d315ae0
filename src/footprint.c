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
#include "handover.h"
#include "known.h"
#include "links.h"
#include "pieces.h"
#include "queryid.h"
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
	const PfaFootprint all[PFA_FOOTPRINT_PARTS] = {
		{"statements and plans met of late", pfa_shape_cache_size + pfa_queryid_size + pfa_pieces_size + sizeof(pfa_known_plans) + pfa_handover_size},
		{"values of repeats", pfa_track_size + pfa_tree_size + pfa_links_size},
		{"values of results", pfa_results_size},
		{"statements that run", pfa_frames_size},
		{"unit of work", sizeof(pfa_unit_current)},
		{"working memory", CONTEXTS * ALLOCSET_SMALL_INITSIZE}
	};

	memcpy(parts, all, sizeof(all));
}
