"""Sample requests: households of every kind, made up from a seed, the same every time."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api.offers.samples import (
    ALWAYS,
    HOME_KINDS,
    LANGUAGES,
    REFUGEE,
    TAKEN_HOMES,
    UKRAINIAN,
    Sample,
)
from schema.types.near import Near
from schema.types.request_inputs import HouseholdInput, SubmitRequestInput
from schema.words import ConsentScope

SEED = 1951
"""The year of the Refugee Convention."""
REQUESTS = 120
WAITING = {"London": 30, "North East": 18, "Yorkshire and The Humber": 18}
"""Households that would like to live in a region with `TAKEN_HOMES`, and still wait."""
CHARITIES = ("Harbour Welcome", "Kettle and Key", "Lantern Welcome", "Two Rivers Welcome")

# Adults and children's ages; how many of a hundred households are such.
HOUSEHOLDS: Sequence[tuple[int, tuple[int, ...], int]] = (
    (1, (), 26),
    (2, (), 18),
    (1, (6,), 12),
    (1, (4, 9), 9),
    (2, (1,), 9),
    (2, (5, 8), 9),
    (3, (15,), 6),
    (2, (3, 7, 12), 5),
    (2, (2, 6, 10, 16), 3),
    (4, (1, 4, 9, 13, 17), 2),
    (1, (0,), 1),
)
ROUTES = (*UKRAINIAN, *UKRAINIAN, *REFUGEE, "arap", None)
ALSO = ("esol", "school-places", "legal-advice", "mental-health")


@dataclass(frozen=True)
class SampleRequest:
    """A request to submit, and the charity that does."""

    charity: str
    request: SubmitRequestInput


def sample_requests(offers: Sequence[Sample], today: date) -> list[SampleRequest]:
    """About 120 requests near the sample offers, for a day; nobody in them exists."""
    chosen = random.Random(SEED)  # noqa: S311 - a seed, so that it repeats
    homes = [each.offer for each in offers if each.offer.kind in HOME_KINDS]
    weights = [each[-1] for each in HOUSEHOLDS]
    found = []
    for number in range(1, REQUESTS + 1):
        adults, ages, _ = chosen.choices(HOUSEHOLDS, weights)[0]
        # A third asks where Oxford's story is told; the rest near any of the offers.
        near_oxford = number % 3 == 0
        stood = chosen.choice(
            [each for each in homes if (each.gss_code in ALWAYS) or not near_oxford]
        )
        route = chosen.choice(ROUTES)
        household = HouseholdInput(
            adults=adults,
            child_ages=list(ages),
            languages=sorted({*chosen.sample(LANGUAGES, chosen.choice((1, 1, 2)))}),
            needs_step_free=chosen.random() < 0.12,
            has_pets=chosen.random() < 0.15,
            women_only=adults == 1 and chosen.random() < 0.12,
            contact_name=f"Sample household {number}",
            contact_email=f"household-{number}@example.org",
            contact_phone=f"01632 960{number:03}",
        )
        request = SubmitRequestInput(
            household=household,
            kinds=[
                chosen.choice(HOME_KINDS),
                *([chosen.choice(ALSO)] if chosen.random() < 0.15 else []),
            ],
            route_code=route,
            near=_near(stood.postcode_district, chosen),
            preferred_gss_codes=[str(stood.gss_code)] if chosen.random() < 0.3 else [],
            needed_by=today + timedelta(days=chosen.choice((75, 90, 120))),
            consents=_consents(chosen),
            idempotency_key=f"sample-{number:03}",
        )
        found.append(SampleRequest(CHARITIES[number % len(CHARITIES)], request))
    return found


def regional_requests(today: date) -> list[SampleRequest]:
    """Households of two for the homes that were taken in some regions, then others that wait."""
    chosen = random.Random(SEED)  # noqa: S311 - a seed, so that it repeats
    found = []
    wanted = [*TAKEN_HOMES.items(), *WAITING.items()]
    regions = [region for region, count in wanted for _ in range(count)]
    for number, region in enumerate(regions):
        household = HouseholdInput(
            adults=1 + number % 2,
            child_ages=[] if number % 2 else [chosen.choice((3, 5, 8, 13))],
            languages=["uk"],
            contact_name=f"Sample household {REQUESTS + number + 1}",
            contact_email=f"household-{REQUESTS + number + 1}@example.org",
            contact_phone=f"01632 960{REQUESTS + number + 1:03}",
        )
        request = SubmitRequestInput(
            household=household,
            kinds=["accommodation"],
            route_code=UKRAINIAN[0],
            near=None,
            preferred_regions=[region],
            needed_by=today + timedelta(days=90),
            consents=[ConsentScope.MATCHING],
            idempotency_key=f"sample-{REQUESTS + number + 1:03}",
        )
        found.append(SampleRequest(CHARITIES[number % len(CHARITIES)], request))
    return found


def _near(district: object, chosen: random.Random) -> Near | None:
    within_km = chosen.choice((25.0, 40.0, 60.0, 100.0, 150.0, None, None, None))
    if within_km is None:
        return None
    return Near(postcode_district=str(district), within_km=within_km)


def _consents(chosen: random.Random) -> list[ConsentScope]:
    more = [
        scope
        for scope, share in (
            (ConsentScope.SHARE_WITH_COUNCIL, 0.5),
            (ConsentScope.SHARE_WITH_HOST, 0.4),
        )
        if chosen.random() < share
    ]
    return [ConsentScope.MATCHING, *more]
