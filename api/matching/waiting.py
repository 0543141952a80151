"""What waits in the database, as a problem to solve: needs, offers, and the pairs that suit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, Text, Uuid, and_, bindparam, func, not_, or_, select, true

from api.matching import scores
from api.matching.allocation import Allocation
from api.matching.conditions import offers_beside, points, refusals, with_standing
from api.matching.instance import Floats, Instance, InstanceError, make
from api.matching.rules import Pair
from api.matching.scores import Reason
from api.matching.unplaced import unplaced
from api.store.composed import Composed
from api.store.roles import OWNER
from schema.types import rows
from schema.types.clock import LONDON
from schema.words import RequestStatus

CANDIDATES = 30
"""So many offers are looked at for each need, the best of all that suit."""
BATCH = 200

Progress = Callable[[int, int], None]
"""Told how many requests are compared, and of how many."""

# Why offers do not suit, as the end of "12 of 40 offers ...".
AGAINST = {
    "children": "are for adults only",
    "consent": "are of councils that it has not agreed to",
    "dates": "begin too late",
    "declined": "were declined before",
    "distance": "are too far away",
    "fresh": "have not been confirmed lately",
    "household": "take smaller households only",
    "live": "are of a kind that is matched already",
    "pets": "take no pets",
    "places": "have too few places left",
    "route": "are for other routes",
    "step_free": "are not known to be step-free",
    "women_only": "differ on women only",
}


@dataclass(frozen=True)
class Need:
    """One kind of support that one request waits for."""

    request: str
    kind: str


@dataclass(frozen=True)
class Host:
    """An offer, and whose it is."""

    offer: str
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

    def council_prices(self, prices: Floats) -> dict[str, float]:
        """What one more place would add, by council: the most among its offers."""
        found: dict[str, float] = {}
        for offer, price in zip(self.offers, prices.tolist(), strict=True):
            if price > 0:
                found[offer.council] = max(price, found.get(offer.council, 0.0))
        return dict(sorted(found.items()))

    def unplaced(self, found: Allocation) -> dict[int, list[Reason]]:
        """Each need without an offer, by its number, and why: at least one reason."""
        told = unplaced(self.instance, found, "offer")
        return {family: self.unsuited.get(family, reasons) for family, reasons in told.items()}


def _needs(ids: str) -> Any:
    request = rows.request.alias()
    kind = func.unnest(request.c.kind_codes, type_=Text()).label("kind_code")
    wanted = (
        with_standing(request, kind)
        .where(request.c.id == func.any(bindparam(ids, type_=ARRAY(Uuid()))))
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


def _pairs(*, is_by_preference: bool) -> Composed:
    asked = _needs("ids")
    pair, tables = offers_beside(asked)
    councils = bindparam("councils", type_=ARRAY(Text()))
    score = points(pair, is_by_preference=is_by_preference)
    best = (
        select(
            pair.offer.c.id,
            pair.offer.c.council_gss,
            pair.offer.c.places_left,
            score.label("score"),
        )
        .select_from(tables)
        .where(
            pair.offer.c.kind_code == asked.c.kind_code,
            or_(councils.is_(None), pair.offer.c.council_gss == func.any(councils)),
            not_(or_(*refusals(pair).values())),
        )
        .order_by(score.desc(), pair.offer.c.id)
        .limit(CANDIDATES)
        .lateral("best")
    )
    return Composed(
        select(
            asked.c.id.label("request_id"),
            asked.c.kind_code,
            asked.c.adults,
            asked.c.child_ages,
            asked.c.needs_step_free,
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
    asked = _needs("ids")
    pair, tables = offers_beside(asked)
    councils = bindparam("councils", type_=ARRAY(Text()))
    counted = (
        select(
            func.count().label("offers"),
            *(func.count().filter(against).label(rule) for rule, against in refusals(pair).items()),
        )
        .select_from(tables)
        .where(
            and_(
                pair.offer.c.kind_code == asked.c.kind_code,
                or_(councils.is_(None), pair.offer.c.council_gss == func.any(councils)),
            )
        )
        .lateral("counted")
    )
    return Composed(
        select(asked.c.id.label("request_id"), asked.c.kind_code, counted).select_from(
            asked.join(counted, true())
        )
    )


BY_NEED, BY_PREFERENCE = _pairs(is_by_preference=False), _pairs(is_by_preference=True)
COUNTS = _counts()
TODAY = "SELECT now()"
KINDS = "SELECT code FROM support_kind ORDER BY code"
COUNCILS = "SELECT gss_code FROM council"
REQUESTS = """
    SELECT id FROM request WHERE status = $1 AND kind_codes && $2 ORDER BY submitted_at, id
