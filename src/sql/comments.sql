-- What the columns mean.  findings, the functions and detector_list carry
-- their comments where they are made; views of detectors take those of findings.

COMMENT ON VIEW statements IS 'Statement shapes of all databases: how often, how long, how much was read. Texts and ids of other roles are hidden.';
COMMENT ON COLUMN statements.database IS 'Database.';
COMMENT ON COLUMN statements.username IS 'Role that ran it.';
COMMENT ON COLUMN statements.toplevel IS 'True: sent by a client. False: run inside another statement: by a function, a trigger, a foreign key.';
COMMENT ON COLUMN statements.queryid IS 'The first of queryids.';
COMMENT ON COLUMN statements.queryids IS 'Query ids of the server, as in pg_stat_statements, that are this shape: at most three are kept.';
COMMENT ON COLUMN statements.operation IS 'select, insert, update, delete, merge, utility or unknown.';
COMMENT ON COLUMN statements.query IS 'Normalised text; literals are $n.';
COMMENT ON COLUMN statements.calls IS 'Executions that succeeded.';
COMMENT ON COLUMN statements.errors IS 'Executions that failed, in planning or later, cancelled and timed-out ones included.';
COMMENT ON COLUMN statements.rows IS 'Rows returned or changed.';
COMMENT ON COLUMN statements.total_exec_time IS 'Execution time, milliseconds, summed.';
COMMENT ON COLUMN statements.mean_exec_time IS 'Execution time, milliseconds, mean.';
COMMENT ON COLUMN statements.min_exec_time IS 'Execution time, milliseconds, shortest.';
COMMENT ON COLUMN statements.max_exec_time IS 'Execution time, milliseconds, longest.';
COMMENT ON COLUMN statements.p50_exec_time IS 'Execution time, milliseconds, median; within 12.5 percent.';
COMMENT ON COLUMN statements.p95_exec_time IS 'Execution time, milliseconds, 95th percentile; within 12.5 percent.';
COMMENT ON COLUMN statements.p99_exec_time IS 'Execution time, milliseconds, 99th percentile; within 12.5 percent.';
COMMENT ON COLUMN statements.plans IS 'Executions that were planned just before.';
COMMENT ON COLUMN statements.total_plan_time IS 'Planning time, milliseconds, summed.';
COMMENT ON COLUMN statements.max_plan_time IS 'Planning time, milliseconds, longest.';
COMMENT ON COLUMN statements.shared_blks_hit IS 'Blocks found in shared buffers.';
COMMENT ON COLUMN statements.shared_blks_read IS 'Blocks read into shared buffers.';
COMMENT ON COLUMN statements.temp_blks_written IS 'Blocks written to temporary files.';
COMMENT ON COLUMN statements.seq_rows_read IS 'Rows that sequential scans read, before any filter; exact, but for statements that expect to read a single page so.';
COMMENT ON COLUMN statements.generic_calls IS 'Executions of a plan made without values: a generic or cached one.';
COMMENT ON COLUMN statements.custom_calls IS 'Executions of a plan made for the values at hand.';
COMMENT ON COLUMN statements.plan_id IS 'The current plan, as in perfaudit.plans.';
COMMENT ON COLUMN statements.hour_calls IS 'Executions in the current hour of the clock (UTC).';
COMMENT ON COLUMN statements.hour_time IS 'Execution time in the current hour, milliseconds.';
COMMENT ON COLUMN statements.previous_hour_calls IS 'Executions in the hour before.';
COMMENT ON COLUMN statements.previous_hour_time IS 'Execution time in the hour before, milliseconds.';
COMMENT ON COLUMN statements.first_seen IS 'When it was first seen.';
COMMENT ON COLUMN statements.last_seen IS 'When it was last started.';
COMMENT ON COLUMN statements.cancelled IS 'Of errors: cancelled on request.';
COMMENT ON COLUMN statements.statement_timeouts IS 'Of errors: cancelled by statement_timeout.';
COMMENT ON COLUMN statements.lock_timeouts IS 'Of errors: cancelled by lock_timeout.';
COMMENT ON COLUMN statements.terminated IS 'Of errors: running when their session ended: by pg_terminate_backend(), a shutdown, a lost connection.';
COMMENT ON COLUMN statements.error_classes IS 'All errors by class, the first two characters of their SQLSTATE. Four classes are kept; what has none is counted as other.';
COMMENT ON COLUMN statements.jit_calls IS 'Executions for which the server compiled code (JIT).';
COMMENT ON COLUMN statements.jit_time IS 'Time that compiling took, milliseconds, summed: generation (before execution, not in total_exec_time), inlining, optimization and emission. That of parallel workers is known for sampled executions only.';
COMMENT ON COLUMN statements.jit_functions IS 'Functions compiled.';
COMMENT ON COLUMN statements.hour_rows IS 'Rows returned or changed in the current hour.';
COMMENT ON COLUMN statements.hour_p95_exec_time IS 'Execution time in the current hour, milliseconds, 95th percentile; within 25 percent. NULL without executions.';
COMMENT ON COLUMN statements.previous_hour_rows IS 'Rows returned or changed in the hour before.';
COMMENT ON COLUMN statements.previous_hour_p95_exec_time IS 'Execution time in the hour before, milliseconds, 95th percentile; within 25 percent. NULL without executions.';
COMMENT ON COLUMN statements.self_exec_time IS 'Of total_exec_time what was its own: without the recorded statements that ran inside it, milliseconds. Its sum counts no moment twice.';
COMMENT ON COLUMN statements.parent_queryid IS 'Of a nested statement: query id of the statement that called it last. NULL when none was left: what deferred triggers run at commit.';
COMMENT ON COLUMN statements.parent_query IS 'Normalised text of the statement that called it last; NULL when it is not kept any more.';
COMMENT ON COLUMN statements.invoked_by IS 'How a nested statement was called last: function (also procedure, DO block), trigger, foreign key (checks and actions of one) or utility (the query of a utility statement). NULL: sent by a client.';
COMMENT ON COLUMN statements.several_parents IS 'Whether other statements have called it too, or the same one in another way. NULL: sent by a client.';

