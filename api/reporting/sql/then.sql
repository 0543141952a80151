-- What stood at the end of a period, by what was known at a moment: read from the history alone, so that
-- it comes out the same however often and whenever it is asked. `span` says which period and moment.

-- Offers, each by its latest event; is_open as availability means it, on the last day.
CREATE TEMPORARY TABLE offer_then ON COMMIT DROP AS
SELECT DISTINCT ON (offer_id) offer_event.*,
    status = 'OPEN' AND (available_until IS NULL OR available_until > last_day) AS is_open
FROM offer_event, span
WHERE at < ends AND recorded_at <= known
ORDER BY offer_id, at DESC, recorded_at DESC, offer_event.id;

-- What each council has ever offered: that a kind or route was is no secret.
CREATE TEMPORARY TABLE offered ON COMMIT DROP AS
SELECT DISTINCT region, gss, kind_code AS kind, route_codes
FROM offer_event JOIN area ON gss = council_gss, span
WHERE status <> 'DRAFT' AND at < ends AND recorded_at <= known;

CREATE TEMPORARY TABLE withdrawn ON COMMIT DROP AS
SELECT request_id, min(at) AS withdrawn_at FROM request_event, span
WHERE step = 'WITHDRAWN' AND at < ends AND recorded_at <= known
GROUP BY request_id;

-- Matches, each by its latest step. A hold ends by the clock, also where nobody wrote that down; what a
-- request's withdrawal ended has no step of its own.
CREATE TEMPORARY TABLE match_then ON COMMIT DROP AS
SELECT match_id, request_id, offer_id, region, gss, kind, route, people, is_rematched,
    CASE
        WHEN latest.step IN ('PROPOSED', 'HELD', 'ACCEPTED') AND withdrawn_at >= latest.at
            AND (latest.step <> 'HELD' OR held_until > withdrawn_at) THEN 'WITHDRAWN'
        WHEN latest.step = 'HELD' AND held_until < ends THEN 'EXPIRED'
        ELSE latest.step
    END AS state,
    CASE
        WHEN latest.step IN ('PROPOSED', 'HELD', 'ACCEPTED') AND withdrawn_at >= latest.at
            AND (latest.step <> 'HELD' OR held_until > withdrawn_at) THEN withdrawn_at
        WHEN latest.step = 'HELD' AND held_until < ends THEN held_until
        ELSE latest.at
    END AS since
FROM (
    SELECT DISTINCT ON (match_id) match_id, request_event.request_id, offer_id, area.region, area.gss,
        request_event.kind_codes[1] AS kind, coalesce(route_code, 'NONE') AS route,
        request_event.people, is_rematched, step, held_until, at, withdrawn_at
    FROM request_event
    JOIN area ON area.gss = council_gss
    LEFT JOIN withdrawn USING (request_id), span
    -- That a check failed moves no match; that a hold ran out is said by the hold.
    WHERE step IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED', 'ENDED', 'DECLINED', 'MATCH_WITHDRAWN')
        AND match_id IS NOT NULL AND at < ends AND recorded_at <= known
    ORDER BY match_id, at DESC, recorded_at DESC, request_event.id
) AS latest, span;

-- Requests. Which kind is SEVERAL where more than one is asked for, so that each is counted once.
CREATE TEMPORARY TABLE request_then ON COMMIT DROP AS
SELECT request_id, at AS submitted_at, people, adults, child_bands, kind_codes,
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
WHERE step = 'SUBMITTED' AND at < ends AND recorded_at <= known;

-- Arrivals, on the day that was given for them.
CREATE TEMPORARY TABLE arrival ON COMMIT DROP AS
SELECT DISTINCT ON (match_id) match_id, request_event.request_id, area.region, area.gss,
    request_event.kind_codes[1] AS kind, coalesce(route_code, 'NONE') AS route, request_event.people,
    request_then.adults, request_then.child_bands, happened_on AS arrived_on,
    (submitted_at AT TIME ZONE 'Europe/London')::date AS submitted_on
FROM request_event JOIN area ON area.gss = council_gss
LEFT JOIN request_then USING (request_id), span
WHERE step = 'PLACED' AND happened_on <= last_day AND recorded_at <= known
ORDER BY match_id, at DESC, recorded_at DESC, request_event.id;

-- Checks, each by its latest event.
CREATE TEMPORARY TABLE check_then ON COMMIT DROP AS
SELECT DISTINCT ON (offer_id, check_event.kind) check_event.offer_id, region, gss,
    offer_then.kind_code AS kind, check_event.kind AS checked, state, check_event.at AS since, due_on,
    offer_then.status
FROM check_event
JOIN area ON gss = check_event.council_gss
JOIN offer_then USING (offer_id), span
WHERE check_event.at < ends AND check_event.recorded_at <= known
ORDER BY offer_id, check_event.kind, check_event.at DESC, check_event.recorded_at DESC, check_event.id;

-- Open offers with what is left of their places.
CREATE TEMPORARY TABLE supply ON COMMIT DROP AS
SELECT offer_then.*, region, gss, greatest(places - coalesce(occupied, 0), 0) AS free
FROM offer_then
JOIN area ON gss = council_gss
LEFT JOIN (
    SELECT offer_id, sum(people) AS occupied FROM match_then
    WHERE state IN ('HELD', 'ACCEPTED', 'PLACED') GROUP BY offer_id
) AS counted USING (offer_id)
WHERE is_open;
