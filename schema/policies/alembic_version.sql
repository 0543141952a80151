-- Readiness is judged by every worker, through its public pool: is the schema the one it was built for?
GRANT SELECT ON alembic_version TO hearth_public;
