-- Open offers with what is left of their places.
SELECT region, gss, kind_code, route_codes, household_max, is_step_free, pets_allowed, children_welcome,
    women_only, greatest(places - coalesce(occupied, 0), 0)::integer AS free
FROM offer_then
LEFT JOIN (
    SELECT offer_id, sum(people) AS occupied FROM match_then
    WHERE state IN ('HELD', 'ACCEPTED', 'PLACED') GROUP BY offer_id
) AS counted USING (offer_id)
WHERE is_open
