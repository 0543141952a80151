-- Offers as many as current_setting('bench.offers') says, their checks and history, up to 100,000
-- requests and 60,000 matches.
-- Every value is a hash of the row's number: no randomness, so a second run has the same rows.
-- Days count from today, which is what "available" goes by.

CREATE FUNCTION pg_temp.draw(n bigint, what integer) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((hashint8extended(n, what) >> 11) & 1099511627775) / 1099511627776.0::double precision $$;

CREATE FUNCTION pg_temp.pick(choices text[], n bigint, what integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT choices[1 + floor(pg_temp.draw(n, what) * cardinality(choices))::integer] $$;

-- A UUID of version 7: milliseconds, then hashed bits, so that ids grow with time as Hearth's do.
CREATE FUNCTION pg_temp.identity(moment timestamptz, n bigint, what integer) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT (
        lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
        || '7' || substr(digest, 1, 3) || '8' || substr(digest, 4, 15)
    )::uuid
    FROM (SELECT md5(n::text || '/' || what::text) AS digest) AS hashed
$$;

-- Councils of today, and for each the twelve postcode districts nearest to its centre.
CREATE TEMPORARY TABLE place AS
SELECT row_number() OVER (ORDER BY gss_code) AS number, gss_code, name,
    CASE WHEN centre.code IS NOT NULL THEN gss_code END AS centre_code,
    (
        SELECT array_agg(near.code)
        FROM (
            SELECT district.code FROM location AS district
            WHERE length(district.code) <= 4
            ORDER BY point(district.easting, district.northing)
                <-> point(coalesce(centre.easting, 400000), coalesce(centre.northing, 300000))
            LIMIT 12
        ) AS near
    ) AS districts
FROM council LEFT JOIN location AS centre ON centre.code = council.gss_code
WHERE (starts_on IS NULL OR starts_on <= current_date)
    AND (ends_on IS NULL OR ends_on >= current_date);
CREATE UNIQUE INDEX place_number ON place (number);

CREATE TEMPORARY TABLE listed AS
SELECT
    (SELECT array_agg(code ORDER BY position) FROM support_kind) AS kinds,
    (SELECT array_agg(code ORDER BY code) FROM route) AS routes,
    ARRAY['ar', 'en', 'fa', 'pl', 'ps', 'ru', 'uk', 'es', 'fr', 'so', 'ti', 'tr'] AS languages,
    ARRAY['Bright', 'Quiet', 'Furnished', 'Spacious', 'Small', 'Warm', 'Newly painted', 'Shared',
        'Self-contained', 'Ground-floor', 'Top-floor', 'Accessible', 'Modern', 'Traditional'] AS looks,
    ARRAY['flat', 'house', 'double room', 'single room', 'annexe', 'bungalow', 'cottage', 'studio',
        'English class', 'drop-in morning', 'advice session', 'playgroup', 'food parcel',
        'bicycle workshop', 'job club', 'school uniform grant', 'bus pass', 'starter pack'] AS things,
    ARRAY['near the station', 'by the park', 'with a garden', 'close to two primary schools',
        'on a bus route', 'in the old town', 'beside the library', 'with its own door',
        'above the community centre', 'next to the surgery', 'by the river', 'in a quiet street'] AS spots,
    ARRAY['The host family has two children and a dog.', 'A caseworker visits every week.',
        'Interpreters come on Tuesdays and Thursdays.', 'The kitchen and bathroom are shared.',
        'Heating and internet are included.', 'Parking is on the street.',
        'A volunteer meets new arrivals at the station.', 'There is a cot and a high chair.',
        'The mosque and two churches are within a mile.', 'Ring before you come.',
        'Bring any papers you have, and we copy them.', 'Lunch is served at noon, halal and vegetarian.',
        'The lift is small but works.', 'Smoking is not allowed indoors.',
        'Help with school places and a doctor is part of it.', 'The council pays the deposit.'] AS sentences;

INSERT INTO offer (id, council_gss, kind_code, title, description, status, places, taken, held,
    holds_end_at, household_max, route_codes, postcode_district, location_code, step_free,
    pets_allowed, children_welcome, women_only, languages, available_from, available_until,
    minimum_months, last_confirmed_on, external_ref, version, created_at, updated_at)
SELECT
    pg_temp.identity(created, n, 1),
    place.gss_code,
    kinds[1 + floor(power(pg_temp.draw(n, 2), 1.3) * cardinality(kinds))::integer],
    pg_temp.pick(looks, n, 3) || ' ' || pg_temp.pick(things, n, 4) || ' ' || pg_temp.pick(spots, n, 5),
    pg_temp.pick(sentences, n, 6) || ' ' || pg_temp.pick(sentences, n, 7) || ' ' || place.name
        || ': ' || pg_temp.pick(sentences, n, 8),
    status,
    places,
    CASE WHEN pg_temp.draw(n, 9) < 0.08 THEN places
        ELSE floor(pg_temp.draw(n, 10) * pg_temp.draw(n, 11) * places)::integer END,
    0, NULL,
    CASE WHEN pg_temp.draw(n, 12) < 0.5 THEN places END,
    ARRAY(
        SELECT DISTINCT pg_temp.pick(routes, n, 20 + again)
        FROM generate_series(1, floor(pg_temp.draw(n, 13) * 5)::integer) AS again
        ORDER BY 1
    ),
    district,
    coalesce(district, place.centre_code),
    (ARRAY['ALL', 'SOME', 'NONE', 'UNKNOWN'])[1 + floor(pg_temp.draw(n, 14) * 4)::integer],
    pg_temp.draw(n, 15) < 0.3,
    pg_temp.draw(n, 16) < 0.8,
    pg_temp.draw(n, 17) < 0.1,
    ARRAY(
        SELECT DISTINCT pg_temp.pick(languages, n, 30 + again)
        FROM generate_series(1, 1 + floor(pg_temp.draw(n, 18) * 3)::integer) AS again
        ORDER BY 1
    ),
    begins,
    CASE WHEN pg_temp.draw(n, 19) < 0.7
        THEN greatest(begins, current_date + floor(pg_temp.draw(n, 40) * 700 - 30)::integer) END,
    CASE WHEN pg_temp.draw(n, 41) < 0.4 THEN 6 END,
    changed::date,
    'BENCH-' || n,
    CASE WHEN status = 'DRAFT' THEN 1 ELSE 2 END,
    created,
    changed
FROM (
    SELECT n, created,
        created + pg_temp.draw(n, 42) * (now() - created) AS changed,
        1 + floor(power(pg_temp.draw(n, 43), 2) * 12)::integer AS places,
        1 + floor(power(pg_temp.draw(n, 44), 1.5)
            * (SELECT count(*) FROM place))::integer AS place_number,
        current_date + floor(pg_temp.draw(n, 45) * 200 - 150)::integer AS begins,
        CASE WHEN pg_temp.draw(n, 46) < 0.84 THEN 'OPEN' WHEN pg_temp.draw(n, 46) < 0.90 THEN 'DRAFT'
            WHEN pg_temp.draw(n, 46) < 0.96 THEN 'PAUSED' ELSE 'CLOSED' END AS status
    FROM generate_series(1, current_setting('bench.offers')::bigint) AS n,
        LATERAL (
            SELECT now() - interval '600 days'
                + n * (interval '599 days' / current_setting('bench.offers')::bigint) AS created
        ) AS begun
) AS drawn
JOIN place ON place.number = drawn.place_number
CROSS JOIN listed
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.draw(n, 47) < 0.8 THEN pg_temp.pick(place.districts, n, 48) END AS district
) AS stood;

