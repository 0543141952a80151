-- What PostGraphile needs beside Hearth's own tables and views to give the same answers.
-- `make bench` alone runs this, in a database of its own.

-- Links that a view can't declare itself.
COMMENT ON VIEW open_offer IS $$
@primaryKey id
@foreignKey (council_gss) references council (gss_code)|@fieldName council|@foreignFieldName openOffers
@foreignKey (kind_code) references support_kind (code)|@fieldName kind
@name open_offer
$$;
COMMENT ON VIEW staff_offer IS $$
@primaryKey id
@foreignKey (council_gss) references council (gss_code)|@fieldName council
@foreignKey (kind_code) references support_kind (code)|@fieldName kind
@name staff_offer
$$;

-- Many to many as a computed column; in SQL and stable, so that PostgreSQL may inline it.
CREATE FUNCTION open_offer_routes(offer open_offer) RETURNS SETOF route
    LANGUAGE sql STABLE
AS $$ SELECT * FROM route WHERE code = ANY (offer.route_codes) AND recorded_at <= now() ORDER BY code $$;
COMMENT ON FUNCTION open_offer_routes(open_offer) IS '@simpleCollections only';

-- publishOffer, of equal work: the same rows are written and the same rules checked, in one call.
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO hearth_council;

CREATE TYPE bench.publication AS (version integer, status text, problem text);

CREATE FUNCTION bench.publish(offer_id uuid, expected_version integer)
    RETURNS bench.publication
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    before offer;
    after offer;
    today date := (now() AT TIME ZONE 'Europe/London')::date;
    ends date;
BEGIN
    SELECT * INTO before FROM offer WHERE id = offer_id FOR UPDATE;
    IF NOT FOUND THEN RETURN ROW(NULL, NULL, 'NOT_FOUND')::bench.publication; END IF;
    IF before.version <> expected_version THEN RETURN ROW(NULL, NULL, 'CONFLICT')::bench.publication; END IF;
    IF before.status NOT IN ('DRAFT', 'PAUSED') THEN RETURN ROW(NULL, NULL, 'INVALID')::bench.publication; END IF;
    IF before.available_until < today THEN RETURN ROW(NULL, NULL, 'INVALID')::bench.publication; END IF;
    SELECT ends_on INTO ends FROM council WHERE gss_code = before.council_gss;
    IF ends < today THEN RETURN ROW(NULL, NULL, 'INVALID')::bench.publication; END IF;
    UPDATE offer SET status = 'OPEN', last_confirmed_on = today, updated_at = now(),
        version = offer.version + 1
    WHERE id = offer_id AND offer.version = expected_version
    RETURNING * INTO after;
    INSERT INTO audit_event (id, actor_subject, actor_name, audience, council_gss, command,
        subject_type, subject_id, changes, summary)
    VALUES (gen_random_uuid(), current_setting('hearth.subject'), current_setting('hearth.name'), 'COUNCIL',
        after.council_gss, 'publishOffer', 'Offer', after.id,
        jsonb_build_object('status', jsonb_build_array(before.status, after.status),
            'last_confirmed_on', jsonb_build_array(before.last_confirmed_on, after.last_confirmed_on)),
        'last confirmed on ' || after.last_confirmed_on || '; status ' || before.status
            || ' to ' || after.status);
    INSERT INTO outbox (topic, payload)
    VALUES ('offer', jsonb_build_object('offer_id', after.id::text, 'version', after.version));
    RETURN ROW(after.version, after.status, NULL)::bench.publication;
END $$;
