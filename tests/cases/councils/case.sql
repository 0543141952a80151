-- councils
WITH matching AS
(SELECT 1
FROM council AS council_1
WHERE (council_1.starts_on IS NULL OR council_1.starts_on <= CAST(timezone('Europe/London', now()) AS DATE)) AND (council_1.ends_on IS NULL OR council_1.ends_on >= CAST(timezone('Europe/London', now()) AS DATE)) AND (council_1.name ILIKE $1::TEXT OR council_1.official_name ILIKE $1::TEXT OR council_1.gss_code ILIKE $1::TEXT) AND council_1.nation = $2::TEXT)
 SELECT anon_1.gss_code, anon_1.name, anon_1.kind, anon_1.name_1, anon_1.gss_code_1, anon_1.array_1, CASE WHEN (row_number() OVER (ORDER BY anon_1.name, anon_1.gss_code) = 1) THEN anon_3.count_0 END AS anon_2
FROM (SELECT (SELECT count(*) AS count_1
FROM matching) AS count_0) AS anon_3 LEFT OUTER JOIN (SELECT council_1.gss_code AS gss_code, council_1.name AS name, council_1.kind AS kind, council_2.name AS name_1, council_2.gss_code AS gss_code_1, array((SELECT row(council_3.name) AS row_1
FROM council AS council_3
WHERE council_3.upper_tier_gss = council_1.gss_code AND (council_3.starts_on IS NULL OR council_3.starts_on <= CAST(timezone('Europe/London', now()) AS DATE)) AND (council_3.ends_on IS NULL OR council_3.ends_on >= CAST(timezone('Europe/London', now()) AS DATE)) ORDER BY council_3.name, council_3.gss_code)) AS array_1
FROM council AS council_1 LEFT OUTER JOIN council AS council_2 ON council_2.gss_code = council_1.upper_tier_gss
WHERE (council_1.starts_on IS NULL OR council_1.starts_on <= CAST(timezone('Europe/London', now()) AS DATE)) AND (council_1.ends_on IS NULL OR council_1.ends_on >= CAST(timezone('Europe/London', now()) AS DATE)) AND (council_1.name ILIKE $1::TEXT OR council_1.official_name ILIKE $1::TEXT OR council_1.gss_code ILIKE $1::TEXT) AND council_1.nation = $2::TEXT ORDER BY council_1.name, council_1.gss_code
 LIMIT $3::INTEGER + 1) AS anon_1 ON true ORDER BY anon_1.name, anon_1.gss_code
