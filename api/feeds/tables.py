"""The four open tables."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    LargeBinary,
    Text,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from api.feeds.columns import Table, table_of
from schema.types.open_rows import (
    council,
    location,
    open_offer,
    route,
    route_fact,
    source,
    support_kind,
)
from schema.words import Precision, RouteFactSort, RouteStatus


def _quoted(text: str) -> ColumnElement[Any]:
    # A constant stays one: a statement that is read by a cursor has no parameters.
    return literal_column(f"'{text}'")


def _body(name: str) -> ColumnElement[Any]:
    found: ColumnElement[Any] = route_fact.c.body.op("->>", return_type=Text())(_quoted(name))
    return found


def _day(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.timezone(_quoted("Europe/London"), moment), Date())


def _known(sort: RouteFactSort) -> tuple[ColumnElement[bool], ...]:
    is_known = route_fact.c.known.op("@>", is_comparison=True)(func.now())
    return route_fact.c.sort == _quoted(sort), is_known


def _of_windows(value: ColumnElement[Any]) -> Any:
    of_route = route_fact.c.route_code == route.c.code
    return select(value).where(of_route, *_known(RouteFactSort.WINDOW))


def _digest_of(table: Any) -> ColumnElement[Any]:
    rows = func.string_agg(
        cast(table.table_valued(), Text), aggregate_order_by(_quoted(""), *table.primary_key)
    )
    return select(func.md5(rows)).scalar_subquery()


def _digest_of_offers() -> ColumnElement[Any]:
    # An offer's version moves with every change but that of its places.
    each = (
        func.uuid_send(open_offer.c.id, type_=LargeBinary())
        .op("||")(func.int4send(open_offer.c.version))
        .op("||")(func.int4send(open_offer.c.places_left))
    )
    joined = func.string_agg(each, aggregate_order_by(_quoted(""), open_offer.c.id))
    return select(func.md5(joined)).scalar_subquery()


AVAILABILITY = table_of(
    "availability",
    "Places available",
    "Every open offer that has places left at the moment of reading: what, where, for how many.",
    """
    offer_id          | string!   | #service+id               | The offer's id.
    title             | string!   | #service+name             | Its title.
    description       | string    | #description              | What the council says of it.
    kind              | string!   | #sector+code              | The kind of support, by code.
    kind_name         | string!   | #sector+name              | The kind's name.
    council_gss       | string!   | #adm2+code                | The council, by GSS code.
    council           | string!   | #adm2+name                | The council's name.
    region            | string!   | #adm1+name                | The council's region, or nation.
    postcode_district | string    | #loc+code                 | Where it is, where that is said.
    latitude          | number    | #geo+lat                  | Of the district, or the council.
    longitude         | number    | #geo+lon                  | Of the district, or the council.
    places_left       | integer!  | #capacity+left            | People it can still take.
    household_max     | integer   | #capacity+household       | The largest household, in people.
    route_codes       | string[]  | #modality+code            | Routes it accepts; none means any.
    step_free         | string!   | #description+step_free    | How much of it is step-free.
    pets_allowed      | boolean!  | #description+pets         | Whether pets may come.
    children_welcome  | boolean!  | #description+children     | Whether children may come.
    women_only        | boolean!  | #description+women_only   | Whether it is for women only.
    languages         | string[]  | #description+languages    | Spoken there (ISO 639).
    available_from    | date      | #date+start               | The first day.
    available_until   | date      | #date+end                 | The last day.
    minimum_months    | integer   | #description+months       | For at least so many months.
    last_confirmed_on | date      | #date+confirmed           | When the council last confirmed it.
    updated_at        | dateTime! | #date+updated             | When the council last changed it.
    """,
    select(open_offer.c.id)
    .select_from(
        open_offer.join(council, council.c.gss_code == open_offer.c.council_gss)
        .join(support_kind, support_kind.c.code == open_offer.c.kind_code)
        .outerjoin(location, location.c.code == open_offer.c.location_code)
    )
    .order_by(open_offer.c.id),
    open_offer,
    {
        "council": council.c.name,
        "kind": open_offer.c.kind_code,
        "kind_name": support_kind.c.name,
        "latitude": location.c.latitude,
        "longitude": location.c.longitude,
        "offer_id": open_offer.c.id,
        "region": council.c.region,
    },
    "The councils themselves.",
    select(
        func.concat(
            _digest_of_offers(),
            *(_digest_of(each) for each in (council, location, support_kind)),
        )
    ),
)

COUNCILS = table_of(
    "councils",
    "Councils",
    "The principal councils of the United Kingdom, with those abolished since 2019.",
    """
    gss_code         | string!  | #adm2+code        | The council's GSS code.
    name             | string!  | #adm2+name        | Its short name.
    official_name    | string!  | #org+name         | Its name in full.
    kind             | string!  | #org+type         | What kind of council it is.
    nation           | string!  | #country+name     | Its nation.
    region           | string!  | #adm1+name        | Its region, or nation.
    upper_tier_gss   | string   | #adm2+code+upper  | The county above a district.
    latitude         | number   | #geo+lat          | The middle of its area.
    longitude        | number   | #geo+lon          | The middle of its area.
    starts_on        | date     | #date+start       | Its first day.
    ends_on          | date     | #date+end         | Its last day, where one is decided.
    former_gss_codes | string[] | #adm2+code+former | GSS codes that it had before.
    successors       | string[] | #adm2+code+next   | GSS codes, or names, of what follows it.
    source           | string!  | #meta+source      | Where the row is from.
    """,
    select(council.c.gss_code)
    .select_from(council.outerjoin(location, location.c.code == council.c.gss_code))
    .order_by(council.c.gss_code),
    council,
    {"latitude": location.c.latitude, "longitude": location.c.longitude},
    "mySociety, uk_local_authority_names_and_codes (CC BY 4.0), with content of the Office for "
    "National Statistics and Ordnance Survey (Open Government Licence v3.0).",
)

_IS_OPEN = _body("status") == _quoted(RouteStatus.OPEN)
_BEGINS = _day(func.lower(route_fact.c.valid))
_LAST_OPEN = func.max(case((_IS_OPEN, _BEGINS)))
_LAST_SHUT = func.max(case((~_IS_OPEN, _BEGINS)))
_LENGTH = case(
    (route_fact.c.valid_from_is == _quoted(Precision.YEAR), literal_column("4")),
    (route_fact.c.valid_from_is == _quoted(Precision.MONTH), literal_column("7")),
    else_=literal_column("10"),
)
_STATUS = _of_windows(_body("status")).where(
    route_fact.c.valid.op("@>", is_comparison=True)(func.now())
)
_OPENS = (
    _of_windows(func.left(cast(_BEGINS, Text), _LENGTH))
    .where(_IS_OPEN)
    .order_by(route_fact.c.valid)
    .limit(literal_column("1"))
)
_CLOSES = _of_windows(case((_LAST_SHUT >= _LAST_OPEN, _LAST_SHUT)))

ROUTES = table_of(
    "routes",
    "Visa and resettlement routes",
    "Routes by which refugees come to the United Kingdom, as they stand now.",
    """
    code             | string!   | #modality+code          | The route's code.
    name             | string!   | #modality+name          | Its short name.
    official_name    | string!   | #modality+name+official | Its name in full.
    status           | string!   | #status                 | Whether it takes applications now.
    opens            | string    | #date+start             | When it opened: a year, month or day.
    closes_on        | date      | #date+end               | The day it closed or was paused.
    summary          | string!   | #description            | What it is.
    sponsor_required | boolean!  | #description+sponsor    | Whether somebody must sponsor.
    fee_pounds       | decimal   | #value+fee+gbp          | What an application costs.
    recorded_at      | dateTime! | #date+recorded          | As of when its file was read.
    """,
    select(route.c.code).where(route.c.recorded_at <= func.now()).order_by(route.c.code),
    route,
    {
        "closes_on": _CLOSES.scalar_subquery(),
        "opens": _OPENS.scalar_subquery(),
        "status": func.coalesce(_STATUS.scalar_subquery(), _quoted(RouteStatus.NOT_YET_OPEN)),
    },
    "GOV.UK, gov.scot, gov.wales, legislation.gov.uk and others, named in each fact.",
)

TARIFFS = table_of(
    "tariffs",
    "Tariffs",
    "What is paid for people on each route, to whom and from when, as known now.",
    """
    tariff_id  | string!  | #meta+id          | The id of this row.
    route      | string!  | #modality+code    | The route's code.
    kind       | string!  | #value+type       | What is paid.
    amount     | decimal! | #value+gbp        | How much, in pounds.
    per        | string!  | #value+per        | For each what.
    period     | string!  | #value+period     | For how long.
    payee      | string!  | #org+payee        | To whom.
    applies_to | string   | #value+applies_to | Which date picks the row.
    valid_from | date     | #date+start       | The first day.
    valid_to   | date     | #date+end         | The first day on which it no longer holds.
    basis      | string!  | #meta+basis       | SOURCED, or UNVERIFIED: its page is to be read.
    confidence | string!  | #meta+confidence  | How sure we are of it.
    note       | string   | #description      | What else to know of it.
    source     | string   | #meta+source      | The page or document.
    source_url | anyURI   | #meta+url         | Where that is.
    """,
    select(route_fact.c.id)
    .select_from(route_fact.outerjoin(source, source.c.id == route_fact.c.source_id))
    .where(*_known(RouteFactSort.TARIFF))
    .order_by(route_fact.c.route_code, route_fact.c.position, route_fact.c.id),
    route_fact,
    {
        **{
            name: _body(name) for name in ("amount", "applies_to", "kind", "payee", "per", "period")
        },
        "route": route_fact.c.route_code,
        "source": source.c.title,
        "source_url": source.c.url,
        "tariff_id": route_fact.c.id,
        "valid_from": _BEGINS,
        "valid_to": _day(func.upper(route_fact.c.valid)),
    },
    "GOV.UK and others, named in each row.",
)

TABLES: dict[str, Table] = {each.name: each for each in (AVAILABILITY, COUNCILS, ROUTES, TARIFFS)}