COMMENT ON VIEW plans IS 'The current and the previous plan of each statement shape of the current database.';
COMMENT ON COLUMN plans.username IS 'Role that ran the statement.';
COMMENT ON COLUMN plans.toplevel IS 'True: sent by a client. False: run inside a function or trigger.';
COMMENT ON COLUMN plans.queryid IS 'Query id of the statement.';
COMMENT ON COLUMN plans.plan_id IS 'Identity of the plan: nodes, relations by name and joins, without values.';
COMMENT ON COLUMN plans.is_current IS 'True: the plan used last. False: the one before.';
COMMENT ON COLUMN plans.calls IS 'Executions with this plan.';
COMMENT ON COLUMN plans.total_exec_time IS 'Execution time with this plan, milliseconds, summed.';
COMMENT ON COLUMN plans.mean_exec_time IS 'Execution time with this plan, milliseconds, mean.';
COMMENT ON COLUMN plans.max_exec_time IS 'Execution time with this plan, milliseconds, longest.';
COMMENT ON COLUMN plans.est_cost IS 'The planner''s total cost, in its own unit.';
COMMENT ON COLUMN plans.sampled IS 'Executions whose rows were counted at every node.';
COMMENT ON COLUMN plans.truncated IS 'Whether the plan has more nodes or conditions than are kept.';
COMMENT ON COLUMN plans.first_seen IS 'When it was first seen.';
COMMENT ON COLUMN plans.last_seen IS 'When it was last used.';
COMMENT ON COLUMN plans.query IS 'Normalised text of the statement.';
COMMENT ON COLUMN plans.plan_text IS 'The plan as a tree, much as EXPLAIN shows it, without any constant: kept nodes with relation, index, conditions on columns, the planner''s total cost and rows; where executions were sampled, rows and rows removed of one loop and loops of one execution, means.';
COMMENT ON COLUMN plans.p50_exec_time IS 'Half of the executions with this plan take no longer, milliseconds, within 25 percent.';
COMMENT ON COLUMN plans.p95_exec_time IS '95 percent of the executions with this plan take no longer, milliseconds, within 25 percent.';
COMMENT ON COLUMN plans.generic_calls IS 'Executions of a plan made without values, for all of them.';

