"""What a release is about: the councils, kinds and routes of its day, kept with it.

Reference data may be loaded anew; a release is rebuilt with the names and places that it had.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import asyncpg

from api.reporting.release import ALL, TOTAL, Category, Dimension
from schema.types.periods import Period

NONE = "NONE"
SEVERAL = "SEVERAL"

_AREAS = """
    SELECT gss_code AS gss, name, region, upper_tier_gss AS upper,
        coalesce(CASE kind WHEN 'DISTRICT' THEN upper_tier_gss END, gss_code) AS paid,
        coalesce(starts_on < $2, true) AND coalesce(ends_on >= $1, true) AS is_there
    FROM council ORDER BY region, name, gss_code
"""
_KINDS = "SELECT code, name FROM support_kind ORDER BY position"
_ROUTES = "SELECT code, name FROM route ORDER BY code"


@dataclass(frozen=True)
class Area:
    """A council. `paid` is who is paid for its guests; `is_there`: whether it was in the period."""

    gss: str
    name: str
    region: str
    upper: str | None
    paid: str
    is_there: bool


@dataclass(frozen=True)
class Frame:
    """The councils by region and name, and the names of kinds and routes by code."""

    areas: tuple[Area, ...]
    kinds: Mapping[str, str]
    routes: Mapping[str, str]

    @classmethod
    async def of_today(cls, connection: asyncpg.Connection, period: Period) -> Self:
        """The frame that a release on a period has if it is made now."""
        areas = await connection.fetch(_AREAS, period.first, period.after)
        return cls(
            tuple(Area(**row) for row in areas),
            dict(await connection.fetch(_KINDS)),
            dict(await connection.fetch(_ROUTES)),
        )

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """The frame that was kept."""
        areas = tuple(Area(**each) for each in kept["areas"])
        return cls(areas, dict(kept["kinds"]), dict(kept["routes"]))

    def kept(self) -> dict[str, Any]:
        """The frame as JSON; pairs rather than objects, which JSONB would put in another order."""
        return {
            "areas": [asdict(each) for each in self.areas],
            "kinds": list(self.kinds.items()),
            "routes": list(self.routes.items()),
        }

    @property
    def tiers(self) -> dict[str, list[str]]:
        """The lower tiers whose rows each upper tier sees."""
        found: dict[str, list[str]] = {}
        for area in self.areas:
            if area.upper:
                found.setdefault(area.upper, []).append(area.gss)
        return found

    def area(self, period: Period) -> Dimension:
        """Regions, each with its councils and what names no one; those of a week are withheld."""
        categories = [TOTAL]
        for region in sorted({each.region for each in self.areas}):
            categories.append(Category(region, region))
            own = [each for each in self.areas if each.region == region]
            categories += [Category(each.gss, each.name, region) for each in own]
            categories.append(Category(elsewhere(region), "No one council", region))
        categories.append(Category(NONE, "No one region"))
        within = {each.code for each in categories if each.parent not in (None, ALL)}
        withheld = frozenset(within if period.is_weekly else ())
        return Dimension("area", "Area", tuple(categories), withheld)

    def kind(self) -> Dimension:
        """Kinds of support."""
        several = Category(SEVERAL, "More than one kind")
        return _flat("kind", "Kind of support", self.kinds, several)

    def route(self) -> Dimension:
        """Visa and resettlement routes."""
        return _flat("route", "Route", self.routes, Category(NONE, "No route named"))


def listed(name: str, label: str, words: Mapping[str, str]) -> Dimension:
    """A dimension of a closed set of words, by their labels."""
    return _flat(name, label, words)


def elsewhere(region: str) -> str:
    """The code of what is in a region but of no one council."""
    return f"{region}/{NONE}"


def _flat(name: str, label: str, labels: Mapping[str, str], *more: Category) -> Dimension:
    own = (Category(code, each, ALL) for code, each in labels.items())
    return Dimension(name, label, (TOTAL, *own, *more))
