"""Administrators open cases for a while; those concerned read that they did."""

import strawberry

from api.requests.break_glass import break_glass
from schema.types.break_glass import BreakGlassConnection, BreakGlassPayload, break_glass_rows
from schema.types.reads import Rows, Scope, command, page
from schema.types.request import CASEWORKERS
from schema.words import Audience


def _break_glasses(scope: Scope) -> Rows:
    """Administrators' looks into the viewer's cases, latest first."""
    return break_glass_rows()


@strawberry.type
class BreakGlassQueries:
    """The query for looks into cases."""

    break_glasses: BreakGlassConnection = page(_break_glasses, audiences=CASEWORKERS)


@strawberry.type
class BreakGlassMutations:
    """The command to open cases."""

    break_glass: BreakGlassPayload = command(break_glass, audiences=frozenset({Audience.ADMIN}))
