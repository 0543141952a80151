"""`node`: anything with an id, found again by what its id says."""

import strawberry

from schema.types.node import Node
from schema.types.reads import Rows, Scope, node


def _node(scope: Scope, id: strawberry.ID) -> Rows:  # noqa: A002 - the contract's word
    """Anything with an id, if the viewer may see it; else null."""
    raise AssertionError("planned by the type that the id names")


@strawberry.type
class NodeQueries:
    """The query for anything with an id."""

    node: Node | None = node(_node)
