"""What becomes of the sample requests: each step taken by its command, as whoever would take it.

A story is a row of steps and how many days ago the last was. The commands run now; what they
wrote down is dated back afterwards (`api.matching.backdating`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import hypot
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import strawberry

from api.access.members import Members
from api.access.sealing import Sealing
from api.access.viewer import Viewer
from api.matching import alerts, commands, rules, scores
from api.offers.samples import HOME_KINDS
from api.requests.commands import record_consent, submit_request, withdraw_request
from api.requests.samples import SampleRequest
from api.writing import unit_of_work
from api.writing.unit_of_work import Change
from schema.types.clock import LONDON
from schema.types.offer_inputs import RecordCheckInput
from schema.types.periods import last_full
from schema.words import (
    Audience,
    CheckKind,
    CheckState,
    ConsentScope,
    DeclineReason,
    EndReason,
    Step,
)

STORIES: Sequence[tuple[tuple[Step, ...], Sequence[int]]] = (
    ((Step.PROPOSED, Step.ACCEPTED, Step.PLACED, Step.ENDED), (3, 10, 19, 31, 45)),
    ((Step.PROPOSED, Step.HELD, Step.ACCEPTED, Step.PLACED, Step.ENDED), (7, 14, 25, 37)),
    ((Step.PROPOSED, Step.ACCEPTED, Step.PLACED), (3, 7, 9, 14, 20, 28, 35, 45)),
    ((Step.PROPOSED, Step.HELD, Step.ACCEPTED, Step.PLACED), (2, 5, 7, 11, 17, 24, 31, 40, 52)),
    ((Step.PROPOSED, Step.DECLINED), (4, 7, 11, 21, 29, 43)),
    ((Step.PROPOSED, Step.HELD, Step.DECLINED), (1, 15, 34, 55)),
    ((Step.PROPOSED, Step.DECLINED, Step.PROPOSED, Step.ACCEPTED, Step.PLACED), (6, 22)),
    ((Step.PROPOSED, Step.ACCEPTED, Step.CHECK_FAILED, Step.DECLINED), (5, 16, 31)),
    ((Step.PROPOSED, Step.ACCEPTED, Step.CHECK_FAILED), (2, 7)),
    ((Step.PROPOSED, Step.HELD, Step.EXPIRED), (2, 7, 20, 36)),
    ((Step.PROPOSED, Step.HELD, Step.WITHDRAWN), (3, 7, 26, 41)),
    ((Step.PROPOSED, Step.ACCEPTED), (1, 4, 7, 12)),
    ((Step.PROPOSED, Step.HELD, Step.ACCEPTED), (2, 6, 9)),
    ((Step.PROPOSED, Step.HELD), (0, 1, 3, 5, 7)),
    ((Step.PROPOSED,), (0, 1, 2, 3, 5, 7, 9)),
    ((Step.WITHDRAWN,), (2, 7, 12, 19, 33, 48)),
    ((Step.CONSENT_TAKEN_BACK,), (7, 30)),
)
# In the last full month, in regions with homes for them: in days after it began, and how many more
# days each household had waited.
TAKEN: Sequence[tuple[tuple[Step, ...], Sequence[tuple[int, int]]]] = (
    (
        (Step.PROPOSED, Step.DECLINED, Step.PROPOSED, Step.ACCEPTED, Step.PLACED),
        tuple((16 + number, number * 5 % 4) for number in range(12)),
    ),
    (
        (Step.PROPOSED, Step.HELD, Step.ACCEPTED, Step.PLACED),
        tuple((13 + number % 14, number * 5 % 9 + number // 4) for number in range(28)),
    ),
)
STEPS = sum(len(steps) * len(each) for steps, each in (*STORIES, *TAKEN))
# Days that go by before a step; what isn't listed takes two.
DAYS_BEFORE = {Step.PROPOSED: 4, Step.HELD: 1, Step.PLACED: 4, Step.ENDED: 20, Step.EXPIRED: 3}
LONGEST_WAIT_DAYS = 68
HOURS_HELD = 72
FAILURES = {
    CheckKind.ACCOMMODATION_EXISTS: "Nobody lives at the address.",
    CheckKind.ACCOMMODATION_SUITABLE: "There are no smoke alarms upstairs.",
    CheckKind.SPONSOR_SUITABLE: "The host's DBS check is not clear.",
}
CHECKED = tuple(FAILURES)
OFFERS = """
    SELECT staff_offer.*, council.region, location.easting, location.northing FROM staff_offer
    JOIN council ON gss_code = council_gss
    JOIN location ON location.code = location_code
    WHERE status = 'OPEN' AND kind_code = ANY ($1) AND (external_ref > 'SAMPLE-300') = $2
    ORDER BY external_ref
"""
REQUESTS = """
    SELECT request.*, location.easting AS near_easting, location.northing AS near_northing
    FROM request LEFT JOIN location ON location.code = postcode_district
    WHERE submitted_at >= $1 ORDER BY submitted_at
