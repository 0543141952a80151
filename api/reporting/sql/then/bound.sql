-- Households that wait and have no match under way: the first rule that leaves them no offer, of those
-- open in the region that they would like, or anywhere.
WITH asked AS MATERIALIZED (
    SELECT request_id, region, gss, kind, route, people, kind_codes,
        'consent' = ANY (needs) AS has_no_consent, 'women_only' = ANY (needs) AS is_women_only,
        ('step_free' = ANY (needs))::integer + 2 * ('pets' = ANY (needs))::integer
            + 4 * ('children' = ANY (needs))::integer AS needs
    FROM request_then WHERE is_waiting AND NOT is_matched
), compared AS (
    SELECT request_id, max(CASE
        WHEN people <= fits[1 + needs] THEN CASE WHEN women_only = is_women_only THEN 6 ELSE 5 END
        WHEN people <= fits[1 + (needs & 3)] THEN 4
        WHEN people <= fits[1 + (needs & 1)] THEN 3
        WHEN people <= fits[1] THEN 2
        ELSE 1
    END) AS passed
    FROM (
        SELECT request_id, region, route, people, unnest(kind_codes) AS kind, needs, is_women_only FROM asked
    ) AS wanted
    JOIN alike USING (region, kind, route)
    GROUP BY request_id
), there AS (
    SELECT region, array_agg(DISTINCT kind) AS kinds FROM alike GROUP BY region
)
SELECT region, gss, kind, route, 1 AS households, people,
    CASE
        WHEN has_no_consent THEN 'consent'
        WHEN passed IS NOT NULL
            THEN (ARRAY['places', 'step_free', 'pets', 'children', 'women_only', 'unmatched'])[passed]
        WHEN kind_codes && kinds THEN 'route'
        ELSE 'kind'
    END AS rule
FROM asked LEFT JOIN there USING (region) LEFT JOIN compared USING (request_id)
