"""Pages by number, as the profile has them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schema.refusals import BadRequest

DEFAULT_SIZE = 20
LARGEST_PAGE = 100
# `minimal` aims at all services in one page, and each is but a few bytes.
LARGEST_MINIMAL_PAGE = 5_000
LAST_PAGE = 1_000_000
SIZES = f"from 1 to {LARGEST_PAGE}, with minimal=true to {LARGEST_MINIMAL_PAGE}"


@dataclass(frozen=True)
class Paging:
    """Which page is asked for: its number, from 1, and its size."""

    page: int
    size: int

    @property
    def start(self) -> int:
        """How many come before it."""
        return (self.page - 1) * self.size


def paging_of(given: Mapping[str, Any]) -> Paging:
    """The page that the parameters ask for; raises BadRequest for one that is too large."""
    is_minimal = given.get("minimal", False)
    most = LARGEST_MINIMAL_PAGE if is_minimal else LARGEST_PAGE
    size = given.get("per_page", LARGEST_MINIMAL_PAGE if is_minimal else DEFAULT_SIZE)
    if size > most:
        raise BadRequest(f"per_page is {size}; give a whole number {SIZES}.")
    return Paging(given.get("page", 1), size)


def page_of(paging: Paging, total: int, contents: list[dict[str, Any]]) -> dict[str, Any]:
    """A page as the profile has it, with `contents` of all that are `total` in number."""
    pages = math.ceil(total / paging.size)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": paging.page,
        "size": len(contents),
        "first_page": paging.page == 1,
        "last_page": paging.page >= pages,
        "empty": not contents,
        "contents": contents,
    }
