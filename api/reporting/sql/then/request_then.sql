-- Requests that wait, or came within the period. Which kind is SEVERAL where more than one is asked for,
-- so that each is counted once.
SELECT * FROM (
    SELECT request_id, submitted_at, people, kind_codes,
        CASE agrees WHEN true THEN array_remove(needs, 'consent') WHEN false THEN needs || '{consent}'::text[]
            ELSE needs END AS needs,
        CASE WHEN cardinality(kind_codes) = 1 THEN kind_codes[1] ELSE 'SEVERAL' END AS kind,
        coalesce(route_code, 'NONE') AS route,
        coalesce(wanted_region, 'NONE') AS region,
        CASE WHEN wanted_region IS NULL THEN '' ELSE coalesce(wanted_gss, '') END AS gss,
        withdrawn_at IS NULL AND coalesce(placed, 0) < cardinality(kind_codes)
            AND (coalesce(has_live, false) OR NOT coalesce(has_left, false)) AS is_waiting,
        coalesce(is_on_the_way, false) AS is_matched
    FROM (
        SELECT request_id, at AS submitted_at, people, kind_codes, needs, route_code, wanted_region, wanted_gss
        FROM request_event WHERE step = 'SUBMITTED' AND at < :ends AND recorded_at <= :known
    ) AS submitted
    LEFT JOIN said USING (request_id)
    LEFT JOIN (
        SELECT request_id,
            count(*) FILTER (WHERE state = 'PLACED') AS placed,
            bool_or(state = 'ENDED' AND NOT is_rematched) AS has_left,
            bool_or(state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED')) AS has_live,
            bool_or(state IN ('PROPOSED', 'HELD', 'ACCEPTED')) AS is_on_the_way
        FROM match_then GROUP BY request_id
    ) AS matched USING (request_id)
) AS requested
WHERE is_waiting OR submitted_at >= :begins
