-- viewer
SELECT 'CHARITY' AS anon_1, nullif(current_setting('hearth.name', true), '') AS nullif_1, nullif(current_setting('hearth.organisation', true), '') AS nullif_2, council_1.name, council_1.gss_code
FROM (SELECT 1 AS one) AS anon_2 LEFT OUTER JOIN council AS council_1 ON council_1.gss_code = nullif(current_setting('hearth.own_gss', true), '')
 LIMIT 1

-- supportKinds
SELECT support_kind_1.code, support_kind_1.lgsl_code
FROM support_kind AS support_kind_1 ORDER BY support_kind_1.position
