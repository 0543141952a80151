-- Steps are added by those whose step it is, and never changed.
ALTER TABLE request_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE request_event FORCE ROW LEVEL SECURITY;

GRANT SELECT ON request_event TO hearth_admin;
GRANT INSERT ON request_event TO hearth_admin, hearth_charity, hearth_council;

CREATE POLICY owner ON request_event TO hearth_owner USING (true) WITH CHECK (true);
CREATE POLICY opened ON request_event TO hearth_admin
    USING (request_id = ANY ((SELECT hearth_opened())::uuid[]))
    WITH CHECK (request_id = ANY ((SELECT hearth_opened())::uuid[]));
CREATE POLICY own_add ON request_event FOR INSERT TO hearth_charity
    WITH CHECK (organisation_id = (SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid));
CREATE POLICY council_add ON request_event FOR INSERT TO hearth_council
    WITH CHECK (council_gss = (SELECT nullif(current_setting('hearth.own_gss', true), '')));

-- What reports need of the request or the match at this step, and may know once either is erased: no
-- date of birth, no place nearer than a council that the household named itself.
CREATE FUNCTION hearth_step_taken() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    asked request;
    regions text[];
BEGIN
    IF NEW.step IN ('PLACED', 'ENDED') THEN
        SELECT
            CASE NEW.step WHEN 'PLACED' THEN arrived_on ELSE ended_on END,
            NEW.step = 'ENDED' AND is_rematched
        INTO NEW.happened_on, NEW.is_rematched FROM match WHERE id = NEW.match_id;
    ELSIF NEW.step = 'SUBMITTED' THEN
        SELECT * INTO asked FROM request WHERE id = NEW.request_id;
        NEW.adults := asked.adults;
        NEW.child_bands := ARRAY(
            SELECT CASE WHEN age < 2 THEN 0 WHEN age < 3 THEN 2 WHEN age < 5 THEN 3 WHEN age < 11 THEN 5
                ELSE 11 END AS band
            FROM unnest(asked.child_ages) AS age ORDER BY band
        );
        NEW.needs := array_remove(ARRAY[
            CASE WHEN asked.child_ages <> '{}' THEN 'children' END,
            CASE WHEN NOT EXISTS (
                SELECT FROM consent WHERE request_id = asked.id AND scope = 'MATCHING' AND is_given
            ) THEN 'consent' END,
            CASE WHEN asked.has_pets THEN 'pets' END,
            CASE WHEN asked.needs_step_free THEN 'step_free' END,
            CASE WHEN asked.women_only THEN 'women_only' END
        ], NULL);
        IF cardinality(asked.preferred_gss_codes) = 1 AND asked.preferred_regions = '{}' THEN
            NEW.wanted_gss := asked.preferred_gss_codes[1];
        END IF;
        regions := ARRAY(
            SELECT region FROM council WHERE gss_code = ANY (asked.preferred_gss_codes)
            UNION SELECT unnest(asked.preferred_regions)
        );
        IF cardinality(regions) = 1 THEN
            NEW.wanted_region := regions[1];
        ELSIF regions = '{}' THEN
            SELECT region INTO NEW.wanted_region
            FROM council JOIN location AS centre ON centre.code = council.gss_code
            CROSS JOIN (
                SELECT coalesce(
                    point(asked.easting, asked.northing),
                    (SELECT point(easting, northing) FROM location WHERE code = asked.postcode_district)
                ) AS wanted
            ) AS near
            WHERE wanted IS NOT NULL
            ORDER BY point(centre.easting, centre.northing) <-> wanted, gss_code LIMIT 1;
        END IF;
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION hearth_step_taken() FROM PUBLIC;
CREATE TRIGGER taken BEFORE INSERT ON request_event
    FOR EACH ROW EXECUTE FUNCTION hearth_step_taken();
