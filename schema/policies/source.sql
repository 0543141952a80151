-- Public facts: everybody reads; editors add sources, and say when they read one again.
GRANT SELECT ON source TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;
GRANT INSERT, UPDATE (reviewed_on) ON source TO hearth_admin;
