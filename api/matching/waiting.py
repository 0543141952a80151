"""What waits in the database, as a problem to solve: needs, offers, and the pairs that suit."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    not_,
    null,
    or_,
    select,
    true,
)

from api.matching import scores
from api.matching.allocation import Allocation
from api.matching.conditions import (
    TODAY,
    Compared,
    as_if_new,
    offers_beside,
    points,
    refusals,
    with_standing,
)
from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Floats, Instance, InstanceError, Whole, make
from api.matching.ranking import below, by_place, metres_asked
from api.matching.refusing import against_all
from api.matching.rules import Pair
from api.matching.scores import Reason
from api.matching.unplaced import unplaced
from api.store.composed import Composed
from api.store.roles import OWNER
from schema.types import rows
from schema.types.clock import LONDON
from schema.types.offer_rows import any_of
from schema.words import AllocationPolicy, OfferStatus, RequestStatus

CANDIDATES = 30
"""So many offers are looked at for each need, the best of all that suit."""
BATCH = 200

Progress = Callable[[int, int], None]
"""Told how many requests are compared, and of how many."""


@dataclass(frozen=True)
class Asked:
    """Which kinds, and of which councils' offers (all without any), and how households are treated.

    `policies` are those of routes that differ from `policy`.
    """

    kinds: Sequence[str]
    councils: Sequence[str] | None = None
    regions: Sequence[str] | None = None
    policy: AllocationPolicy = AllocationPolicy.BY_NEED
    policies: Mapping[str, AllocationPolicy] = field(default_factory=dict)

    def policy_of(self, route: str | None) -> AllocationPolicy:
        """How a household on this route is treated."""
        return self.policies.get(route or "", self.policy)

    @property
    def differing(self) -> list[str]:
        """Routes whose households' preferences count where others' do not, or the reverse."""
        by_need = AllocationPolicy.BY_NEED
        is_by_need = self.policy is by_need
        return [route for route, of in self.policies.items() if (of is by_need) != is_by_need]


@dataclass(frozen=True)
class Need:
    """One kind of support that one request waits for."""

    request: UUID
    kind: str
    route: str | None


@dataclass(frozen=True)
class Host:
    """An offer, and whose it is."""

    offer: UUID
    council: str


@dataclass(frozen=True)
class Waiting:
    """An instance whose families are `needs` and whose hosts are `offers`.

    `unsuited` says, by a family's number, what stands against all offers where none suits it.
    """

    instance: Instance
    needs: Sequence[Need]
    offers: Sequence[Host]
    unsuited: Mapping[int, list[Reason]]

    def placed(self, chosen: Whole) -> list[tuple[int, int, float]]:
        """Who goes where, and for how many points: a need's number, an offer's, the points."""
        families = np.flatnonzero(chosen != NOWHERE)
        pairs = chosen[families]
        hosts, points = self.instance.pair_host[pairs], self.instance.points[pairs]
        return list(zip(families.tolist(), hosts.tolist(), points.tolist(), strict=True))

    def council_prices(self, prices: Floats) -> dict[str, float]:
        """What one more place would add, by council: the most among its offers."""
        found: dict[str, float] = {}
        for offer, price in zip(self.offers, prices.tolist(), strict=True):
            if price > 0:
                found[offer.council] = max(price, found.get(offer.council, 0.0))
        return dict(sorted(found.items()))

    def unplaced(self, found: Allocation | Assignment) -> dict[int, list[Reason]]:
        """Each need without an offer, by its number, and why: at least one reason."""
        told = unplaced(self.instance, found, "offer")
        return {family: self.unsuited.get(family, reasons) for family, reasons in told.items()}


def _needs(standing: Callable[..., Any] = with_standing) -> Any:
    request = rows.request.alias()
    kind = func.unnest(request.c.kind_codes, type_=Text()).label("kind_code")
    wanted = (
        standing(request, kind)
        .where(request.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid()))))
        .subquery("wanted")
    )
    return (
        select(wanted)
        .where(
            wanted.c.kind_code == func.any(bindparam("kinds", type_=ARRAY(Text()))),
            not_(wanted.c.kind_code == func.any(wanted.c.live_kinds)),
        )
        .subquery("asked")
    )


def _of_these(pair: Compared, asked: FromClause) -> ColumnElement[bool]:
    councils = bindparam("councils", type_=ARRAY(Text()))
    regions = bindparam("regions", type_=ARRAY(Text()))
    council = rows.council.alias()
    named = select(council.c.gss_code).where(council.c.region == func.any(regions))
    return and_(
        pair.offer.c.kind_code == asked.c.kind_code,
        or_(councils.is_(None), pair.offer.c.council_gss == func.any(councils)),
        or_(regions.is_(None), pair.offer.c.council_gss == any_of(named)),
    )


def _pairs(asked: Any) -> Composed:
    pair, tables = offers_beside(asked)
    differs = func.coalesce(
        asked.c.route_code == func.any(bindparam("differing", type_=ARRAY(Text()))), False
    )
    score = points(pair, prefers=differs != bindparam("prefers", type_=Boolean()))
    suiting = (
        select(
            pair.offer.c.id,
            pair.offer.c.council_gss,
            pair.offer.c.places_left,
            score.label("score"),
        )
        .select_from(tables)
        .where(_of_these(pair, asked), not_(or_(*refusals(pair).values())))
        .order_by(score.desc(), pair.offer.c.id)
        .limit(CANDIDATES)
    )
    best = by_place(pair, metres_asked(asked), below(asked, suiting)).lateral("best")
    return Composed(
        select(
            asked.c.id.label("request_id"),
            asked.c.kind_code,
            asked.c.adults,
            asked.c.child_ages,
            asked.c.needs_step_free,
            asked.c.route_code,
            asked.c.submitted_at,
            asked.c.women_only,
            best.c.id.label("offer_id"),
            best.c.council_gss,
            best.c.places_left,
            best.c.score,
        )
        .select_from(asked.join(best, true(), isouter=True))
        .order_by(asked.c.submitted_at, asked.c.id, asked.c.kind_code)
    )


def _counts() -> Composed:
    asked = _needs()
    pair, tables = offers_beside(asked)
    counted = (
        select(
            func.count().label("offers"),
            *(func.count().filter(against).label(rule) for rule, against in refusals(pair).items()),
        )
        .select_from(tables)
        .where(_of_these(pair, asked))
        .lateral("counted")
    )
    return Composed(
        select(
            asked.c.id.label("request_id"),
            asked.c.kind_code,
            asked.c.women_only.label("asks_women_only"),
            counted,
            _full(asked).label("full"),
        ).select_from(asked.join(counted, true()))
    )


def _full(asked: Any) -> ColumnElement[Any]:
    """How many offers of the kind would be open ones, had they places left."""
    offer = rows.staff_offer.alias()
    return (
        select(func.count())
        .where(
            _of_these(Compared(asked, offer, null()), asked),
            offer.c.status == OfferStatus.OPEN.value,
            offer.c.places_left <= 0,
            func.coalesce(offer.c.available_until >= TODAY, true()),
        )
        .correlate(asked)
        .scalar_subquery()
    )


PAIRS, PAST_PAIRS, COUNTS = _pairs(_needs()), _pairs(_needs(as_if_new)), _counts()
NOW = "SELECT now()"
KINDS = "SELECT code FROM support_kind ORDER BY code"
COUNCILS = "SELECT gss_code FROM council"
REQUESTS = """
    SELECT id FROM request WHERE status = $1 AND kind_codes && $2 ORDER BY submitted_at, id
