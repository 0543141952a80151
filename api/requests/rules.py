"""What a request must keep to: pure, no SQL, no GraphQL. A breach is a problem with its path."""

import re
import secrets
from collections.abc import Iterable
from datetime import date
from typing import Any

from strawberry import UNSET

from api.offers.rules import languages
from api.writing.problems import Problems
from schema.refusals import BadRequest
from schema.text import clean, district
from schema.types.grid import grid_point
from schema.types.near import Near
from schema.types.request_inputs import HouseholdInput
from schema.words import ConsentScope, ProblemCode

ADULT_AGE = 18
LARGEST_HOUSEHOLD = 30
LONGEST_CONTACT = 200
LONGEST_NOTES = 5000
LONGEST_REASON = 1000
MOST_LISTED = 50
FURTHEST_KM = 2000.0
COUNTRY = re.compile(r"[A-Z]{3}")
MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
TELEPHONE = re.compile(r"\+?[\d\s().-]{5,30}")
# Crockford's base 32: no I, L, O or U, so that a reference survives a telephone.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A request's reference for people, as HR-7K3M9QXA."""
    return "HR-" + "".join(secrets.choice(LETTERS) for _ in range(8))


def household(given: HouseholdInput, problems: Problems) -> dict[str, Any]:
    """The household's columns."""
    children = len(given.child_ages)
    if given.adults < 1:
        problems.add(
            "adults",
            "A household needs an adult; for a child alone, ask the council's children's services.",
        )
    elif given.adults + children > LARGEST_HOUSEHOLD:
        over = "childAges" if children > LARGEST_HOUSEHOLD - 1 else "adults"
        problems.add(over, f"A household has at most {LARGEST_HOUSEHOLD} people.")
    wrong = [age for age in given.child_ages if not 0 <= age < ADULT_AGE]
    for age in wrong[:MOST_LISTED]:
        problems.add(
            "childAges", f"A child's age is from 0 to 17, not {age}; count others as adults."
        )
    return {
        "adults": given.adults,
        "child_ages": sorted(given.child_ages),
        "languages": languages(listed("languages", given.languages, problems), problems),
        "needs_step_free": given.needs_step_free,
        "has_pets": given.has_pets,
        "women_only": given.women_only,
    }


def contact(given: HouseholdInput, notes: str, problems: Problems) -> dict[str, str | None]:
    """What is sealed: how to reach the household, its nationality, and notes."""
    named = problems.within("household")
    found = {
        "name": _line("contactName", given.contact_name, named),
        "email": _line("contactEmail", given.contact_email, named),
        "phone": _line("contactPhone", given.contact_phone, named),
        "nationality": _line("nationality", given.nationality, named),
        "notes": _line("notes", notes, problems, LONGEST_NOTES),
    }
    if found["email"] and not MAIL.fullmatch(found["email"]):
        named.add("contactEmail", "This is no e-mail address; it needs a name, @ and a domain.")
    if found["phone"] and not TELEPHONE.fullmatch(found["phone"]):
        named.add("contactPhone", "This is no telephone number; give digits, as +44 1865 000000.")
    if found["nationality"] and not COUNTRY.fullmatch(found["nationality"]):
        named.add("nationality", "Give the country as ISO 3166 alpha-3, for example UKR.")
    return found


def listed(field: str, given: Iterable[str], problems: Problems) -> list[str]:
    """Each text once, trimmed, in order of first mention."""
    try:
        found = list(dict.fromkeys(clean(each).strip() for each in given))
    except BadRequest as error:
        problems.add(field, error.message)
        return []
    if len(found) > MOST_LISTED:
        problems.add(field, f"At most {MOST_LISTED} may be listed.")
    return found[:MOST_LISTED]


def place(near: Near | None, problems: Problems) -> dict[str, Any]:
    """Where the household would like to live; a district's point is looked up later."""
    empty = dict.fromkeys(("postcode_district", "easting", "northing", "within_km"))
    if near is None or near is UNSET:
        return empty
    if not 0 < near.within_km <= FURTHEST_KM:
        problems.add("near", f"withinKm must be more than 0 and at most {FURTHEST_KM:.0f}.")
    code, latitude, longitude = near.postcode_district, near.latitude, near.longitude
    try:
        if isinstance(code, str) and not isinstance(latitude or longitude, float):
            return empty | {"postcode_district": district(code), "within_km": near.within_km}
        if isinstance(latitude, float) and isinstance(longitude, float) and not code:
            easting, northing = grid_point(latitude, longitude)
            return empty | {"easting": easting, "northing": northing, "within_km": near.within_km}
    except BadRequest as error:
        problems.add("near", error.message)
        return empty
    problems.add("near", "near takes either postcodeDistrict, or latitude and longitude.")
    return empty


def needed_by(given: date | None, today: date, problems: Problems) -> date | None:
    """The day by which support is needed; one in the past is a problem."""
    if given is None or given is UNSET:
        return None
    if given < today:
        problems.add("neededBy", f"neededBy ({given}) is in the past.")
    return given


def consents(given: Iterable[ConsentScope], problems: Problems) -> list[ConsentScope]:
    """What the household agrees to; without MATCHING, nothing may be sought for it."""
    found = sorted(set(given))
    if ConsentScope.MATCHING not in found:
        problems.add(
            "consents",
            "The household must agree to be matched (MATCHING) before a request is submitted.",
            ProblemCode.CONSENT_MISSING,
        )
    return found


def reason(given: str, problems: Problems) -> str:
    """Why something is done, in a few words; none is a problem."""
    found = _line("reason", given, problems, LONGEST_REASON)
    if found is None:
        problems.add("reason", "Say why, in a few words.")
    return found or ""


def _line(
    field: str, given: str | None, problems: Problems, longest: int = LONGEST_CONTACT
) -> str | None:
    if given is None or given is UNSET:
        return None
    try:
        found = clean(given).strip()
    except BadRequest as error:
        problems.add(field, error.message)
        return None
    if len(found) > longest:
        problems.add(field, f"{field} has {len(found)} characters; at most {longest} are kept.")
    return found or None
