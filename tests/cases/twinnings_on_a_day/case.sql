-- council
SELECT array((SELECT row(twinning_1.partner_city, twinning_1.status) AS row_1
FROM twinning AS twinning_1
WHERE twinning_1.council_gss = council_1.gss_code AND coalesce(twinning_1.status_since, $1::VARCHAR) <= CAST(CAST(timezone($2::VARCHAR, $3::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND NOT (EXISTS (SELECT 1
FROM twinning AS twinning_2
WHERE twinning_2.council_gss = twinning_1.council_gss AND twinning_2.partner_city = twinning_1.partner_city AND coalesce(twinning_2.status_since, $4::VARCHAR) <= CAST(CAST(timezone($2::VARCHAR, $3::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND coalesce(twinning_2.status_since, $5::VARCHAR) > coalesce(twinning_1.status_since, $6::VARCHAR))) ORDER BY twinning_1.partner_city, twinning_1.id)) AS array_1, array((SELECT row(twinning_3.partner_city, twinning_3.status, twinning_3.status_since, twinning_3.reason, twinning_3.source ->> $7::VARCHAR, twinning_3.id) AS row_2
FROM twinning AS twinning_3
WHERE twinning_3.council_gss = council_1.gss_code AND coalesce(twinning_3.status_since, $8::VARCHAR) <= CAST(CAST(timezone($9::VARCHAR, $10::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND NOT (EXISTS (SELECT 1
FROM twinning AS twinning_4
WHERE twinning_4.council_gss = twinning_3.council_gss AND twinning_4.partner_city = twinning_3.partner_city AND coalesce(twinning_4.status_since, $11::VARCHAR) <= CAST(CAST(timezone($9::VARCHAR, $10::TIMESTAMP WITH TIME ZONE) AS DATE) AS TEXT) AND coalesce(twinning_4.status_since, $12::VARCHAR) > coalesce(twinning_3.status_since, $13::VARCHAR))) ORDER BY twinning_3.partner_city, twinning_3.id)) AS array_2
FROM council AS council_1
WHERE council_1.gss_code = $14::VARCHAR OR $14::VARCHAR = any(council_1.former_gss_codes) ORDER BY council_1.gss_code
 LIMIT $15::INTEGER
