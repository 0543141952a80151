"""Why an offer can't be proposed for a household: each rule pure, with a name and one sentence.

A rule gets a pair; it gives the sentence that refuses it, or None. The same rules are conditions in
`api.matching.conditions`, where PostgreSQL goes by them; a property test keeps the two alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.matching.wording import beyond, counted, in_full, people
from schema.words import OfferStatus, StepFree

FRESH_DAYS = 180
"""An offer that nobody has confirmed for so long is asked about before it is proposed."""
NOT_OPEN = {
    OfferStatus.CLOSED: "closed",
    OfferStatus.DRAFT: "a draft",
    OfferStatus.PAUSED: "paused",
}
# The columns that rules and scores read, of an offer and of a request.
OFFER_USED = (
    "available_from",
    "available_until",
    "children_welcome",
    "council_gss",
    "household_max",
    "kind_code",
    "languages",
    "last_confirmed_on",
    "minimum_months",
    "pets_allowed",
    "places_left",
    "postcode_district",
    "readiness",
    "route_codes",
    "status",
    "step_free",
    "women_only",
)
REQUEST_USED = (
    "adults",
    "child_ages",
    "has_pets",
    "kind_codes",
    "languages",
    "needed_by",
    "needs_step_free",
    "preferred_gss_codes",
    "preferred_regions",
    "route_code",
    "submitted_at",
    "within_km",
    "women_only",
)


@dataclass(frozen=True)
class Pair:
    """A request and an offer: columns of both by their names, and what stands between them.

    `metres` is how far the offer is from where the household would like to live, where both are
    known; `agrees` whether it agrees to be matched with the offer's council.
    """

    request: Any
    offer: Any
    today: date
    metres: int | None = None
    agrees: bool = True
    is_live: bool = False
    was_declined: bool = False

    @property
    def size(self) -> int:
        """How many people the household has."""
        return int(self.request["adults"]) + len(self.request["child_ages"])


Rule = Callable[[Pair], str | None]


def kind(pair: Pair) -> str | None:
    """The offer is of a kind that is asked for."""
    if pair.offer["kind_code"] in pair.request["kind_codes"]:
        return None
    return "The household does not ask for this kind of support."


def is_open(pair: Pair) -> str | None:
    """The offer is open, and its last day has not passed."""
    status, until = pair.offer["status"], pair.offer["available_until"]
    if status != OfferStatus.OPEN:
        return f"The offer is not open but {NOT_OPEN[status]}."
    if until is not None and until < pair.today:
        return f"The offer ended on {in_full(until)}."
    return None


def live(pair: Pair) -> str | None:
    """The household has no match of the kind already, nor had a placement that ended for good."""
    return "The household is matched for this kind of support already." if pair.is_live else None


def declined(pair: Pair) -> str | None:
    """The pair was not declined before."""
    return "This pairing was declined before; choose another offer." if pair.was_declined else None


def consent(pair: Pair) -> str | None:
    """The household agrees to be matched with the offer's council."""
    if pair.agrees:
        return None
    return "The household has not agreed to be matched with this council."


def places(pair: Pair) -> str | None:
    """There are places for the whole household."""
    left = pair.offer["places_left"]
    return too_few(pair.size, left) if left < pair.size else None


def household(pair: Pair) -> str | None:
    """The household is no larger than the offer takes."""
    most = pair.offer["household_max"]
    if most is not None and pair.size > most:
        return f"The offer takes at most {people(most)}; the household has {people(pair.size)}."
    return None


def route(pair: Pair) -> str | None:
    """The offer accepts the route that the household comes on; none listed means any."""
    accepted, wanted = pair.offer["route_codes"], pair.request["route_code"]
    if not accepted or wanted in accepted:
        return None
    if wanted is None:
        return "The offer is for certain routes, and the household's route is not known."
    return "The offer does not accept the household's route."


def dates(pair: Pair) -> str | None:
    """The offer can be taken up by the day on which it is needed."""
    begins, needed = pair.offer["available_from"], pair.request["needed_by"]
    if begins is not None and needed is not None and begins > needed:
        late = f"The offer begins on {in_full(begins)}"
        return f"{late}; the household needs it by {in_full(needed)}."
    return None


def distance(pair: Pair) -> str | None:
    """The offer is no farther away than the household asks."""
    most = pair.request["within_km"]
    if pair.metres is None or most is None or pair.metres <= most * 1000:
        return None
    away = beyond(pair.metres, most)
    what = "The offer" if pair.offer["postcode_district"] else "The middle of the offer's council"
    return f"{what} is {away} away; the household asks for at most {most:g} km."


def step_free(pair: Pair) -> str | None:
    """Who needs step-free accommodation gets it."""
    if not pair.request["needs_step_free"]:
        return None
    if pair.offer["step_free"] in (StepFree.ALL, StepFree.SOME):
        return None
    return "The household needs step-free accommodation, which this is not known to be."


def pets(pair: Pair) -> str | None:
    """Who has a pet may bring it."""
    if pair.request["has_pets"] and not pair.offer["pets_allowed"]:
        return "The household has a pet, and the offer allows none."
    return None


def children(pair: Pair) -> str | None:
    """Children are welcome where there are any."""
    if pair.request["child_ages"] and not pair.offer["children_welcome"]:
        ages = pair.request["child_ages"]
        some = counted(len(ages), "child", "children")
        return f"The household has {some}, and the offer is for adults only."
    return None


def women_only(pair: Pair) -> str | None:
    """An offer for women only is for households that say so, and they take no other."""
    if pair.offer["women_only"] and not pair.request["women_only"]:
        return "The offer is for women only, and the household has not asked for that."
    if pair.request["women_only"] and not pair.offer["women_only"]:
        return "The household asks for a place for women only, which this is not."
    return None


def fresh(pair: Pair) -> str | None:
    """Somebody has confirmed lately that the offer still stands."""
    confirmed = pair.offer["last_confirmed_on"]
    if confirmed is None:
        return "Nobody has confirmed yet that the offer still stands; its council can."
    days = (pair.today - confirmed).days
    if days > FRESH_DAYS:
        last = f"The offer was last confirmed on {in_full(confirmed)}, {days} days ago"
        return f"{last}; its council can confirm it again."
    return None


def too_few(size: int, left: int) -> str:
    """What is said where a household has more people than there are places."""
    places = f"only {counted(left, 'place')}" if left else "no places"
    return f"The household has {people(size)}, but {places} {'is' if left == 1 else 'are'} left."


RULES: tuple[Rule, ...] = (
    kind,
    is_open,
    live,
    declined,
    consent,
    places,
    household,
    route,
    dates,
    distance,
    step_free,
    pets,
    children,
    women_only,
    fresh,
)


# What the household and the offer are, not when it is asked: this must hold until it is decided.
FITTING: tuple[Rule, ...] = (household, route, step_free, pets, children, women_only)


def blockers(pair: Pair) -> dict[str, str]:
    """Every rule that refuses the pair, by its name."""
    found = {rule.__name__: rule(pair) for rule in RULES}
    return {name: message for name, message in found.items() if message}
