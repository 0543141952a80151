"""Statements composed from the tables with SQLAlchemy Core, run by asyncpg itself.

The text is made once, when the module that declares the statement is imported. Running it on
the driver's own connection costs a fifth of what a session or an engine would.
"""

from typing import Any

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect

DIALECT = dialect()  # type: ignore[no-untyped-call]


class Composed:
    """One statement; its parameters are given by name."""

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(  # type: ignore[attr-defined]
            dialect=DIALECT, compile_kwargs={"render_postcompile": True}
        )
        self.sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._constants: dict[str, Any] = {
            name: value for name, value in compiled.params.items() if value is not None
        }

    def _values(self, parameters: dict[str, Any]) -> list[Any]:
        return [
            parameters[name] if name in parameters else self._constants[name]
            for name in self._names
        ]

    async def row(self, connection: asyncpg.Connection, **parameters: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await connection.fetchrow(self.sql, *self._values(parameters))

    async def rows(self, connection: asyncpg.Connection, **parameters: Any) -> list[asyncpg.Record]:
        """All rows."""
        found: list[asyncpg.Record] = await connection.fetch(self.sql, *self._values(parameters))
        return found

    async def run(self, connection: asyncpg.Connection, **parameters: Any) -> None:
        """For its effect alone."""
        await connection.execute(self.sql, *self._values(parameters))

    async def run_each(self, connection: asyncpg.Connection, rows: list[dict[str, Any]]) -> None:
        """Once for each set of parameters, in one batch."""
        await connection.executemany(self.sql, [self._values(row) for row in rows])