-- 1.2 checks for each of 50,000 offers.
INSERT INTO offer_check (id, offer_id, council_gss, kind, state, failure_reason, due_on, done_on)
SELECT pg_temp.identity(created_at, n * 2 + again, 2), id, council_gss,
    (ARRAY['ACCOMMODATION_EXISTS', 'ACCOMMODATION_SUITABLE', 'SPONSOR_SUITABLE'])[1 + (n + again) % 3],
    state,
    CASE WHEN state = 'FAILED' THEN 'The smoke alarm is missing.' END,
    created_at::date + 14,
    CASE WHEN state IN ('FAILED', 'PASSED') THEN created_at::date + 10 END
FROM (SELECT id, council_gss, created_at, row_number() OVER () AS n FROM offer LIMIT 50000) AS numbered
CROSS JOIN generate_series(0, 1) AS again
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.draw(n * 2 + again, 50) < 0.75 THEN 'PASSED'
        WHEN pg_temp.draw(n * 2 + again, 50) < 0.85 THEN 'IN_PROGRESS'
        WHEN pg_temp.draw(n * 2 + again, 50) < 0.95 THEN 'NOT_STARTED' ELSE 'FAILED' END AS state
) AS judged
WHERE again = 0 OR n % 5 = 0;

-- Two events for each of 50,000 offers: it was created, then changed.
INSERT INTO audit_event (id, at, actor_subject, actor_name, audience, council_gss, command,
    subject_type, subject_id, changes, summary)
