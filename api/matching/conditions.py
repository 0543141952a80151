"""The rules of `api.matching.rules` and the points of `api.matching.scores`, as SQL.

`Compared` is a request's row beside an offer's; each rule is true where it refuses the pair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import Date

from api.matching import rules, scores
from schema.types import rows
from schema.types.offer_rows import any_of, metres_from
from schema.words import StepFree

# A query of its own, so that PostgreSQL works it out once, not for every offer.
TODAY: ColumnElement[Any] = select(
    cast(func.timezone("Europe/London", func.now()), Date)
).scalar_subquery()
PREFERENCE = 2
"""Where the points for the preferred area stand among the terms."""


@dataclass(frozen=True)
class Compared:
    """A request with what stands between it and offers, an open offer, and how far it is.

    `metres` go from where the household would like to live; null where either is not known.
    """

    asked: Any
    offer: FromClause
    metres: ColumnElement[Any]

    @property
    def size(self) -> ColumnElement[Any]:
        """How many people the household has."""
        found: ColumnElement[Any] = self.asked.c.adults + func.cardinality(self.asked.c.child_ages)
        return found


def with_standing(request: FromClause, *more: Any) -> Select[*tuple[Any, ...]]:
    """Requests with where they ask to live, and what stands between them and offers."""
    standing = (
        func.hearth_standing(request.c.id)
        .table_valued(
            column("agrees_to_all", Boolean()),
            column("except_for", ARRAY(Text())),
            column("live_kinds", ARRAY(Text())),
            column("declined_offers", ARRAY(Uuid())),
        )
        .lateral("standing")
    )
    return _placed(request, request.join(standing, true()), *standing.c, *more)


def as_if_new(request: FromClause, *more: Any) -> Select[*tuple[Any, ...]]:
    """Past requests as if their like came now: to nobody matched, whatever day they came for."""
    new = (
        literal(True).label("agrees_to_all"),
        cast(array([]), ARRAY(Text())).label("except_for"),
        cast(array([]), ARRAY(Text())).label("live_kinds"),
        cast(array([]), ARRAY(Uuid())).label("declined_offers"),
        cast(null(), Date).label("needed_by"),
    )
    return _placed(request, request, *new, *more)


def _placed(
    request: FromClause, tables: FromClause, *more: ColumnElement[Any]
) -> Select[*tuple[Any, ...]]:
    near = rows.location.alias()
    replaced = {"easting", "northing", *(each.name for each in more)}
    return select(
        *(each for each in request.c if each.name not in replaced),
        func.coalesce(request.c.easting, near.c.easting).label("easting"),
        func.coalesce(request.c.northing, near.c.northing).label("northing"),
        *more,
    ).select_from(tables.outerjoin(near, near.c.code == request.c.postcode_district))


def metres_between(asked: Any, place: FromClause) -> ColumnElement[Any]:
    """How far a location is from where the household would like to live."""
    origin = func.point(asked.c.easting, asked.c.northing)
    return cast(func.round(metres_from(origin, place)), Integer)


def offers_beside(asked: Any) -> tuple[Compared, FromClause]:
    """Open offers to compare with what is asked, and the tables that they are read from."""
    offer, place = rows.open_offer.alias(), rows.location.alias()
    # A query of its own, so that a distance is worked out once, however often it is named, and
    # by the index of places, however dear PostgreSQL takes the rest to be.
    away = (
        select(metres_between(asked, place).label("metres"))
        .where(place.c.code == offer.c.location_code, asked.c.easting.is_not(None))
        .offset(literal_column("0"))
        .correlate_except(place)
        .lateral("away")
    )
    return Compared(asked, offer, away.c.metres), offer.outerjoin(away, true())


def refusals(pair: Compared) -> Mapping[str, ColumnElement[bool]]:
    """Each rule that may refuse an open offer of a kind that is asked for, by its name."""
    asked, offer = pair.asked, pair.offer
    step_free = offer.c.step_free.in_([_word(StepFree.ALL), _word(StepFree.SOME)])
    excepted = offer.c.council_gss == func.any(asked.c.except_for)
    # What refuses most, or costs least, comes first: PostgreSQL stops at the first that does.
    found: dict[str, ColumnElement[Any]] = {
        "distance": pair.metres > asked.c.within_km * 1000,
        "women_only": offer.c.women_only != asked.c.women_only,
        "pets": and_(asked.c.has_pets, not_(offer.c.pets_allowed)),
        "children": and_(func.cardinality(asked.c.child_ages) > 0, not_(offer.c.children_welcome)),
        "step_free": and_(asked.c.needs_step_free, not_(step_free)),
        "household": offer.c.household_max < pair.size,
        "places": offer.c.places_left < pair.size,
        "dates": offer.c.available_from > asked.c.needed_by,
        "fresh": func.coalesce(TODAY - offer.c.last_confirmed_on, rules.FRESH_DAYS + 1)
        > rules.FRESH_DAYS,
        "route": and_(
            func.cardinality(offer.c.route_codes) > 0,
            or_(
                asked.c.route_code.is_(None),
                not_(asked.c.route_code == func.any(offer.c.route_codes)),
            ),
        ),
        "consent": excepted == asked.c.agrees_to_all,
        "declined": offer.c.id == func.any(asked.c.declined_offers),
        "live": offer.c.kind_code == func.any(asked.c.live_kinds),
    }
    return {name: func.coalesce(condition, False) for name, condition in found.items()}


def points(pair: Compared, prefers: ColumnElement[bool] | None = None) -> ColumnElement[Any]:
    """The score, but for what is the same for every offer of a request.

    Which council or region a household would like counts only where `prefers` holds.
    """
    asked, offer = pair.asked, pair.offer
    days = func.greatest(0, TODAY - offer.c.last_confirmed_on)
    terms: list[ColumnElement[Any]] = [
        func.greatest(0, scores.DISTANCE_POINTS - pair.metres.op("/")(scores.METRES_A_POINT)),
        case((offer.c.languages.op("&&")(asked.c.languages), scores.LANGUAGE_POINTS)),
        case(
            (
                offer.c.council_gss == func.any(asked.c.preferred_gss_codes),
                scores.COUNCIL_POINTS,
            ),
            (offer.c.council_gss == any_of(_councils_of(asked)), scores.REGION_POINTS),
        ),
        (func.least(offer.c.minimum_months, scores.MONTHS_COUNTED) * scores.MONTHS_POINTS).op("/")(
            scores.MONTHS_COUNTED
        ),
        func.greatest(
            0,
            scores.FRESH_POINTS - days.op("/")(rules.FRESH_DAYS // scores.FRESH_POINTS),
        ),
    ]
    # What is not known gives nothing; least, or greatest of days, would take the other value.
    known = [None, None, None, offer.c.minimum_months, offer.c.last_confirmed_on]
    if prefers is not None:
        terms[PREFERENCE] = case((prefers, terms[PREFERENCE]))
    return sum(
        (
            func.coalesce(term if of is None else case((of.is_not(None), term)), 0)
            for term, of in zip(terms, known, strict=True)
        ),
        literal_column("0"),
    )


def _councils_of(asked: Any) -> Select[*tuple[Any, ...]]:
    """The councils of the regions that the household prefers."""
    council = rows.council.alias()
    named = council.c.region == func.any(asked.c.preferred_regions)
    return select(council.c.gss_code).where(named).correlate_except(council)


def _word(value: StepFree) -> ColumnElement[Any]:
    return literal_column(f"'{value.value}'")
