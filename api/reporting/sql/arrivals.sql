-- Whom funding is worked out for: those who arrived in the period, or so many whole years before. In
-- two-tier areas the upper tier is paid.
SELECT payee.region, payee.gss, arrival.route, arrived_on, arrival.people, adults, child_bands, ended_on,
    arrived_on >= :first_day AS is_new
FROM arrival
JOIN area AS own ON own.gss = arrival.gss
JOIN area AS payee ON payee.gss = own.paid_gss
-- Who moved in before their request was entered is who they are, also where that was in a later period.
JOIN request_event AS asked ON asked.request_id = arrival.request_id
    AND asked.step = 'SUBMITTED' AND asked.recorded_at <= :known
LEFT JOIN LATERAL (
    SELECT happened_on AS ended_on FROM request_event
    WHERE request_event.request_id = arrival.request_id AND request_event.match_id = arrival.match_id
        AND step = 'ENDED' AND recorded_at <= :known
    ORDER BY at DESC, recorded_at DESC LIMIT 1
) AS ended ON true
WHERE arrived_on >= :first_day OR EXISTS (
    SELECT FROM generate_series(1, 5) AS years
    WHERE arrived_on + make_interval(years => years) BETWEEN :first_day - interval '1 day' AND :last_day
)
