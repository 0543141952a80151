-- availability
WITH matching AS
(SELECT open_offer_1.council_gss AS council_gss, open_offer_1.kind_code AS kind_code, open_offer_1.places_left AS places_left
FROM open_offer AS open_offer_1
WHERE open_offer_1.kind_code = $1::TEXT AND open_offer_1.places_left >= $2::INTEGER)
 SELECT anon_1.title, anon_1.updated_at, anon_1.id, CASE WHEN (row_number() OVER (ORDER BY anon_1.updated_at DESC, anon_1.id DESC) = 1) THEN anon_3.count_0 END AS anon_2, CASE WHEN (row_number() OVER (ORDER BY anon_1.updated_at DESC, anon_1.id DESC) = 1) THEN anon_3.count_1 END AS anon_4, CASE WHEN (row_number() OVER (ORDER BY anon_1.updated_at DESC, anon_1.id DESC) = 1) THEN anon_3.count_2 END AS anon_5
FROM (SELECT (SELECT count(*) AS count_1
FROM matching) AS count_0, array((SELECT row(anon_6.code, anon_6.offers, anon_6.places) AS row_1
FROM (SELECT support_kind_1.code AS code, support_kind_1.name AS label, count(*) AS offers, sum(matching.places_left) AS places
FROM matching JOIN support_kind AS support_kind_1 ON support_kind_1.code = matching.kind_code GROUP BY support_kind_1.code, support_kind_1.name) AS anon_6 ORDER BY -anon_6.offers, anon_6.code)) AS count_1, array((SELECT row(anon_7.code, anon_7.offers) AS row_2
FROM (SELECT council_1.region AS code, council_1.region AS label, count(*) AS offers, sum(matching.places_left) AS places
FROM matching JOIN council AS council_1 ON council_1.gss_code = matching.council_gss GROUP BY council_1.region, council_1.region) AS anon_7 ORDER BY -anon_7.offers, anon_7.code)) AS count_2) AS anon_3 LEFT OUTER JOIN (SELECT open_offer_1.title AS title, open_offer_1.updated_at AS updated_at, open_offer_1.id AS id
FROM open_offer AS open_offer_1
WHERE open_offer_1.kind_code = $1::TEXT AND open_offer_1.places_left >= $2::INTEGER ORDER BY open_offer_1.updated_at DESC, open_offer_1.id DESC
 LIMIT $3::INTEGER + 1) AS anon_1 ON true ORDER BY anon_1.updated_at DESC, anon_1.id DESC
