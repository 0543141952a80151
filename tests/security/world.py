"""Two of everything: Oxford with Harbour Welcome, and Cambridge with another charity.

Whatever is Oxford's or Harbour Welcome's is "ours", the rest "theirs". Each side has an offer that
only it sees (paused, matched with a household of its charity) and one that is open to all; a
household that agreed to be seen by nobody but the council that it is matched with, and one that
agreed to be matched by any.
"""

import contextlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

from api.access.joining import Joining
from tests.api.requests.asking import CONTACT, move, propose, submit
from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, Hearth

ADMIN, SECOND = "admin", "admin:second"
HARBOUR = "charity:Harbour Welcome"
ANOTHER = "charity:Another"
SIDES = {"ours": (OXFORD, HARBOUR), "theirs": (CAMBRIDGE, ANOTHER)}
SUBJECTS = {
    "admin": "admin:development",
    "liaison": "liaison:development",
    "public": None,
    HARBOUR: "charity:harbour-welcome",
}
# What is the same in every copy, and changed by no command: left out where tables are compared.
REFERENCE = ("alembic_version", "council", "fact_attribute", "location", "support_kind")
CHECKS = ("ACCOMMODATION_EXISTS", "ACCOMMODATION_SUITABLE", "SPONSOR_SUITABLE")


@dataclass(frozen=True)
class Rows:
    """Ids of one of each, all of one owner, or of nobody."""

    gss: str
    offer: str
    request: str
    match: str
    allocation: str
    check: str = f"check_{uuid.uuid4()}"
    breakglass: str = f"breakglass_{uuid.uuid4()}"
    reference: str = "HR-00000000"
    route: str = "homes-for-ukraine"


@dataclass(frozen=True)
class Standpoint:
    """Somebody who asks about rows, and whose those are to them: one of WHOSE."""

    who: str
    whose: str
    rows: Rows

    @property
    def audience(self) -> str:
        """PUBLIC, CHARITY, COUNCIL, LIAISON or ADMIN."""
        return self.who.partition(":")[0].upper()

    @property
    def subject(self) -> str | None:
        """What their token names; nobody has none."""
        return SUBJECTS.get(self.who, self.who)


def nobodys() -> Rows:
    """Ids that no row has."""
    names = ("allocation", "breakglass", "check", "match", "offer", "request")
    ids = {name: f"{name}_{uuid.uuid4()}" for name in names}
    return Rows(gss="E09999999", reference="HR-ZZZZZZZZ", route="no-such-route", **ids)


@dataclass
class World:
    """A service with both sides' rows, and the way back to them after a command."""

    hearth: Hearth
    owner: asyncpg.Connection
    own: Mapping[str, Rows] = field(default_factory=dict)
    shared: Mapping[str, Rows] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)

    def standpoints(self) -> list[Standpoint]:
        """Every audience before each kind of row."""
        ours, theirs, open_to_all = self.own["ours"], self.own["theirs"], self.shared["theirs"]
        asked = [
            ("public", "shared", open_to_all),
            ("public", "other", theirs),
            ("public", "none", nobodys()),
            (HARBOUR, "own", ours),
            (HARBOUR, "shared", open_to_all),
            (HARBOUR, "other", theirs),
            (HARBOUR, "none", nobodys()),
            (f"council:{OXFORD}", "own", ours),
            (f"council:{OXFORDSHIRE}", "lower", ours),
            (f"council:{OXFORD}", "shared", open_to_all),
            (f"council:{OXFORD}", "other", theirs),
            (f"council:{OXFORD}", "none", nobodys()),
            ("liaison", "shared", open_to_all),
            ("liaison", "other", theirs),
            ("liaison", "none", nobodys()),
            ("admin", "opened", ours),
            ("admin", "other", theirs),
            ("admin", "none", nobodys()),
        ]
        return [Standpoint(*each) for each in asked]

    async def restore(self) -> None:
        """Put back every row that a command may have touched; the relay may be at them too."""
        while True:
            with contextlib.suppress(asyncpg.DeadlockDetectedError):
                return await self._restored()

    async def _restored(self) -> None:
        async with self.owner.transaction():
            await self.owner.execute(
                "SET LOCAL session_replication_role = replica; SELECT kept.restore()"
            )

    async def fingerprint(self) -> dict[str, str]:
        """What each table holds, as a hash."""
        hashes = ", ".join(
            f"(SELECT md5(coalesce(string_agg({table}::text, '' ORDER BY {table}::text), ''))"
            f" FROM {table}) AS {table}"
            for table in self.tables
        )
        return dict(await self.owner.fetchrow(f"SELECT {hashes}"))

    async def put(self, statement: str) -> None:
        """Change rows with no trigger in the way."""
        async with self.owner.transaction():
            await self.owner.execute(f"SET LOCAL session_replication_role = replica; {statement}")

    async def _keep(self) -> None:
        columns = await self.owner.fetch(
            """
            SELECT table_name, string_agg(quote_ident(column_name), ', ') AS columns
            FROM information_schema.columns JOIN information_schema.tables
                USING (table_schema, table_name)
            WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
                AND is_generated = 'NEVER' AND NOT table_name = ANY($1)
            GROUP BY table_name ORDER BY table_name
            """,
            REFERENCE,
        )
        self.tables = {row["table_name"]: row["columns"] for row in columns}
        await self.owner.execute("CREATE SCHEMA kept")
        for table in self.tables:
            await self.owner.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")
        # A function, whose statements are planned once, and sent in one round trip.
        back = "; ".join(
            f"DELETE FROM {table}; INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE "
            f"SELECT {columns} FROM kept.{table}"
            for table, columns in self.tables.items()
        )
        await self.owner.execute(
            f"CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS "
            f"$$ BEGIN {back}; END $$"
        )


