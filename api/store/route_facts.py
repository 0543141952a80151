"""Loading routes' facts: what a file says anew supersedes what it said before; nothing is lost."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from api.store.composed import Composed
from schema.reference.facts import Fact, facts_of
from schema.reference.files import Reference
from schema.reference.records import SourceRecord
from schema.reference.route_records import RouteRecord
from schema.reference.wording import questions, words_of
from schema.tables.columns import uuid7
from schema.types import rows
from schema.words import FactOrigin

Page = tuple[str, str | None]
SourceIds = dict[Page, UUID]
Loaded = list[tuple[str, int]]

SOURCE_COLUMNS = ["id", "title", "url", "published_on", "reviewed_on"]
FACT_COLUMNS = [
    "id",
    "route_code",
    "sort",
    "key",
    "position",
    "valid",
    "valid_from_is",
    "valid_to_is",
    "known",
    "body",
    "words",
    "source_id",
    "basis",
    "confidence",
    "note",
    "origin",
]
# What makes two facts the same; the rest is how and when they came to be known.
SAME = [name for name in FACT_COLUMNS if name not in ("id", "known", "origin")]


def page_of(source: SourceRecord) -> Page:
    """What tells a source from the others."""
    return source.title, source.url


async def load_sources(connection: asyncpg.Connection, reference: Reference) -> SourceIds:
    """Write every source that a file names, once: their ids."""
    found: dict[Page, dict[str, Any]] = {}
    for source, reviewed_on in _sources(reference):
        before = found.get(page_of(source), {})
        found[page_of(source)] = {
            "title": source.title,
            "url": source.url,
            "published_on": source.published_on or before.get("published_on"),
            "reviewed_on": max(reviewed_on, before.get("reviewed_on", reviewed_on)),
        }
    put = insert(rows.source).values(dict.fromkeys(SOURCE_COLUMNS))
    new = put.excluded
    update = Composed(
        put.on_conflict_do_update(
            constraint="source_page",
            set_={
                "published_on": func.coalesce(new.published_on, rows.source.c.published_on),
                # An editor may have read it since.
                "reviewed_on": func.greatest(new.reviewed_on, rows.source.c.reviewed_on),
            },
        )
    )
    await update.run_each(connection, [{"id": uuid7(), **each} for each in found.values()])
    known = await connection.fetch("SELECT id, title, url FROM source")
    return {(row["title"], row["url"]): row["id"] for row in known}


def _sources(reference: Reference) -> Iterator[tuple[SourceRecord, date]]:
    for route in reference.routes:
        reviewed_on = route.recorded_at.date()
        yield from ((source, reviewed_on) for source in route.sources)
        for fact in facts_of(route):
            cited = [fact.source, *fact.dissents]
            yield from ((source, reviewed_on) for source in cited if source)
    read = max(route.recorded_at for route in reference.routes).date()
    yield from ((link.source, read) for link in reference.twinnings)


async def load_attributes(connection: asyncpg.Connection, reference: Reference) -> int:
    """Write the registry of what rules ask for, with its questions: how many there are."""
    await connection.execute("DELETE FROM fact_attribute")
    found = [
        {
            "key": key,
            "position": position,
            "subject": each.subject,
            "attribute": each.attribute,
            "type": each.type.value,
            "choices": list(each.choices),
            "questions": questions(key, reference.translations),
        }
        for position, (key, each) in enumerate(reference.attributes.items(), start=1)
    ]
    put = Composed(insert(rows.fact_attribute).values(dict.fromkeys(found[0])))
    await put.run_each(connection, found)
    return len(found)


async def load_facts(
    connection: asyncpg.Connection, reference: Reference, sources: SourceIds
) -> Loaded:
    """Write the facts, events and sources of every route: what was written, by table.

    A fact that a file no longer has is closed, and one that it has anew is known from now on; a
    route's first facts are known since the file was. What an editor published after the file was
    recorded stands.
    """
    written: dict[str, int] = {}
    written["fact_attribute"] = await load_attributes(connection, reference)
    for route in reference.routes:
        added, superseded = await _load_facts_of(connection, reference, route, sources)
        for table, count in (
            ("route_fact", added),
            ("route_fact superseded", superseded),
            ("route_event", await _load_events(connection, route)),
            ("route_source", await _load_route_sources(connection, route, sources)),
        ):
            written[table] = written.get(table, 0) + count
    return list(written.items())


async def _load_facts_of(
    connection: asyncpg.Connection, reference: Reference, route: RouteRecord, sources: SourceIds
) -> tuple[int, int]:
    known = await connection.fetch(
        "SELECT * FROM route_fact WHERE route_code = $1 AND upper_inf(known)", route.code
    )
    edited = {
        row["key"]
        for row in known
        if row["origin"] == FactOrigin.EDITOR and row["known"].lower > route.recorded_at
    }
    said = {row["id"]: [row[name] for name in SAME] for row in known if row["key"] not in edited}
    wanted: list[tuple[Fact, dict[str, Any]]] = []
    for position, fact in enumerate(facts_of(route), start=1):
        if fact.key in edited:
            continue
        row = _row(reference, route, fact, position, sources)
        same = next((i for i, each in said.items() if each == [row[name] for name in SAME]), None)
        if same is None:
            wanted.append((fact, row))
        else:
            del said[same]
    now: datetime = await connection.fetchval("SELECT now()")
    await connection.execute(
        "UPDATE route_fact SET known = tstzrange(lower(known), $2) WHERE id = ANY ($1)",
        list(said),
        now,
    )
    since = now if known else route.recorded_at
    put = Composed(insert(rows.route_fact).values(dict.fromkeys(FACT_COLUMNS)))
    await put.run_each(connection, [{**row, "known": _range(since, None)} for _, row in wanted])
    await _load_dissents(connection, wanted, sources)
    return len(wanted), len(said)


def _row(
    reference: Reference, route: RouteRecord, fact: Fact, position: int, sources: SourceIds
) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "route_code": route.code,
        "sort": fact.sort.value,
        "key": fact.key,
        "position": position,
        "valid": _range(fact.valid_from, fact.valid_to),
        "valid_from_is": fact.valid_from_is.value,
        "valid_to_is": fact.valid_to_is.value,
        "body": fact.body,
        "words": words_of(fact, reference.attributes, reference.translations),
        "source_id": sources[page_of(fact.source)] if fact.source else None,
        "basis": fact.basis.value,
        "confidence": fact.confidence.value,
        "note": fact.note,
        "origin": FactOrigin.FILE.value,
    }


async def _load_dissents(
    connection: asyncpg.Connection,
    facts: list[tuple[Fact, dict[str, Any]]],
    sources: SourceIds,
) -> None:
    found = [
        {
            "fact_id": row["id"],
            "source_id": sources[page_of(dissent)],
            "claims": dissent.claims,
            "note": dissent.note,
        }
        for fact, row in facts
        for dissent in fact.dissents
    ]
    columns = ["fact_id", "source_id", "claims", "note"]
    put = Composed(insert(rows.route_dissent).values(dict.fromkeys(columns)))
    await put.run_each(connection, found)


async def _load_events(connection: asyncpg.Connection, route: RouteRecord) -> int:
    await connection.execute("DELETE FROM route_event WHERE route_code = $1", route.code)
    put = Composed(
        insert(rows.route_event).values(dict.fromkeys(["route_code", "position", "on", "event"]))
    )
    found = [
        {"route_code": route.code, "position": n, "on": each.on, "event": each.event}
        for n, each in enumerate(route.events, start=1)
    ]
    await put.run_each(connection, found)
    return len(found)


async def _load_route_sources(
    connection: asyncpg.Connection, route: RouteRecord, sources: SourceIds
) -> int:
    await connection.execute("DELETE FROM route_source WHERE route_code = $1", route.code)
    put = Composed(
        insert(rows.route_source).values(dict.fromkeys(["route_code", "source_id", "position"]))
    )
    ids = dict.fromkeys(sources[page_of(source)] for source in route.sources)
    found = [
        {"route_code": route.code, "source_id": each, "position": n}
        for n, each in enumerate(ids, start=1)
    ]
    await put.run_each(connection, found)
    return len(found)


def _range(begins: datetime | None, ends: datetime | None) -> asyncpg.Range:
    return asyncpg.Range(begins, ends, lower_inc=begins is not None, upper_inc=False)
