-- What households that wait and have no match under way ask for.
SELECT request_id, region, gss, kind, route, people, kind_codes,
    needs @> '{consent}' AS has_no_consent, needs @> '{step_free}' AS needs_step_free,
    needs @> '{pets}' AS has_pets, needs @> '{children}' AS has_children,
    needs @> '{women_only}' AS is_women_only
FROM request_then WHERE is_waiting AND NOT is_matched
