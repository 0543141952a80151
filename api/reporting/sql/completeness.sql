-- Open offers: how many, how many that nobody confirmed in the 30 days before the period's end; and
-- checks of theirs that have not come out.
SELECT region, gss, kind_code AS category, 1 AS offers,
    CASE WHEN last_confirmed_on IS NULL OR last_confirmed_on < :last_day - 30 THEN 1 END AS unconfirmed,
    NULL::integer AS without_outcome
FROM offer_then WHERE is_open
UNION ALL
SELECT region, gss, kind, NULL, NULL, 1
FROM check_then WHERE status = 'OPEN' AND state IN ('NOT_STARTED', 'IN_PROGRESS')
