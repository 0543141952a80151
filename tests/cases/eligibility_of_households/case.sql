-- withoutFamily
SELECT anon_1.code, anon_1.moment, anon_1.array_1, anon_1.md5_1, anon_1.coalesce_1, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(clause.id, clause.words ->> 'EN', source_1.title, source_1.id) AS row_1
FROM (SELECT route_fact_1.id AS id, route_fact_1.body AS body, route_fact_1.words AS words, route_fact_1.valid AS valid, route_fact_1.valid_from_is AS valid_from_is, route_fact_1.valid_to_is AS valid_to_is, route_fact_1.source_id AS source_id, route_fact_1.basis AS basis, route_fact_1.confidence AS confidence, route_fact_1.note AS note
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'RULE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) UNION ALL SELECT CAST(md5('window/' || route_1.code) AS UUID) AS id, CAST('{"subject": "route", "attribute": "window", "operator": "eq", "value": "OPEN"}' AS JSONB) AS body, CASE WHEN anon_3.is_now THEN anon_3.words ELSE CAST('{"EN": "The route takes applications; it does not yet.", "UK": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u0430 \u043f\u0440\u0438\u0439\u043c\u0430\u0454 \u0437\u0430\u044f\u0432\u0438. \u0417\u0430\u0440\u0430\u0437 \u0449\u0435 \u043d\u0456.", "RU": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u043c\u0430 \u043f\u0440\u0438\u043d\u0438\u043c\u0430\u0435\u0442 \u0437\u0430\u044f\u0432\u043b\u0435\u043d\u0438\u044f. \u0421\u0435\u0439\u0447\u0430\u0441 \u0435\u0449\u0451 \u043d\u0435\u0442.", "CY": "Mae''r llwybr yn derbyn ceisiadau. Nid yw eto."}' AS JSONB) END AS words, anon_3.valid AS valid, coalesce(anon_3.valid_from_is, 'DAY') AS valid_from_is, coalesce(anon_3.valid_to_is, 'DAY') AS valid_to_is, anon_3.source_id AS source_id, coalesce(anon_3.basis, 'UNVERIFIED') AS basis, coalesce(anon_3.confidence, 'LOW') AS confidence, anon_3.note AS note
FROM route AS route_1 LEFT OUTER JOIN LATERAL (SELECT route_fact_2.id AS id, route_fact_2.route_code AS route_code, route_fact_2.sort AS sort, route_fact_2.key AS key, route_fact_2.position AS position, route_fact_2.valid AS valid, route_fact_2.valid_from_is AS valid_from_is, route_fact_2.valid_to_is AS valid_to_is, route_fact_2.known AS known, route_fact_2.body AS body, route_fact_2.words AS words, route_fact_2.source_id AS source_id, route_fact_2.basis AS basis, route_fact_2.confidence AS confidence, route_fact_2.note AS note, route_fact_2.origin AS origin, route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE AS is_now
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) ORDER BY (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) DESC, route_fact_2.valid
 LIMIT 1) AS anon_3 ON true) AS clause LEFT OUTER JOIN source AS source_1 ON source_1.id = clause.source_id ORDER BY clause.id)) END AS anon_2