"""
Command = Callable[..., Awaitable[Any]]
Line = tuple[Viewer, Command, tuple[Any, ...]]
R = TypeVar("R", bound=StrEnum)
Row = Mapping[str, Any]


@dataclass
class Play:
    """One story under way: whose, with which offer, and which match of the two."""

    number: int
    steps: Sequence[Step]
    days: Sequence[int]
    request: Row
    offer: Row | None = None
    match: str = ""


@dataclass
class Samples:
    """Plays the stories: the members act, the owner looks.

    `told` says when each command is told to have run, by the moment at which it did.
    """

    members: Members
    sealing: Sealing
    owner: asyncpg.Connection
    charities: Mapping[str, str]
    """The subject of somebody at each charity, by the charity's name."""
    officers: Mapping[str, str]
    """The subject of an officer of each council that has offers, by its GSS code."""
    today: date
    told: dict[datetime, datetime] = field(default_factory=dict)
    _waiting: list[Row] = field(default_factory=list)
    _offers: dict[UUID, Row] = field(default_factory=dict)
    """Those that nobody was proposed yet."""
    _ranks: dict[UUID, list[Row]] = field(default_factory=dict)

    async def play(
        self, wanted: Sequence[SampleRequest], regional: Sequence[SampleRequest]
    ) -> AsyncIterator[int]:
        """Submit the requests and play every story; yields how many commands are through."""
        _, month = last_full(self.today)
        began = (self.today - month.first).days
        stories = [(steps, days, 0) for steps, each in STORIES for days in each]
        taken = [(steps, began - day, more) for steps, each in TAKEN for day, more in each]
        async for done in self._play(regional, taken, is_taken=True):
            yield done
        async for done in self._play(wanted, stories, is_taken=False):
            yield done
        for number, offer in enumerate([*self._offers.values()][::6]):
            state = list(CheckState)[number % len(CheckState)]
            check = _check(offer, CHECKED[number % 3], state, self.today - timedelta(days=number))
            await self._run(self._officer(offer), alerts.record_check, check)

    async def _play(
        self,
        wanted: Sequence[SampleRequest],
        stories: Sequence[tuple[Sequence[Step], int, int]],
        *,
        is_taken: bool,
    ) -> AsyncIterator[int]:
        begun = await self.owner.fetchval("SELECT clock_timestamp()")
        for sample in wanted:
            charity = Viewer(Audience.CHARITY, self.charities[sample.charity])
            await self._run(charity, submit_request, sample.request)
            yield 1
        self._waiting = [dict(row) for row in await self.owner.fetch(REQUESTS, begun)]
        offers = await self.owner.fetch(OFFERS, list(HOME_KINDS), is_taken)
        self._offers = {row["id"]: dict(row) for row in offers}
        for number, (steps, days, more) in enumerate(stories):
            # Among offers that somebody has used since, not every story finds its household.
            if play := self._cast(number, steps, days, more):
                declined = await self._tell(play)
                self._offers |= declined if is_taken else {}
            yield len(steps)
        for number, request in enumerate(self._waiting):
            self._date(request, number * LONGEST_WAIT_DAYS // len(self._waiting))

    def _cast(self, number: int, steps: Sequence[Step], last: int, more: int) -> Play | None:
        """The story for the first waiting household that an offer suits, of so many days more."""
        days = [last]
        for step in reversed(steps):
            days.insert(0, min(LONGEST_WAIT_DAYS, days[0] + DAYS_BEFORE.get(step, 2)))
        for request in self._waiting:
            play = Play(number, steps, days[1:], request)
            if len(self._suiting(play)) >= steps.count(Step.PROPOSED):
                self._waiting.remove(request)
                self._date(request, days[0] + more)
                return play
        return None

    def _suiting(self, play: Play) -> list[Row]:
        """Offers that suit and nobody was proposed before, those with the most points first."""
        told = zip(play.steps, play.days, strict=True)
        moved_in = [days for step, days in told if step is Step.PLACED]
        begun = self.today - timedelta(days=max(moved_in, default=-LONGEST_WAIT_DAYS))
        return [
            offer
            for offer in self._ranked(play.request)
            if offer["id"] in self._offers and (offer["available_from"] or begun) <= begun
        ]

    def _ranked(self, request: Row) -> list[Row]:
        if request["id"] not in self._ranks:
            found = []
            for offer in self._offers.values():
                pair = rules.Pair(request, offer, self.today, _metres(request, offer))
                if not rules.blockers(pair):
                    found.append((-sum(each.points for each in scores.reasons(pair)), offer))
            found.sort(key=lambda each: each[0])
            self._ranks[request["id"]] = [offer for _, offer in found]
        return self._ranks[request["id"]]

    async def _tell(self, play: Play) -> dict[UUID, Row]:
        """Take the steps; gives the offers that were declined, which others may still have."""
        declined = {}
        for nth, (step, days) in enumerate(zip(play.steps, play.days, strict=True), start=1):
            if step is Step.PROPOSED:
                play.offer = self._suiting(play)[0]
                del self._offers[play.offer["id"]]
            if step is Step.DECLINED and play.offer:
                declined[play.offer["id"]] = play.offer
            for line, (who, command, given) in enumerate(self._lines(play, step, days)):
                outcome, at = await self._run(who, command, *given)
                self.told[at] = min(at, self._moment(days, nth) + timedelta(minutes=line))
                play.match = getattr(outcome, "match", None) or play.match
        if Step.ENDED in play.steps and _reason(play, EndReason) is EndReason.BREAKDOWN:
            self._waiting.append(play.request)
        return declined

    def _lines(self, play: Play, step: Step, days: int) -> Iterator[Line]:
        """The commands of a step, and whose they are; proposals come from either side in turn."""
        charity = Viewer(Audience.CHARITY, self.charities[play.request["submitted_by"]])
        council = self._officer(play.offer) if play.offer else charity
        proposes, accepts = (charity, council) if play.number % 2 else (council, charity)
        match, request = strawberry.ID(play.match), strawberry.ID(f"request_{play.request['id']}")
        offer, on = play.offer or {}, self.today - timedelta(days=days)
        match step:
            case Step.PROPOSED:
                given = request, strawberry.ID(f"offer_{offer['id']}")
                yield proposes, commands.propose_match, given
            case Step.HELD:
                # A story that ends with its hold is one whose hold still stands.
                hours = 24 * (days + 5) if play.steps[-1] is Step.HELD else HOURS_HELD
                yield council, commands.hold_match, (match, hours)
            case Step.ACCEPTED:
                yield accepts, commands.accept_match, (match,)
                scope = ConsentScope.SHARE_WITH_COUNCIL
                yield charity, record_consent, (request, scope, True, offer["council_gss"])
            case Step.PLACED:
                for kind in CHECKED:
                    check = _check(offer, kind, CheckState.PASSED, on - timedelta(days=1))
                    yield council, alerts.record_check, (check,)
                yield council, commands.record_arrival, (match, on)
                arrived = _check(offer, CheckKind.GUESTS_ARRIVED, CheckState.PASSED, on)
                yield council, alerts.record_check, (arrived,)
            case Step.CHECK_FAILED:
                kind = CHECKED[play.number % 3]
                yield council, alerts.record_check, (_check(offer, kind, CheckState.FAILED, on),)
            case Step.ENDED:
                reason = _reason(play, EndReason)
                is_rematched = reason is EndReason.BREAKDOWN
                yield council, commands.end_placement, (match, on, reason, is_rematched)
            case Step.DECLINED:
                why = _reason(play, DeclineReason)
                why = DeclineReason.CHECKS_FAILED if Step.CHECK_FAILED in play.steps else why
                yield proposes, commands.decline_match, (match, why)
            case Step.WITHDRAWN:
                yield charity, withdraw_request, (request, "The household found a home itself.")
            case Step.CONSENT_TAKEN_BACK:
                yield charity, record_consent, (request, ConsentScope.MATCHING, False)

    def _officer(self, offer: Row) -> Viewer:
        return Viewer(Audience.COUNCIL, self.officers[offer["council_gss"]])

    def _date(self, request: Row, days: int) -> None:
        """Tell when a request was submitted; one whose placement ended was so before."""
        at = request["submitted_at"]
        self.told.setdefault(at, min(at, self._moment(days, 0)))

    def _moment(self, days: int, nth: int) -> datetime:
        return datetime.combine(self.today - timedelta(days=days), time(9 + nth), LONDON)

    async def _run(self, who: Viewer, command: Command, *given: Any) -> tuple[Any, datetime]:
        """What the command gives, and the moment that all it wrote bears."""

        async def run(change: Change) -> tuple[Any, datetime]:
            return await command(change, *given), change.actor.entered_at

        ran, _ = await unit_of_work.run(self.members, who, run, self.sealing)
        outcome, at = ran
        return outcome, at


def _check(offer: Row, kind: CheckKind, state: CheckState, on: date) -> RecordCheckInput:
    is_done = state in (CheckState.PASSED, CheckState.FAILED)
    return RecordCheckInput(
        offer_id=strawberry.ID(f"offer_{offer['id']}"),
        kind=kind,
        state=state,
        failure_reason=FAILURES[kind] if state is CheckState.FAILED else None,
        done_on=on if is_done else None,
    )


def _metres(request: Row, offer: Row) -> int | None:
    if request["near_easting"] is None:
        return None
    east, north = request["near_easting"], request["near_northing"]
    return round(hypot(offer["easting"] - east, offer["northing"] - north))


def _reason(play: Play, reasons: type[R]) -> R:
    return list(reasons)[play.number % len(reasons)]
