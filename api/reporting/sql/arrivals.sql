-- Whom funding is worked out for: those who arrived in the period, or so many whole years before. In
-- two-tier areas the upper tier is paid.
SELECT payee.region, payee.gss, route, arrived_on, people, adults, child_bands, ended_on,
    arrived_on >= first_day AS is_new
FROM arrival
JOIN area AS own ON own.gss = arrival.gss
JOIN area AS payee ON payee.gss = own.paid_gss
LEFT JOIN LATERAL (
    SELECT happened_on AS ended_on FROM request_event, span
    WHERE request_event.request_id = arrival.request_id AND request_event.match_id = arrival.match_id
        AND step = 'ENDED' AND recorded_at <= known
    ORDER BY at DESC, recorded_at DESC LIMIT 1
) AS ended ON true, span
WHERE arrived_on >= first_day OR EXISTS (
    SELECT FROM generate_series(1, 5) AS years
    WHERE arrived_on + make_interval(years => years) BETWEEN first_day - interval '1 day' AND last_day
)
