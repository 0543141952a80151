-- Public facts: everybody reads, nobody but the owner writes.
GRANT SELECT ON location TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;

-- The point of a postcode district, in metres on the British National Grid. A district that we
-- hold no point for is the asker's error (SQLSTATE HE400), not an empty list.
CREATE FUNCTION hearth_district_point(district text) RETURNS point
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    found point;
BEGIN
    SELECT point(easting, northing) INTO found FROM location WHERE code = district;
    IF found IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'HE400', MESSAGE = format(
            'We have no point for the postcode district %s; give latitude and longitude instead.', district);
    END IF;
    RETURN found;
END $$;
