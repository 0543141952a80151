-- Public facts: everybody reads; editors and councils add what they cite, and
-- so say that they read it.
GRANT SELECT ON source TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;
GRANT INSERT, UPDATE (reviewed_on) ON source TO hearth_admin, hearth_council;
