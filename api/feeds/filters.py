"""The query parameters that there are: what is declared here is what is read and documented."""

from api.feeds.paging import DEFAULT_SIZE, LARGEST_MINIMAL_PAGE, LARGEST_PAGE, LAST_PAGE, SIZES
from api.feeds.parameters import (
    Parameter,
    clock_time,
    flag,
    identity,
    moment,
    number,
    one_of,
    postcode,
    whole,
    words,
)

FURTHEST_METRES = 2_000_000
NEAR_METRES = 25_000.0
OLDEST = 150
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
LINK_TYPES = ("eligibility", "service")
_TEXT = {"type": "string"}
_UUID = {"type": "string", "format": "uuid"}
_TRUE = {"type": "boolean", "default": False}
_NO_HOURS = "Offers keep no opening hours, so none matches."

_PAGE = Parameter(
    "page",
    "The page, counted from 1.",
    {"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1},
    whole(1, LAST_PAGE),
)


def _per_page(about: str, largest: int, sizes: str = "") -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": largest, "default": DEFAULT_SIZE}
    return Parameter("per_page", about, schema, whole(1, largest, sizes))


PAGING = (_PAGE, _per_page("How many on a page.", LARGEST_PAGE))
PAGING_OR_ALL = (
    _PAGE,
    _per_page(
        f"How many on a page: at most {LARGEST_PAGE}, with minimal {LARGEST_MINIMAL_PAGE}.",
        LARGEST_MINIMAL_PAGE,
        SIZES,
    ),
)
TAXONOMY = Parameter("taxonomy_id", "With a term of this taxonomy.", _UUID, identity)
FULL = Parameter("full", "Whole, with everything that belongs to each.", _TRUE, flag)
MINIMAL = Parameter(
    "minimal", "Nothing but each one's id and modified_date, as many as go on a page.", _TRUE, flag
)
FILTERS = (
    Parameter("search", "Words of its name or description.", _TEXT, words),
    Parameter("organization_id", "Of this organization.", _UUID, identity),
    Parameter("taxonomy_term_id", "With this term.", _UUID, identity),
    TAXONOMY,
    Parameter(
        "taxonomy_type",
        "With a term that says this of it: what service it is, or who is eligible.",
        {"type": "string", "enum": list(LINK_TYPES)},
        one_of(*LINK_TYPES),
    ),
    Parameter(
        "minimum_age",
        "With a minimum age of at least so many years; one that states none has 0.",
        {"type": "number", "minimum": 0, "maximum": OLDEST},
        number(OLDEST),
    ),
    Parameter(
        "maximum_age",
        "With a maximum age of at most so many years. Offers state none, so none matches.",
        {"type": "number", "minimum": 0, "maximum": OLDEST},
        number(OLDEST),
    ),
    Parameter("start_time", f"That begins by then. {_NO_HOURS}", _TEXT, clock_time),
    Parameter("end_time", f"That ends by then. {_NO_HOURS}", _TEXT, clock_time),
    Parameter(
        "day",
        f"On this day of the week. {_NO_HOURS}",
        {"type": "string", "enum": list(DAYS)},
        one_of(*DAYS),
    ),
    Parameter(
        "postcode",
        "Near the middle of this postcode's district, the nearest first; OX4 1AB or OX4.",
        _TEXT,
        postcode,
    ),
    Parameter(
        "proximity",
        f"How near to the postcode, in metres; {NEAR_METRES:.0f} where it isn't given.",
        {"type": "number", "minimum": 0, "maximum": FURTHEST_METRES, "default": NEAR_METRES},
        number(FURTHEST_METRES),
    ),
    Parameter(
        "modified_after",
        "Changed by its council at that moment or later.",
        {"type": "string", "format": "date-time"},
        moment,
    ),
)
