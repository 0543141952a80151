"""Whether the database itself still refuses what must never be, as an overbooked offer."""

import asyncpg

from api.examining.findings import Finding
from schema.tables import metadata

_FOREIGN_KEYS_OFF = """
    SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = 'public'::regnamespace AND tgisinternal AND tgenabled <> 'O'
    ORDER BY relname
"""
_SOUND = """
    SELECT relname, conname AS name
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE connamespace = 'public'::regnamespace AND convalidated
    UNION ALL
    SELECT pg_class.relname, index.relname
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        JOIN pg_class AS index ON index.oid = indexrelid
    WHERE index.relnamespace = 'public'::regnamespace AND indisvalid
"""


async def constraints(connection: asyncpg.Connection) -> Finding:
    """Whether every constraint and index of the tables is there, and holds for every row."""
    sound = {(row["relname"], row["name"]) for row in await connection.fetch(_SOUND)}
    needed = {
        (table.name, str(name))
        for table in metadata.tables.values()
        for name in (
            *(constraint.name for constraint in table.constraints),
            *(index.name for index in table.indexes),
        )
    }
    if missing := sorted(needed - sound):
        named = ", ".join(f"{name} of {table}" for table, name in missing)
        mend = (
            "Make each again as `pg_dump --schema-only` of a new database has it; REINDEX, or "
            "VALIDATE CONSTRAINT, one that is there. Then find out who dropped it, and whether "
            "rows that came meanwhile are sound."
        )
        return Finding("constraints", f"are not there, or not valid: {named}", mend)
    return Finding("constraints", "are there, and hold for every row")


async def foreign_keys(connection: asyncpg.Connection) -> Finding:
    """Whether every foreign key is looked at: what does so can be switched off by table."""
    tables = [row["relname"] for row in await connection.fetch(_FOREIGN_KEYS_OFF)]
    if tables:
        mend = (
            "Run `hearth migrate` as a superuser, or ALTER TABLE ... ENABLE TRIGGER ALL as one. "
            "Then find out who switched them off, and whether rows that came meanwhile are sound."
        )
        return Finding("foreign keys", f"are not looked at on {', '.join(tables)}", mend)
    return Finding("foreign keys", "are looked at on every table")
