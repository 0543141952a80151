-- Matches, each by its latest step. A hold ends by the clock, also where nobody wrote that down; what a
-- request's withdrawal ended has no step of its own.
SELECT match_id, request_id, offer_id, region, gss, kind, route, people, is_rematched,
    CASE
        WHEN latest.step IN ('PROPOSED', 'HELD', 'ACCEPTED') AND withdrawn_at >= latest.at
            AND (latest.step <> 'HELD' OR held_until > withdrawn_at) THEN 'WITHDRAWN'
        WHEN latest.step = 'HELD' AND held_until < :ends THEN 'EXPIRED'
        ELSE latest.step
    END AS state,
    CASE
        WHEN latest.step IN ('PROPOSED', 'HELD', 'ACCEPTED') AND withdrawn_at >= latest.at
            AND (latest.step <> 'HELD' OR held_until > withdrawn_at) THEN withdrawn_at
        WHEN latest.step = 'HELD' AND held_until < :ends THEN held_until
        ELSE latest.at
    END AS since
FROM (
    SELECT DISTINCT ON (match_id) match_id, request_id, offer_id, council_gss,
        kind_codes[1] AS kind, coalesce(route_code, 'NONE') AS route, people, is_rematched, step, held_until, at
    FROM request_event
    -- That a check failed moves no match; that a hold ran out is said by the hold.
    WHERE step IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED', 'ENDED', 'DECLINED', 'MATCH_WITHDRAWN')
        AND match_id IS NOT NULL AND at < :ends AND recorded_at <= :known
    ORDER BY match_id, at DESC, recorded_at DESC, id
) AS latest
JOIN area ON area.gss = council_gss
LEFT JOIN said USING (request_id)