COMMENT ON VIEW plan_nodes IS 'The nodes of recorded plans: what the planner expected, and what sampled executions counted.';
COMMENT ON COLUMN plan_nodes.username IS 'Role that ran the statement.';
COMMENT ON COLUMN plan_nodes.toplevel IS 'True: sent by a client. False: run inside a function or trigger.';
COMMENT ON COLUMN plan_nodes.queryid IS 'Query id of the statement.';
COMMENT ON COLUMN plan_nodes.plan_id IS 'The plan, as in perfaudit.plans.';
COMMENT ON COLUMN plan_nodes.is_current IS 'True: of the plan used last. False: of the one before.';
COMMENT ON COLUMN plan_nodes.node IS 'Number of the node in its plan, from 0.';
COMMENT ON COLUMN plan_nodes.parent IS 'Number of the nearest node above that is kept; NULL at the top.';
COMMENT ON COLUMN plan_nodes.type IS 'Kind of node, in the words of EXPLAIN.';
COMMENT ON COLUMN plan_nodes.relation IS 'Relation that it scans or modifies.';
COMMENT ON COLUMN plan_nodes.index IS 'Index that it uses.';
COMMENT ON COLUMN plan_nodes.est_rows IS 'Rows that the planner expects, one loop; mean over sampled executions, if there are any.';
COMMENT ON COLUMN plan_nodes.actual_rows IS 'Rows counted, one loop, mean over sampled executions; compare with est_rows.';
COMMENT ON COLUMN plan_nodes.loops IS 'Times it was started, summed over sampled executions.';
COMMENT ON COLUMN plan_nodes.rows IS 'Rows given to its parent, summed over sampled executions.';
COMMENT ON COLUMN plan_nodes.rows_removed IS 'Rows that its conditions removed, summed over sampled executions.';
COMMENT ON COLUMN plan_nodes.sampled IS 'Executions whose rows were counted; without any, the counts are NULL.';
COMMENT ON COLUMN plan_nodes.spills IS 'Executions in which it wrote to temporary files.';
COMMENT ON COLUMN plan_nodes.spill_max_kb IS 'Most that it wrote in one execution, kilobytes.';
COMMENT ON COLUMN plan_nodes.est_cost IS 'The planner''s total cost, in its own unit.';
COMMENT ON COLUMN plan_nodes.cache_hits IS 'Memoize: rescans answered from its cache, summed over sampled executions; NULL for other nodes.';
COMMENT ON COLUMN plan_nodes.cache_misses IS 'Memoize: rescans that were not.';
COMMENT ON COLUMN plan_nodes.cache_evictions IS 'Memoize: entries that made room for others; many mean that work_mem is too small for it.';
COMMENT ON COLUMN plan_nodes.exact_pages IS 'Bitmap Heap Scan: pages whose rows the bitmap knew, summed over sampled executions, those of parallel workers from PostgreSQL 18 on; NULL for other nodes.';
COMMENT ON COLUMN plan_nodes.lossy_pages IS 'Bitmap Heap Scan: pages all of whose rows were checked, because the bitmap did not fit into work_mem.';

COMMENT ON VIEW predicates IS 'Columns by which recorded plans of the current database filter, use an index, join, group or sort.';
COMMENT ON COLUMN predicates.relation IS 'Relation.';
COMMENT ON COLUMN predicates."column" IS 'Column; NULL when the expression has none, or several.';
COMMENT ON COLUMN predicates.function IS 'Function or cast around the column.';
COMMENT ON COLUMN predicates.kind IS 'filter (rows already read), index (served by one), join, group or sort.';
COMMENT ON COLUMN predicates.operator IS 'Operator, with the column on its left; for a sort the ordering operator.';
COMMENT ON COLUMN predicates.operator_class IS 'The default b-tree operator class of the operator''s left type that serves it.';
COMMENT ON COLUMN predicates.key_position IS 'Place of a sort or group key, from 0.';
COMMENT ON COLUMN predicates.descending IS 'Whether a sort key is descending.';
COMMENT ON COLUMN predicates.list IS 'Whether it is compared with a list (IN, = ANY).';
COMMENT ON COLUMN predicates.rows_read IS 'Rows that its node read, summed over sampled executions.';
COMMENT ON COLUMN predicates.rows_kept IS 'Rows that its node kept, summed over sampled executions.';
COMMENT ON COLUMN predicates.sampled IS 'Executions whose rows were counted.';
COMMENT ON COLUMN predicates.calls IS 'Executions of the statement.';
COMMENT ON COLUMN predicates.queryid IS 'Query id of the statement.';
COMMENT ON COLUMN predicates.plan_id IS 'The plan, as in perfaudit.plans.';
COMMENT ON COLUMN predicates.is_current IS 'True: of the plan used last. False: of the one before.';
COMMENT ON COLUMN predicates.query IS 'Normalised text of the statement.';

