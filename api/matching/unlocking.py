"""Which single change would open how many offers to a request, counted exactly."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array

from api.matching.conditions import Compared, metres_between, offers_beside, refusals
from api.matching.ranking import below, by_place, metres_asked, of_kinds
from api.matching.wording import counted
from schema.types import rows
from schema.types.offer_rows import metres_from

RADII_KM = (10, 25, 40, 60, 100, 150, 250, 400, 2000)
"""Distances that one would ask for; the last is farther than any two places are apart."""
RULES = ("consent", "dates", "fresh", "pets", "route", "step_free", "women_only")
"""Rules that a household, or a council, could do without; the distance comes beside them."""


def unlock_message(rule: str, offers: int, radius_km: int | None) -> str:
    """What one change opens, in words."""
    # Those for women only would no longer suit, so the others are not more than these.
    more = counted(offers, "other offer" if rule == "women_only" else "more offer")
    its, it = ("its council confirms", "it") if offers == 1 else ("their councils confirm", "them")
    change = {
        "consent": "If the household agreed to more councils",
        "dates": "If it could begin later",
        "distance": f"Within {radius_km} km" if radius_km != RADII_KM[-1] else "At any distance",
        "fresh": f"Once {its} {it}",
        "pets": "Without the pet",
        "route": "With a known route",
        "step_free": "If it need not be step-free",
        "women_only": "If men may live there too",
    }[rule]
    return f"{change}, {more} {'could' if rule == 'route' else 'would'} suit."


def considered(asked: Any) -> ColumnElement[Any]:
    """How many open offers there are of the kinds asked for."""
    pair, _ = offers_beside(asked)
    return below(asked, select(func.count()).where(of_kinds(pair))).scalar_subquery()


def proposable(asked: Any) -> ColumnElement[Any]:
    """How many of them no rule refuses."""
    pair, tables = offers_beside(asked)
    query = select(pair.offer.c.id).select_from(tables)
    query = below(asked, query.where(of_kinds(pair), not_(or_(*refusals(pair).values()))))
    found = by_place(pair, metres_asked(asked), query).subquery()
    return below(asked, select(func.count()).select_from(found)).scalar_subquery()


def unlocked(asked: Any) -> FromClause:
    """Each rule that alone stands against some offers, how many, and how far for the distance."""
    counts, radius = _counts(asked).subquery("counts"), _radius(asked).subquery("nearest")
    farther = _farther(asked, radius).scalar_subquery()
    count = [counts.c[rule] for rule in RULES]
    nowhere: list[ColumnElement[Any]] = [literal_column("NULL::integer") for _ in RULES]
    listed = select(
        _unnested([_text(rule) for rule in (*RULES, "distance")]).label("rule"),
        _unnested([*count, farther]).label("offers"),
        _unnested([*nowhere, radius.c.radius]).label("radius"),
    )
    found = listed.select_from(counts.outerjoin(radius, true())).subquery("listed")
    return below(asked, select(found).where(found.c.offers > 0)).subquery("unlock")


def _counts(asked: Any) -> Select[*tuple[Any, ...]]:
    """For each rule the offers within reach that it alone refuses."""
    pair, tables = offers_beside(asked)
    against = refusals(pair)
    # Which rules refuse an offer, a bit for each: one pass serves every count.
    bits = {rule: 1 << place for place, rule in enumerate(against)}
    refused = sum(
        (case((condition, bits[rule]), else_=0) for rule, condition in against.items()),
        literal_column("0", Integer()),
    )
    query = below(asked, select(refused.label("refused")).select_from(tables))
    # OFFSET 0 keeps PostgreSQL from working the bits out anew for each count.
    query = query.where(of_kinds(pair)).offset(literal_column("0"))
    each = by_place(pair, metres_asked(asked), query).subquery("each")
    is_changeable = {"route": asked.c.route_code.is_(None), "women_only": asked.c.women_only}
    return below(
        asked,
        select(
            *(
                func.count()
                .filter(each.c.refused == bits[rule], is_changeable.get(rule, true()))
                .label(rule)
                for rule in RULES
            )
        ),
    )


def _radius(asked: Any) -> Select[*tuple[Any, ...]]:
    """How far it is to the nearest offer that only the distance refuses, as one would ask for."""
    offer, place = rows.open_offer.alias(), rows.location.alias()
    pair = Compared(asked, offer, metres_between(asked, place))
    # Of each place one offer is enough, so that it is worth PostgreSQL's while to stop early.
    here: ColumnElement[Any] = literal_column("1").label("here")
    one = select(here).where(
        offer.c.location_code == place.c.code, of_kinds(pair), _is_only_too_far(pair)
    )
    one_offer = one.limit(1).correlate_except(offer).lateral("one_offer")
    origin = func.point(asked.c.easting, asked.c.northing)
    is_farther = pair.metres > asked.c.within_km * 1000
    nearest = select(pair.metres.label("metres")).select_from(place.join(one_offer, true()))
    nearest = nearest.where(asked.c.easting.is_not(None), is_farther)
    # In this order the places come from an index, until one has such an offer.
    nearest = nearest.order_by(metres_from(origin, place)).limit(1)
    found = below(asked, nearest).subquery("first")
    radii = case(*((found.c.metres <= radius * 1000, radius) for radius in RADII_KM))
    return select(radii.label("radius"))


def _farther(asked: Any, nearest: FromClause) -> Select[*tuple[Any, ...]]:
    pair, tables = offers_beside(asked)
    metres = nearest.c.radius * 1000
    query = select(pair.offer.c.id).select_from(tables)
    query = query.where(of_kinds(pair), _is_only_too_far(pair), pair.metres <= metres)
    found = by_place(pair, metres, below(asked, query).correlate(nearest)).subquery()
    count = select(func.count()).select_from(found)
    return below(asked, count).correlate(nearest)


def _is_only_too_far(pair: Compared) -> ColumnElement[bool]:
    against = dict(refusals(pair))
    is_too_far = against.pop("distance")
    return and_(is_too_far, not_(or_(*against.values())))


def _unnested(values: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.unnest(array(values), type_=values[-1].type)


def _text(value: str) -> ColumnElement[Any]:
    return literal_column(f"'{value}'::text", Text())
