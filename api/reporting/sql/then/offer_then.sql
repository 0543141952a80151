-- Offers, each by its latest event; is_open as availability means it, on the last day.
SELECT DISTINCT ON (offer_id) offer_event.*,
    status = 'OPEN' AND (available_until IS NULL OR available_until > last_day) AS is_open
FROM offer_event, span
WHERE at < ends AND recorded_at <= known
ORDER BY offer_id, at DESC, recorded_at DESC, offer_event.id
