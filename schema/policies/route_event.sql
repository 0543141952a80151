-- Public facts: everybody reads, nobody but the owner writes.
GRANT SELECT ON route_event TO hearth_admin, hearth_charity, hearth_council, hearth_liaison, hearth_public;
