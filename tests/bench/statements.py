"""The hand-written limit's SQL: for each question the one statement that an expert would write.

Rows are flat. What belongs to a row but is many (its routes) comes as an array beside it.
"""

_ROUTES = (
    "ARRAY(SELECT ARRAY[route.code, route.name] FROM route "
    "WHERE route.code = ANY (offer.route_codes) AND route.recorded_at <= now() ORDER BY route.code)"
)

PAGE = f"""
SELECT offer.title, offer.places_left, offer.postcode_district, offer.available_from,
    council.name, council.region, {_ROUTES}
FROM open_offer AS offer JOIN council ON council.gss_code = offer.council_gss
WHERE offer.kind_code = $1 AND offer.places_left >= $2
ORDER BY offer.updated_at DESC, offer.id DESC LIMIT 20
"""
COUNTED = PAGE.replace(
    "\nFROM open_offer AS offer",
    ", (SELECT count(*) FROM open_offer AS each"
    " WHERE each.kind_code = $1 AND each.places_left >= $2)\nFROM open_offer AS offer",
)
OFFER = f"""
SELECT offer.title, offer.description, offer.places_left, offer.version, {_ROUTES},
    council.gss_code, council.name,
    ARRAY(
        SELECT row(latest.title, latest.places_left, latest.available_from)
        FROM open_offer AS latest WHERE latest.council_gss = council.gss_code
        ORDER BY latest.updated_at DESC, latest.id DESC LIMIT 5
    )
FROM open_offer AS offer JOIN council ON council.gss_code = offer.council_gss
WHERE offer.id = $1
"""
_WIDE = """
SELECT {page} AS page, offer.title, offer.description, offer.places_left, offer.household_max,
    offer.postcode_district, offer.step_free, offer.pets_allowed, offer.children_welcome,
    offer.women_only, offer.languages, offer.available_from, offer.minimum_months,
    council.name, council.region
FROM open_offer AS offer JOIN council ON council.gss_code = offer.council_gss
WHERE offer.kind_code = ${page} ORDER BY offer.updated_at DESC, offer.id DESC LIMIT 100
"""
WIDE = f"({_WIDE.format(page=1)}) UNION ALL ({_WIDE.format(page=2)})"

# One pass over what is near serves the page, the count and the facets: rows of the page first,
# then rows of the facets.
NEAR = """
WITH near AS MATERIALIZED (
    SELECT offer.title, offer.places_left, offer.council_gss, offer.kind_code, offer.id,
        place.code, point(place.easting, place.northing) <-> here.point AS distance
    FROM (SELECT point(easting, northing) AS point FROM location WHERE code = $1 OFFSET 0) AS here
    JOIN location AS place ON point(place.easting, place.northing) <@ circle(here.point, 20000)
    JOIN open_offer AS offer ON offer.location_code = place.code AND offer.places_left >= 2
), page AS (
    SELECT * FROM near ORDER BY distance, code, id LIMIT 20
)
(
    SELECT page.title, page.places_left, round((page.distance / 1000)::numeric, 1)::float8,
        council.name
    FROM page JOIN council ON council.gss_code = page.council_gss
    ORDER BY page.distance, page.code, page.id
)
UNION ALL
(
    SELECT kind_code, count(*)::integer, sum(places_left)::float8, NULL
    FROM near GROUP BY kind_code ORDER BY count(*) DESC, kind_code
)
"""
# From each council of the officer's its latest, in the order of the index that it has.
OFFICER = """
SELECT latest.* FROM unnest(string_to_array(current_setting('hearth.gss'), ',')) AS own (gss)
CROSS JOIN LATERAL (
    SELECT offer.version, offer.status, offer.title, offer.places,
        offer.places - offer.taken
            - CASE WHEN offer.holds_end_at > now() THEN offer.held ELSE 0 END,
        offer.last_confirmed_on, council.name, offer.updated_at, offer.id
    FROM offer JOIN council ON council.gss_code = offer.council_gss
    WHERE offer.council_gss = own.gss ORDER BY offer.updated_at DESC, offer.id DESC LIMIT 20
) AS latest
ORDER BY latest.updated_at DESC, latest.id DESC LIMIT 20
"""
PUBLISH = """
WITH before AS (
    SELECT offer.id, offer.status, offer.last_confirmed_on, today.day
    FROM (SELECT (now() AT TIME ZONE 'Europe/London')::date AS day) AS today
    CROSS JOIN offer JOIN council ON council.gss_code = offer.council_gss
    WHERE offer.id = $1 AND offer.version = $2 AND offer.status IN ('DRAFT', 'PAUSED')
        AND (offer.available_until IS NULL OR offer.available_until >= today.day)
        AND (council.ends_on IS NULL OR council.ends_on >= today.day)
    FOR UPDATE OF offer
), after AS (
    UPDATE offer SET status = 'OPEN', last_confirmed_on = before.day, updated_at = now(),
        version = offer.version + 1
    FROM before WHERE offer.id = before.id
    RETURNING offer.id, offer.council_gss, offer.status, offer.last_confirmed_on, offer.version
), event AS (
    INSERT INTO audit_event (id, actor_subject, actor_name, audience, council_gss, command,
        subject_type, subject_id, changes, summary)
    SELECT $3, current_setting('hearth.subject'), current_setting('hearth.name'), 'COUNCIL',
        after.council_gss, 'publishOffer', 'Offer', after.id,
        jsonb_build_object('last_confirmed_on',
            jsonb_build_array(before.last_confirmed_on, after.last_confirmed_on),
            'status', jsonb_build_array(before.status, after.status)),
        'lastConfirmedOn: ' || coalesce(before.last_confirmed_on::text, 'none') || ' → '
            || after.last_confirmed_on || '; status: ' || before.status || ' → ' || after.status
    FROM after, before
), message AS (
    INSERT INTO outbox (topic, payload)
    SELECT 'offer', jsonb_build_object('offer_id', id::text, 'version', version) FROM after
)
SELECT version, status FROM after
"""
