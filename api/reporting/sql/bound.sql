-- Households that wait and have no match under way: the first rule that leaves them no offer, of those
-- open in the region that they would like, or anywhere. Offers that are alike are compared once.
CREATE TEMPORARY TABLE alike ON COMMIT DROP AS
SELECT within.region, kind_code AS kind, route, is_step_free, pets_allowed, children_welcome, women_only,
    max(least(free, household_max)) AS fits
FROM supply
CROSS JOIN LATERAL unnest(CASE route_codes WHEN '{}' THEN '{ANY}' ELSE route_codes END) AS route
CROSS JOIN LATERAL (VALUES (supply.region), ('NONE')) AS within (region)
WHERE free > 0
GROUP BY within.region, kind_code, route, is_step_free, pets_allowed, children_welcome, women_only;

ANALYZE alike;
CREATE TEMPORARY TABLE bound ON COMMIT DROP AS
WITH asked AS (
    SELECT request_id, region, gss, kind, route, people, kind_codes,
        needs @> '{consent}' AS has_no_consent, needs @> '{step_free}' AS needs_step_free,
        needs @> '{pets}' AS has_pets, needs @> '{children}' AS has_children,
        needs @> '{women_only}' AS is_women_only
    FROM request_then WHERE is_waiting AND NOT is_matched
), wanted AS MATERIALIZED (
    SELECT asked.*, wanted_kind, wanted_route
    FROM asked, unnest(kind_codes) AS wanted_kind, unnest(ARRAY[route, 'ANY']) AS wanted_route
), compared AS (
    SELECT request_id, max(CASE
        WHEN fits < people THEN 1
        WHEN needs_step_free AND NOT is_step_free THEN 2
        WHEN has_pets AND NOT pets_allowed THEN 3
        WHEN has_children AND NOT children_welcome THEN 4
        WHEN women_only <> is_women_only THEN 5
        ELSE 6
    END) AS passed
    FROM wanted
    JOIN alike ON alike.region = wanted.region AND alike.kind = wanted_kind AND alike.route = wanted_route
    GROUP BY request_id
), of_kind AS (
    SELECT DISTINCT request_id FROM wanted
    JOIN (SELECT DISTINCT region, kind FROM alike) AS there
        ON there.kind = wanted_kind AND there.region = wanted.region
)
SELECT region, gss, kind, route, 1 AS households, people,
    CASE
        WHEN has_no_consent THEN 'consent'
        WHEN of_kind.request_id IS NULL THEN 'kind'
        WHEN passed IS NULL THEN 'route'
        ELSE (ARRAY['places', 'step_free', 'pets', 'children', 'women_only', 'unmatched'])[passed]
    END AS rule
FROM asked LEFT JOIN of_kind USING (request_id) LEFT JOIN compared USING (request_id);
