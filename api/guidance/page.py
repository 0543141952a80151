"""A route as a page of plain text, to be checked line by line against the law."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from textwrap import fill

from schema.reference.facts import Fact, facts_of
from schema.reference.files import Reference
from schema.reference.route_records import RouteRecord
from schema.reference.wording import day_in, moment_in, words_of
from schema.words import Basis, Language, Precision, RouteFactSort

WIDTH = 96
TIERS = {"UPPER": "upper tier", "LOWER": "lower tier", "ALL": "all councils"}


def page(route: RouteRecord, reference: Reference, moment: datetime) -> str:
    """The facts in force at a moment, each with its source, basis and confidence."""
    facts = [fact for fact in facts_of(route) if _holds(fact, moment)]
    lines = [
        route.name,
        "=" * len(route.name),
        route.official_name,
        fill(route.summary, WIDTH),
        f"As of {moment_in(Language.EN, moment)}, London; known since "
        f"{day_in(Language.EN, route.recorded_at.date())}.",
    ]
    titles = {
        RouteFactSort.WINDOW: "Open?",
        RouteFactSort.LEAVE: "Leave",
        RouteFactSort.RULE: "Who may come: all of these must hold",
        RouteFactSort.DUTY: "What councils do",
        RouteFactSort.TARIFF: "What is paid",
    }
    for sort, title in titles.items():
        lines += ["", title, "-" * len(title)]
        of_sort = [fact for fact in facts if fact.sort is sort]
        lines += list(_listed(of_sort, reference)) or ["Nothing in force."]
    return "\n".join(lines) + "\n"


def _holds(fact: Fact, moment: datetime) -> bool:
    begins = fact.valid_from is None or fact.valid_from <= moment
    return begins and (fact.valid_to is None or moment < fact.valid_to)


def _listed(facts: Sequence[Fact], reference: Reference) -> Iterator[str]:
    group = None
    for fact in facts:
        any_of = fact.body.get("any_of")
        if any_of and any_of != group:
            yield f"* One of these ({any_of}):"
        group = any_of
        mark = "    - " if any_of else "* "
        yield _filled(_said(fact, reference), mark, "    ")
        yield from (_filled(line, "      ", "        ") for line in _around(fact))


def _filled(text: str, first: str, after: str) -> str:
    # An address that is broken leads nowhere.
    return fill(
        text,
        WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
        initial_indent=first,
        subsequent_indent=after,
    )


def _said(fact: Fact, reference: Reference) -> str:
    body = fact.body
    kinds = {kind.code: kind.name for kind in reference.support_kinds}
    match fact.sort:
        case RouteFactSort.LEAVE:
            months = f"{body['months']} months" if body["months"] else "as the sponsor's"
            return f"{body['variant']}: {'without end' if body['is_indefinite'] else months}"
        case RouteFactSort.DUTY:
            return f"{body['level']}: {kinds[body['kind']]} ({TIERS[body['tier']]})"
        case RouteFactSort.TARIFF:
            return (
                f"{body['kind']}: {body['amount']} pounds per {body['per']}, {body['period']}, "
                f"to {body['payee']}; by {body['applies_to'].replace('_', ' ')}"
            )
        case _:
            return words_of(fact, reference.attributes, reference.translations)["EN"]


def _around(fact: Fact) -> Iterator[str]:
    begins = _edge(fact.valid_from, fact.valid_from_is)
    ends = _edge(fact.valid_to, fact.valid_to_is)
    if begins or ends:
        yield f"In force from {begins or 'the beginning'} to {ends or 'further notice'}."
    doubt = "" if fact.basis is Basis.SOURCED else ", UNVERIFIED"
    title = fact.source.title if fact.source else "no page of its own"
    url = f" <{fact.source.url}>" if fact.source and fact.source.url else ""
    yield f"Source: {title}{url} (confidence {fact.confidence.lower()}{doubt})."
    for dissent in fact.dissents:
        claims = ", ".join(f"{name} {value}" for name, value in dissent.claims.items())
        yield f"Otherwise: {dissent.title}: {claims}. {dissent.note or ''}"
    if fact.note:
        yield f"Note: {fact.note}"


def _edge(moment: datetime | None, precision: Precision) -> str:
    if moment is None:
        return ""
    if precision is Precision.YEAR:
        return str(moment.year)
    if precision is Precision.MONTH:
        return day_in(Language.EN, moment.date()).partition(" ")[2]
    return moment_in(Language.EN, moment)
