"""The SQL that commands on offers run, composed once."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from api.store.composed import Composed
from schema.types import rows

_offer = rows.offer
CHANGEABLE = (
    "available_from",
    "available_until",
    "children_welcome",
    "description",
    "household_max",
    "languages",
    "last_confirmed_on",
    "location_code",
    "minimum_months",
    "pets_allowed",
    "places",
    "postcode_district",
    "route_codes",
    "status",
    "step_free",
    "title",
    "women_only",
)

# What any later refusal needs is read under the lock, so it can't change before the update.
LOCK_OFFER = Composed(
    select(*(column for column in _offer.c if column.name != "search_text"))
    .where(_offer.c.id == bindparam("offer_id"))
    .with_for_update()
)
INSERT_OFFER = Composed(
    _offer.insert().values(
        dict.fromkeys(("id", "council_gss", "external_ref", "kind_code", *CHANGEABLE))
    )
)
# The expected version is checked in the update itself.
UPDATE_OFFER = Composed(
    _offer.update()
    .where(_offer.c.id == bindparam("offer_id"), _offer.c.version == bindparam("expected_version"))
    .values(
        {column: bindparam(f"new_{column}") for column in CHANGEABLE}
        | {"updated_at": func.now(), "version": _offer.c.version + 1}
    )
    .returning(_offer.c.version)
)
FIND_COUNCIL = Composed(
    select(rows.council.c.name, rows.council.c.ends_on, rows.council.c.successors).where(
        rows.council.c.gss_code == bindparam("gss_code")
    )
)
FIND_KIND = Composed(
    select(rows.support_kind.c.code).where(rows.support_kind.c.code == bindparam("kind_code"))
)
KNOWN_ROUTES = Composed(
    select(rows.route.c.code).where(
        rows.route.c.code == func.any(bindparam("codes", type_=_offer.c.route_codes.type))
    )
)
FIND_LOCATION = Composed(
    select(rows.location.c.code).where(rows.location.c.code == bindparam("location"))
)
_address = rows.offer_address
FIND_ADDRESS = Composed(
    select(_address.c.host_agrees, _address.c.protected_at, _address.c.shown_to).where(
        _address.c.offer_id == bindparam("offer_id")
    )
)
ADDRESS = ("sealed", "sealed_with", "host_agrees", "protected_at", "shown_to")
# The new values are given twice: to read those of the row that is refused, as `excluded`, would
# need the right to read what is sealed.
PUT_ADDRESS = Composed(
    insert(_address)
    .values(dict.fromkeys(("offer_id", "council_gss", *ADDRESS)))
    .on_conflict_do_update(
        index_elements=["offer_id"],
        set_={name: bindparam(f"new_{name}", type_=_address.c[name].type) for name in ADDRESS},
    )
)
MOVE_OFFER = Composed(
    _offer.update()
    .where(_offer.c.id == bindparam("offer_id"))
    .values(
        postcode_district=bindparam("new_district"),
        location_code=bindparam("new_location"),
        updated_at=func.now(),
        version=_offer.c.version + 1,
    )
)
PUT_CHECK = Composed(
    insert(rows.offer_check)
    .values(
        dict.fromkeys(
            ("id", "offer_id", "council_gss", "kind", "state", "failure_reason", "done_on")
        )
    )
    .on_conflict_do_update(
        index_elements=["offer_id", "kind"],
        set_={
            column: insert(rows.offer_check).excluded[column]
            for column in ("state", "failure_reason", "done_on")
        },
    )
    .returning(rows.offer_check.c.id)
)
FIND_CHECK = Composed(
    select(
        rows.offer_check.c.state, rows.offer_check.c.failure_reason, rows.offer_check.c.done_on
    ).where(
        rows.offer_check.c.offer_id == bindparam("offer_id"),
        rows.offer_check.c.kind == bindparam("kind"),
    )
)
CHECKS = Composed(
    select(rows.offer_check.c.kind).where(rows.offer_check.c.offer_id == bindparam("offer_id"))
)
# Which of these kinds of duty ($2) one of the routes ($1) lays on councils now.
MUST_CHECK = """
    SELECT DISTINCT body ->> 'kind' AS kind FROM route_fact
    WHERE route_code = ANY($1) AND sort = 'DUTY'
      AND body ->> 'kind' = ANY($2) AND body ->> 'level' = 'MUST'
      AND valid @> now() AND known @> now()
    ORDER BY 1
"""
