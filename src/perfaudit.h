/*
 * perfaudit.h
 *		The vocabulary that all parts share: identities and facts, as plain
 *		structs and enums.  No prototypes, no executor types, no version tests.
 *
 * Facts are what C records and SQL judges.  Every counter says its unit.
 */
#ifndef PERFAUDIT_H
#define PERFAUDIT_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* A variable of the library's own: no detour to find it. */
#define PFA_LOCAL			__attribute__((visibility("hidden")))

/* Bounds of what is kept for one statement shape; overflow is counted. */
#define PFA_MAX_NODES		12	/* plan nodes kept a plan */
#define PFA_MAX_PREDS		16	/* predicates and keys kept a plan */
#define PFA_MAX_SCANS		8	/* relations read by sequential scans, kept a
								 * shape */
#define PFA_SLAB_SCANS		PFA_MAX_SCANS	/* the same, in a pending entry */
#define PFA_MAX_VALUES		8	/* literals and parameters looked at */
#define PFA_HIST_BUCKETS	128 /* see histogram.h */
#define PFA_HIST_COARSE		2	/* of them are one in an hour's histogram */

/*
 * The identity of a statement shape of one role in one database.  Hashed as
 * bytes: has no padding.
 */
typedef struct PfaKey
{
	uint64		shape;			/* see shape.h */
	Oid			dbid;
	Oid			userid;
	uint32		toplevel;		/* 1: sent by a client, 0: nested */
	uint32		unused;			/* always 0 */
} PfaKey;

typedef enum PfaOperation
{
	PFA_OP_UNKNOWN = 0,
	PFA_OP_SELECT,
	PFA_OP_INSERT,
	PFA_OP_UPDATE,
	PFA_OP_DELETE,
	PFA_OP_MERGE,
	PFA_OP_UTILITY
} PfaOperation;

/* Plan nodes that facts are kept of; names in plan_text.c. */
typedef enum PfaNodeType
{
	PFA_NODE_OTHER = 0,
	PFA_NODE_SEQ_SCAN,
	PFA_NODE_SAMPLE_SCAN,
	PFA_NODE_INDEX_SCAN,
	PFA_NODE_INDEX_ONLY_SCAN,
	PFA_NODE_BITMAP_HEAP_SCAN,
	PFA_NODE_TID_SCAN,
	PFA_NODE_FOREIGN_SCAN,
	PFA_NODE_FUNCTION_SCAN,
	PFA_NODE_NESTED_LOOP,
	PFA_NODE_HASH_JOIN,
	PFA_NODE_MERGE_JOIN,
	PFA_NODE_SORT,
	PFA_NODE_INCREMENTAL_SORT,
	PFA_NODE_AGGREGATE,
	PFA_NODE_GROUP,
	PFA_NODE_UNIQUE,
	PFA_NODE_WINDOW,
	PFA_NODE_LIMIT,
	PFA_NODE_MEMOIZE,
	PFA_NODE_MATERIALIZE,
	PFA_NODE_GATHER,
	PFA_NODE_APPEND,
	PFA_NODE_MODIFY,
	PFA_NODE_TYPES				/* count, last */
} PfaNodeType;

#define PFA_NODE_INNER	0x01	/* its parent is a nested loop, and it is run
								 * for each of the other side's rows */

/* One node of a plan: what was expected and what happened. */
typedef struct PfaNode
{
	uint8		type;			/* PfaNodeType */
	int8		parent;			/* its parent's place among the kept, or -1 */
	uint16		flags;			/* PFA_NODE_* flags */
	Oid			relid;			/* relation scanned or modified, or 0 */
	Oid			indexid;		/* index used, or 0 */
	float4		est_rows;		/* planner's rows a loop: mean of the
								 * executions below, if any */
	float4		est_cost;		/* planner's total cost */

	/* sums over sampled executions: these, of.cache, of.heap and of.scan */
	uint32		evictions;		/* Memoize: entries that made room */
	double		rows;			/* rows given to the parent */
	double		loops;			/* times it was started */
	double		removed;		/* rows that its conditions took away */
	union
	{
		struct
		{
			uint32		hits;	/* rescans answered from the cache */
			uint32		misses;
		}			cache;		/* Memoize */
		struct
		{
			uint32		exact;	/* heap pages whose rows the bitmap knew */
			uint32		lossy;	/* all of whose rows were checked */
		}			heap;		/* Bitmap Heap Scan */
		struct
		{
			uint32		searched;	/* executions that looked for a pattern
									 * without a fixed beginning, and for
									 * nothing that a b-tree could serve
									 * instead of it */
			uint32		unused;
		}			scan;		/* Seq Scan, Sample Scan */
		struct
		{
			uint32		times;	/* executions in which it wrote to disk */
			uint32		max_kb; /* most it wrote at once, kB */
		}			spill;		/* all others: free, over all executions that
								 * reached the end */
	}			of;
} PfaNode;

