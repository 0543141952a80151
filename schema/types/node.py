"""What every type with an id of its own shares, and the parts of a page."""

from collections.abc import Callable
from uuid import UUID

import strawberry

from schema.types.reads import Reads

NIL = UUID(int=0)


@strawberry.interface(description="Anything that `node(id)` can find again.")
class Node:
    """An object with an opaque id that carries its type."""

    id: strawberry.ID


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def prefix_of(node_type: type[Node]) -> str:
    """The prefix of a type's ids, as its `id` field declares it."""
    for declared in node_type.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        if declared.python_name == "id":
            reads = declared.metadata["reads"]
            assert isinstance(reads, Reads)
            return reads.prefix
    raise AssertionError(f"{node_type.__name__} has no id")


def split_id(node_id: str) -> tuple[str, str]:
    """An id's prefix and key; the prefix is empty where it is not an id of ours."""
    prefix, _, key = node_id.partition("_")
    return (prefix, key) if key else ("", node_id)


def uuid_of(prefix: str) -> Callable[[str], UUID]:
    """A reader of ids with this prefix; what isn't one reads as the nil UUID, which no row has.

    So a malformed id answers as one that never was.
    """

    def read(node_id: str) -> UUID:
        found, key = split_id(node_id)
        try:
            return UUID(key) if found == prefix else NIL
        except ValueError:
            return NIL

    return read
