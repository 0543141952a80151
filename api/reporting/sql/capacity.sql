-- places_free and offers by kind, or by route: then an offer counts for each route that it accepts, and
-- one that accepts any for all; people by their own.
SELECT region, gss, category, free AS offered, free, 1 AS offers, NULL::integer AS held, NULL::integer AS taken,
    NULL::integer AS received, NULL::integer AS waiting, NULL::integer AS people
FROM supply CROSS JOIN LATERAL ({supplied}) AS counted (category)
UNION ALL
SELECT region, gss, {category}, people, NULL, NULL,
    CASE WHEN state = 'HELD' THEN people END,
    CASE WHEN state IN ('ACCEPTED', 'PLACED') THEN people END,
    NULL, NULL, NULL
FROM match_then WHERE state IN ('HELD', 'ACCEPTED', 'PLACED')
UNION ALL
SELECT region, gss, {category}, NULL, NULL, NULL, NULL, NULL,
    CASE WHEN submitted_at >= :begins THEN 1 END,
    CASE WHEN is_waiting THEN 1 END,
    CASE WHEN is_waiting THEN people END
FROM request_then
