-- viewer
SELECT $1::VARCHAR AS anon_1, nullif(current_setting($2::VARCHAR, $3::BOOLEAN), $4::VARCHAR) AS nullif_1, nullif(current_setting($5::VARCHAR, $6::BOOLEAN), $7::VARCHAR) AS nullif_3, council_1.name, council_1.gss_code
FROM (SELECT 1 AS one) AS anon_2 LEFT OUTER JOIN council AS council_1 ON council_1.gss_code = nullif(current_setting($8::VARCHAR, $9::BOOLEAN), $10::VARCHAR)
 LIMIT $11::INTEGER

-- supportKinds
SELECT support_kind_1.code, support_kind_1.lgsl_code
FROM support_kind AS support_kind_1 ORDER BY support_kind_1.position
