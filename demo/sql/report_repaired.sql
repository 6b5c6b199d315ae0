-- Yesterday's messages by hour, the day as a range that the index on created_at serves. Must only read.
SELECT date_trunc('hour', created_at) AS hour, count(*) AS messages, count(DISTINCT sender_id) AS senders
  FROM messages
 WHERE created_at >= date_trunc('day', now()) - interval '1 day' AND created_at < date_trunc('day', now())
 GROUP BY hour ORDER BY hour;