typedef enum PfaPredKind
{
	PFA_PRED_FILTER = 0,		/* evaluated on rows already read */
	PFA_PRED_INDEX,				/* served by an index */
	PFA_PRED_JOIN,				/* joins two relations; one fact a side */
	PFA_PRED_GROUP,
	PFA_PRED_SORT,
	PFA_PRED_OUTER,				/* no condition of its own: what an index of a
								 * nested loop's inner side is asked for */
	PFA_PRED_KINDS
} PfaPredKind;

#define PFA_PRED_DESC			0x01	/* sort key: descending */
#define PFA_PRED_NULLS_FIRST	0x02	/* sort key: nulls first */
#define PFA_PRED_LITERAL		0x04	/* compared with a literal */
#define PFA_PRED_PARAM			0x08	/* compared with a client parameter */
#define PFA_PRED_LIST			0x10	/* = ANY (list) */
#define PFA_PRED_NEGATED		0x20	/* under NOT, or IS NOT NULL */
#define PFA_PRED_NULLTEST		0x40	/* IS [NOT] NULL; opno is 0 */
#define PFA_PRED_INSIDE_OR		0x80	/* one arm of an OR */
#define PFA_PRED_COLLATED		0x100	/* compared by another collation than
										 * the column's */
#define PFA_PRED_PREFIX			0x200	/* LIKE with a first character that is
										 * no wildcard */
#define PFA_PRED_UNANCHORED		0x400	/* a pattern with no fixed beginning,
										 * the first time it was seen */
#define PFA_PRED_NESTED			0x800	/* funcid is not given the column alone */
#define PFA_PRED_POSITION		0x1000	/* looked for by position(), as LIKE
										 * would */
#define PFA_PRED_OPEN_OR		0x2000	/* an arm of its OR has no column */

static inline bool
pfa_node_reads_all(const PfaNode *node)
{
	return node->type == PFA_NODE_SEQ_SCAN || node->type == PFA_NODE_SAMPLE_SCAN;
}

/* A column (or function of one) that a plan filters, joins, groups or sorts by. */
typedef struct PfaPred
{
	Oid			relid;
	Oid			opno;			/* operator, column on its left; sort: the
								 * ordering operator */
	Oid			funcid;			/* function or cast wrapped around the column */
	int16		attnum;			/* 0: the relation's expression has no single
								 * column */
	uint8		kind;			/* PfaPredKind */
	uint8		node;			/* place in the nodes, or 255 */
	uint8		position;		/* sort and group: place of the key from 0 */
	uint8		other;			/* place + 1 of the column that it is compared
								 * with, or 0 */
	uint16		flags;			/* PFA_PRED_* */
} PfaPred;

/* What one plan is, and what its sampled executions did. */
typedef struct PfaPlanFacts
{
	uint64		hash;			/* node types, relations, joins; per-execution */
	uint64		plan_id;		/* the same with names for OIDs; published */
	float4		est_cost;		/* planner's total cost */
	uint32		sampled;		/* executions with row instrumentation */
	uint8		nnodes;
	uint8		npreds;
	bool		truncated;		/* the plan has more than is kept */
	PfaNode		nodes[PFA_MAX_NODES];
	PfaPred		preds[PFA_MAX_PREDS];
} PfaPlanFacts;

/* Rows that sequential scans of one relation read: exact. */
typedef struct PfaScan
{
	Oid			relid;
	uint32		scans;			/* scans begun, rescans and workers included */
	uint64		rows;			/* visible rows read, before any filter */
} PfaScan;

/* How a nested statement was called; names in srf_statements.c. */
typedef enum PfaCalledBy
{
	PFA_CALLED_BY_CLIENT = 0,	/* or not known */
	PFA_CALLED_BY_FUNCTION,		/* or a procedure, a DO block */
	PFA_CALLED_BY_TRIGGER,
	PFA_CALLED_BY_FOREIGN_KEY,
	PFA_CALLED_BY_UTILITY,		/* is the query of a utility statement */
	PFA_CALLED_BY_WAYS			/* count, last */
} PfaCalledBy;

/* The statement that called a nested one. */
typedef struct PfaCaller
{
	uint64		id;				/* tells callers and ways apart; 0: not known */
	uint64		shape;			/* of the same database; 0: none is left */
	uint64		queryid;
	Oid			userid;
	bool		toplevel;
	uint8		how;			/* PfaCalledBy */
	bool		several;		/* in sums: others have called, too */
	bool		unused;
	uint16		execution;		/* tells executions of callers that follow
								 * each other in a backend apart; not in sums */
} PfaCaller;

