-- Days from the submission of a request to the arrival, for those who arrived in the period.
SELECT region, gss, {category} AS category,
    greatest(arrived_on - (asked.at AT TIME ZONE 'Europe/London')::date, 0) AS days
FROM arrival CROSS JOIN span
LEFT JOIN request_event AS asked ON asked.request_id = arrival.request_id
    AND asked.step = 'SUBMITTED' AND asked.at < ends AND asked.recorded_at <= known
WHERE arrived_on >= first_day