SELECT pg_temp.identity(at, n * 2 + again, 3), at, 'bench:loaded', 'Loaded for the benchmark',
    'COUNCIL', council_gss, command, 'Offer', id,
    CASE WHEN again = 0 THEN jsonb_build_object('title', jsonb_build_array(NULL, title))
        ELSE jsonb_build_object('status', jsonb_build_array('DRAFT', status)) END,
    CASE WHEN again = 0 THEN 'created as a draft: ' || title ELSE 'status: DRAFT to ' || status END
FROM (
    SELECT id, council_gss, title, status, created_at, updated_at, row_number() OVER () AS n
    FROM offer LIMIT 50000
) AS numbered
CROSS JOIN generate_series(0, 1) AS again
CROSS JOIN LATERAL (
    SELECT CASE WHEN again = 0 THEN created_at ELSE updated_at END AS at,
        CASE WHEN again = 0 THEN 'createOffer' ELSE 'publishOffer' END AS command
) AS told;

INSERT INTO organisation (id, name)
SELECT pg_temp.identity(now(), n, 4), 'Charity ' || n FROM generate_series(1, 200) AS n
ON CONFLICT DO NOTHING;

INSERT INTO request (id, reference, organisation_id, submitted_by, status, closed_reason, adults,
    child_ages, languages, needs_step_free, has_pets, women_only, kind_codes, route_code,
    preferred_gss_codes, postcode_district, within_km, needed_by, submitted_at, updated_at)
SELECT pg_temp.identity(at, n, 5), 'HR-B' || lpad(n::text, 8, '0'), charity.id, charity.name, status,
    CASE WHEN status <> 'SUBMITTED' THEN 'FAMILY' END,
    1 + floor(power(pg_temp.draw(n, 60), 2) * 3)::integer,
    ARRAY(
        SELECT floor(pg_temp.draw(n, 70 + child) * 18)::integer
        FROM generate_series(1, floor(pg_temp.draw(n, 61) * 4)::integer) AS child
    ),
    ARRAY[pg_temp.pick(languages, n, 62)],
    pg_temp.draw(n, 63) < 0.1, pg_temp.draw(n, 64) < 0.15, pg_temp.draw(n, 65) < 0.05,
    ARRAY[pg_temp.pick(kinds, n, 66)], pg_temp.pick(routes, n, 67),
    ARRAY[place.gss_code], pg_temp.pick(place.districts, n, 68), 40,
    current_date + floor(pg_temp.draw(n, 69) * 90)::integer, at, at
FROM (
    SELECT n, now() - pg_temp.draw(n, 80) * interval '599 days' AS at,
        1 + floor(pg_temp.draw(n, 81) * (SELECT count(*) FROM place))::integer AS place_number,
        1 + floor(pg_temp.draw(n, 82) * 200)::integer AS charity_number,
        (ARRAY['SUBMITTED', 'PLACED', 'CLOSED', 'CLOSED', 'WITHDRAWN'])[
            1 + floor(pg_temp.draw(n, 83) * 5)::integer
        ] AS status
    FROM generate_series(1, least(2 * current_setting('bench.offers')::bigint, 100000)) AS n
) AS drawn
JOIN place ON place.number = drawn.place_number
JOIN (SELECT id, name, row_number() OVER (ORDER BY name) AS number FROM organisation) AS charity
    ON charity.number = drawn.charity_number
CROSS JOIN listed;

INSERT INTO consent (id, request_id, scope, is_given, at)
SELECT pg_temp.identity(submitted_at, row_number() OVER (), 6), id, 'MATCHING', true, submitted_at
FROM request;

INSERT INTO match (id, request_id, offer_id, council_gss, organisation_id, kind_code, places, state,
    proposed_by, decided_at, reason, arrived_on, ended_on, score, created_at, updated_at)
