"""The SQL that commands on matches run, composed once."""

from sqlalchemy import bindparam, func, or_, select, text

from api.store.composed import Composed
from schema.tables.match import LIVE
from schema.types import rows
from schema.words import MatchState

_match = rows.match
LIVE_STATES = (MatchState.PROPOSED, MatchState.HELD, MatchState.ACCEPTED, MatchState.PLACED)
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
            )
        )
    )
    .returning(_match)
)
# The version is no client's to name: the case is locked, so it is the one that was read.
MOVE_MATCH = Composed(
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
# What has come of the pair, and of the request's matches of the same kind; by those who see them.
EARLIER = Composed(
    select(_match.c.offer_id, _match.c.kind_code, _match.c.state).where(
        _match.c.request_id == bindparam("request_id"),
        or_(_match.c.offer_id == bindparam("offer_id"), _IS_LIVE),
    )
)
MATCHES_OF_OFFER = Composed(
    select(_match).where(
        _match.c.offer_id == bindparam("offer_id"),
        _IS_LIVE,
    )
)
LOCK_CASE = "SELECT hearth_lock_case($1, $2)"
CONSENTS = "SELECT hearth_consents($1, 'MATCHING', ARRAY[$2])"


def offer_of(view: str) -> Composed:
    """An offer as one of the views shows it."""
    source = {"matched": rows.matched_offer, "open": rows.open_offer, "staff": rows.staff_offer}
    offer = source[view]
    shown = [column for column in offer.c if column.name != "search_text"]
    return Composed(select(*shown).where(offer.c.id == bindparam("offer_id")))


MATCHED_OFFER, OPEN_OFFER, STAFF_OFFER = (offer_of(name) for name in ("matched", "open", "staff"))
