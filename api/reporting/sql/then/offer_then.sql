-- Offers, each by its latest event; is_open as availability means it, on the last day.
SELECT latest.*, region, gss
FROM (
    SELECT DISTINCT ON (offer_id) offer_id, council_gss, kind_code, status, places, household_max, route_codes,
        is_step_free, pets_allowed, children_welcome, women_only, last_confirmed_on, missing,
        status = 'OPEN' AND (available_until IS NULL OR available_until > :last_day) AS is_open
    FROM offer_event
    WHERE at < :ends AND recorded_at <= :known
    ORDER BY offer_id, at DESC, recorded_at DESC, id
) AS latest
JOIN area ON gss = council_gss