COMMENT ON VIEW units IS 'Ended units of work of all databases, by role, application and tags.';
COMMENT ON COLUMN units.database IS 'Database.';
COMMENT ON COLUMN units.username IS 'Role.';
COMMENT ON COLUMN units.application IS 'application_name of the client.';
COMMENT ON COLUMN units.tags IS 'controller, action, route and so on, from the comments of their statements; NULL without, or for other roles.';
COMMENT ON COLUMN units.scope IS 'transaction (an explicit one) or burst (statements outside of one in quick succession).';
COMMENT ON COLUMN units.units IS 'Units of work.';
COMMENT ON COLUMN units.statements IS 'Top-level statements in all of them.';
COMMENT ON COLUMN units.statements_mean IS 'Statements in one unit, mean.';
COMMENT ON COLUMN units.statements_max IS 'Statements in one unit, most.';
COMMENT ON COLUMN units.exec_time IS 'Execution time, milliseconds, summed.';
COMMENT ON COLUMN units.gap_time IS 'Waiting in a unit, milliseconds, summed: client and network, between its statements; of a transaction from its begin to its end.';
COMMENT ON COLUMN units.first_seen IS 'When the first of them began.';
COMMENT ON COLUMN units.last_seen IS 'When the last statement of the last of them began.';

COMMENT ON VIEW repeats IS 'Shapes that repeat inside units of work of the current database, open units included.';
COMMENT ON COLUMN repeats.username IS 'Role that ran it.';
COMMENT ON COLUMN repeats.application IS 'application_name of the client.';
COMMENT ON COLUMN repeats.tags IS 'controller, action, route and so on of the unit, from the comments of its statements.';
COMMENT ON COLUMN repeats.scope IS 'transaction or burst.';
COMMENT ON COLUMN repeats.kind IS 'child (its values came from a column of an earlier result), orphan (other values each time, from an unknown place), duplicate (the same values) or write (one row changed at a time).';
COMMENT ON COLUMN repeats.child_table IS 'Table whose column takes the values, or that the statement reads first or writes to.';
COMMENT ON COLUMN repeats.child_column IS 'Column that takes the values.';
COMMENT ON COLUMN repeats.parent_table IS 'Table that the values came from.';
COMMENT ON COLUMN repeats.parent_column IS 'Column that the values came from.';
COMMENT ON COLUMN repeats.units IS 'Units of work in which it was seen.';
COMMENT ON COLUMN repeats.n_total IS 'Executions in all of them.';
COMMENT ON COLUMN repeats.n_min IS 'Executions in one unit, fewest.';
COMMENT ON COLUMN repeats.n_median IS 'Executions in one unit, median; within 12.5 percent.';
COMMENT ON COLUMN repeats.n_max IS 'Executions in one unit, most.';
COMMENT ON COLUMN repeats.distinct_values IS 'Executions whose values were new in their unit, summed.';
COMMENT ON COLUMN repeats.same_values IS 'Executions whose values had been seen in their unit with nothing written since, summed.';
COMMENT ON COLUMN repeats.compared IS 'Executions whose values were compared; those of the first execution in a unit are not.';
COMMENT ON COLUMN repeats.covered IS 'Of those compared, how many values stood in the parent''s column.';
COMMENT ON COLUMN repeats.exec_time IS 'Execution time of all executions, milliseconds.';
COMMENT ON COLUMN repeats.gap_time IS 'Time before each execution since the end of the statement before, milliseconds, summed: client and network.';
COMMENT ON COLUMN repeats.saved_time IS 'Execution and gap time beyond the first execution in each unit, milliseconds: what one statement for all would save at most; of writes half of the execution time.';
COMMENT ON COLUMN repeats.queryid IS 'Query id of the repeated statement.';
COMMENT ON COLUMN repeats.query IS 'Its normalised text.';
COMMENT ON COLUMN repeats.parent_queryid IS 'Query id of the statement whose result held the values.';
COMMENT ON COLUMN repeats.parent_query IS 'Its normalised text.';
COMMENT ON COLUMN repeats.first_seen IS 'When it was first seen.';
COMMENT ON COLUMN repeats.last_seen IS 'When it was last seen.';

