-- Days from the submission of a request to the arrival, for those who arrived in the period. How long
-- somebody waited whose request was entered after they moved in is not known.
SELECT region, gss, {category} AS category,
    arrived_on - (asked.at AT TIME ZONE 'Europe/London')::date AS days
FROM arrival
JOIN request_event AS asked ON asked.request_id = arrival.request_id
    AND asked.step = 'SUBMITTED' AND asked.recorded_at <= :known
WHERE arrived_on >= :first_day AND arrived_on >= (asked.at AT TIME ZONE 'Europe/London')::date
