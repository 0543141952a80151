-- Days from the submission of a request to the arrival, for those who arrived in the period.
SELECT region, gss, {category} AS category, greatest(arrived_on - submitted_on, 0) AS days
FROM arrival, span WHERE arrived_on >= first_day