"""


async def read_waiting(
    url: str,
    kinds: Sequence[str],
    councils: Sequence[str] | None,
    *,
    is_by_preference: bool,
    progress: Progress,
) -> Waiting:
    """All that waits for these kinds (all kinds without any), in one snapshot, as the owner sees.

    Raises InstanceError for a kind or a council that there is not.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"SET ROLE {OWNER}")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            known = [row[0] for row in await connection.fetch(KINDS)]
            _expect(kinds, known, "kind", f"; there are {', '.join(known)}")
            gss_codes = [row[0] for row in await connection.fetch(COUNCILS)]
            _expect(councils or (), gss_codes, "council", "")
            given = {
                "kinds": list(kinds) or known,
                "councils": list(councils) if councils else None,
            }
            return await _read(connection, given, progress, is_by_preference=is_by_preference)
    finally:
        await connection.close()


def _expect(given: Sequence[str], known: Sequence[str], noun: str, more: str) -> None:
    for code in given:
        if code not in known:
            raise InstanceError(f"There is no {noun} {code}{more}.")


async def _read(
    connection: asyncpg.Connection,
    given: dict[str, Any],
    progress: Progress,
    *,
    is_by_preference: bool,
) -> Waiting:
    statement = BY_PREFERENCE if is_by_preference else BY_NEED
    today = (await connection.fetchval(TODAY)).astimezone(LONDON).date()
    status = RequestStatus.SUBMITTED.value
    ids = [row[0] for row in await connection.fetch(REQUESTS, status, given["kinds"])]
    families: dict[tuple[Any, str], int] = {}
    hosts: dict[Any, tuple[str, int]] = {}
    pairs: list[tuple[str, str, float]] = []
    without: set[tuple[Any, str]] = set()
    for begin in range(0, len(ids), BATCH):
        batch = ids[begin : begin + BATCH]
        for row in await statement.rows(connection, ids=batch, **given):
            need = (row["request_id"], row["kind_code"])
            families[need] = row["adults"] + len(row["child_ages"])
            if row["offer_id"] is None:
                without.add(need)
                continue
            hosts[row["offer_id"]] = (row["council_gss"], row["places_left"])
            score = row["score"] + _own_points(row, today)
            pairs.append((_name(need), str(row["offer_id"]), float(score)))
        progress(min(begin + BATCH, len(ids)), len(ids))
    numbers = {need: number for number, need in enumerate(families)}
    said: dict[int, list[Reason]] = {}
    for begin in range(0, len(without), BATCH):
        some = sorted(without)[begin : begin + BATCH]
        found = await COUNTS.rows(connection, ids=sorted({need[0] for need in some}), **given)
        for row in found:
            need = (row["request_id"], row["kind_code"])
            if need in without:
                said[numbers[need]] = _against(row)
    return Waiting(
        make(
            {_name(need): size for need, size in families.items()},
            {str(offer): places for offer, (_, places) in hosts.items()},
            pairs,
        ),
        [Need(f"request_{request}", kind) for request, kind in families],
        [Host(f"offer_{offer}", council) for offer, (council, _) in hosts.items()],
        said,
    )


def _name(need: tuple[Any, str]) -> str:
    return f"{need[0]} {need[1]}"


def _own_points(row: Any, today: date) -> int:
    # The same with every offer, so it is no part of which offers are best for one household.
    pair = Pair(row, {}, today)
    return scores.waiting(pair)[0] + scores.need(pair)[0]


def _against(row: Any) -> list[Reason]:
    """Every rule that refuses offers, those that refuse most first."""
    offers = row["offers"]
    if offers == 0:
        return [Reason("kind", "There is no open offer of this kind.", 0.0)]
    rules = sorted((rule for rule in AGAINST if row[rule]), key=lambda rule: -row[rule])
    return [Reason(rule, f"{row[rule]} of {offers} offers {AGAINST[rule]}.", 0.0) for rule in rules]
