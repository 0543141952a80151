-- availability
SELECT open_offer_1.title, CAST(round(CAST((point(location_1.easting, location_1.northing) <-> (SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1)) / CAST(1000 AS NUMERIC) AS NUMERIC), 1) AS DOUBLE PRECISION) AS round_1, location_2.latitude, location_2.longitude
FROM location AS location_1 JOIN open_offer AS open_offer_1 ON open_offer_1.location_code = location_1.code LEFT OUTER JOIN location AS location_2 ON location_2.code = open_offer_1.location_code
WHERE point(location_1.easting, location_1.northing) <@ circle((SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1), $1::FLOAT) ORDER BY point(location_1.easting, location_1.northing) <-> (SELECT hearth_district_point($2::TEXT) AS hearth_district_point_1), location_1.code, open_offer_1.id
 LIMIT $3::INTEGER + 1