"""


@contextlib.asynccontextmanager
async def as_owner(url: str) -> AsyncIterator[asyncpg.Connection]:
    """One snapshot of all that there is, for who keeps the database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"SET ROLE {OWNER}")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


async def known_kinds(connection: asyncpg.Connection, asked: Asked) -> list[str]:
    """The kinds asked for, all without any; InstanceError for one, or a council, there is not."""
    known = [row[0] for row in await connection.fetch(KINDS)]
    _expect(asked.kinds, known, "kind", f"; there are {', '.join(known)}")
    councils = [row[0] for row in await connection.fetch(COUNCILS)]
    _expect(asked.councils or (), councils, "council", "")
    return list(asked.kinds) or known


def _expect(given: Sequence[str], known: Sequence[str], noun: str, more: str) -> None:
    for code in given:
        if code not in known:
            raise InstanceError(f"There is no {noun} {code}{more}.")


@dataclass
class Compare:
    """Collects needs with their sizes, offers with their places, and pairs that suit."""

    connection: asyncpg.Connection
    asked: Asked
    progress: Progress
    needs: dict[Need, int] = field(default_factory=dict)
    offers: dict[Host, int] = field(default_factory=dict)
    pairs: list[tuple[str, str, float]] = field(default_factory=list)
    without: set[Need] = field(default_factory=set)

    @property
    def given(self) -> dict[str, Any]:
        """Which kinds, and of which councils' offers, as the queries take them."""
        councils, regions = self.asked.councils, self.asked.regions
        return {
            "councils": list(councils) if councils else None,
            "kinds": list(self.asked.kinds),
            "regions": list(regions) if regions else None,
        }

    async def of(self, ids: Sequence[UUID], query: Composed = PAIRS) -> None:
        """Compare these requests with the open offers."""
        preferring = {
            "differing": self.asked.differing,
            "prefers": self.asked.policy is not AllocationPolicy.BY_NEED,
        }
        today = (await self.connection.fetchval(NOW)).astimezone(LONDON).date()
        for begin in range(0, len(ids), BATCH):
            batch = ids[begin : begin + BATCH]
            given = {"ids": batch, **self.given, **preferring}
            for row in await query.rows(self.connection, **given):
                self._take(row, today)
            self.progress(min(begin + BATCH, len(ids)), len(ids))

    def _take(self, row: Any, today: date) -> None:
        need = Need(row["request_id"], row["kind_code"], row["route_code"])
        self.needs[need] = row["adults"] + len(row["child_ages"])
        if row["offer_id"] is None:
            self.without.add(need)
            return
        offer = Host(row["offer_id"], row["council_gss"])
        self.offers[offer] = row["places_left"]
        score = row["score"] + _own_points(row, today)
        self.pairs.append((_name(need), str(offer.offer), float(score)))

    def instance(self, offers: Mapping[Host, int]) -> Instance:
        """The problem with these offers."""
        return make(
            {_name(need): size for need, size in self.needs.items()},
            {str(offer.offer): places for offer, places in offers.items()},
            self.pairs,
        )

    async def waiting(self, offers: Mapping[Host, int]) -> Waiting:
        """What was compared, and what stands against all offers where none suits."""
        needs = list(self.needs)
        against = await _reasons(self.connection, needs, self.without, self.given)
        return Waiting(self.instance(offers), needs, list(offers), against)


