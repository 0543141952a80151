-- council
SELECT array((SELECT row(twinning_1.partner_city, twinning_1.status) AS row_1
FROM twinning AS twinning_1
WHERE twinning_1.council_gss = council_1.gss_code AND coalesce(twinning_1.status_since, '') <= CAST(CAST(timezone('Europe/London', $2::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND NOT (EXISTS (SELECT 1
FROM twinning AS twinning_2
WHERE twinning_2.council_gss = twinning_1.council_gss AND twinning_2.partner_city = twinning_1.partner_city AND coalesce(twinning_2.status_since, '') <= CAST(CAST(timezone('Europe/London', $2::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND coalesce(twinning_2.status_since, '') > coalesce(twinning_1.status_since, ''))) ORDER BY twinning_1.partner_city, twinning_1.id)) AS array_1, array((SELECT row(twinning_3.partner_city, twinning_3.status, twinning_3.status_since, twinning_3.reason, source_1.title, source_1.id) AS row_2
FROM twinning AS twinning_3 LEFT OUTER JOIN source AS source_1 ON source_1.id = twinning_3.source_id
WHERE twinning_3.council_gss = council_1.gss_code AND coalesce(twinning_3.status_since, '') <= CAST(CAST(timezone('Europe/London', $3::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND NOT (EXISTS (SELECT 1
FROM twinning AS twinning_4
WHERE twinning_4.council_gss = twinning_3.council_gss AND twinning_4.partner_city = twinning_3.partner_city AND coalesce(twinning_4.status_since, '') <= CAST(CAST(timezone('Europe/London', $3::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND coalesce(twinning_4.status_since, '') > coalesce(twinning_3.status_since, ''))) ORDER BY twinning_3.partner_city, twinning_3.id)) AS array_2
FROM council AS council_1
WHERE council_1.gss_code = $1::TEXT OR $1::TEXT = any(council_1.former_gss_codes) ORDER BY council_1.gss_code
 LIMIT 1