COMMENT ON VIEW backends IS 'What each recorded backend does now, and did since it connected.';
COMMENT ON COLUMN backends.pid IS 'Process id, as in pg_stat_activity.';
COMMENT ON COLUMN backends.database IS 'Database.';
COMMENT ON COLUMN backends.username IS 'Role of the current unit of work.';
COMMENT ON COLUMN backends.application IS 'application_name; NULL for other roles.';
COMMENT ON COLUMN backends.unit IS 'perfaudit.unit, the name that the client gave; NULL for other roles.';
COMMENT ON COLUMN backends.tags IS 'controller, action, route and so on of the unit, from the comments of its statements; NULL without, or for other roles.';
COMMENT ON COLUMN backends.scope IS 'transaction or burst.';
COMMENT ON COLUMN backends.unit_start IS 'When the unit of work began.';
COMMENT ON COLUMN backends.unit_statements IS 'Top-level statements in the unit so far.';
COMMENT ON COLUMN backends.unit_exec_time IS 'Execution time in the unit so far, milliseconds.';
COMMENT ON COLUMN backends.unit_gap_time IS 'Waiting in it so far, milliseconds: client and network.';
COMMENT ON COLUMN backends.running_query IS 'Normalised text of the statement that runs now; NULL when none does, or for other roles.';
COMMENT ON COLUMN backends.most_repeated_query IS 'Normalised text of the shape run most often in the unit; NULL for other roles.';
COMMENT ON COLUMN backends.most_repeated_n IS 'How often that shape ran in the unit.';
COMMENT ON COLUMN backends.connected IS 'When it connected.';
COMMENT ON COLUMN backends.statements IS 'Top-level statements since then.';
COMMENT ON COLUMN backends.errors IS 'Of them failed.';
COMMENT ON COLUMN backends.exec_time IS 'Execution time since then, milliseconds.';
COMMENT ON COLUMN backends.p95_exec_time IS '95th percentile of execution time since then, milliseconds; within 12.5 percent.';
COMMENT ON COLUMN backends.plan_id IS 'Plan of the statement that runs or ran last, as the server knows it: plans.plan_id unless another library gave its own. PostgreSQL 18 and later; NULL for other roles.';

COMMENT ON VIEW info IS 'The recorder itself: entries, memory, what it had to let go and why, what it needs, what it does not record. Settings are those of the session that looks.';
COMMENT ON COLUMN info.area IS 'entries, memory, restored, lost, recording, prerequisite or not recorded.';
COMMENT ON COLUMN info.item IS 'What the line is about.';
COMMENT ON COLUMN info.value IS 'Its value, with its capacity where it has one.';
COMMENT ON COLUMN info.advice IS 'What to do or to know about it.';

COMMENT ON VIEW detectors IS 'Every kind of finding, what it means and the settings it looks at.';
COMMENT ON COLUMN detectors.kind IS 'Kind of finding, as in perfaudit.findings.';
COMMENT ON COLUMN detectors.meaning IS 'What is wrong, in a sentence.';
COMMENT ON COLUMN detectors.settings IS 'The settings that decide about it, with their present values.';
COMMENT ON COLUMN detectors.documentation IS 'Where it is explained.';