async def read_waiting(connection: asyncpg.Connection, asked: Asked, progress: Progress) -> Waiting:
    """All that waits for these kinds and that the connection's role sees."""
    compare = Compare(connection, asked, progress)
    await compare.of(await waiting_ids(connection, asked))
    return await compare.waiting(compare.offers)


async def waiting_ids(connection: asyncpg.Connection, asked: Asked) -> list[UUID]:
    """Requests that wait for one of these kinds, in the order in which they came."""
    status = RequestStatus.SUBMITTED.value
    return [row[0] for row in await connection.fetch(REQUESTS, status, list(asked.kinds))]


async def _reasons(
    connection: asyncpg.Connection, needs: list[Need], without: set[Need], given: dict[str, Any]
) -> dict[int, list[Reason]]:
    numbers = {
        (need.request, need.kind): number for number, need in enumerate(needs) if need in without
    }
    ids = sorted({request for request, _ in numbers})
    said: dict[int, list[Reason]] = {}
    for begin in range(0, len(ids), BATCH):
        for row in await COUNTS.rows(connection, ids=ids[begin : begin + BATCH], **given):
            number = numbers.get((row["request_id"], row["kind_code"]))
            if number is not None:
                said[number] = against_all(row)
    return said


def _name(need: Need) -> str:
    return f"{need.request} {need.kind}"


def _own_points(row: Any, today: date) -> int:
    # The same with every offer, so it is no part of which offers are best for one household.
    pair = Pair(row, {}, today)
    return scores.waiting(pair)[0] + scores.need(pair)[0]
