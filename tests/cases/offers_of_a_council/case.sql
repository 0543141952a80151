-- offers
WITH matching AS
(SELECT 1
FROM unnest(string_to_array(nullif(current_setting('hearth.gss', true), ''), ',')) AS anon_4(gss_code) JOIN staff_offer AS staff_offer_1 ON staff_offer_1.council_gss = anon_4.gss_code
WHERE staff_offer_1.status = any($1::TEXT[]) AND (staff_offer_1.last_confirmed_on IS NULL OR staff_offer_1.last_confirmed_on < $2::DATE))
 SELECT anon_1.title, anon_1.status, anon_1.places_total, anon_1.readiness, anon_1.array_1, anon_1.array_2, anon_1.places_unheld, anon_1.id, CASE WHEN (row_number() OVER (ORDER BY anon_1.places_unheld DESC, anon_1.id DESC) = 1) THEN anon_3.count_0 END AS anon_2
FROM (SELECT (SELECT count(*) AS count_1
FROM matching) AS count_0) AS anon_3 LEFT OUTER JOIN (SELECT anon_5.title AS title, anon_5.status AS status, anon_5.places_total AS places_total, anon_5.readiness AS readiness, anon_5.array_1 AS array_1, anon_5.array_2 AS array_2, anon_5.places_unheld AS places_unheld, anon_5.id AS id
FROM unnest(string_to_array(nullif(current_setting('hearth.gss', true), ''), ',')) AS anon_4(gss_code) JOIN LATERAL (SELECT staff_offer_1.title AS title, staff_offer_1.status AS status, staff_offer_1.places_total AS places_total, staff_offer_1.readiness AS readiness, array((SELECT row(offer_check_1.kind) AS row_1
FROM offer_check AS offer_check_1
WHERE offer_check_1.offer_id = staff_offer_1.id ORDER BY offer_check_1.kind, offer_check_1.id)) AS array_1, array((SELECT row(audit_event_1.command, audit_event_1.actor_name) AS row_2
FROM audit_event AS audit_event_1
WHERE audit_event_1.subject_id = staff_offer_1.id ORDER BY audit_event_1.at DESC, audit_event_1.id DESC
 LIMIT $4::INTEGER + 1)) AS array_2, staff_offer_1.places_unheld AS places_unheld, staff_offer_1.id AS id
FROM staff_offer AS staff_offer_1
WHERE staff_offer_1.status = any($1::TEXT[]) AND (staff_offer_1.last_confirmed_on IS NULL OR staff_offer_1.last_confirmed_on < $2::DATE) AND staff_offer_1.council_gss = anon_4.gss_code ORDER BY staff_offer_1.places_unheld DESC, staff_offer_1.id DESC
 LIMIT $3::INTEGER + 1) AS anon_5 ON true ORDER BY anon_5.places_unheld DESC, anon_5.id DESC
 LIMIT $3::INTEGER + 1) AS anon_1 ON true ORDER BY anon_1.places_unheld DESC, anon_1.id DESC
