"""The results as Markdown: what was measured, on what, and each shape's table."""

import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.measuring import Result

REFERENCE, LIMIT = "PostGraphile", "hand-written"


def machine() -> str:
    """The processor and its cores, in words."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return model


def heading(offers: int, rounds: int, seconds: float, versions: Sequence[str]) -> str:
    """What was measured, when and on what."""
    parts = ", ".join(
        f"{name} {version(name)}" for name in ("asyncpg", "granian", "graphql-core", "orjson")
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}, Python {platform.python_version()}, "
        f"{parts}, {', '.join(versions)}; {offers:,} offers, 16 connections, "
        f"medians of {rounds} rounds of {seconds:g} s.\n"
    )


def table(results: Sequence[Result]) -> str:
    """One row for each shape and server."""
    lines = [
        "| question | server | requests/s | p50 ms | p99 ms | to PostGraphile | to the limit "
        "| CPU us: server | PostgreSQL |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for result in results:
        rates = {
            each.server: each.median(lambda load: load.rate)
            for each in results
            if each.shape.name == result.shape.name
        }
        rate = rates[result.server]
        limit = rates.get("static") if result.shape.is_cached else rates.get(LIMIT)
        if result.shape.beside:
            limit = _rate_of(results, result.shape.beside, result.server)
        lines.append(
            f"| {result.shape.name} | {result.server} | {rate:,.0f} "
            f"| {result.median(lambda load: load.p50):.2f} "
            f"| {result.median(lambda load: load.p99):.2f} "
            f"| {_ratio(rate, rates.get(REFERENCE))} | {_ratio(rate, limit)} "
            f"| {statistics.median(result.server_cpu):,.0f} "
            f"| {statistics.median(result.database_cpu):,.0f} |"
        )
    about = {result.shape.name: result.shape.about for result in results}
    lines += ["", *(f"- {name}: {words}" for name, words in about.items())]
    return "\n".join(lines) + "\n"


def _rate_of(results: Sequence[Result], shape: str, server: str) -> float | None:
    found = [each for each in results if (each.shape.name, each.server) == (shape, server)]
    return found[0].median(lambda load: load.rate) if found else None


def _ratio(rate: float, other: float | None) -> str:
    return f"{rate / other:.2f}" if other else "-"
