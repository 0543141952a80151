"""Who is asking."""

from typing import Any, Optional

import strawberry
from sqlalchemy import ColumnElement, func, literal

from schema.types import rows
from schema.types.council import Council
from schema.types.reads import Scope, expression, one
from schema.words import Audience


def _setting(name: str) -> ColumnElement[Any]:
    return func.nullif(func.current_setting(f"hearth.{name}", True), "")


def _council(scope: Scope) -> Any:
    return scope.join(rows.council, lambda council: council.c.gss_code == _setting("own_gss"))


@strawberry.type(description="Who is asking.")
class Viewer:
    """The asker, as the database knows them in this transaction."""

    audience: Audience = expression(lambda scope: literal(scope.audience.value))
    organisation_name: str | None = expression(lambda scope: _setting("organisation"))
    council: Optional[Council] = one(_council)  # noqa: UP045 - Strawberry resolves it so
    name: str | None = expression(lambda scope: _setting("name"))
