-- Requests that were withdrawn, and when.
SELECT request_id, min(at) AS withdrawn_at FROM request_event, span
WHERE step = 'WITHDRAWN' AND at < ends AND recorded_at <= known
GROUP BY request_id
