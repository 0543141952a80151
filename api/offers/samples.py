"""Sample offers for a demonstration: made by the commands, from a seed, the same every time."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import hypot

import strawberry

from api.access.members import Members
from api.access.viewer import Viewer
from api.offers.commands import Outcome, close_offer, create_offer, pause_offer, publish_offer
from api.writing import unit_of_work
from schema.reference.files import CouncilRecord, Reference
from schema.types.offer_inputs import CreateOfferInput
from schema.words import OfferStatus, StepFree

SEED = 2022
COUNCILS = 60
OFFERS = 300
# Homes of one council that were all taken in the last full month. London's are enough to hide small
# figures of other regions among, so that the others' can be shown.
TAKEN_HOMES = {"London": 18, "North East": 11, "Yorkshire and The Humber": 11}
# Oxford's story is the one that the documentation tells, so its neighbourhood is always there.
ALWAYS = ("E07000178", "E10000025", "E07000177", "E07000179", "E07000180", "E07000181")
UKRAINIAN = ("homes-for-ukraine", "ukraine-permission-extension-scheme")
REFUGEE = ("asylum-dispersal", "community-sponsorship", "uk-resettlement-scheme")

# Titles for a home: how many people fit, and what it is.
HOMES: Sequence[tuple[int, str]] = (
    (1, "Single room with a host couple"),
    (2, "Double room, shared kitchen and garden"),
    (2, "Annexe with its own door"),
    (3, "Two rooms on the top floor"),
    (3, "Ground-floor flat near the station"),
    (4, "Two-bedroom flat, furnished"),
    (5, "Three-bedroom terraced house"),
    (6, "House near two primary schools"),
)
HOME_KINDS = ("accommodation", "hosting", "welcome-accommodation")
LANGUAGES = ("ar", "en", "fa", "pl", "ps", "ru", "uk")


@dataclass(frozen=True)
class Sample:
    """An offer to create, and the status to bring it to."""

    offer: CreateOfferInput
    status: OfferStatus


def samples(reference: Reference, today: date) -> list[Sample]:
    """The sample offers: about 300 over 60 councils, every kind, for a day."""
    chosen = random.Random(SEED)  # noqa: S311 - a seed, so that it repeats
    current = [each for each in reference.councils if each.ends_on is None and each.easting]
    always = [each for each in current if each.gss_code in ALWAYS]
    others = [each for each in current if each.gss_code not in ALWAYS]
    councils = always + chosen.sample(others, COUNCILS - len(always))
    kinds = [each.code for each in reference.support_kinds]
    names = {each.code: each.name for each in reference.support_kinds}
    definitions = {each.code: each.definition for each in reference.support_kinds}
    found = []
    for number in range(OFFERS):
        council = councils[number % len(councils)]
        # Every other offer is a home; the rest go round all kinds.
        kind = HOME_KINDS[number // 2 % 3] if number % 2 else kinds[number // 2 % len(kinds)]
        if kind in HOME_KINDS:
            places, title = chosen.choice(HOMES)
        else:
            places, title = chosen.choice((4, 8, 12, 20)), f"{names[kind]} in {council.name}"
        begins = today + timedelta(days=chosen.choice((-150, -90, -7, 14, 45)))
        routes = chosen.choice((UKRAINIAN, (), REFUGEE, (*REFUGEE, *UKRAINIAN)))
        offer = CreateOfferInput(
            gss_code=council.gss_code,
            kind=kind,
            title=title,
            description=definitions[kind],
            places_total=places,
            household_max=places if kind in HOME_KINDS else None,
            route_codes=list(routes),
            postcode_district=chosen.choice(_districts_near(reference, council)),
            step_free=chosen.choice(list(StepFree)),
            pets_allowed=chosen.random() < 0.3,
            children_welcome=chosen.random() < 0.8,
            women_only=chosen.random() < 0.1,
            languages=sorted(chosen.sample(LANGUAGES, chosen.choice((1, 2, 3)))),
            available_from=begins,
            available_until=begins + timedelta(days=chosen.choice((270, 365, 540))),
            minimum_months=6 if kind == "hosting" else None,
            external_ref=f"SAMPLE-{number + 1:03}",
            idempotency_key=f"sample-{number + 1:03}",
        )
        status = chosen.choices(list(OfferStatus), weights=(6, 84, 6, 4))[0]
        found.append(Sample(offer, status))
    return found


def taken_homes(reference: Reference, today: date) -> list[Sample]:
    """More homes in some regions, for two people each, whoever they are."""
    found: list[Sample] = []
    for region, count in TAKEN_HOMES.items():
        own = [each for each in reference.councils if each.region == region and each.easting]
        council = next(each for each in own if each.ends_on is None)
        for number in range(count):
            name = f"{OFFERS + len(found) + 1:03}"
            offer = CreateOfferInput(
                gss_code=council.gss_code,
                kind="accommodation",
                title=HOMES[2][1],
                description="For a couple, or a parent with a child.",
                places_total=2,
                household_max=2,
                route_codes=[],
                postcode_district=_districts_near(reference, council)[number % 5],
                step_free=StepFree.SOME,
                pets_allowed=True,
                children_welcome=True,
                women_only=False,
                languages=["en", "uk"],
                available_from=today - timedelta(days=150),
                external_ref=f"SAMPLE-{name}",
                idempotency_key=f"sample-{name}",
            )
            found.append(Sample(offer, OfferStatus.OPEN))
    return found


def _districts_near(reference: Reference, council: CouncilRecord) -> list[str]:
    assert council.easting is not None
    assert council.northing is not None
    east, north = council.easting, council.northing
    by_distance = sorted(
        reference.districts, key=lambda each: hypot(each.easting - east, each.northing - north)
    )
    return [each.district for each in by_distance[:5]]


async def create_samples(
    members: Members, viewer: Viewer, wanted: Sequence[Sample]
) -> AsyncIterator[int]:
    """Create each sample as an officer would; yields how many are done."""
    for done, sample in enumerate(wanted, start=1):

        async def create(change: unit_of_work.Change, sample: Sample = sample) -> Outcome:
            return await create_offer(change, sample.offer)

        outcome, is_new = await unit_of_work.run(members, viewer, create)
        if is_new:
            await _bring_to(members, viewer, outcome.offer, sample.status)
        yield done


async def _bring_to(members: Members, viewer: Viewer, offer_id: str, status: OfferStatus) -> None:
    async def move(change: unit_of_work.Change) -> None:
        node_id = strawberry.ID(offer_id)
        if status is not OfferStatus.DRAFT:
            await publish_offer(change, node_id, 1)
        if status is OfferStatus.PAUSED:
            await pause_offer(change, node_id, 2, "a sample of a paused offer")
        if status is OfferStatus.CLOSED:
            await close_offer(change, node_id, 2, "a sample of a closed offer")

    await unit_of_work.run(members, viewer, move)
