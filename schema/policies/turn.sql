-- The next moment at which what the public reads may change by the clock alone, so that no answer is
-- kept past it: a hold's end, an edge of a route's fact or of what was known of it, a route recorded
-- ahead, or midnight in London, when the day of offers, councils and twinnings changes.
-- A definer's, since the public may not read holds; it tells no more than that moment.
CREATE FUNCTION hearth_next_turn() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT least(
        ((now() AT TIME ZONE 'Europe/London')::date + 1)::timestamp AT TIME ZONE 'Europe/London',
        (SELECT min(holds_end_at) FROM offer WHERE held > 0 AND holds_end_at > now()),
        (SELECT min(held_until) FROM match WHERE state = 'HELD' AND held_until > now()),
        (SELECT min(recorded_at) FROM route WHERE recorded_at > now()),
        (
            SELECT min(edge)
            FROM route_fact
            CROSS JOIN LATERAL unnest(ARRAY[lower(valid), upper(valid), lower(known), upper(known)]) AS edge
            WHERE edge > now() AND isfinite(edge)
        )
    )
$$;

REVOKE EXECUTE ON FUNCTION hearth_next_turn() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_next_turn() TO hearth_public;
