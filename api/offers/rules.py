"""What an offer must keep to: pure, no SQL, no GraphQL. A breach is a problem with its path."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from api.writing.problems import Problems
from schema.refusals import BadRequest
from schema.text import clean, district, language
from schema.words import OfferStatus

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 5000
LONGEST_REFERENCE = 100
LONGEST_REASON = 1000
MOST_PLACES = 10_000
LONGEST_STAY_MONTHS = 120

# Columns whose GraphQL field has another name than the column in camel case.
FIELD_NAMES = {"kind_code": "kind", "places": "placesTotal"}
REQUIRED = (
    "children_welcome",
    "description",
    "languages",
    "pets_allowed",
    "places",
    "route_codes",
    "step_free",
    "title",
    "women_only",
)


def field_name(column: str) -> str:
    """The GraphQL name of the field that shows a column."""
    if column in FIELD_NAMES:
        return FIELD_NAMES[column]
    first, *rest = column.split("_")
    return first + "".join(word.capitalize() for word in rest)


def tidied(given: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The given columns as we keep them; what can't be kept becomes a problem."""
    kept = dict(given)
    for column in REQUIRED:
        if column in kept and kept[column] is None:
            problems.add(field_name(column), f"{field_name(column)} may not be null.")
            del kept[column]
    for column, longest in (
        ("title", LONGEST_TITLE),
        ("description", LONGEST_DESCRIPTION),
        ("external_ref", LONGEST_REFERENCE),
    ):
        if kept.get(column) is not None:
            kept[column] = text(column, kept[column], longest, problems)
    if kept.get("title") is not None:
        kept["title"] = " ".join(kept["title"].split())
    if "title" in kept and kept["title"] == "":
        problems.add("title", "title is empty; say in a few words what is offered.")
    if kept.get("postcode_district") is not None:
        try:
            kept["postcode_district"] = district(kept["postcode_district"])
        except BadRequest as error:
            problems.add("postcodeDistrict", error.message)
    for column in ("languages", "route_codes"):
        if column in kept:
            kept[column] = _listed(column, kept[column], problems)
    if "languages" in kept:
        kept["languages"] = sorted(languages(kept["languages"], problems))
    return kept


def languages(codes: Iterable[str], problems: Problems) -> list[str]:
    """Codes of languages as we keep them, each once."""
    found = []
    for code in codes:
        try:
            found.append(language(code))
        except BadRequest as error:
            problems.add("languages", error.message)
    return list(dict.fromkeys(found))


def text(column: str, value: str, longest: int, problems: Problems) -> str:
    """A text as we keep it: valid, composed (NFC), trimmed; too long is a problem."""
    name = field_name(column)
    try:
        kept = clean(value).strip()
    except BadRequest as error:
        problems.add(name, f"{name}: {error.message}")
        return value
    if len(kept) > longest:
        problems.add(name, f"{name} has {len(kept)} characters; the limit is {longest}.")
        return kept[:longest]
    return kept


def _listed(column: str, values: list[str], problems: Problems) -> list[str]:
    name = field_name(column)
    try:
        return sorted({clean(value).strip().lower() for value in values})
    except BadRequest as error:
        problems.add(name, f"{name}: {error.message}")
        return []


def check_numbers(offer: Mapping[str, Any], problems: Problems) -> None:
    """Places, sizes and dates of an offer as it would be, whole."""
    places, busy = offer["places"], offer["taken"] + offer["held"]
    if not 0 <= places <= MOST_PLACES:
        problems.add("placesTotal", f"placesTotal must be from 0 to {MOST_PLACES}.")
    elif places < busy:
        problems.add(
            "placesTotal", f"placesTotal can't go below {busy}: so many are taken or held."
        )
    largest = offer.get("household_max")
    if largest is not None and not 1 <= largest <= MOST_PLACES:
        problems.add("householdMax", f"householdMax must be from 1 to {MOST_PLACES}.")
    months = offer.get("minimum_months")
    if months is not None and not 0 <= months <= LONGEST_STAY_MONTHS:
        problems.add("minimumMonths", f"minimumMonths must be from 0 to {LONGEST_STAY_MONTHS}.")
    begins, ends = offer.get("available_from"), offer.get("available_until")
    if begins is not None and ends is not None and ends < begins:
        problems.add(
            "availableUntil", f"availableUntil ({ends}) is before availableFrom ({begins})."
        )


def refusal_of_status(status: str, wanted: OfferStatus) -> str | None:
    """Why an offer can't go from one status to another; None where it can."""
    if status == wanted:
        return f"The offer is {wanted.lower()} already."
    if status == OfferStatus.CLOSED:
        return "A closed offer can't be opened again; create a new one."
    if wanted is OfferStatus.PAUSED and status != OfferStatus.OPEN:
        return "Only an open offer can be paused."
    return None


def refusal_of_opening(offer: Mapping[str, Any], today: date) -> str | None:
    """Why an offer can't be opened on a day; None where it can."""
    until = offer["available_until"]
    if until is not None and until < today:
        return f"The offer was available until {until}; change that before opening it."
    return None


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What changed, by column: [before, after]."""
    return {
        column: [before[column], value]
        for column, value in sorted(after.items())
        if before[column] != value
    }


def in_words(changes: Mapping[str, Any]) -> str:
    """Changes in one line of words, for people."""
    parts = [f"{field_name(c)}: {_shown(old)} → {_shown(new)}" for c, (old, new) in changes.items()]
    return "; ".join(parts) or "nothing changed"


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    shown = str(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
