-- Open offers with what is left of their places.
SELECT open_then.*, greatest(places - coalesce(occupied, 0), 0) AS free
FROM open_then
LEFT JOIN (
    SELECT offer_id, sum(people) AS occupied FROM match_then
    WHERE state IN ('HELD', 'ACCEPTED', 'PLACED') GROUP BY offer_id
) AS counted USING (offer_id)