FROM (SELECT route_2.code AS code, $1::TIMESTAMP WITH TIME ZONE AS moment, array((SELECT row(route_fact_3.id, route_fact_3.body) AS row_2
FROM route_fact AS route_fact_3
WHERE route_fact_3.route_code = route_2.code AND route_fact_3.sort = 'RULE' AND (route_fact_3.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_3.known @> now()) ORDER BY route_fact_3.position)) AS array_1, CAST(md5('window/' || route_2.code) AS UUID) AS md5_1, coalesce((SELECT route_fact_4.body ->> 'status' AS anon_4
FROM route_fact AS route_fact_4
WHERE route_fact_4.route_code = route_2.code AND route_fact_4.sort = 'WINDOW' AND (route_fact_4.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_4.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_2
WHERE route_2.recorded_at <= now() ORDER BY route_2.code) AS anon_1

-- sponsored
SELECT route_1.code, $1::TIMESTAMP WITH TIME ZONE AS moment, array((SELECT row(route_fact_1.id, route_fact_1.body) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'RULE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position)) AS array_1, CAST(md5('window/' || route_1.code) AS UUID) AS md5_1, coalesce((SELECT route_fact_2.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_1
WHERE route_1.recorded_at <= now() ORDER BY route_1.code

-- minuteBefore
SELECT route_1.code, $1::TIMESTAMP WITH TIME ZONE AS moment, array((SELECT row(route_fact_1.id, route_fact_1.body) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'RULE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position)) AS array_1, CAST(md5('window/' || route_1.code) AS UUID) AS md5_1, coalesce((SELECT route_fact_2.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_1
WHERE route_1.recorded_at <= now() ORDER BY route_1.code

-- minuteAfter
SELECT anon_1.code, anon_1.moment, anon_1.array_1, anon_1.md5_1, anon_1.coalesce_1, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(clause.id, coalesce(clause.words ->> 'UK', clause.words ->> 'EN'), CASE WHEN (clause.valid_from_is = 'MOMENT') THEN lower(clause.valid) END) AS row_1
FROM (SELECT route_fact_1.id AS id, route_fact_1.body AS body, route_fact_1.words AS words, route_fact_1.valid AS valid, route_fact_1.valid_from_is AS valid_from_is, route_fact_1.valid_to_is AS valid_to_is, route_fact_1.source_id AS source_id, route_fact_1.basis AS basis, route_fact_1.confidence AS confidence, route_fact_1.note AS note
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'RULE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) UNION ALL SELECT CAST(md5('window/' || route_1.code) AS UUID) AS id, CAST('{"subject": "route", "attribute": "window", "operator": "eq", "value": "OPEN"}' AS JSONB) AS body, CASE WHEN anon_3.is_now THEN anon_3.words ELSE CAST('{"EN": "The route takes applications; it does not yet.", "UK": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u0430 \u043f\u0440\u0438\u0439\u043c\u0430\u0454 \u0437\u0430\u044f\u0432\u0438. \u0417\u0430\u0440\u0430\u0437 \u0449\u0435 \u043d\u0456.", "RU": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u043c\u0430 \u043f\u0440\u0438\u043d\u0438\u043c\u0430\u0435\u0442 \u0437\u0430\u044f\u0432\u043b\u0435\u043d\u0438\u044f. \u0421\u0435\u0439\u0447\u0430\u0441 \u0435\u0449\u0451 \u043d\u0435\u0442.", "CY": "Mae''r llwybr yn derbyn ceisiadau. Nid yw eto."}' AS JSONB) END AS words, anon_3.valid AS valid, coalesce(anon_3.valid_from_is, 'DAY') AS valid_from_is, coalesce(anon_3.valid_to_is, 'DAY') AS valid_to_is, anon_3.source_id AS source_id, coalesce(anon_3.basis, 'UNVERIFIED') AS basis, coalesce(anon_3.confidence, 'LOW') AS confidence, anon_3.note AS note
FROM route AS route_1 LEFT OUTER JOIN LATERAL (SELECT route_fact_2.id AS id, route_fact_2.route_code AS route_code, route_fact_2.sort AS sort, route_fact_2.key AS key, route_fact_2.position AS position, route_fact_2.valid AS valid, route_fact_2.valid_from_is AS valid_from_is, route_fact_2.valid_to_is AS valid_to_is, route_fact_2.known AS known, route_fact_2.body AS body, route_fact_2.words AS words, route_fact_2.source_id AS source_id, route_fact_2.basis AS basis, route_fact_2.confidence AS confidence, route_fact_2.note AS note, route_fact_2.origin AS origin, route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE AS is_now
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) ORDER BY (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) DESC, route_fact_2.valid
 LIMIT 1) AS anon_3 ON true) AS clause ORDER BY clause.id)) END AS anon_2
FROM (SELECT route_2.code AS code, $1::TIMESTAMP WITH TIME ZONE AS moment, array((SELECT row(route_fact_3.id, route_fact_3.body) AS row_2
FROM route_fact AS route_fact_3
WHERE route_fact_3.route_code = route_2.code AND route_fact_3.sort = 'RULE' AND (route_fact_3.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_3.known @> now()) ORDER BY route_fact_3.position)) AS array_1, CAST(md5('window/' || route_2.code) AS UUID) AS md5_1, coalesce((SELECT route_fact_4.body ->> 'status' AS anon_4
FROM route_fact AS route_fact_4
WHERE route_fact_4.route_code = route_2.code AND route_fact_4.sort = 'WINDOW' AND (route_fact_4.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_4.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_2
WHERE route_2.recorded_at <= now() ORDER BY route_2.code) AS anon_1

-- byParent
SELECT anon_1.code, anon_1.moment, anon_1.array_1, anon_1.md5_1, anon_1.coalesce_1, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(clause.id, clause.words ->> 'EN') AS row_1
FROM (SELECT route_fact_1.id AS id, route_fact_1.body AS body, route_fact_1.words AS words, route_fact_1.valid AS valid, route_fact_1.valid_from_is AS valid_from_is, route_fact_1.valid_to_is AS valid_to_is, route_fact_1.source_id AS source_id, route_fact_1.basis AS basis, route_fact_1.confidence AS confidence, route_fact_1.note AS note
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'RULE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) UNION ALL SELECT CAST(md5('window/' || route_1.code) AS UUID) AS id, CAST('{"subject": "route", "attribute": "window", "operator": "eq", "value": "OPEN"}' AS JSONB) AS body, CASE WHEN anon_3.is_now THEN anon_3.words ELSE CAST('{"EN": "The route takes applications; it does not yet.", "UK": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u0430 \u043f\u0440\u0438\u0439\u043c\u0430\u0454 \u0437\u0430\u044f\u0432\u0438. \u0417\u0430\u0440\u0430\u0437 \u0449\u0435 \u043d\u0456.", "RU": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u043c\u0430 \u043f\u0440\u0438\u043d\u0438\u043c\u0430\u0435\u0442 \u0437\u0430\u044f\u0432\u043b\u0435\u043d\u0438\u044f. \u0421\u0435\u0439\u0447\u0430\u0441 \u0435\u0449\u0451 \u043d\u0435\u0442.", "CY": "Mae''r llwybr yn derbyn ceisiadau. Nid yw eto."}' AS JSONB) END AS words, anon_3.valid AS valid, coalesce(anon_3.valid_from_is, 'DAY') AS valid_from_is, coalesce(anon_3.valid_to_is, 'DAY') AS valid_to_is, anon_3.source_id AS source_id, coalesce(anon_3.basis, 'UNVERIFIED') AS basis, coalesce(anon_3.confidence, 'LOW') AS confidence, anon_3.note AS note
FROM route AS route_1 LEFT OUTER JOIN LATERAL (SELECT route_fact_2.id AS id, route_fact_2.route_code AS route_code, route_fact_2.sort AS sort, route_fact_2.key AS key, route_fact_2.position AS position, route_fact_2.valid AS valid, route_fact_2.valid_from_is AS valid_from_is, route_fact_2.valid_to_is AS valid_to_is, route_fact_2.known AS known, route_fact_2.body AS body, route_fact_2.words AS words, route_fact_2.source_id AS source_id, route_fact_2.basis AS basis, route_fact_2.confidence AS confidence, route_fact_2.note AS note, route_fact_2.origin AS origin, route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE AS is_now
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) ORDER BY (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) DESC, route_fact_2.valid
 LIMIT 1) AS anon_3 ON true) AS clause ORDER BY clause.id)) END AS anon_2
FROM (SELECT route_2.code AS code, $1::TIMESTAMP WITH TIME ZONE AS moment, array((SELECT row(route_fact_3.id, route_fact_3.body) AS row_2
FROM route_fact AS route_fact_3
WHERE route_fact_3.route_code = route_2.code AND route_fact_3.sort = 'RULE' AND (route_fact_3.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_3.known @> now()) ORDER BY route_fact_3.position)) AS array_1, CAST(md5('window/' || route_2.code) AS UUID) AS md5_1, coalesce((SELECT route_fact_4.body ->> 'status' AS anon_4
FROM route_fact AS route_fact_4
WHERE route_fact_4.route_code = route_2.code AND route_fact_4.sort = 'WINDOW' AND (route_fact_4.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_4.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_2
WHERE route_2.recorded_at <= now() ORDER BY route_2.code) AS anon_1

-- dayBefore
SELECT route_1.code, $1::TIMESTAMP WITH TIME ZONE AS moment, array((SELECT row(route_fact_1.id, route_fact_1.body) AS row_1
FROM route_fact AS route_fact_1
WHERE route_fact_1.route_code = route_1.code AND route_fact_1.sort = 'RULE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) ORDER BY route_fact_1.position)) AS array_1, CAST(md5('window/' || route_1.code) AS UUID) AS md5_1, coalesce((SELECT route_fact_2.body ->> 'status' AS anon_1
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_2.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_1
WHERE route_1.recorded_at <= now() ORDER BY route_1.code

-- againstTheWar
SELECT anon_1.code, anon_1.moment, anon_1.array_1, anon_1.md5_1, anon_1.coalesce_1, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(clause.id, clause.words ->> 'EN') AS row_1
FROM (SELECT route_fact_1.id AS id, route_fact_1.body AS body, route_fact_1.words AS words, route_fact_1.valid AS valid, route_fact_1.valid_from_is AS valid_from_is, route_fact_1.valid_to_is AS valid_to_is, route_fact_1.source_id AS source_id, route_fact_1.basis AS basis, route_fact_1.confidence AS confidence, route_fact_1.note AS note
FROM route_fact AS route_fact_1
WHERE route_fact_1.sort = 'RULE' AND (route_fact_1.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_1.known @> now()) UNION ALL SELECT CAST(md5('window/' || route_1.code) AS UUID) AS id, CAST('{"subject": "route", "attribute": "window", "operator": "eq", "value": "OPEN"}' AS JSONB) AS body, CASE WHEN anon_3.is_now THEN anon_3.words ELSE CAST('{"EN": "The route takes applications; it does not yet.", "UK": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u0430 \u043f\u0440\u0438\u0439\u043c\u0430\u0454 \u0437\u0430\u044f\u0432\u0438. \u0417\u0430\u0440\u0430\u0437 \u0449\u0435 \u043d\u0456.", "RU": "\u041f\u0440\u043e\u0433\u0440\u0430\u043c\u043c\u0430 \u043f\u0440\u0438\u043d\u0438\u043c\u0430\u0435\u0442 \u0437\u0430\u044f\u0432\u043b\u0435\u043d\u0438\u044f. \u0421\u0435\u0439\u0447\u0430\u0441 \u0435\u0449\u0451 \u043d\u0435\u0442.", "CY": "Mae''r llwybr yn derbyn ceisiadau. Nid yw eto."}' AS JSONB) END AS words, anon_3.valid AS valid, coalesce(anon_3.valid_from_is, 'DAY') AS valid_from_is, coalesce(anon_3.valid_to_is, 'DAY') AS valid_to_is, anon_3.source_id AS source_id, coalesce(anon_3.basis, 'UNVERIFIED') AS basis, coalesce(anon_3.confidence, 'LOW') AS confidence, anon_3.note AS note
FROM route AS route_1 LEFT OUTER JOIN LATERAL (SELECT route_fact_2.id AS id, route_fact_2.route_code AS route_code, route_fact_2.sort AS sort, route_fact_2.key AS key, route_fact_2.position AS position, route_fact_2.valid AS valid, route_fact_2.valid_from_is AS valid_from_is, route_fact_2.valid_to_is AS valid_to_is, route_fact_2.known AS known, route_fact_2.body AS body, route_fact_2.words AS words, route_fact_2.source_id AS source_id, route_fact_2.basis AS basis, route_fact_2.confidence AS confidence, route_fact_2.note AS note, route_fact_2.origin AS origin, route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE AS is_now
FROM route_fact AS route_fact_2
WHERE route_fact_2.route_code = route_1.code AND route_fact_2.sort = 'WINDOW' AND (route_fact_2.known @> now()) ORDER BY (route_fact_2.valid @> $1::TIMESTAMP WITH TIME ZONE) DESC, route_fact_2.valid
 LIMIT 1) AS anon_3 ON true) AS clause ORDER BY clause.id)) END AS anon_2, CASE WHEN (row_number() OVER () = 1) THEN array((SELECT row(fact_attribute_1.key, fact_attribute_1.subject, fact_attribute_1.attribute, fact_attribute_1.type, fact_attribute_1.choices, fact_attribute_1.questions ->> 'EN') AS row_2
FROM fact_attribute AS fact_attribute_1 ORDER BY fact_attribute_1.key)) END AS anon_4
FROM (SELECT route_2.code AS code, $1::TIMESTAMP WITH TIME ZONE AS moment, array((SELECT row(route_fact_3.id, route_fact_3.body) AS row_3
FROM route_fact AS route_fact_3
WHERE route_fact_3.route_code = route_2.code AND route_fact_3.sort = 'RULE' AND (route_fact_3.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_3.known @> now()) ORDER BY route_fact_3.position)) AS array_1, CAST(md5('window/' || route_2.code) AS UUID) AS md5_1, coalesce((SELECT route_fact_4.body ->> 'status' AS anon_5
FROM route_fact AS route_fact_4
WHERE route_fact_4.route_code = route_2.code AND route_fact_4.sort = 'WINDOW' AND (route_fact_4.valid @> $1::TIMESTAMP WITH TIME ZONE) AND (route_fact_4.known @> now())), 'NOT_YET_OPEN') AS coalesce_1
FROM route AS route_2
WHERE route_2.recorded_at <= now() ORDER BY route_2.code) AS anon_1
