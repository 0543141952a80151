-- availability
SELECT anon_1.title, anon_1.round_1, anon_1.latitude, anon_1.longitude, anon_1.anon_2, anon_1.code, anon_1.id
FROM location AS location_1 JOIN LATERAL (SELECT open_offer_1.title AS title, CAST(round(CAST((point(location_2.easting, location_2.northing) <-> (SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1)) / CAST(1000 AS NUMERIC) AS NUMERIC), 1) AS DOUBLE PRECISION) AS round_1, location_2.latitude AS latitude, location_2.longitude AS longitude, point(location_1.easting, location_1.northing) <-> (SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1) AS anon_2, location_1.code AS code, open_offer_1.id AS id
FROM open_offer AS open_offer_1 LEFT OUTER JOIN location AS location_2 ON location_2.code = open_offer_1.location_code
WHERE open_offer_1.location_code = location_1.code ORDER BY point(location_1.easting, location_1.northing) <-> (SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1), location_1.code, open_offer_1.id
 LIMIT $3::INTEGER + 1) AS anon_1 ON true
WHERE point(location_1.easting, location_1.northing) <@ circle((SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1), $1::FLOAT) ORDER BY point(location_1.easting, location_1.northing) <-> (SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1), location_1.code, anon_1.id
 LIMIT $3::INTEGER + 1
