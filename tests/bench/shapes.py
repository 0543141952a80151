"""What is asked: the same questions to every server, each in its own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench import documents
from tests.bench.facts import Facts

FEED_SIZE = 20
POOL = 400


@dataclass(frozen=True)
class Ask:
    """One request: variables as Hearth takes them, and who asks (None is the public)."""

    variables: dict[str, Any]
    subject: str | None = None


@dataclass(frozen=True)
class Shape:
    """A kind of question. `postgraphile` is None where it can't be asked there in one query.

    `plain` makes PostGraphile's data what Hearth's would be, for comparing. `path` is there for
    pages of the feed, which are got by it; `beside` names the shape whose rate is their limit.
    """

    name: str
    about: str
    hearth: str
    postgraphile: str | None
    asks: Callable[[Facts], Sequence[Ask]]
    is_cached: bool = False
    is_write: bool = False
    plain: Callable[[Any], Any] = lambda data: data
    path: Callable[[Ask], str] | None = None
    beside: str = ""


def _pages(facts: Facts) -> list[Ask]:
    # Every kind of support with every number of places asked for, in a fixed disorder.
    kinds = facts.kinds
    return [
        Ask({"kind": kinds[n * 13 % len(kinds)], "places": 1 + n // len(kinds)})
        for n in range(len(kinds) * 4)
    ]


def _two_pages(facts: Facts) -> list[Ask]:
    kinds = facts.common_kinds
    return [
        Ask({"one": kind, "other": kinds[(n + len(kinds) // 2) % len(kinds)]})
        for n, kind in enumerate(kinds)
    ]


def _offers(facts: Facts) -> list[Ask]:
    return [Ask({"id": f"offer_{each}"}) for each in facts.offers[:POOL]]


def _officers(facts: Facts) -> list[Ask]:
    return [Ask({}, subject) for subject in facts.officers]


def _near(facts: Facts) -> list[Ask]:
    return [Ask({"district": district}) for district in facts.districts[:POOL]]


def _feed_pages(facts: Facts) -> list[Ask]:
    # Every page once plain and once with a filter that leaves all: together they are more than the
    # answers that are kept, so that none is given again, while what pages are cut from is kept.
    pages = facts.open_offers // FEED_SIZE
    return [
        Ask({"page": 1 + n * 37 % pages, "filter": each})
        for each in ("", "&taxonomy_type=service")
        for n in range(pages)
    ]


def _feed_path(ask: Ask) -> str:
    return "/open-referral/services?page={page}{filter}".format(**ask.variables)


def _drafts(facts: Facts) -> list[Ask]:
    return [Ask({"id": f"offer_{each}", "version": 1}, subject) for each, subject in facts.drafts]


def _published(data: Any) -> Any:
    result = data["publishOffer"]["result"]
    offer = {"version": result["version"], "status": result["status"]}
    return {"publishOffer": {"offer": offer, "problems": []}}


SHAPES = (
    Shape(
        "page",
        "20 offers of a kind, with council and routes",
        documents.PAGE,
        documents.POSTGRAPHILE_PAGE,
        _pages,
    ),
    Shape(
        "counted",
        "the same, with totalCount",
        documents.COUNTED,
        documents.POSTGRAPHILE_COUNTED,
        _pages,
    ),
    Shape(
        "offer",
        "one offer, its routes, its council and the council's 5 latest",
        documents.OFFER,
        documents.POSTGRAPHILE_OFFER,
        _offers,
    ),
    Shape(
        "wide",
        "200 offers (two pages of 100) x 12 fields, with council",
        documents.WIDE,
        documents.POSTGRAPHILE_WIDE,
        _two_pages,
    ),
    Shape("near", "20 nearest, with facets and totalCount", documents.NEAR, None, _near),
    Shape(
        "officer",
        "an officer's 20 offers, by token, under row-level security",
        documents.OFFICER,
        documents.POSTGRAPHILE_OFFICER,
        _officers,
    ),
    Shape(
        "cached",
        "one public page, again and again",
        documents.PAGE,
        documents.POSTGRAPHILE_PAGE,
        lambda facts: _pages(facts)[:1],
        is_cached=True,
    ),
    Shape(
        "feed",
        f"a page of {FEED_SIZE} services of the feed; its limit is page",
        "",
        None,
        _feed_pages,
        is_cached=True,
        path=_feed_path,
        beside="page",
    ),
    Shape(
        "publish",
        "publishOffer: version check, update, audit, outbox; each draft once",
        documents.PUBLISH,
        documents.POSTGRAPHILE_PUBLISH,
        _drafts,
        is_write=True,
        plain=_published,
    ),
)


def for_postgraphile(variables: dict[str, Any]) -> dict[str, Any]:
    """Variables as PostGraphile takes them: its ids are the bare UUIDs."""
    return {
        name: value.removeprefix("offer_") if isinstance(value, str) else value
        for name, value in variables.items()
    }
