-- A council's staff read its own offers (an upper tier its lower tiers' too) and write its own only.
-- Everybody else reads open offers through the owner's view below and holds no grant on the table:
-- a row policy would switch off the indexes of search and nearness, whose operators are not leakproof.
ALTER TABLE offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer FORCE ROW LEVEL SECURITY;

GRANT SELECT, INSERT, UPDATE ON offer TO hearth_admin, hearth_council;

CREATE POLICY owner ON offer TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY admin ON offer TO hearth_admin
    USING ((SELECT nullif(current_setting('hearth.subject', true), '')) IS NOT NULL);
CREATE POLICY own_read ON offer FOR SELECT TO hearth_council
    USING (council_gss = ANY ((SELECT string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))::text[]));
CREATE POLICY own_add ON offer FOR INSERT TO hearth_council
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));
CREATE POLICY own_change ON offer FOR UPDATE TO hearth_council
    USING (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')))
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));

-- The places of an offer of theirs that are held now, also to staff to whom the matches themselves are not open.
CREATE FUNCTION hearth_live_holds(asked uuid) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(sum(places), 0)::integer FROM match
    WHERE offer_id = asked AND state = 'HELD' AND held_until > now()
        AND (
            current_setting('role') <> 'hearth_council'
            OR council_gss = ANY (string_to_array(nullif(current_setting('hearth.gss', true), ''), ','))
        )
$$;
REVOKE EXECUTE ON FUNCTION hearth_live_holds(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hearth_live_holds(uuid) TO hearth_admin, hearth_council;

-- Both views have the same columns, so that one GraphQL type reads either.
-- A hold ends by the clock: holds_end_at is the earliest end, past which the live ones are summed.
CREATE VIEW staff_offer WITH (security_invoker = true) AS
SELECT id, council_gss, kind_code, title, description, status,
    places AS places_total,
    places - taken - CASE
        WHEN held = 0 THEN 0
        WHEN holds_end_at > now() THEN held
        ELSE hearth_live_holds(id)
    END AS places_left,
    places - taken - held AS places_unheld,
    household_max, route_codes, postcode_district, location_code, step_free, pets_allowed,
    children_welcome, women_only, languages, available_from, available_until, minimum_months,
    last_confirmed_on, external_ref, version, created_at, updated_at, search_text,
    (
        SELECT CASE
            WHEN count(*) = 0 THEN 'NOT_REQUIRED'
            WHEN bool_or(state = 'FAILED') THEN 'FAILED'
            WHEN bool_or(state IN ('NOT_STARTED', 'IN_PROGRESS')) THEN 'CHECKS_DUE'
            ELSE 'READY'
        END
        FROM offer_check
        WHERE offer_id = offer.id AND kind <> 'GUESTS_ARRIVED'
    ) AS readiness
FROM offer;

-- What others than its council's staff may see of an offer. Total less left is a headcount, so the total
-- stays with the council, as does its own reference. No audience reads this view itself.
CREATE VIEW shown_offer AS
SELECT id, council_gss, kind_code, title, description, status,
    NULL::integer AS places_total,
    places - taken - CASE
        WHEN held = 0 THEN 0
        WHEN holds_end_at > now() THEN held
        ELSE (
            SELECT coalesce(sum(match.places), 0)::integer FROM match
            WHERE offer_id = offer.id AND state = 'HELD' AND held_until > now()
        )
    END AS places_left,
    places - taken - held AS places_unheld,
    household_max, route_codes, postcode_district, location_code, step_free, pets_allowed,
    children_welcome, women_only, languages, available_from, available_until, minimum_months,
    last_confirmed_on, NULL::text AS external_ref, version, created_at, updated_at, search_text,
    (
        SELECT CASE
            WHEN count(*) = 0 THEN 'NOT_REQUIRED'
            WHEN bool_or(state = 'FAILED') THEN 'FAILED'
            WHEN bool_or(state IN ('NOT_STARTED', 'IN_PROGRESS')) THEN 'CHECKS_DUE'
            ELSE 'READY'
        END
        FROM offer_check
        WHERE offer_id = offer.id AND kind <> 'GUESTS_ARRIVED'
    ) AS readiness
FROM offer;

-- Open, with places left now and not past its last day.
CREATE VIEW open_offer AS
SELECT * FROM shown_offer
WHERE status = 'OPEN' AND places_left > 0
    AND (available_until IS NULL OR available_until >= current_date);

-- What a charity sees of the offers that its own households are or were matched with.
CREATE VIEW matched_offer AS
SELECT * FROM shown_offer
WHERE EXISTS (
    SELECT FROM match
    WHERE offer_id = shown_offer.id
        AND organisation_id = nullif(current_setting('hearth.organisation_id', true), '')::uuid
);

GRANT SELECT ON staff_offer TO hearth_admin, hearth_council;
GRANT SELECT ON matched_offer TO hearth_charity;
GRANT SELECT ON open_offer TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;
