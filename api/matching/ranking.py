"""The best offers for a request, without a look at all of them.

Where it asks to live somewhere, offers come from an index by kind and place: from the districts
within reach, and of those only the ones near enough to have as many points as what is nearest.
"""

from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)

from api.matching import scores
from api.matching.conditions import Compared, offers_beside, points, refusals
from schema.types import rows
from schema.types.offer_rows import any_of, grid_of

NEAR_METRES = 40_000
"""Offers so near are looked at first; their points say how far away a better one can be."""
INDEXED_METRES = 150_000
"""Up to here offers come by their places' index; in a wider circle there are too many places."""
POINTS_OF_ANY_OFFER = scores.MONTHS_POINTS + scores.FRESH_POINTS
"""What any offer may have beside the points for distance, language and preference."""

Q = TypeVar("Q", bound=Select[Any])


def ranked(asked: Any) -> FromClause:
    """The best `asked.first` offers of the kinds asked for: those to propose, then blocked ones.

    Each with `is_blocked`, `score` (without what is the same for every offer) and `metres`.
    """
    metres = func.least(_reach(asked), metres_asked(asked))
    reach = below(asked, select(metres.label("metres")).offset(literal_column("0"))).subquery()
    pair, free = _offers(asked, is_blocked=False)
    _, blocked = _offers(asked, is_blocked=True)
    free = free.correlate(reach)
    both = union_all(
        *by_place(pair, reach.c.metres, free).selects, blocked.where(asked.c.includes_blocked)
    ).lateral("both")
    best = select(both).select_from(reach.join(both, true()))
    best = best.order_by(both.c.is_blocked, both.c.score.desc(), both.c.id)
    return below(asked, best.limit(asked.c.first)).subquery("best")


def below(asked: Any, query: Q) -> Q:
    """A query within that of the request's row, which is no table of its own."""
    return query.correlate(asked) if isinstance(asked, FromClause) else query


def metres_asked(asked: Any) -> ColumnElement[Any]:
    """How far an offer may be from the place that is asked for; null for any distance."""
    return case((asked.c.easting.is_not(None), asked.c.within_km * 1000))


def of_kinds(pair: Compared) -> ColumnElement[bool]:
    """Offers of the kinds asked for."""
    found: ColumnElement[bool] = pair.offer.c.kind_code == func.any(pair.asked.c.kind_codes)
    return found


def by_place(pair: Compared, metres: ColumnElement[Any], query: Q) -> CompoundSelect[Any]:
    """A query for offers no farther than so many metres (null: any), read in the quicker way.

    The second way leaves it to the query to refuse what is farther.
    """
    near = query.where(metres <= INDEXED_METRES, _is_within(pair, metres))
    return union_all(near, query.where(func.coalesce(metres > INDEXED_METRES, True)))


def _is_within(pair: Compared, metres: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an offer's place is so near, or not known."""
    place, asked = rows.location.alias(), pair.asked
    # A metre more, since rules go by whole metres.
    circle = func.circle(func.point(asked.c.easting, asked.c.northing), metres + 1)
    codes = select(place.c.code).where(grid_of(place).op("<@", is_comparison=True)(circle))
    return or_(
        pair.offer.c.location_code == any_of(codes.correlate_except(place)),
        pair.offer.c.location_code.is_(None),
    )


def _offers(asked: Any, *, is_blocked: bool) -> tuple[Compared, Select[*tuple[Any, ...]]]:
    pair, tables = offers_beside(asked)
    against, score = or_(*refusals(pair).values()), points(pair)
    query = (
        select(
            pair.offer.c.id,
            literal_column(str(is_blocked)).label("is_blocked"),
            score.label("score"),
            pair.metres.label("metres"),
        )
        .select_from(tables)
        .where(of_kinds(pair), against if is_blocked else not_(against))
        .order_by(score.desc(), pair.offer.c.id)
        .limit(asked.c.first)
    )
    return pair, below(asked, query)


def _reach(asked: Any) -> ColumnElement[Any]:
    """How far an offer may be and have the points yet that the best near ones have; null: any."""
    pair, query = _offers(asked, is_blocked=False)
    near_metres: ColumnElement[Any] = literal_column(str(NEAR_METRES))
    query = query.where(metres_asked(asked) > near_metres, _is_within(pair, near_metres))
    near = query.subquery("near")
    is_full = func.count() == asked.c.first
    least = below(asked, select(case((is_full, func.min(near.c.score))))).scalar_subquery()
    language = case((func.cardinality(asked.c.languages) > 0, scores.LANGUAGE_POINTS), else_=0)
    area = case(
        (func.cardinality(asked.c.preferred_gss_codes) > 0, scores.COUNCIL_POINTS),
        (func.cardinality(asked.c.preferred_regions) > 0, scores.REGION_POINTS),
        else_=0,
    )
    needed = func.greatest(least - language - area - POINTS_OF_ANY_OFFER, 0)
    return (scores.DISTANCE_POINTS + 1 - func.nullif(needed, 0)) * scores.METRES_A_POINT
