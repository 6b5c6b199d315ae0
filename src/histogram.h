/*
 * histogram.h
 *		A log-linear histogram of durations: four buckets a power of two, from
 *		1 microsecond to 71 minutes.
 *
 * The idea is Gil Tene's HdrHistogram with two significant bits: bucket width
 * is at most a quarter of its lower bound, so a midpoint errs by at most
 * 12.5 %.  Below 4 microseconds each has a bucket of its own.  Mergeable by
 * addition; pure functions, no state.
 */
#ifndef PFA_HISTOGRAM_H
#define PFA_HISTOGRAM_H

#include "perfaudit.h"
#include "port/pg_bitutils.h"

/* The bucket of a duration in microseconds. */
static inline int
pfa_hist_bucket(uint64 us)
{
	int			exponent;
	int			bucket;

	if (us < 4)
		return (int) us;
	exponent = pg_leftmost_one_pos64(us);
	bucket = 4 * (exponent - 1) + (int) ((us >> (exponent - 2)) & 3);
	return Min(bucket, PFA_HIST_BUCKETS - 1);
}

/* The lower bound of a bucket, in microseconds. */
static inline uint64
pfa_hist_floor(int bucket)
{
	if (bucket < 4)
		return (uint64) bucket;
	return ((uint64) (4 + bucket % 4)) << (bucket / 4 - 1);
}

/*
 * The durations (milliseconds) below which the fractions q of all values lie,
 * q ascending; each the midpoint of its bucket, within the exact minimum and
 * maximum.  Each of the buckets stands for step of those above: with two the
 * midpoint errs by at most 25 %.
 */
static inline void
pfa_hist_quantiles(const uint32 *buckets, int step, const double *q, double *result,
				   int n, double min_ms, double max_ms)
{
	uint64		total = 0;
	uint64		seen = 0;
	int			bucket = -1;

	for (int i = 0; i < PFA_HIST_BUCKETS / step; i++)
		total += buckets[i];
	for (int k = 0; k < n; k++)
	{
		uint64		rank = Min((uint64) (q[k] * total), total - 1);

		if (total == 0)
		{
			result[k] = 0;
			continue;
		}
		while (seen <= rank)
			seen += buckets[++bucket];
		result[k] = (pfa_hist_floor(bucket * step) +
					 pfa_hist_floor((bucket + 1) * step)) / 2.0 / 1000.0;
		result[k] = Max(min_ms, Min(max_ms, result[k]));
	}
}

/* The same for one fraction. */
static inline double
pfa_hist_quantile_coarse(const uint32 *buckets, int step, double q,
						 double min_ms, double max_ms)
{
	double		result;

	pfa_hist_quantiles(buckets, step, &q, &result, 1, min_ms, max_ms);
	return result;
}

static inline double
pfa_hist_quantile(const uint32 *buckets, double q, double min_ms, double max_ms)
{
	return pfa_hist_quantile_coarse(buckets, 1, q, min_ms, max_ms);
}

#endif							/* PFA_HISTOGRAM_H */
