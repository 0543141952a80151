-- Offers with places free, those that are alike as one: in a region and (NONE) anywhere, of a kind, for
-- each route that they accept, how many people fit.
WITH accepting AS MATERIALIZED (
    SELECT region, kind, route, is_step_free, pets_allowed, children_welcome, women_only, max(fits) AS fits
    FROM (
        SELECT region, kind_code AS kind, is_step_free, pets_allowed, children_welcome, women_only,
            unnest(CASE route_codes WHEN '{}' THEN any_route ELSE route_codes END) AS route,
            least(free, household_max) AS fits
        FROM supply, span WHERE free > 0
    ) AS offered
    GROUP BY region, kind, route, is_step_free, pets_allowed, children_welcome, women_only
)
SELECT * FROM accepting
UNION ALL
SELECT 'NONE', kind, route, is_step_free, pets_allowed, children_welcome, women_only, max(fits)
FROM accepting
GROUP BY kind, route, is_step_free, pets_allowed, children_welcome, women_only
