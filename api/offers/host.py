"""What is kept about one offer's host: all of it told, or all gone but that there was an offer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from api.access.sealing import Sealing
from schema.tables.match import LIVE

# What is left of an offer names nobody, and counts in statistics as before.
ERASED = "Erased at the host's wish"
_TOLD = {
    "offer": "SELECT to_jsonb(offer) - 'search_text' FROM offer WHERE id = $1",
    "offer_address": "SELECT to_jsonb(t) FROM offer_address AS t WHERE offer_id = $1",
    "offer_check": "SELECT to_jsonb(t) FROM offer_check AS t WHERE offer_id = $1 ORDER BY kind",
    # Of whom it was shown to, not for which household.
    "audit_event": """
        SELECT to_jsonb(t) - 'organisation_id' - 'request_id' FROM audit_event AS t
        WHERE subject_type = 'Offer' AND subject_id = $1 ORDER BY at
    """,
}
_STATUS = "SELECT status FROM offer WHERE id = $1 FOR UPDATE"
_IS_LIVE = f"SELECT EXISTS (SELECT FROM match WHERE offer_id = $1 AND {LIVE})"  # noqa: S608
_ERASE = {
    "offer_address": "DELETE FROM offer_address WHERE offer_id = $1",
    "offer_check": """
        UPDATE offer_check SET failure_reason = 'No longer kept.'
        WHERE offer_id = $1 AND failure_reason IS NOT NULL
    """,
    "offer": f"""
        UPDATE offer SET
            title = '{ERASED.replace("'", "''")}', description = '', external_ref = NULL,
            postcode_district = NULL,
            location_code = (SELECT code FROM location WHERE code = council_gss)
        WHERE id = $1
    """,  # noqa: S608
}


KEPT = {
    "audit_event": "who did what and when is never changed",
    "offer": "that there was one, for the matches and statistics that point to it",
    "offer_check": "how its checks went, without a reason",
}


class HostError(ValueError):
    """There is no such offer, or its host can't be erased; the message says what to do."""


def is_offer(named: str) -> bool:
    """Whether it is an offer that is named, so its host is meant."""
    return named.strip().startswith("offer_")


async def find(connection: asyncpg.Connection, offer: str) -> UUID:
    """The key of an offer by its id as the API shows it; raises HostError."""
    try:
        found: UUID | None = await connection.fetchval(
            "SELECT id FROM offer WHERE id = $1", UUID(offer.strip().removeprefix("offer_"))
        )
    except ValueError:
        found = None
    if found is None:
        raise HostError(f"There is no offer {offer[:50]!r}; an id is like offer_0198b2a4-....")
    return found


async def exported(
    connection: asyncpg.Connection, offer_id: UUID, sealing: Sealing
) -> Mapping[str, list[dict[str, Any]]]:
    """All that is kept about an offer and its host, by table; what is sealed is opened."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found = {
            table: [row[0] for row in await connection.fetch(query, offer_id)]
            for table, query in _TOLD.items()
        }
    for row in found["offer_address"]:
        row["opened"] = sealing.read("offer", offer_id, bytes.fromhex(row.pop("sealed")[2:]))
    return found


async def erase(connection: asyncpg.Connection, offer_id: UUID) -> dict[str, int]:
    """Erase an offer's host in the caller's transaction: how many rows changed, by table.

    Raises HostError while the offer isn't closed, or a household is matched with it.
    """
    status = await connection.fetchval(_STATUS, offer_id)
    if status != "CLOSED" or await connection.fetchval(_IS_LIVE, offer_id):
        raise HostError(
            f"The offer is {status.lower()}, or a match of it is live. End that first: its council "
            "ends the placement, and closes the offer."
        )
    done = {}
    for table, statement in _ERASE.items():
        done[table] = int((await connection.execute(statement, offer_id)).split()[1])
    return done
