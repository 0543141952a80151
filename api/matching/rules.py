"""Why an offer can't be proposed for a household: each rule pure, with a name and one sentence.

A rule gets the request, the offer as its view shows it, and the day; it gives the sentence that
refuses the pair, or None. What depends on others (consent, earlier matches) is the command's.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from schema.words import OfferStatus, StepFree

Request = Mapping[str, Any]
Offer = Mapping[str, Any]
Rule = Callable[[Request, Offer, date], str | None]


def size_of(request: Request) -> int:
    """How many people the household has."""
    return int(request["adults"]) + len(request["child_ages"])


def kind(request: Request, offer: Offer, today: date) -> str | None:
    """The offer is of a kind that is asked for."""
    if offer["kind_code"] in request["kind_codes"]:
        return None
    return "The household does not ask for this kind of support."


def is_open(request: Request, offer: Offer, today: date) -> str | None:
    """The offer is open, and its last day has not passed."""
    if offer["status"] != OfferStatus.OPEN:
        return f"The offer is {offer['status'].lower()}, not open."
    until = offer["available_until"]
    if until is not None and until < today:
        return f"The offer ended on {until}."
    return None


def places(request: Request, offer: Offer, today: date) -> str | None:
    """There are places for the whole household."""
    size, left = size_of(request), offer["places_left"]
    if left < size:
        return f"The household has {size} people; {left} places are left."
    return None


def household(request: Request, offer: Offer, today: date) -> str | None:
    """The household is no larger than the offer takes."""
    most = offer["household_max"]
    if most is not None and size_of(request) > most:
        return f"The offer takes households of at most {most} people."
    return None


def route(request: Request, offer: Offer, today: date) -> str | None:
    """The offer accepts the route that the household comes on; none listed means any."""
    accepted, wanted = offer["route_codes"], request["route_code"]
    if not accepted or wanted in accepted:
        return None
    if wanted is None:
        return "The offer is for certain routes; the household's route is not known."
    return "The offer does not accept the household's route."


def dates(request: Request, offer: Offer, today: date) -> str | None:
    """The offer can be taken up by the day on which it is needed."""
    begins, needed = offer["available_from"], request["needed_by"]
    if begins is not None and needed is not None and begins > needed:
        return f"The offer begins on {begins}, after it is needed ({needed})."
    return None


def step_free(request: Request, offer: Offer, today: date) -> str | None:
    """Who needs step-free accommodation gets it."""
    if request["needs_step_free"] and offer["step_free"] not in (StepFree.ALL, StepFree.SOME):
        return "The household needs step-free accommodation; this is not known to be."
    return None


def pets(request: Request, offer: Offer, today: date) -> str | None:
    """Who has a pet may bring it."""
    if request["has_pets"] and not offer["pets_allowed"]:
        return "The household has a pet; none are allowed here."
    return None


def children(request: Request, offer: Offer, today: date) -> str | None:
    """Children are welcome where there are any."""
    if request["child_ages"] and not offer["children_welcome"]:
        return "The household has children; the offer is for adults."
    return None


def women_only(request: Request, offer: Offer, today: date) -> str | None:
    """An offer for women only is for households that say so, and they take no other."""
    if offer["women_only"] and not request["women_only"]:
        return "The offer is for women only; the household does not say that it is."
    if request["women_only"] and not offer["women_only"]:
        return "The household needs a place for women only."
    return None


RULES: tuple[Rule, ...] = (
    kind,
    is_open,
    places,
    household,
    route,
    dates,
    step_free,
    pets,
    children,
    women_only,
)


def blockers(request: Request, offer: Offer, today: date) -> dict[str, str]:
    """Every rule that refuses the pair, by its name."""
    found = {rule.__name__: rule(request, offer, today) for rule in RULES}
    return {name: message for name, message in found.items() if message}
