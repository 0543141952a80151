-- Checks at the period's end, and those that came out within it. One is overdue past its day, or where
-- guests have arrived before it came out.
SELECT region, gss, {category} AS category,
    CASE WHEN state IN ('NOT_STARTED', 'IN_PROGRESS') AND status <> 'CLOSED' THEN 1 END AS due,
    CASE WHEN state = 'PASSED' AND since >= :begins THEN 1 END AS passed,
    CASE WHEN state = 'FAILED' AND since >= :begins THEN 1 END AS failed,
    CASE WHEN state IN ('NOT_STARTED', 'IN_PROGRESS') AND status <> 'CLOSED' AND (
        due_on <= :last_day OR EXISTS (
            SELECT FROM match_then WHERE match_then.offer_id = check_then.offer_id AND match_then.state = 'PLACED'
        )
    ) THEN 1 END AS overdue
FROM check_then
