-- How matches moved within the period; a match's state counts where it was reached then.
SELECT region, gss, {category} AS category,
    CASE WHEN state = 'DECLINED' THEN 1 END AS declined,
    CASE WHEN state = 'EXPIRED' THEN 1 END AS expired,
    CASE WHEN state IN ('MATCH_WITHDRAWN', 'WITHDRAWN') THEN 1 END AS withdrawn,
    CASE WHEN state = 'ENDED' THEN 1 END AS ended,
    CASE WHEN state = 'ENDED' AND is_rematched THEN 1 END AS rematched,
    NULL::integer AS proposed, NULL::integer AS placed
FROM match_then WHERE since >= :begins
UNION ALL
SELECT area.region, area.gss,
    {event_category},
    NULL, NULL, NULL, NULL, NULL,
    CASE WHEN step = 'PROPOSED' THEN 1 END, CASE WHEN step = 'PLACED' THEN 1 END
FROM request_event JOIN area ON area.gss = council_gss
WHERE step IN ('PROPOSED', 'PLACED') AND at >= :begins AND at < :ends AND recorded_at <= :known
