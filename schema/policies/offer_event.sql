-- What reports know of offers over time. Every change of an offer adds a row, whoever makes it; nobody
-- but the owner reads them, and no audience adds one itself.
ALTER TABLE offer_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer_event FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON offer_event TO hearth_owner USING (true) WITH CHECK (true);

CREATE FUNCTION hearth_offer_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO offer_event (
        id, offer_id, at, council_gss, kind_code, status, places, household_max, route_codes,
        is_step_free, pets_allowed, children_welcome, women_only,
        available_from, available_until, last_confirmed_on, missing
    ) VALUES (
        gen_random_uuid(), NEW.id, NEW.updated_at, NEW.council_gss, NEW.kind_code, NEW.status,
        NEW.places, NEW.household_max, NEW.route_codes,
        NEW.step_free IN ('ALL', 'SOME'), NEW.pets_allowed, NEW.children_welcome, NEW.women_only,
        NEW.available_from, NEW.available_until, NEW.last_confirmed_on,
        array_remove(ARRAY[
            CASE WHEN NEW.available_from IS NULL THEN 'available_from' END,
            CASE WHEN NEW.available_until IS NULL THEN 'available_until' END,
            CASE WHEN NEW.description = '' THEN 'description' END,
            CASE WHEN NEW.household_max IS NULL THEN 'household_max' END,
            CASE WHEN NEW.languages = '{}' THEN 'languages' END,
            CASE WHEN NEW.postcode_district IS NULL THEN 'postcode_district' END,
            CASE WHEN NEW.step_free = 'UNKNOWN' THEN 'step_free' END
        ], NULL)
    );
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_offer_changed() FROM PUBLIC;
-- Its counts of places are no news to it: they follow from the matches' own events.
CREATE TRIGGER changed AFTER INSERT OR UPDATE OF places, status, updated_at ON offer
    FOR EACH ROW EXECUTE FUNCTION hearth_offer_changed();