async def build(hearth: Hearth) -> World:
    """Both sides' rows, made as their people would, with every column filled."""
    world = World(hearth, await hearth.owner())
    for who in (HARBOUR, f"council:{OXFORDSHIRE}", "liaison", "admin"):
        await hearth.token(who)
    own, shared = {}, {}
    await _second_administrator(hearth)
    for side, (gss, charity) in SIDES.items():
        own[side], shared[side] = await _side(world, side, gss, charity)
    await world.put(FILLED)
    await world.put(RELEASED)
    await _seal(world)
    references = await world.owner.fetch("SELECT 'request_' || id AS id, reference FROM request")
    by_id = {row["id"]: row["reference"] for row in references}
    world.own = {side: _with(rows, by_id) for side, rows in own.items()}
    world.shared = {side: _with(rows, by_id) for side, rows in shared.items()}
    await world._keep()
    return world


async def _seal(world: World) -> None:
    """What is sealed has every part, though nobody is protected."""
    sealing = world.hearth.service.endpoint.answering.sealing
    parts = dict.fromkeys(("address", "uprn", "host_name", "host_email", "host_phone"), "Sealed")
    parts["postcode_district"] = "OX4"
    for row in await world.owner.fetch("SELECT id, council_gss FROM offer"):
        await world.owner.execute(
            "INSERT INTO offer_address (offer_id, council_gss, sealed) VALUES ($1, $2, $3)",
            row["id"],
            row["council_gss"],
            sealing.seal("offer", row["id"], parts),
        )
    for row in await world.owner.fetch("SELECT request_id, sealed FROM request_contact"):
        key = row["request_id"]
        found = sealing.read("request", key, row["sealed"]) | {"protected_place": "OX4"}
        await world.owner.execute(
            "UPDATE request_contact SET sealed = $2 WHERE request_id = $1",
            key,
            sealing.seal("request", key, found),
        )


async def _second_administrator(hearth: Hearth) -> None:
    joining = await Joining.open(hearth.copy.owner_url)
    subject = await joining.admin("Another administrator", "second")
    await joining.connection.close()
    hearth.tokens[SECOND] = hearth.issuer.token(subject)


FILLED = """
    UPDATE offer SET status = 'PAUSED' WHERE title LIKE '%apart';
    UPDATE match SET state = 'HELD', held_until = now() + interval '1 day', decided_at = now(),
        reason = 'Said so.', arrived_on = '2026-05-01', ended_on = '2026-06-01';
    UPDATE offer_check SET due_on = '2026-07-01';
    UPDATE request SET closed_reason = 'Said so.' WHERE id IN (SELECT request_id FROM match)
"""


# A report, corrected once.
RELEASED = """
    INSERT INTO report_release (
        id, name, period, number, released_at, data_as_of, columns, frame, corrects_id
    )
    SELECT ids[number], 'CAPACITY_AND_DEMAND', '2026-09', number, now() + number * interval '1 day',
        now(), '{places_free}', '{}', ids[number - 1]
    FROM generate_series(1, 2) AS number,
        (SELECT ARRAY[gen_random_uuid(), gen_random_uuid()] AS ids OFFSET 0) AS made;
    INSERT INTO report_edition (release_id, edition, checksum, row_count, notes, differs)
    SELECT id, edition, edition, 1, '{Said so.}', '{Places free: 1 differs.}'
    FROM report_release, unnest('{FULL,LIAISON,PUBLIC}'::text[]) AS edition;
    INSERT INTO report_row (release_id, edition, position, shown)
    SELECT release_id, edition, 1, '{7}' FROM report_edition
"""


def _with(rows: Rows, references: Mapping[str, str]) -> Rows:
    return Rows(**{**vars(rows), "reference": references[rows.request]})