SELECT pg_temp.identity(request.submitted_at, n, 7), request.id, offer.id, offer.council_gss,
    request.organisation_id, offer.kind_code, request.adults + cardinality(request.child_ages),
    CASE request.status WHEN 'PLACED' THEN 'PLACED' WHEN 'CLOSED' THEN 'ENDED' WHEN 'WITHDRAWN' THEN 'WITHDRAWN'
        ELSE 'DECLINED' END,
    CASE WHEN n % 2 = 0 THEN 'COUNCIL' ELSE 'CHARITY' END,
    request.submitted_at, 'OTHER', request.submitted_at::date, request.submitted_at::date + 30, 42,
    request.submitted_at, request.submitted_at
FROM (
    SELECT * FROM (SELECT request.*, row_number() OVER (ORDER BY id) AS n FROM request) AS numbered
    WHERE n % 5 < 3
) AS request
JOIN (
    SELECT id, council_gss, kind_code, row_number() OVER (ORDER BY id) AS number FROM offer
) AS offer ON offer.number = 1 + n % current_setting('bench.offers')::bigint;

-- The history that reports are made of, as triggers would have written it; known when it happened.
INSERT INTO offer_event (id, offer_id, at, recorded_at, council_gss, kind_code, status, places, household_max,
    route_codes, is_step_free, pets_allowed, children_welcome, women_only, available_from, available_until,
    last_confirmed_on, missing)
SELECT gen_random_uuid(), id, at, at, council_gss, kind_code, status_then, places, household_max, route_codes,
    step_free IN ('ALL', 'SOME'), pets_allowed, children_welcome, women_only, available_from, available_until,
    last_confirmed_on, CASE WHEN postcode_district IS NULL THEN '{postcode_district}'::text[] ELSE '{}' END
FROM offer
CROSS JOIN LATERAL (VALUES (created_at, 'DRAFT'), (updated_at, status)) AS told (at, status_then);

INSERT INTO check_event (id, offer_id, at, recorded_at, council_gss, kind, state, due_on)
SELECT gen_random_uuid(), offer_id, at, at, council_gss, kind, state, due_on
FROM offer_check, LATERAL (SELECT coalesce(done_on, due_on - 14)::timestamptz AS at) AS told;

INSERT INTO request_event (id, request_id, at, recorded_at, step, organisation_id, people, kind_codes,
    route_code, adults, child_bands, needs, wanted_gss, wanted_region)
SELECT gen_random_uuid(), request.id, submitted_at, submitted_at, 'SUBMITTED', organisation_id,
    adults + cardinality(child_ages), kind_codes, route_code, adults,
    ARRAY(SELECT CASE WHEN age < 2 THEN 0 WHEN age < 3 THEN 2 WHEN age < 5 THEN 3 WHEN age < 11 THEN 5 ELSE 11 END
        FROM unnest(child_ages) AS age),
    array_remove(ARRAY[CASE WHEN child_ages <> '{}' THEN 'children' END, CASE WHEN has_pets THEN 'pets' END,
        CASE WHEN needs_step_free THEN 'step_free' END, CASE WHEN women_only THEN 'women_only' END], NULL),
    preferred_gss_codes[1], region
FROM request JOIN council ON gss_code = preferred_gss_codes[1];

INSERT INTO request_event (id, request_id, at, recorded_at, step, organisation_id, people, kind_codes,
    route_code, match_id, offer_id, council_gss, reason, happened_on)
SELECT gen_random_uuid(), request_id, at, at, step, match.organisation_id, places, ARRAY[kind_code],
    route_code, match.id, offer_id, match.council_gss,
    CASE WHEN step IN ('DECLINED', 'ENDED') THEN 'OTHER' END,
    CASE WHEN step IN ('PLACED', 'ENDED') THEN at::date END
FROM match JOIN request ON request.id = request_id
CROSS JOIN LATERAL (
    SELECT created_at + n * interval '3 days' AS at, step
    FROM unnest(CASE state
        WHEN 'PLACED' THEN '{PROPOSED,ACCEPTED,PLACED}'::text[]
        WHEN 'ENDED' THEN '{PROPOSED,ACCEPTED,PLACED,ENDED}'::text[]
        ELSE '{PROPOSED,DECLINED}'::text[] END) WITH ORDINALITY AS told (step, n)
) AS steps
WHERE at < now();
