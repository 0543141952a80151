"""Rows by id: what `node` and the answers of commands find again."""

from collections.abc import Callable

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, Uuid

from schema.text import clean
from schema.types import rows
from schema.types.node import split_id, uuid_of
from schema.types.offer_rows import STAFF, visible_offers
from schema.types.reads import Key, Rows, Scope
from schema.types.request import CASEWORKERS, has_request
from schema.words import Audience

ById = Callable[[Scope, strawberry.ID], Rows]


def _only(source: FromClause, column: str, value: ColumnElement[object]) -> Rows:
    key = source.c[column]
    return Rows(source, where=[key == value], keys=[Key(key, key.type)])


def allocation_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002
    """An allocation of the viewer's."""
    return _only(rows.allocation.alias(), "id", scope.bind(id, Uuid(), uuid_of("allocation")))


def break_glass_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """An administrator's look into cases, if it concerns the viewer."""
    return _only(rows.break_glass.alias(), "id", scope.bind(id, Uuid(), uuid_of("breakglass")))


def check_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """A check, if the viewer may see it."""
    return _only(rows.offer_check.alias(), "id", scope.bind(id, Uuid(), uuid_of("check")))


def available_offer_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002
    """An offer by its id, if it is open with places left, whoever asks."""
    return _only(rows.open_offer.alias(), "id", scope.bind(id, Uuid(), uuid_of("offer")))


def council_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """A council."""
    code = scope.bind(id, Text(), lambda value: clean(split_id(value)[1]))
    return _only(rows.council.alias(), "gss_code", code)


def offer_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """An offer by its id: staff find their own council's, others open ones; else null."""
    return _only(visible_offers(scope), "id", scope.bind(id, Uuid(), uuid_of("offer")))


def match_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """A match that concerns the viewer."""
    match = rows.match.alias()
    wanted = match.c.id == scope.bind(id, Uuid(), uuid_of("match"))
    return Rows(match, where=[wanted, has_request(match)], keys=[Key(match.c.id, Uuid())])


def request_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """A request, if the viewer may see it; else null."""
    return _only(rows.request.alias(), "id", scope.bind(id, Uuid(), uuid_of("request")))


def route_row(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """A route."""
    code = scope.bind(id, Text(), lambda value: clean(split_id(value)[1]))
    return _only(rows.route.alias(), "code", code)


# By the prefix of an id: the type it stands for, and its row.
ROWS_BY_ID: dict[str, tuple[str, ById]] = {
    "allocation": ("Allocation", allocation_row),
    "breakglass": ("BreakGlass", break_glass_row),
    "check": ("Check", check_row),
    "council": ("Council", council_row),
    "match": ("Match", match_row),
    "offer": ("Offer", offer_row),
    "request": ("SupportRequest", request_row),
    "route": ("Route", route_row),
}

# Nodes that not every audience may find; to others their ids are as good as random.
FOUND_BY: dict[str, frozenset[Audience]] = {
    "Allocation": STAFF,
    **dict.fromkeys(("BreakGlass", "Match", "SupportRequest"), CASEWORKERS),
}

# What streams of availability show, by type.
AVAILABLE_BY_ID: dict[str, ById] = {"Offer": available_offer_row}