COMMENT ON VIEW judged_statements IS 'statement_facts() of the current database as far as the reader may see them: what detectors judge.';
COMMENT ON VIEW needed_statements IS 'Of judged_statements those that meet what a detector needs, while perfaudit.findings runs it, unless these are very many; else all of them.';
COMMENT ON VIEW judged_plans IS 'Of judged_statements those that ran perfaudit.judge_calls times and for perfaudit.judge_time, without utility statements and catalog queries: those whose plans are judged.';
COMMENT ON COLUMN judged_statements.dbid IS 'OID of the database.';
COMMENT ON COLUMN judged_statements.userid IS 'OID of the role that ran it.';
COMMENT ON COLUMN judged_statements.shape IS 'Identity of the statement shape.';
COMMENT ON COLUMN judged_statements.visible IS 'Whether the reader may see the text; always true here.';
COMMENT ON COLUMN judged_statements.catalog_only IS 'Reads no relation but catalogs.';
COMMENT ON COLUMN judged_statements.temporary IS 'Uses a temporary table.';
COMMENT ON COLUMN judged_statements.aggregate IS 'Returns one ungrouped aggregate row.';
COMMENT ON COLUMN judged_statements.counts IS 'Returns one count and nothing else.';
COMMENT ON COLUMN judged_statements.parent_userid IS 'OID of the role of the statement that called it last.';
COMMENT ON COLUMN judged_statements.parent_toplevel IS 'Whether a client sent that one.';
COMMENT ON COLUMN judged_statements.parent_shape IS 'Its shape.';
COMMENT ON COLUMN judged_statements.callers IS 'Executions of other statements inside which a nested statement ran.';
COMMENT ON COLUMN judged_statements.calls_per_caller_max IS 'Most executions inside one of them.';
COMMENT ON COLUMN judged_statements.asks_existence IS 'Asks only whether a row exists.';
COMMENT ON COLUMN judged_statements.has_limit IS 'Has LIMIT.';
COMMENT ON COLUMN judged_statements.unbounded_calls IS 'Executions that sent a client 1,000 rows or more, with no LIMIT or fetch size that took effect.';
COMMENT ON COLUMN judged_statements.unbounded_rows IS 'Rows sent by them.';
COMMENT ON COLUMN judged_statements.unbounded_rows_max IS 'Most rows sent by one of them.';
COMMENT ON COLUMN judged_statements.offset_calls IS 'Executions whose OFFSET discarded 1,000 rows or more.';
COMMENT ON COLUMN judged_statements.offset_rows IS 'Rows that OFFSET discarded in them.';
COMMENT ON COLUMN judged_statements.offset_rows_max IS 'Most rows discarded in one of them.';
COMMENT ON COLUMN judged_statements.offset_rows_returned IS 'Rows that they returned.';
COMMENT ON COLUMN judged_statements.offset_time IS 'Their execution time, milliseconds.';
COMMENT ON COLUMN judged_statements.slow_calls IS 'Executions above perfaudit.slow_statement, by the histogram.';
COMMENT ON COLUMN judged_statements.slow_time IS 'Time that they spent above it, milliseconds.';

-- The same column, the same words.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT v.relname, a.attname, col_description(m.attrelid, m.attnum) AS words
        FROM pg_class v
        JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
        JOIN pg_attribute m ON m.attname = a.attname AND m.attnum > 0
            AND m.attrelid = CASE v.relname WHEN 'judged_statements' THEN 'perfaudit.statements'::regclass
                                            ELSE 'perfaudit.findings'::regclass END
        WHERE v.relnamespace = 'perfaudit'::regnamespace AND v.relkind = 'v'
          AND (v.relname = 'judged_statements'
               OR v.relname = 'index_not_used_now'
               OR v.relname IN (SELECT 'detect_' || d.kind FROM perfaudit.detector_list d))
          AND col_description(v.oid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN perfaudit.%I.%I IS %L', c.relname, c.attname, c.words);
    END LOOP;
END
$$;

DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT a.attname, col_description(a.attrelid, a.attnum) AS words FROM pg_attribute a
        WHERE a.attrelid = 'perfaudit.judged_statements'::regclass AND a.attnum > 0
    LOOP
        EXECUTE format('COMMENT ON COLUMN perfaudit.judged_plans.%I IS %L', c.attname, c.words);
        EXECUTE format('COMMENT ON COLUMN perfaudit.needed_statements.%I IS %L', c.attname, c.words);
    END LOOP;
END
$$;
