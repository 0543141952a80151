-- Requests that wait, or came within the period. Which kind is SEVERAL where more than one is asked for,
-- so that each is counted once.
SELECT requested.* FROM (
    SELECT request_id, at AS submitted_at, people, kind_codes,
        CASE agrees WHEN true THEN array_remove(needs, 'consent') WHEN false THEN needs || '{consent}'::text[]
            ELSE needs END AS needs,
        CASE WHEN cardinality(kind_codes) = 1 THEN kind_codes[1] ELSE 'SEVERAL' END AS kind,
        coalesce(route_code, 'NONE') AS route,
        coalesce(wanted_region, 'NONE') AS region,
        CASE WHEN wanted_region IS NULL THEN '' ELSE coalesce(wanted_gss, '') END AS gss,
        withdrawn_at IS NULL AND coalesce(placed, 0) < cardinality(kind_codes)
            AND (coalesce(has_live, false) OR NOT coalesce(has_left, false)) AS is_waiting,
        coalesce(is_on_the_way, false) AS is_matched
    FROM request_event CROSS JOIN span
    LEFT JOIN withdrawn USING (request_id)
    LEFT JOIN (
        SELECT request_id,
            count(*) FILTER (WHERE state = 'PLACED') AS placed,
            bool_or(state = 'ENDED' AND NOT is_rematched) AS has_left,
            bool_or(state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED')) AS has_live,
            bool_or(state IN ('PROPOSED', 'HELD', 'ACCEPTED')) AS is_on_the_way
        FROM match_then GROUP BY request_id
    ) AS matched USING (request_id)
    LEFT JOIN (
        SELECT DISTINCT ON (request_id) request_id, step = 'CONSENT_GIVEN' AS agrees FROM request_event, span
        WHERE step IN ('CONSENT_GIVEN', 'CONSENT_TAKEN_BACK') AND reason = 'MATCHING' AND council_gss IS NULL
            AND at < ends AND recorded_at <= known
        ORDER BY request_id, at DESC, recorded_at DESC
    ) AS consent USING (request_id)
    WHERE step = 'SUBMITTED' AND at < ends AND recorded_at <= known
) AS requested, span WHERE is_waiting OR submitted_at >= begins
