-- Households that wait and have no match under way: the first rule that leaves them no offer, of those
-- open in the region that they would like, or anywhere.
WITH wanted AS MATERIALIZED (
    SELECT request_id, region, route, people, unnest(kind_codes) AS kind,
        needs_step_free, has_pets, has_children, is_women_only
    FROM asked
), compared AS (
    SELECT request_id, max(CASE
        WHEN fits < people THEN 1
        WHEN needs_step_free AND NOT is_step_free THEN 2
        WHEN has_pets AND NOT pets_allowed THEN 3
        WHEN has_children AND NOT children_welcome THEN 4
        WHEN women_only <> is_women_only THEN 5
        ELSE 6
    END) AS passed
    FROM wanted JOIN alike USING (region, kind, route)
    GROUP BY request_id
), of_kind AS (
    SELECT DISTINCT request_id
    FROM wanted JOIN (SELECT DISTINCT region, kind FROM alike) AS there USING (region, kind)
)
SELECT region, gss, kind, route, 1 AS households, people,
    CASE
        WHEN has_no_consent THEN 'consent'
        WHEN of_kind.request_id IS NULL THEN 'kind'
        WHEN passed IS NULL THEN 'route'
        ELSE (ARRAY['places', 'step_free', 'pets', 'children', 'women_only', 'unmatched'])[passed]
    END AS rule
FROM asked LEFT JOIN of_kind USING (request_id) LEFT JOIN compared USING (request_id)
