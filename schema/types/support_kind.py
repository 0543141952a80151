"""Kinds of support."""

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, func

from schema.types.reads import Scope, expression
from schema.words import Language


def name_in(scope: Scope, language: Language = Language.EN) -> ColumnElement[Any]:
    """The name; English where no translation is kept."""
    name = scope.row.c["name"]
    if language is Language.EN:
        return name
    return func.coalesce(scope.row.c["names"].op("->>")(language.value), name)


@strawberry.type(description="A kind of support that councils give.")
class SupportKind:
    """A kind; its code is Hearth's own, the LGSL code the Local Government Services List's."""

    code: str
    name: str = expression(name_in)
    definition: str
    lgsl_code: int | None
