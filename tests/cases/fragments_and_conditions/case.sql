-- a
SELECT council_1.official_name, council_1.gss_code, council_1.region
FROM council AS council_1
WHERE council_1.gss_code = $1::TEXT OR $1::TEXT = any(council_1.former_gss_codes) ORDER BY council_1.gss_code
 LIMIT 1

-- b
SELECT council_1.official_name, council_1.gss_code, council_1.ends_on
FROM council AS council_1
WHERE council_1.gss_code = $1::TEXT OR $1::TEXT = any(council_1.former_gss_codes) ORDER BY council_1.gss_code
 LIMIT 1
