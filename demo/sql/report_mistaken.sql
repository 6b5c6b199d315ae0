-- Yesterday's messages by hour, the day compared as text: no index on created_at helps. Must only read.
SELECT date_trunc('hour', created_at) AS hour, count(*) AS messages, count(DISTINCT sender_id) AS senders
  FROM messages
 WHERE to_char(created_at, 'YYYY-MM-DD') = to_char(now() - interval '1 day', 'YYYY-MM-DD')
 GROUP BY hour ORDER BY hour;
