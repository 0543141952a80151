"""Cursors: where in an order a row stands, opaque and url-safe."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from schema.refusals import BadRequest
from schema.types.reads import Key

NOT_A_CURSOR = "This cursor is not from this list; start again without `after`."


def cursor(order_name: str, *values: Any) -> str:
    """The cursor of a row with these key values, in the order of that name."""
    return base64.urlsafe_b64encode(orjson.dumps([order_name, *values], default=str)).decode(
        "ascii"
    )


def readers(order_name: str, keys: Sequence[Key]) -> list[Callable[[str], Any]]:
    """For each key, a function from a cursor to the key's value there; raises BadRequest."""

    def reader(place: int, key: Key) -> Callable[[str], Any]:
        def read(text: str) -> Any:
            try:
                name, *values = orjson.loads(base64.urlsafe_b64decode(text))
                if name != order_name or len(values) != len(keys):
                    raise BadRequest(NOT_A_CURSOR)
                return key.load(values[place])
            except (AttributeError, TypeError, ValueError) as error:
                raise BadRequest(NOT_A_CURSOR) from error

        return read

    return [reader(place, key) for place, key in enumerate(keys)]
