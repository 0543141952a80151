-- Offers with places free, in a region and (NONE) anywhere, of a kind, for each route that they accept: how
-- many people fit in the largest. At 1 + n of `fits` in the largest that has all that n is the sum of: 1 for
-- step-free, 2 for pets, 4 for children.
SELECT coalesce(region, 'NONE') AS region, kind, route, women_only, ARRAY[
    max(fits),
    max(fits) FILTER (WHERE has & 1 = 1),
    max(fits) FILTER (WHERE has & 2 = 2),
    max(fits) FILTER (WHERE has & 3 = 3),
    max(fits) FILTER (WHERE has & 4 = 4),
    max(fits) FILTER (WHERE has & 5 = 5),
    max(fits) FILTER (WHERE has & 6 = 6),
    max(fits) FILTER (WHERE has & 7 = 7)
] AS fits
FROM (
    SELECT region, kind_code AS kind, women_only,
        unnest(CASE route_codes WHEN '{}' THEN :any_route ELSE route_codes END) AS route,
        is_step_free::integer + 2 * pets_allowed::integer + 4 * children_welcome::integer AS has,
        least(free, household_max) AS fits
    FROM supply WHERE free > 0
) AS offered
GROUP BY GROUPING SETS ((region, kind, route, women_only), (kind, route, women_only))
