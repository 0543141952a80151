"""What an open table is: columns with their meaning, and the one statement that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause, Select

from api.store.composed import Composed

SEPARATOR = ";"
"""Between the values of one cell, where it holds a list."""


@dataclass(frozen=True)
class Column:
    """A column; `datatype` is one of CSVW's, `tag` is HXL's hashtag with its attributes."""

    name: str
    datatype: str
    tag: str
    about: str
    is_list: bool
    is_required: bool


@dataclass(frozen=True)
class Table:
    """An open table. Its first column tells rows apart; `source` says where it comes from.

    `digest_sql` gives one text, which changes with whatever `sql` reads.
    """

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    sql: str
    digest_sql: str
    source: str


def columns_of(text: str) -> tuple[Column, ...]:
    """Columns from lines of "name | datatype | tag | about".

    A datatype with ! is always there, one with [] is a list.
    """
    found = []
    for line in text.strip().splitlines():
        name, datatype, tag, about = (part.strip() for part in line.split("|"))
        bare = datatype.rstrip("![]")
        found.append(Column(name, bare, tag, about, "[]" in datatype, "!" in datatype))
    return tuple(found)


def table_of(
    name: str,
    title: str,
    about: str,
    columns: str,
    rows: Select[Any],
    main: FromClause,
    values: Mapping[str, Any],
    source: str,
    digest: Select[Any] | None = None,
) -> Table:
    """A table whose columns are those of `main` of the same names, but for the `values`.

    Without a `digest` of its own, one is taken of all its text, which is for small tables.
    """
    found = columns_of(columns)
    read = [values.get(each.name, main.c.get(each.name)).label(each.name) for each in found]
    sql = _constant(rows.with_only_columns(*read, maintain_column_froms=True))
    whole = f"SELECT md5(string_agg(one::text, '')) FROM ({sql}) AS one"  # noqa: S608 - ours
    digest_sql = whole if digest is None else _constant(digest)
    return Table(name, title, about, found, sql, digest_sql, source)


def _constant(statement: Select[Any]) -> str:
    sql = Composed(statement).sql
    assert "$1" not in sql, "an open table is read without parameters"
    return sql
