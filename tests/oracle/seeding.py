"""A small and varied set of rows: every status and null, ties in every order, odd strings."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

COUNCILS = ("E07000178", "E10000025", "E07000008", "S12000036", "E06000052")
DISTRICTS = ("OX4", "OX1", None, "CB1", "EH1", "TR1", "ZZ9")
KINDS = ("hosting", "accommodation", "esol", "hosting")
ROUTES: tuple[list[str], ...] = (
    [],
    ["homes-for-ukraine"],
    ["mandate", "arap"],
    ["homes-for-ukraine", "no-longer-a-route"],
)
KEPT_ROUTES = ["arap", "homes-for-ukraine", "mandate", "ukraine-family-scheme"]
STATUSES = ("OPEN", "OPEN", "DRAFT", "OPEN", "PAUSED", "OPEN", "CLOSED")
STEP_FREE = ("ALL", "SOME", "NONE", "UNKNOWN")
TITLES = (
    "Double room",
    'Room with a "view" \\ and a garden',
    "Кімната для дитини",
    "Chambre, café en face \U0001f3e1",
    "O'Neill's 100% _quiet_ room\n\twith a\u2028break",
    "",
)
CHECKS = (
    ("ACCOMMODATION_EXISTS", "PASSED", None),
    ("ACCOMMODATION_SUITABLE", "FAILED", "No smoke alarm"),
    ("SPONSOR_SUITABLE", "IN_PROGRESS", None),
    ("GUESTS_ARRIVED", "NOT_STARTED", None),
)
EDITIONS = ("FULL", "LIAISON", "PUBLIC")
OFFERS = 28
ALLOCATIONS = 6
REQUESTS = 12
ORGANISATIONS = ("Harbour Welcome", "Another charity")
REQUEST_STATUSES = ("SUBMITTED", "SUBMITTED", "PLACED", "SUBMITTED", "CLOSED", "WITHDRAWN")
MATCH_STATES = ("PROPOSED", "HELD", "DECLINED", "HELD", "ACCEPTED", "EXPIRED", "ENDED", "PLACED")
START = datetime(2026, 5, 1, 9, 30, 0, 123456, tzinfo=UTC)


def row_id(table: int, number: int) -> uuid.UUID:
    """An id that is the same in every run; ids of one table are not in the order of its rows."""
    return uuid.UUID(int=(number * 7919 % 997) << 80 | 7 << 76 | 2 << 62 | table << 16 | number)


def _offer(number: int, districts: set[str]) -> dict[str, Any]:
    council, district = COUNCILS[number % 5], DISTRICTS[(number + number // 7) % 7]
    places = (3, 1, 8, 3, 12, 5)[number % 6]
    taken = (0, 1, 2, 0)[number % 4]
    held = min(places - taken, (0, 2, 1)[number % 3])
    start = (None, date(2026, 3, 1), date(2019, 1, 1), date(2030, 7, 15))[number % 4]
    return {
        "id": row_id(1, number),
        "council_gss": council,
        "kind_code": KINDS[number % 4],
        "title": TITLES[number % 6],
        "description": ("", "Quiet, near a park; ground floor.", TITLES[(number + 2) % 6])[
            number % 3
        ],
        "status": STATUSES[number % 7],
        "places": places,
        "taken": taken,
        "held": held,
        "holds_end_at": (None, datetime.now(UTC) + timedelta(days=30), START)[number % 3],
        "household_max": (None, 4)[number % 2],
        "route_codes": ROUTES[number % 4],
        "postcode_district": district,
        "location_code": council
        if district is None
        else district
        if district in districts
        else None,
        "step_free": STEP_FREE[number % 4],
        "pets_allowed": number % 2 == 0,
        "children_welcome": number % 3 == 0,
        "women_only": number % 5 == 0,
        "languages": ([], ["uk"], ["en", "ar"])[number % 3],
        "available_from": start,
        "available_until": (None, date(2035, 1, 1), date(2020, 1, 1))[
            (0, 1, 0, 1, 0, 2)[number % 6]
        ]
        if start is None
        else None,
        "minimum_months": (None, 0, 6)[number % 3],
        "last_confirmed_on": (None, date(2026, 5, 20))[number % 2],
        "external_ref": (None, f"case {number}", '\u202eref"')[number % 3],
        "version": number % 4 + 1,
        "created_at": START,
        # Three share each moment, so that the id decides.
        "updated_at": START + timedelta(hours=number // 3),
    }


def _checks(number: int) -> list[dict[str, Any]]:
    kept = CHECKS[: (0, 4, 1, 3, 2)[number % 5]] if number % 2 else CHECKS[3 - number % 4 :]
    return [
        {
            "id": row_id(2, number * 4 + place),
            "offer_id": row_id(1, number),
            "council_gss": COUNCILS[number % 5],
            "kind": kind,
            "state": state,
            "failure_reason": reason,
            "due_on": (None, date(2026, 6, 1))[number % 2],
            "done_on": date(2026, 5, 2) if state == "PASSED" else None,
        }
        for place, (kind, state, reason) in enumerate(kept)
    ]


def _events(number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": row_id(3, number * 4 + place),
            "at": START + timedelta(minutes=place // 2),
            "actor_subject": "council:somebody",
            "actor_name": f"An officer, {TITLES[number % 6]}",
            "audience": "COUNCIL",
            "council_gss": COUNCILS[number % 5],
            "command": "create_offer" if place == 0 else "update_offer",
            "subject_type": "Offer",
            "subject_id": row_id(1, number),
            "changes": "{}",
            "summary": f"Change {place}.",
        }
        for place in range(number % 5)
    ]


def _request_events(number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": row_id(9, number * 4 + place),
            "at": START + timedelta(minutes=place // 2),
            "actor_subject": "charity:somebody",
            "actor_name": f"Somebody, {TITLES[number % 6]}",
            "audience": "CHARITY",
            "council_gss": (None, COUNCILS[number % 5])[place % 2],
            "command": "submitRequest" if place == 0 else "acceptMatch",
            "subject_type": ("Request", "Match")[place % 2],
            "subject_id": (row_id(4, number), row_id(7, number))[place % 2],
            "changes": "{}",
            "summary": f"Step {place}.",
            "organisation_id": row_id(5, number % 2),
            "request_id": row_id(4, number),
        }
        for place in range(number % 4)
    ]


def _request(number: int) -> dict[str, Any]:
    status = REQUEST_STATUSES[number % 6]
    return {
        "id": row_id(4, number),
        "reference": f"HR-0000000{number % 10}{number // 10}",
        "organisation_id": row_id(5, number % 2),
        "submitted_by": ORGANISATIONS[number % 2],
        "status": status,
        "closed_reason": ("FAMILY", 'A "flat"')[number % 2] if status != "SUBMITTED" else None,
        "adults": number % 3 + 1,
        "child_ages": ([], [7], [0, 17, 3])[number % 3],
        "languages": (["uk"], [], ["ar", "en"])[number % 3],
        "needs_step_free": number % 2 == 0,
        "has_pets": number % 3 == 0,
        "women_only": number % 5 == 0,
        "kind_codes": (["hosting"], ["hosting", "esol"], ["accommodation"])[number % 3],
        "route_code": ("homes-for-ukraine", None, "mandate", "arap")[number % 4],
        "preferred_gss_codes": ([], ["E07000178"], ["E07000008", "S12000036"])[number % 3],
        "preferred_regions": ([], ["Scotland"])[number % 2],
        "needed_by": (None, date(2026, 7, 1))[number % 2],
        "version": number % 4 + 1,
        # Three share each moment, so that the id decides.
        "submitted_at": START + timedelta(hours=number // 3),
    }


def _consent(number: int) -> list[dict[str, Any]]:
    # The first is for all; later ones take back, for one council or all.
    return [
        {
            "id": row_id(6, number * 4 + place),
            "request_id": row_id(4, number),
            "scope": scope,
            "gss_code": gss,
            "is_given": is_given,
            "at": START + timedelta(minutes=place // 2),
        }
        for place, (scope, gss, is_given) in enumerate(
            (
                ("MATCHING", None, True),
                ("SHARE_WITH_COUNCIL", "E07000178", number % 2 == 0),
                ("MATCHING", ("E07000178", "S12000036", None)[number % 3], False),
            )[: number % 4]
        )
    ]


def _match(number: int) -> dict[str, Any]:
    state = MATCH_STATES[number % 8]
    is_held = state in ("HELD", "EXPIRED")
    ends = (datetime.now(UTC) + timedelta(days=30), START)[number // 2 % 2]
    return {
        "id": row_id(7, number),
        "request_id": row_id(4, number % REQUESTS),
        "offer_id": row_id(1, number),
        "council_gss": COUNCILS[number % 5],
        "organisation_id": row_id(5, number % REQUESTS % 2),
        # Of a kind of its own each time, since one kind has one live match.
        "kind_code": ("hosting", "accommodation", "esol")[number // REQUESTS],
        "places": number % 3 + 1,
        "state": state,
        "proposed_by": ("COUNCIL", "CHARITY")[number % 2],
        "held_until": ends if is_held else None,
        "decided_at": START if state not in ("PROPOSED", "HELD") else None,
        "reason": (None, "TOO_FAR: Two buses.")[number % 2],
        "arrived_on": date(2026, 5, 9) if state in ("PLACED", "ENDED") else None,
        "ended_on": date(2026, 6, 9) if state == "ENDED" else None,
        "score": (None, 12.5, -3.0)[number % 3],
        "reasons": json.dumps(
            [
                {"rule": rule, "message": f"Because of {rule}.", "points": points}
                for rule, points in (("distance", 3.5), ("language", 2.0), ("waiting", 2.0))
            ][: number % 4]
        ),
        "created_at": START + timedelta(hours=number // 3),
    }


def _break_glass(number: int) -> dict[str, Any]:
    # Two are over, one is somebody else's; the others open most requests to the administrator.
    at = datetime.now(UTC) if number < 3 else START + timedelta(hours=number // 4)
    opened = [each for each in range(REQUESTS) if each % 5 != number]
    return {
        "id": row_id(8, number),
        "at": at,
        "ends_at": at + timedelta(hours=4),
        "subject": ("admin:development", "admin:another")[number == 2],
        "name": TITLES[number],
        "reason": f"Because of {TITLES[number + 1]}",
        "council_gss": COUNCILS[number] if number % 2 else None,
        "request_id": None if number % 2 else row_id(4, number),
        "request_ids": [row_id(4, each) for each in opened],
        "council_gss_codes": list(COUNCILS[: number + 1]),
        "organisation_ids": [row_id(5, number % 2)],
    }


def _allocation(number: int) -> dict[str, Any]:
    state = ("PROPOSED", "CONFIRMED", "CANCELLED", "FAILED", "PROPOSED", "CONFIRMED")[number]
    is_known = number % 3 != 2
    return {
        "id": row_id(8, number),
        "owner_gss": (COUNCILS[0], None, COUNCILS[1])[number % 3],
        "subject": "somebody",
        "kind_codes": ["hosting"],
        "policy": ("BY_NEED", "BY_PREFERENCE", "AGREE_BEFORE_TELLING")[number % 3],
        "time_limit_seconds": 60,
        "state": state,
        "progress": 1.0,
        "message": (None, "It was cancelled.")[number % 2],
        "placed_people": 12 if is_known else None,
        "objective": 40.0 if is_known else None,
        "bound": (50.0, 0.0)[number % 2] if is_known else None,
    }


def _proposal(number: int) -> dict[str, Any]:
    # Half of them have become the match of the same number.
    match = _match(number)
    allocation = _allocation(number % ALLOCATIONS)
    return {
        "id": match["id"] if number % 2 else row_id(9, number),
        "allocation_id": allocation["id"],
        "owner_gss": allocation["owner_gss"],
        **{
            name: match[name]
            for name in ("request_id", "offer_id", "council_gss", "kind_code", "places", "reasons")
        },
        "asks_first": number % 3 == 0,
        "score": float(number % 4),
        "state": ("PROPOSED", "WITHDRAWN")[number // 4 % 2],
        "reason": (None, "The offer is no longer open, or is full.")[number // 4 % 2],
    }


def _unplaced(number: int) -> dict[str, Any]:
    allocation = _allocation(number % ALLOCATIONS)
    return {
        "allocation_id": allocation["id"],
        "request_id": row_id(4, number % REQUESTS),
        "kind_code": "hosting",
        "owner_gss": allocation["owner_gss"],
        "reasons": _match(number)["reasons"],
    }


def _price(number: int) -> dict[str, Any]:
    allocation = _allocation(number % ALLOCATIONS)
    return {
        "allocation_id": allocation["id"],
        "council_gss": COUNCILS[number // ALLOCATIONS],
        "owner_gss": allocation["owner_gss"],
        "per_place": float(number % 2),
    }


def _releases() -> list[dict[str, Any]]:
    return [
        {
            "id": row_id(19, number),
            "name": ("CAPACITY_AND_DEMAND", "UNMET_NEED")[number % 2],
            "period": ("2026-03", "2026-W10")[number // 2 % 2],
            "number": number // 4 + 1,
            "released_at": START + timedelta(hours=number // 3),
            "data_as_of": START,
            "columns": ["region", "council", "places_free"],
            "frame": "{}",
            "corrects_id": row_id(19, number - 4) if number >= 4 else None,
        }
        for number in range(6)
    ]


def _editions() -> list[dict[str, Any]]:
    return [
        {
            "release_id": row_id(19, number),
            "edition": edition,
            "checksum": f"{number}{edition}",
            "row_count": number,
            "notes": ['A "note".', "Places are people."][: number % 3],
            "differs": ["Places free: 1 differs."] if number >= 4 else [],
        }
        for number in range(6)
        for edition in EDITIONS
    ]


def _report_rows() -> list[dict[str, Any]]:
    return [
        {
            "release_id": row_id(19, number),
            "edition": edition,
            "position": position,
            "council_gss": (None, *COUNCILS)[position % 6],
            "shown": ["South East", TITLES[position % 6], None if position % 3 else str(number)],
            "hidden": ["places_free"] if position % 3 == 1 and edition != "FULL" else [],
        }
        for number in range(6)
        for edition in EDITIONS
        for position in range(1, number * 3)
    ]


async def seed(owner: asyncpg.Connection) -> None:
    """Put the rows in, over what a migrated and loaded database holds of a few routes."""
    # Without triggers: history is deleted nowhere else.
    await owner.execute("SET session_replication_role = replica")
    for table in ("route_dissent", "route_event", "route_source", "route_fact", "route"):
        of = {"route": "code", "route_dissent": "fact_id"}.get(table, "route_code")
        kept = "SELECT unnest($1::text[])"
        if table == "route_dissent":
            kept = f"SELECT id FROM route_fact WHERE route_code IN ({kept})"
        await owner.execute(f"DELETE FROM {table} WHERE {of} NOT IN ({kept})", KEPT_ROUTES)
    await owner.execute("RESET session_replication_role")
    for number, name in enumerate(ORGANISATIONS):
        organisation = "INSERT INTO organisation (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        await owner.execute(organisation, row_id(5, number), name)
    districts = {row["code"] for row in await owner.fetch("SELECT code FROM location")}
    numbers = range(OFFERS)
    await _insert(owner, "offer", [_offer(number, districts) for number in numbers])
    await _insert(owner, "offer_check", [row for number in numbers for row in _checks(number)])
    await _insert(owner, "request", [_request(number) for number in range(REQUESTS)])
    consents = [row for number in range(REQUESTS) for row in _consent(number)]
    await _insert(owner, "consent", consents)
    # Without triggers: what the offers above count stays as it is.
    await owner.execute("SET session_replication_role = replica")
    await _insert(owner, "match", [_match(number) for number in range(OFFERS)])
    await _insert(owner, "break_glass", [_break_glass(number) for number in range(5)])
    await owner.execute("RESET session_replication_role")
    await _insert(owner, "allocation", [_allocation(number) for number in range(ALLOCATIONS)])
    await _insert(owner, "allocation_proposal", [_proposal(number) for number in range(OFFERS)])
    await _insert(owner, "allocation_unplaced", [_unplaced(number) for number in range(REQUESTS)])
    prices = [_price(number) for number in range(ALLOCATIONS * 2)]
    await _insert(owner, "allocation_price", prices)
    await _insert(owner, "audit_event", [row for number in numbers for row in _events(number)])
    of_requests = [row for number in range(REQUESTS) for row in _request_events(number)]
    await _insert(owner, "audit_event", of_requests)
    await _insert(owner, "report_release", _releases())
    await _insert(owner, "report_edition", _editions())
    await _insert(owner, "report_row", _report_rows())


async def _insert(owner: asyncpg.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
    await owner.executemany(statement, [tuple(row.values()) for row in rows])
