"""Commands on routes' facts and on twinnings: what was known is superseded, never changed."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.dialects.postgresql import insert
from strawberry import UNSET

from api.store.composed import Composed
from api.store.route_facts import FACT_COLUMNS
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change, OvertakenError
from schema.reference.attributes import Attributes
from schema.reference.facts import Fact
from schema.reference.files import read_attributes, read_words
from schema.reference.publishing import published
from schema.reference.records import SourceRecord
from schema.reference.wording import Catalogue, words_of
from schema.tables.columns import uuid7
from schema.text import clean
from schema.types import rows
from schema.types.guidance_inputs import RouteFactInput
from schema.types.problem import Problem
from schema.words import FactOrigin, Precision, ProblemCode, RouteFactSort

TOPIC = "route"
LONGEST_BODY = 10_000

INSERT_FACT = Composed(insert(rows.route_fact).values(dict.fromkeys(FACT_COLUMNS)))
FIND_SOURCE = """
    WITH new AS (
        INSERT INTO source (id, title, url, reviewed_on) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT source_page DO UPDATE
            SET reviewed_on = greatest(source.reviewed_on, excluded.reviewed_on)
        RETURNING id
    )
    SELECT id FROM new
"""


@dataclass(frozen=True)
class Outcome:
    """What a command did: the ids of what it touched, or the problems."""

    route: str | None = None
    council: str | None = None
    problems: list[Problem] = field(default_factory=list)


@cache
def registry() -> tuple[Attributes, Catalogue]:
    """The attributes that rules may ask for, and the words to say them in."""
    return read_attributes(), read_words()


async def publish_route_fact(change: Change, input: RouteFactInput) -> Outcome:  # noqa: A002
    """Publish a fact about a route; what was known of the same thing then is superseded."""
    problems = Problems("input")
    code = clean(input.route_code)
    if not await change.connection.fetchval("SELECT 1 FROM route WHERE code = $1", code):
        problems.add("routeCode", "There is no such route; routes lists them.")
    fact, clause = _told(input, code, problems)
    if fact and fact.sort is RouteFactSort.DUTY:
        kind = fact.body["kind"]
        known = "SELECT 1 FROM support_kind WHERE code = $1"
        if not await change.connection.fetchval(known, kind):
            problems.add("body", f"kind: there is no support kind {kind}; supportKinds lists them.")
    problems.refuse_if_any()
    assert fact is not None
    words = {"EN": clause} if clause else words_of(fact, *registry())
    if fact.sort is RouteFactSort.RULE and not words:
        raise declined(
            ProblemCode.INVALID, "Say the rule in words, as clause in the body.", "input", "body"
        )
    source_id = await _source(change, input)
    superseded = await _supersede(change, fact)
    fact_id = await _add(change, code, fact, words, source_id)
    changes = {"body": [[row["body"] for row in superseded] or None, fact.body]}
    summary = f"published a {fact.sort.lower()} of {code}: {clause or words.get('EN', fact.key)}"
    await change.record(
        Event("publishRouteFact", None, "RouteFact", fact_id, changes, summary),
        Message(TOPIC, {"route_code": code}),
    )
    return Outcome(route=f"route_{code}")


def _told(input: RouteFactInput, code: str, problems: Problems) -> tuple[Fact | None, str | None]:  # noqa: A002
    title = input.source_title.strip()
    url = (input.source_url or None) if input.source_url is not UNSET else None
    if not title or "\0" in title or len(title) > 500:
        problems.add("sourceTitle", "Name the page or document, in at most 500 characters.")
    if url is not None and not re.fullmatch(r"https?://[^\s\0]{1,2000}", url):
        problems.add("sourceUrl", "Give the page's address, beginning with https://.")
    days = tuple(None if day is UNSET else day for day in (input.valid_from, input.valid_to))
    if days[0] and days[1] and days[1] <= days[0]:
        problems.add("validTo", "It must come after validFrom.")
        return None, None
    if len(input.body) > LONGEST_BODY or "\\u0000" in input.body or "\0" in input.body:
        problems.add("body", f"The body has more than {LONGEST_BODY} characters, or a NUL.")
        return None, None
    source = SourceRecord(title=title or "?", url=url)
    fact, clause, wrong = published(
        code, input.sort, input.body, (days[0], days[1]), source, registry()[0]
    )
    for _, message in wrong:
        problems.add("body", message)
    return fact, clause


async def _source(change: Change, given: RouteFactInput) -> UUID:
    url = None if given.source_url is UNSET else given.source_url or None
    found: UUID = await change.connection.fetchval(
        FIND_SOURCE, uuid7(), given.source_title.strip(), url, change.today
    )
    return found


async def _supersede(change: Change, fact: Fact) -> list[asyncpg.Record]:
    """Close what is known of the same key for the same time; what lies outside stays known."""
    connection, now = change.connection, change.actor.entered_at
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", fact.key)
    found: list[asyncpg.Record] = await connection.fetch(
        "SELECT * FROM route_fact WHERE key = $1 AND upper_inf(known) AND valid && $2",
        fact.key,
        _range(fact.valid_from, fact.valid_to),
    )
    # Somebody may have published while this waited for the lock, later than this began.
    if any(row["known"].lower >= now for row in found):
        raise OvertakenError
    await connection.execute(
        "UPDATE route_fact SET known = tstzrange(lower(known), $2) WHERE id = ANY ($1)",
        [row["id"] for row in found],
        now,
    )
    for row in found:
        begins, ends = row["valid"].lower, row["valid"].upper
        if fact.valid_from and (begins is None or begins < fact.valid_from):
            await _again(change, row, begins, fact.valid_from, ends_is=fact.valid_from_is)
        if fact.valid_to and (ends is None or fact.valid_to < ends):
            await _again(change, row, fact.valid_to, ends, begins_is=fact.valid_to_is)
    return found


async def _again(
    change: Change,
    row: asyncpg.Record,
    begins: datetime | None,
    ends: datetime | None,
    *,
    begins_is: Precision | None = None,
    ends_is: Precision | None = None,
) -> None:
    part = {
        "id": uuid7(),
        "valid": _range(begins, ends),
        "known": _range(change.actor.entered_at, None),
        "origin": FactOrigin.EDITOR.value,
    }
    if begins_is:
        part["valid_from_is"] = begins_is.value
    if ends_is:
        part["valid_to_is"] = ends_is.value
    await INSERT_FACT.run(change.connection, **{**row, **part})


async def _add(
    change: Change, code: str, fact: Fact, words: dict[str, str], source_id: UUID
) -> UUID:
    fact_id = uuid7()
    last = "SELECT coalesce(max(position), 0) + 1 FROM route_fact WHERE route_code = $1"
    told: dict[str, Any] = {
        "id": fact_id,
        "route_code": code,
        "sort": fact.sort.value,
        "key": fact.key,
        "position": await change.connection.fetchval(last, code),
        "valid": _range(fact.valid_from, fact.valid_to),
        "valid_from_is": fact.valid_from_is.value,
        "valid_to_is": fact.valid_to_is.value,
        "known": _range(change.actor.entered_at, None),
        "body": fact.body,
        "words": words,
        "source_id": source_id,
        "basis": fact.basis.value,
        "confidence": fact.confidence.value,
        "note": fact.note,
        "origin": FactOrigin.EDITOR.value,
    }
    await INSERT_FACT.run(change.connection, **told)
    return fact_id


def _range(begins: datetime | None, ends: datetime | None) -> asyncpg.Range:
    return asyncpg.Range(begins, ends, lower_inc=begins is not None, upper_inc=False)
