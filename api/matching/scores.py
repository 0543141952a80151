"""What speaks for a pair: each rule pure, with a name, whole points and one sentence.

The sum of the points is the score. PostgreSQL orders by the same sum (`api.matching.conditions`);
both count in whole numbers, so they can't differ in a last digit.
"""

from collections.abc import Callable
from dataclasses import dataclass

from api.matching.rules import FRESH_DAYS, Pair
from api.matching.wording import counted, languages
from api.matching.wording import distance as away
from schema.types.clock import LONDON
from schema.words import Readiness

DISTANCE_POINTS = 40
METRES_A_POINT = 2500
LANGUAGE_POINTS = 15
COUNCIL_POINTS = 20
REGION_POINTS = 10
WAITING_POINTS = 10
DAYS_A_POINT = 6
NEED_POINTS = 5
MONTHS_POINTS = 10
MONTHS_COUNTED = 12
FRESH_POINTS = 10


@dataclass(frozen=True)
class Reason:
    """One rule's part: points for what speaks for the pair, 0 for what stands against it."""

    rule: str
    message: str
    points: float


Score = Callable[[Pair], tuple[int, str]]


def distance(pair: Pair) -> tuple[int, str]:
    """Nearer is better: a point less for every 2.5 km."""
    if pair.metres is None:
        return 0, ""
    points = max(0, DISTANCE_POINTS - pair.metres // METRES_A_POINT)
    what = "It" if pair.offer["postcode_district"] else "The middle of its council"
    return points, f"{what} is {away(pair.metres)} from where the household would like to live."


def language(pair: Pair) -> tuple[int, str]:
    """Somebody there speaks a language of the household."""
    shared = sorted({*pair.request["languages"]} & {*pair.offer["languages"]})
    if not shared:
        return 0, ""
    return LANGUAGE_POINTS, f"They share {languages(shared)}."


def preference(pair: Pair) -> tuple[int, str]:
    """It is in a council, or a region, that the household prefers."""
    if pair.offer["council_gss"] in pair.request["preferred_gss_codes"]:
        return COUNCIL_POINTS, "It is with a council that the household prefers."
    if pair.offer["region"] in pair.request["preferred_regions"]:
        return REGION_POINTS, "It is in a region that the household prefers."
    return 0, ""


def waiting(pair: Pair) -> tuple[int, str]:
    """The household has waited: a point for every six days, up to sixty."""
    since = pair.request["submitted_at"].astimezone(LONDON).date()
    days = max(0, (pair.today - since).days)
    points = min(WAITING_POINTS, days // DAYS_A_POINT)
    return points, f"The household has waited for {counted(days, 'day')}."


def need(pair: Pair) -> tuple[int, str]:
    """The household has a need that few offers meet."""
    if pair.request["needs_step_free"] or pair.request["women_only"]:
        return NEED_POINTS, "The household has a need that few offers meet."
    return 0, ""


def months(pair: Pair) -> tuple[int, str]:
    """The longer it is offered, the better, up to a year."""
    offered = pair.offer["minimum_months"] or 0
    points = min(offered, MONTHS_COUNTED) * MONTHS_POINTS // MONTHS_COUNTED
    return points, f"It is offered for at least {counted(offered, 'month')}."


def freshness(pair: Pair) -> tuple[int, str]:
    """It was confirmed lately."""
    confirmed = pair.offer["last_confirmed_on"]
    if confirmed is None:
        return 0, ""
    days = max(0, (pair.today - confirmed).days)
    points = max(0, FRESH_POINTS - days // (FRESH_DAYS // FRESH_POINTS))
    return points, f"It was confirmed {_ago(days)}."


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


SCORES: tuple[Score, ...] = (distance, language, preference, waiting, need, months, freshness)


def reasons(pair: Pair) -> list[Reason]:
    """What speaks for the pair, most first, and whether checks are still to be done."""
    told = ((rule.__name__, *rule(pair)) for rule in SCORES)
    found = [Reason(name, message, float(points)) for name, points, message in told if points]
    found.sort(key=lambda reason: (-reason.points, reason.rule))
    if pair.offer["readiness"] not in (Readiness.READY, Readiness.NOT_REQUIRED):
        found.append(Reason("checks", "Its checks must pass before anybody moves in.", 0.0))
    return found
