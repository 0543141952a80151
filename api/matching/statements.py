"""The SQL that commands on matches run, composed once."""

from collections.abc import Mapping
from typing import Any

import asyncpg
from sqlalchemy import bindparam, func, select, text

from api.store.composed import Composed
from schema.tables.match import LIVE
from schema.types import rows

_match = rows.match
_IS_LIVE = text(LIVE)

FIND_MATCH = Composed(select(_match).where(_match.c.id == bindparam("match_id")))
INSERT_MATCH = Composed(
    _match.insert()
    .values(
        dict.fromkeys(
            (
                "id",
                "request_id",
                "offer_id",
                "council_gss",
                "organisation_id",
                "kind_code",
                "places",
                "state",
                "proposed_by",
                "reasons",
                "score",
            )
        )
    )
    .returning(_match)
)
# The version is no client's to name: the case is locked, so it is the one that was read.
_MOVE_MATCH = Composed(
    _match.update()
    .where(_match.c.id == bindparam("match_id"))
    .values(
        arrived_on=bindparam("new_arrived_on"),
        decided_at=bindparam("new_decided_at"),
        ended_on=bindparam("new_ended_on"),
        held_until=bindparam("new_held_until"),
        is_rematched=bindparam("new_is_rematched"),
        reason=bindparam("new_reason"),
        state=bindparam("new_state"),
        updated_at=func.now(),
        version=_match.c.version + 1,
    )
)
MATCHES_OF_OFFER = Composed(
    select(_match).where(
        _match.c.offer_id == bindparam("offer_id"),
        _IS_LIVE,
    )
)
LOCK_CASE = "SELECT hearth_lock_case($1, $2)"
STANDING = "SELECT * FROM hearth_standing($1)"
REGION = "SELECT region FROM council WHERE gss_code = $1"
# Where a district is asked for, its point; null where either place is not known.
METRES = """
    SELECT round(
        coalesce(
            point(request.easting, request.northing), point(near.easting, near.northing)
        ) <-> point(place.easting, place.northing)
    )::integer
    FROM request
    JOIN location AS place ON place.code = $2
    LEFT JOIN location AS near ON near.code = request.postcode_district
    WHERE request.id = $1
"""


def offer_of(view: str) -> Composed:
    """An offer as one of the views shows it."""
    source = {"matched": rows.matched_offer, "open": rows.open_offer, "staff": rows.staff_offer}
    offer = source[view]
    shown = [column for column in offer.c if column.name != "search_text"]
    return Composed(select(*shown).where(offer.c.id == bindparam("offer_id")))


async def move_match(
    connection: asyncpg.Connection, match: Mapping[str, Any], state: str, **new: Any
) -> None:
    """Bring a match to a state; of its other columns, those that are not given stay."""
    names = ("arrived_on", "decided_at", "ended_on", "held_until", "is_rematched", "reason")
    after = {name: new.get(name, match[name]) for name in names} | {"state": state}
    await _MOVE_MATCH.run(
        connection,
        match_id=match["id"],
        **{f"new_{name}": value for name, value in after.items()},
    )


MATCHED_OFFER, OPEN_OFFER, STAFF_OFFER = (offer_of(name) for name in ("matched", "open", "staff"))
