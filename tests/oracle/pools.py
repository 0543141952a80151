"""Values to ask with: mostly such as find something, now and then such as find nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.genes import Tape

Values = Sequence[Any]

_WORDS = ("room", "garden -pets", '"ground floor"', "", "café", "дім", "the", "o'neill \\ %")
_GSS = ("E07000178", "E10000025", "E07000008", "S12000036", "E06000052")
_DAYS = ("2026-06-01", "2022-03-04", "2022-03-18", "2024-02-19", "2030-01-01")
_MOMENTS = ("2022-03-18T09:00:00+00:00", "2024-02-19T15:00:00Z", "2026-05-01T12:30:00.5+01:00")
_KINDS = ("hosting", "accommodation", "esol")
_ROUTES = ("homes-for-ukraine", "mandate", "arap", "ukraine-family-scheme")
_LANGUAGES = ("uk", "en", "CY", "ar")
_REGIONS = ("South East", "Scotland", "East of England", "London", "Wales")

# By the name of the argument or input field.
GOOD: dict[str, Values] = {
    "adults": (2, 1),
    "arrivedOn": ("2022-06-01", "2023-02-28", "2025-03-31"),
    "asOf": _DAYS,
    "at": _MOMENTS,
    "availableOn": _DAYS,
    "attribute": ("sponsor_age", "arap_category", "close_family_in_uk"),
    "childAges": (7, 3, 16),
    "code": _ROUTES,
    "day": _DAYS,
    "first": (3, 1, 2, 5, 20, 8, 4),
    "gssCode": _GSS,
    "gssCodes": _GSS,
    "kinds": _KINDS,
    "knownAt": ("2099-01-01T00:00:00Z", *_MOMENTS),
    "languages": _LANGUAGES,
    "immediateFamilyNationality": ("UKR", "AFG"),
    "latitude": (51.75, 52.2, 55.95),
    "longitude": (-1.25, 0.12, -3.19),
    "leftOn": ("2024-01-01", "2026-05-05"),
    "minimumPlaces": (1, 0, 3, 8, -1),
    "nationality": ("UKR", "ukr ", "AFG", "RUS"),
    "period": ("2026-03", "2026-W10"),
    "postcodeDistrict": ("OX4", "ox1 ", "CB1", "EH1"),
    "region": _REGIONS,
    "regions": _REGIONS,
    "routeCode": _ROUTES,
    "search": _WORDS,
    "sponsorMonths": (6, 18, 0),
    "sponsorStatus": ("british", "Settled", "visitor"),
    "subject": ("sponsor", "applicant"),
    "unconfirmedSince": _DAYS,
    "updatedSince": _MOMENTS,
    "value": ("true", "18", "none"),
    "withinKm": (25.0, 400, 2000.0, 0.5, 120),
}
ODD: dict[str, Values] = {
    "adults": (0, -1, 31),
    "asOf": ("0001-01-01", "9999-12-31"),
    "at": ("2022-03-18T09:00:00", "0001-01-01T00:00:00Z"),
    "attribute": ("application_at", "colour"),
    "childAges": (18, -1),
    "code": ("", "no-such-route", "with\0nul"),
    "day": ("0001-01-01", "9999-12-31"),
    "first": (0, 100, 101, -1, 2147483647),
    "gssCode": ("E07000999", "", "E10000026"),
    "gssCodes": ("", "nowhere"),
    "id": ("", "_", "offer_", "rubbish", "council_", "route_none", "offer_1", "check_1"),
    "kinds": ("", "none"),
    "knownAt": ("2022-03-18T09:00:00", "0001-01-01T00:00:00Z"),
    "latitude": (0.0, 90, 91.5),
    "longitude": (10.0, -180),
    "minimumPlaces": (2147483647, -2147483648),
    "period": ("", "2026-13", "2026-W54", "9999-12", "2030-01", "2026-02"),
    "postcodeDistrict": ("Oxford", "", "OX4 1AA", "\u0130X4"),
    "region": ("", "south east"),
    "release": ("", "release_", "offer_1"),
    "search": ("with\0nul", "&|!", "%_", "a" * 300),
    "updatedSince": ("2022-03-18T09:00:00", "9999-12-31T23:59:59-10:00"),
    "sponsorMonths": (-1, 121),
    "withinKm": (0, -1.0, 2000.5, 1e300),
}
# By the name of a scalar, for what no name above is for.
PLAIN: dict[str, Values] = {
    "Boolean": (True, False),
    "Date": _DAYS,
    "DateTime": _MOMENTS,
    "Float": (1.5, 0, -2.25),
    "ID": ("rubbish",),
    "Int": (1, 0, 7, -3),
    "String": ("a", "", "\u202eé\n\t\"\\'"),
}
NO_CURSORS = ("", "!", "W10=", "e30=", "WyJOQU1FIiwgMV0=", "bnVsbA==", "WyJISVNUT1JZIiwgMSwgMl0=")


@dataclass(frozen=True)
class Pools:
    """The values above, with the ids and cursors of the rows that are there."""

    ids: Values
    cursors: Mapping[str, Values] = field(default_factory=dict)

    def value(self, name: str, scalar: str, tape: Tape) -> Any:
        """A value for an argument or input field of that name."""
        good = self.ids if name == "id" else GOOD.get(name, PLAIN[scalar])
        if name in ("release", "requestId"):
            prefix = name.removesuffix("Id") + "_"
            good = [each for each in self.ids if each.startswith(prefix)] or good
        odd = ODD.get(name)
        chosen = odd if odd and tape.is_once_in(16) else good
        return chosen[tape.choose(len(chosen))]

    def cursor(self, order: str, tape: Tape) -> str:
        """A cursor, mostly of a row in that order."""
        chosen: Values = self.cursors.get(order) or (*NO_CURSORS, "1", "4")
        if tape.is_once_in(12):
            chosen = [*NO_CURSORS, *(cursors[0] for cursors in self.cursors.values() if cursors)]
        found = chosen[tape.choose(len(chosen))]
        assert isinstance(found, str)
        return found
