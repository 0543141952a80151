"""Queries about councils."""

from datetime import date, datetime

import strawberry
from sqlalchemy import Text, func, or_

from schema.text import clean, search_pattern
from schema.types import rows
from schema.types.clock import day_of
from schema.types.council import Council, CouncilConnection, exists_on
from schema.types.reads import Key, Rows, Scope, lookup, page, words
from schema.words import CouncilKind, Nation


@strawberry.input(description="Which councils; all of what is given must hold.")
class CouncilFilter:
    """A filter on councils."""

    search: str | None = strawberry.field(
        default=strawberry.UNSET, description="A part of its name, or its GSS code."
    )
    nation: Nation | None = strawberry.UNSET
    region: str | None = strawberry.UNSET
    kind: CouncilKind | None = strawberry.UNSET


def _council(
    scope: Scope,
    gss_code: str,
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
) -> Rows:
    """A council by its GSS code, or by one that it had before. Give asOf or at, not both."""
    council = rows.council.alias()
    code = scope.bind(gss_code, Text(), clean)
    return Rows(
        council,
        where=[or_(council.c.gss_code == code, code == func.any(council.c.former_gss_codes))],
        keys=[Key(council.c.gss_code, Text())],
    )


def _councils(
    scope: Scope,
    filter: CouncilFilter | None = strawberry.UNSET,  # noqa: A002 - the contract's word
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
) -> Rows:
    """Councils that exist on that day (today without one), by name. Give asOf or at, not both."""
    council = rows.council.alias()
    where = [exists_on(council, day_of(scope))]
    if filter:
        if filter.search is not None:
            found = scope.bind(filter.search, Text(), search_pattern)
            where.append(
                or_(
                    council.c.name.ilike(found),
                    council.c.official_name.ilike(found),
                    council.c.gss_code.ilike(found),
                )
            )
        for column in ("nation", "region", "kind"):
            value = getattr(filter, column)
            if value is not None:
                where.append(council.c[column] == scope.bind(value, Text(), clean))
    return Rows(
        council,
        where=where,
        keys=[Key(council.c.name, Text(), words), Key(council.c.gss_code, Text(), words)],
        order_name="NAME",
    )


@strawberry.type
class CouncilQueries:
    """Queries about councils."""

    council: Council | None = lookup(_council)
    councils: CouncilConnection = page(_councils)
