-- What was said of requests after they came: when one was withdrawn, and whether its household agrees to be
-- matched.
SELECT request_id, min(at) FILTER (WHERE step = 'WITHDRAWN') AS withdrawn_at,
    (array_agg(step = 'CONSENT_GIVEN' ORDER BY at DESC, recorded_at DESC)
        FILTER (WHERE step <> 'WITHDRAWN' AND reason = 'MATCHING' AND council_gss IS NULL))[1] AS agrees
FROM request_event
WHERE step IN ('CONSENT_GIVEN', 'CONSENT_TAKEN_BACK', 'WITHDRAWN') AND at < :ends AND recorded_at <= :known
GROUP BY request_id
