"""One viewer's transaction: each question is one statement."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import Connection, Select, text
from sqlalchemy.exc import DBAPIError

from schema.refusals import BadRequest
from schema.types.reads import Rows
from schema.words import Audience
from tests.oracle.scope import Row, given

ASKERS_ERROR = "HE400"


@dataclass(frozen=True)
class Asker:
    """Who asks: an audience, and the subject of a member of it."""

    audience: Audience
    subject: str | None = None


@dataclass
class Reader:
    """Reads as one viewer, in one snapshot."""

    connection: Connection
    asker: Asker
    found: dict[Any, list[tuple[Any, ...]]] = field(default_factory=dict)

    def enter(self) -> None:
        """Begin as the viewer; the database sets the scope that its policies go by."""
        self.found.clear()
        self.connection.rollback()
        role = f"hearth_{self.asker.audience.lower()}"
        self.connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        self.connection.execute(text(f"SET LOCAL ROLE {role}"))
        if self.asker.subject:
            enter = text("SELECT name FROM hearth_enter(:subject)")
            self.connection.execute(enter, {"subject": self.asker.subject})

    def fetch(self, query: Select[Any]) -> list[tuple[Any, ...]]:
        """A query's rows; BadRequest where a value can't be what it is compared with."""
        # A document asks the same hundreds of times, and in one snapshot has one answer.
        key = query._generate_cache_key()
        assert key is not None
        asked = (key.key, repr([parameter.value for parameter in key.bindparams]))
        if asked in self.found:
            return self.found[asked]
        try:
            found = [tuple(row) for row in self.connection.execute(query)]
        except DBAPIError as error:
            cause = error.orig.__cause__ if error.orig else None
            state = getattr(cause, "sqlstate", None)
            if isinstance(cause, asyncpg.DataError) or state == ASKERS_ERROR:
                # PostgreSQL answers nothing more in a transaction that failed.
                self.enter()
                raise BadRequest(str(cause)) from error
            raise
        self.found[asked] = found
        return found

    def value(self, query: Select[Any]) -> Any:
        """The one value of a query."""
        ((value,),) = self.fetch(query)
        return value

    def rows(self, rows: Rows, above: Row) -> list[Row]:
        """All of `rows`, in order, under the clocks of the row above."""
        source = list(rows.source.c)
        types = {column.key: column.type for column in source}
        keys = [key.expression for key in rows.keys]
        used = list(rows.work.columns) if rows.work else []
        columns = [*source, *keys, *used]
        asked = [column.label(f"c{place}") for place, column in enumerate(columns)]
        order = [key.desc() if rows.descending else key for key in keys]
        query = rows.whole.with_only_columns(*asked).order_by(*order)
        last = len(source) + len(keys)
        # What makes no sense is refused even where there is no row.
        told = given(rows.work.given, rows.work.convert) if rows.work else None
        return [
            Row(
                dict(zip(types, found, strict=False)),
                types,
                found[len(source) : last],
                rows.point,
                above.clock,
                above.knowledge,
                work=rows.work and rows.work.function(told, *found[last:]),
            )
            for found in self.fetch(query)
        ]
