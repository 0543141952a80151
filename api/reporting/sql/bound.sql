-- Households that wait and have no match under way: the first rule that leaves them no offer, of those
-- open in the region that they would like, or anywhere. Alike households and offers are compared once.
CREATE TEMPORARY TABLE alike ON COMMIT DROP AS
SELECT region, kind_code AS kind, route_codes, is_step_free, pets_allowed, children_welcome, women_only,
    max(least(free, household_max)) AS fits
FROM supply WHERE free > 0
GROUP BY region, kind_code, route_codes, is_step_free, pets_allowed, children_welcome, women_only;
CREATE INDEX alike_of ON alike (kind, region);
ANALYZE alike;

CREATE TEMPORARY TABLE bound ON COMMIT DROP AS
SELECT region, gss, kind, route, households, people_in AS people,
    CASE WHEN needs @> '{consent}' THEN 'consent'
        ELSE (ARRAY['kind', 'route', 'places', 'step_free', 'pets', 'children', 'women_only', 'unmatched'])
            [1 + coalesce(passed, 0)]
    END AS rule
FROM (
    SELECT region, gss, kind, route, kind_codes, people, needs,
        count(*)::integer AS households, sum(people)::integer AS people_in
    FROM request_then WHERE is_waiting AND NOT is_matched
    GROUP BY region, gss, kind, route, kind_codes, people, needs
) AS asked
LEFT JOIN LATERAL (
    SELECT max(CASE
        WHEN NOT (route_codes = '{}' OR asked.route = ANY (route_codes)) THEN 1
        WHEN fits < asked.people THEN 2
        WHEN asked.needs @> '{step_free}' AND NOT is_step_free THEN 3
        WHEN asked.needs @> '{pets}' AND NOT pets_allowed THEN 4
        WHEN asked.needs @> '{children}' AND NOT children_welcome THEN 5
        WHEN women_only <> (asked.needs @> '{women_only}') THEN 6
        ELSE 7
    END) AS passed
    FROM alike
    WHERE alike.kind = ANY (asked.kind_codes) AND (asked.region = 'NONE' OR alike.region = asked.region)
) AS compared ON true;