async def _side(world: World, side: str, gss: str, charity: str) -> tuple[Rows, Rows]:
    hearth = world.hearth
    officer = f"council:{gss}"
    apart = await _offer(hearth, officer, f"{side} apart")
    shared = await _offer(hearth, officer, f"{side} open")
    check = await _checks(hearth, officer, apart)
    matched, seeking = [
        await submit(
            hearth,
            charity,
            consents=["MATCHING", "SHARE_WITH_COUNCIL"],
            preferredGssCodes=[gss],
            routeCode="homes-for-ukraine",
            neededBy="2030-01-01",
            languages=["uk"],
            nationality="UKR",
            notes="Said so.",
            contactName=f"{side} {part}",
        )
        for part in ("matched", "seeking")
    ]
    match = (await propose(hearth, matched, apart, officer))["match"]["id"]
    await hearth.data(CONSENT, {"id": matched, "gss": None}, charity)
    await hearth.data(CONSENT, {"id": matched, "gss": gss}, charity)
    await move(hearth, "holdMatch", match, officer)
    await hearth.data(CONTACT, {"id": matched}, charity)
    allocation = await _allocation(world, gss, match, seeking)
    opened = await hearth.data(OPEN, {"gss": gss}, ADMIN if side == "ours" else SECOND)
    glass = opened["breakGlass"]["breakGlass"]["id"]
    rows = Rows(gss, apart, matched, match, allocation, check, glass)
    return rows, Rows(gss, shared, seeking, match, allocation)


# One that has proposed the match that there is, and found nothing for the other household.
ALLOCATION = """
    WITH made AS (
        INSERT INTO allocation (
            id, owner_gss, subject, kind_codes, policy, time_limit_seconds, state, progress,
            message, seconds, placed_people, people_bound, waiting_people, greedy_people,
            objective, bound, greedy_objective
        )
        VALUES (
            gen_random_uuid(), $1, 'council:' || $1, '{hosting}', 'BY_NEED', 60, 'PROPOSED', 1,
            'Said so.', 2, 2, 2, 4, 2, 20, 21, 19
        )
        RETURNING id, owner_gss
    ), priced AS (
        INSERT INTO allocation_price (allocation_id, council_gss, owner_gss, per_place)
        SELECT id, owner_gss, owner_gss, 1.5 FROM made
    ), left_out AS (
        INSERT INTO allocation_unplaced (
            allocation_id, request_id, kind_code, owner_gss, reasons
        )
        SELECT id, $3, 'hosting', owner_gss,
            '[{"rule": "full", "message": "Said so.", "points": 0}]' FROM made
    )
    INSERT INTO allocation_proposal (
        id, allocation_id, owner_gss, request_id, offer_id, council_gss, kind_code, places, score,
        reasons
    )
    SELECT match.id, made.id, owner_gss, request_id, offer_id, council_gss, kind_code, places, 20,
        match.reasons
    FROM made, match WHERE match.id = $2
    RETURNING 'allocation_' || allocation_id
"""


async def _allocation(world: World, gss: str, match: str, unplaced: str) -> str:
    keys = [uuid.UUID(each.partition("_")[2]) for each in (match, unplaced)]
    found: str = await world.owner.fetchval(ALLOCATION, gss, *keys)
    return found


OPEN = """
mutation ($gss: String!) {
  breakGlass(input: { gssCode: $gss, minutes: 60, reason: "A complaint to answer" }) {
    breakGlass { id } problems { code message }
  }
}"""
CONSENT = """
mutation ($id: ID!, $gss: String) {
  recordConsent(requestId: $id, scope: MATCHING, gssCode: $gss, given: false) {
    problems { code }
  }
}"""


async def _offer(hearth: Hearth, officer: str, title: str) -> str:
    offer = await hearth.open(
        officer,
        title=title,
        description=f"{title}, in full",
        placesTotal=9,
        householdMax=6,
        routeCodes=["homes-for-ukraine"],
        postcodeDistrict="OX4",
        stepFree="ALL",
        petsAllowed=True,
        languages=["uk"],
        availableFrom="2026-01-01",
        availableUntil="2035-01-01",
        minimumMonths=6,
        externalRef=f"{title} reference",
    )
    found: str = offer["id"]
    return found


async def _checks(hearth: Hearth, officer: str, offer: str) -> str:
    states = {**dict.fromkeys(CHECKS, "PASSED"), "GUESTS_ARRIVED": "FAILED"}
    for kind, state in states.items():
        reason = 'failureReason: "Nobody came"' if state == "FAILED" else ""
        document = f"""mutation ($id: ID!) {{ recordCheck(input: {{
            offerId: $id, kind: {kind}, state: {state}, doneOn: "2026-06-01" {reason}
        }}) {{ check {{ id }} problems {{ code message }} }} }}"""
        made = (await hearth.data(document, {"id": offer}, officer))["recordCheck"]
        assert made["problems"] == [], json.dumps(made)
    found: str = made["check"]["id"]
    return found
