-- Open offers.
SELECT offer_then.*, region, gss FROM offer_then JOIN area ON gss = council_gss WHERE is_open
