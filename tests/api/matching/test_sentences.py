"""Every reason, blocker and change that opens offers is one plain sentence, in the right number."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from api.matching import rules, scores
from api.matching.allocation import solve
from api.matching.instance import Instance, Objective
from api.matching.refusing import AGAINST, against, none_open
from api.matching.rules import Pair
from api.matching.unlocking import RADII_KM, RULES, unlock_message
from api.matching.unplaced import unplaced

TODAY = date(2026, 11, 25)
LIMIT = 20
REQUEST: dict[str, Any] = {
    "adults": 1,
    "child_ages": [],
    "has_pets": False,
    "kind_codes": ["hosting"],
    "languages": [],
    "needed_by": None,
    "needs_step_free": False,
    "preferred_gss_codes": [],
    "preferred_regions": [],
    "route_code": None,
    "submitted_at": datetime(2026, 11, 25, 9, tzinfo=UTC),
    "within_km": None,
    "women_only": False,
}
OFFER: dict[str, Any] = {
    "available_from": None,
    "available_until": None,
    "children_welcome": True,
    "council_gss": "E07000178",
    "household_max": None,
    "kind_code": "hosting",
    "languages": [],
    "last_confirmed_on": TODAY,
    "minimum_months": None,
    "pets_allowed": True,
    "places_left": 4,
    "postcode_district": "OX4",
    "readiness": "READY",
    "region": "South East",
    "route_codes": [],
    "status": "OPEN",
    "step_free": "ALL",
    "women_only": False,
}
# What differs from a pair that suits: of the request, of the offer, of what stands between; and
# the sentence that each case is read aloud as.
BLOCKERS: list[tuple[str, dict[str, Any], str]] = [
    ("kind", {"kind_codes": ["esol"]}, "The household does not ask for this kind of support."),
    ("is_open", {"status": "DRAFT"}, "The offer is not open but a draft."),
    ("is_open", {"status": "PAUSED"}, "The offer is not open but paused."),
    ("is_open", {"status": "CLOSED"}, "The offer is not open but closed."),
    (
        "is_open",
        {"available_until": date(2026, 11, 3)},
        "The offer ended on 3 November 2026.",
    ),
    ("live", {"is_live": True}, "The household is matched for this kind of support already."),
    (
        "declined",
        {"was_declined": True},
        "This pairing was declined before; choose another offer.",
    ),
    (
        "consent",
        {"agrees": False},
        "The household has not agreed to be matched with this council.",
    ),
    ("places", {"places_left": 0}, "The household has 1 person, but no places are left."),
    (
        "places",
        {"adults": 2, "places_left": 1},
        "The household has 2 people, but only 1 place is left.",
    ),
    ("places", {"adults": 5}, "The household has 5 people, but only 4 places are left."),
    (
        "household",
        {"adults": 2, "household_max": 1},
        "The offer takes at most 1 person; the household has 2 people.",
    ),
    (
        "household",
        {"adults": 4, "household_max": 3},
        "The offer takes at most 3 people; the household has 4 people.",
    ),
    (
        "route",
        {"route_codes": ["arap"]},
        "The offer is for certain routes, and the household's route is not known.",
    ),
    (
        "route",
        {"route_codes": ["arap"], "route_code": "mandate"},
        "The offer does not accept the household's route.",
    ),
    (
        "dates",
        {"available_from": date(2027, 2, 1), "needed_by": date(2026, 12, 24)},
        "The offer begins on 1 February 2027; the household needs it by 24 December 2026.",
    ),
    (
        "distance",
        {"metres": 41_200, "within_km": 40.0},
        "The offer is 41 km away; the household asks for at most 40 km.",
    ),
    (
        "distance",
        {"metres": 40_200, "within_km": 40.0},
        "The offer is 40.2 km away; the household asks for at most 40 km.",
    ),
    (
        "distance",
        {"metres": 1_001, "within_km": 1.0},
        "The offer is 1.001 km away; the household asks for at most 1 km.",
    ),
    (
        "distance",
        {"metres": 41_200, "within_km": 40.0, "offer postcode_district": None},
        "The middle of the offer's council is 41 km away; the household asks for at most 40 km.",
    ),
    (
        "step_free",
        {"needs_step_free": True, "step_free": "UNKNOWN"},
        "The household needs step-free accommodation, which this is not known to be.",
    ),
    (
        "pets",
        {"has_pets": True, "pets_allowed": False},
        "The household has a pet, and the offer allows none.",
    ),
    (
        "children",
        {"child_ages": [3], "children_welcome": False},
        "The household has 1 child, and the offer is for adults only.",
    ),
    (
        "children",
        {"child_ages": [3, 5], "children_welcome": False},
        "The household has 2 children, and the offer is for adults only.",
    ),
    (
        "women_only",
        {"offer women_only": True},
        "The offer is for women only, and the household has not asked for that.",
    ),
    (
        "women_only",
        {"request women_only": True},
        "The household asks for a place for women only, which this is not.",
    ),
    (
        "fresh",
        {"last_confirmed_on": None},
        "Nobody has confirmed yet that the offer still stands; its council can.",
    ),
    (
        "fresh",
        {"last_confirmed_on": TODAY - timedelta(days=181)},
        "The offer was last confirmed on 28 May 2026, 181 days ago; its council can confirm it "
        "again.",
    ),
]
REASONS: list[tuple[str, dict[str, Any], str]] = [
    (
        "distance",
        {"metres": 300},
        "It is less than 1 km from where the household would like to live.",
    ),
    ("distance", {"metres": 1_000}, "It is 1 km from where the household would like to live."),
    ("distance", {"metres": 12_300}, "It is 12 km from where the household would like to live."),
    (
        "distance",
        {"metres": 12_300, "offer postcode_district": None},
        "The middle of its council is 12 km from where the household would like to live.",
    ),
    ("language", {"both languages": ["uk"]}, "They share a language: Ukrainian."),
    ("language", {"both languages": ["ar", "en"]}, "They share 2 languages: Arabic and English."),
    (
        "language",
        {"both languages": ["ar", "en", "xx", "fa"]},
        "They share 4 languages, such as Arabic, English and Persian.",
    ),
    (
        "preference",
        {"preferred_gss_codes": ["E07000178"]},
        "It is with a council that the household prefers.",
    ),
    (
        "preference",
        {"preferred_regions": ["South East"]},
        "It is in a region that the household prefers.",
    ),
    (
        "waiting",
        {"submitted_at": datetime(2026, 11, 19, 9, tzinfo=UTC)},
        "The household has waited for 6 days.",
    ),
    ("need", {"needs_step_free": True}, "The household has a need that few offers meet."),
    ("months", {"minimum_months": 2}, "It is offered for at least 2 months."),
    ("months", {"minimum_months": 6}, "It is offered for at least 6 months."),
    ("freshness", {}, "It was confirmed today."),
    (
        "freshness",
        {"last_confirmed_on": TODAY - timedelta(days=1)},
        "It was confirmed yesterday.",
    ),
    (
        "freshness",
        {"last_confirmed_on": TODAY - timedelta(days=30)},
        "It was confirmed 30 days ago.",
    ),
    ("checks", {"readiness": "CHECKS_DUE"}, "Its checks must pass before anybody moves in."),
]


def _pair(given: dict[str, Any]) -> Pair:
    request, offer, between = dict(REQUEST), dict(OFFER), {}
    for name, value in given.items():
        side, _, column = name.rpartition(" ")
        if side in ("request", "both") or (not side and column in REQUEST):
            request[column] = value
        if side in ("offer", "both") or (not side and column in OFFER):
            offer[column] = value
        if column not in REQUEST and column not in OFFER:
            between[column] = value
    return Pair(request, offer, TODAY, **between)


def _is_plain(sentence: str) -> bool:
    """One sentence of at most 20 words, capital to full stop, with no number left in the wrong."""
    return (
        len(sentence.split()) <= LIMIT
        and re.fullmatch(r"[A-Z][^.!?]*(\d\.\d[^.!?]*)*\.", sentence) is not None
        and re.search(r"\b1 (people|children|places|offers|days|months|languages)\b", sentence)
        is None
        and re.search(r"\b(0|[2-9]|\d\d+) (person|child|place|offer|day|month)\b", sentence) is None
        and re.search(r"\d{4}-\d\d-\d\d|None|[A-Z]_[A-Z]|  ", sentence) is None
    )


def _unplaced() -> Iterator[str]:
    for noun in ("host", "offer"):
        for size in (1, 4):
            # Suited by nobody; by hosts too small; by a full one too; by one that has room.
            for places, pairs in (([9], []), ([0], [0]), ([0, 0, 0], [0, 1, 2]), ([4, 0], [0, 1])):
                yield from _reasons(noun, [size, 4], places, pairs)


def _reasons(noun: str, sizes: list[int], places: list[int], pairs: list[int]) -> Iterator[str]:
    hosts = len(places)
    both = [*pairs, *(host + hosts for host in pairs)]
    instance = Instance(
        ("a", "b"),
        np.array(sizes),
        tuple(map(str, range(hosts))),
        np.array(places),
        np.array([pair // hosts for pair in both], dtype=np.int64),
        np.array([pair % hosts for pair in both], dtype=np.int64),
        np.ones(len(both)),
    )
    found = solve(instance, Objective.PEOPLE, seconds=5, seed=1)
    for reasons in unplaced(instance, found, noun).values():
        yield from (reason.message for reason in reasons)


@pytest.mark.parametrize(("rule", "given", "said"), BLOCKERS)
def test_a_blocker_reads_so(rule: str, given: dict[str, Any], said: str) -> None:
    assert rules.blockers(_pair(given)) == {rule: said}
    assert _is_plain(said)


@pytest.mark.parametrize(("rule", "given", "said"), REASONS)
def test_a_reason_reads_so(rule: str, given: dict[str, Any], said: str) -> None:
    found = {reason.rule: reason.message for reason in scores.reasons(_pair(given))}
    assert found[rule] == said
    assert _is_plain(said)


def test_every_rule_is_read_aloud() -> None:
    assert {rule for rule, _, _ in BLOCKERS} == {rule.__name__ for rule in rules.RULES}
    assert {rule for rule, _, _ in REASONS} == {
        *(rule.__name__ for rule in scores.SCORES),
        "checks",
    }
    assert set(AGAINST) == {rule.__name__ for rule in rules.RULES} - {"kind", "is_open"}


def test_every_change_that_opens_offers_is_plain() -> None:
    for offers in (1, 2, 1234):
        for rule in RULES:
            assert _is_plain(unlock_message(rule, offers, None))
        for radius in RADII_KM:
            assert _is_plain(unlock_message("distance", offers, radius))
    assert unlock_message("pets", 12, None) == "Without the pet, 12 more offers would suit."
    assert unlock_message("fresh", 1, None) == (
        "Once its council confirms it, 1 more offer would suit."
    )
    assert unlock_message("women_only", 2, None) == (
        "If men may live there too, 2 other offers would suit."
    )
    assert unlock_message("distance", 3, 2000) == "At any distance, 3 more offers would suit."


def test_why_nobody_was_placed_is_plain() -> None:
    said = {*_unplaced()}
    assert {"An offer has", "A host has ", "No host that"} & {each[:12] for each in said}
    for rule in AGAINST:
        for asks in (False, True):
            counts = ((1, 1), (1, 5), (3, 5), (5, 5))
            said |= {against(rule, *count, asks_women_only=asks) for count in counts}
    said |= {none_open(full) for full in (0, 1, 5)}
    for sentence in said:
        assert _is_plain(sentence), sentence
    assert against("pets", 1, 5) == "Of 5 offers, 1 takes no pets."
    assert against("pets", 5, 5) == "All 5 offers take no pets."
    assert against("women_only", 2, 5) == "Of 5 offers, 2 are for women only."
    refused = against("women_only", 1, 5, asks_women_only=True)
    assert refused == "Of 5 offers, 1 is not for women only."
