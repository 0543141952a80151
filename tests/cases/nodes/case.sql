-- council
SELECT council_1.gss_code, council_1.name
FROM council AS council_1
WHERE council_1.gss_code = $1::TEXT ORDER BY council_1.gss_code
 LIMIT 1

-- route
SELECT route_1.official_name, route_1.sponsor_required
FROM route AS route_1
WHERE route_1.code = $1::TEXT ORDER BY route_1.code
 LIMIT 1

-- nobody
SELECT open_offer_1.id
FROM open_offer AS open_offer_1
WHERE open_offer_1.id = $1::UUID ORDER BY open_offer_1.id
 LIMIT 1