/* How often a nested statement runs for one execution of its caller. */
typedef struct PfaCalled
{
	uint64		callers;		/* executions of callers that ran it */
	uint32		most;			/* in one of them */
} PfaCalled;

/* A statement that runs, seen from those that run inside it; see calls.h. */
typedef struct PfaCall
{
	struct PfaCall *outer;		/* that it runs inside; never NULL */
	struct PfaFrame *frame;		/* NULL: is a utility statement's */
	PfaCaller	caller;			/* what it is to those that it calls */
	/* zeroed when it begins, to its end: 16 bytes */
	uint64		nested_ns;		/* of its time, what ran directly inside it */
	int32		trigger_depth;	/* triggers around it */
	bool		simple;			/* caller is filled and fits all that it calls */
	bool		introduced;		/* caller is filled */
	bool		absorbed;		/* it is nobody's caller */
	bool		starting;		/* nested one level deeper for its start */
} PfaCall;

/*
 * One execution, or many added up: what collect hands to slab, and slab to
 * store.  Times are nanoseconds of a monotonic clock.
 */
typedef struct PfaCounters
{
	uint64		calls;
	uint64		errors;
	uint64		rows;			/* rows returned or changed */
	uint64		exec_ns;
	uint64		nested_ns;		/* of it, in statements run directly inside */
	uint64		exec_min_ns;
	uint64		exec_max_ns;
	uint64		plans;			/* times it was planned */
	uint64		plan_ns;
	uint64		plan_max_ns;
	uint64		generic;		/* executions of a generic plan */
	uint64		shared_hit;		/* blocks */
	uint64		shared_read;	/* blocks */
	uint64		temp_written;	/* blocks */
	uint64		seq_rows;		/* rows read by sequential scans */
	uint64		sent_rows;		/* rows of results that nothing bounded, sent
								 * to a client */
	uint64		sent_max;		/* the largest of them */
	uint64		sent_calls;		/* executions with such a result */
	uint64		offset_rows;	/* rows that OFFSET discarded */
	uint64		offset_max;
	uint64		offset_kept;	/* rows returned by those executions */
	uint64		offset_calls;
	uint64		offset_ns;		/* their execution time */
	uint64		jit_calls;		/* executions for which code was compiled */
	uint64		jit_ns;			/* that took; partly before exec_ns begins */
	uint64		jit_functions;	/* compiled */
} PfaCounters;

#define PFA_ERROR_CLASSES	4	/* kept a shape; overflow is counted */

/* Why an execution ended early, as far as it was not its own error. */
typedef enum PfaFailureReason
{
	PFA_FAILED = 0,				/* any error but those below */
	PFA_CANCELLED,				/* on request: of a user, or of a remote
								 * server */
	PFA_STATEMENT_TIMEOUT,
	PFA_LOCK_TIMEOUT,
	PFA_TERMINATED,				/* its backend ended in the middle of it */
	PFA_FAILURE_REASONS			/* count, last */
} PfaFailureReason;

typedef struct PfaFailure
{
	uint16		sqlstate_class; /* ERRCODE_TO_CATEGORY, 0: not known */
	uint16		reason;			/* PfaFailureReason */
} PfaFailure;

/* Failed executions: all of them by reason, and all of them by class. */
typedef struct PfaErrors
{
	uint64		reasons[PFA_FAILURE_REASONS];
	uint64		counts[PFA_ERROR_CLASSES];	/* 0: free */
	uint64		other;			/* of classes without a place, or not known */
	uint16		classes[PFA_ERROR_CLASSES];
} PfaErrors;

/*
 * One execution while it runs and when it is over: what every one has, and what
 * few have.
 */
typedef struct PfaExecution
{
	PfaCall		call;
	uint64		exec_ns;		/* runs and finish */
	uint64		rows;			/* returned or changed */
	uint64		shared_hit;		/* blocks */
	uint64		shared_read;	/* blocks */
	PfaKey		key;
	uint64		plan_hash;		/* 0: no plan */
	TimestampTz now;			/* when the statement arrived */
	uint64		plan_ns;
	const PfaCounters *rare;	/* all other counters, or NULL */
	const PfaScan *scans;
	int			nscans;
	bool		counts;			/* false: adds to another's execution */
	bool		planned;		/* just before */
	bool		generic;
	uint8		bucket;			/* of exec_ns, see histogram.h */
	PfaFailure	failure;		/* set only where rare->errors is 1 */
	PfaCaller	caller;			/* set only where key.toplevel is 0 */
} PfaExecution;

#endif							/* PERFAUDIT_H */
