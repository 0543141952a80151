"""Releases made, corrected and made again: by their owner, over a connection of their own.

    a moment up to which all is known -> figures -> hidden cells, audited -> editions -> stored

Everything that a release says follows from the history known at its moment and the frame kept with
it, so it can be made again and must come out the same, to the byte.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import asyncpg

from api.reporting import hiding, statements
from api.reporting.cuts import Report
from api.reporting.differing import differences
from api.reporting.editions import WORDS, rows_of
from api.reporting.figures import tables_of
from api.reporting.frame import Frame
from api.reporting.release import THRESHOLDS, Release, Row, Table
from api.reporting.reports import REPORTS
from api.reporting.sums import Seen
from api.solver import solver_version
from api.store.database import prepare
from api.store.roles import OWNER
from api.writing.outbox import Message, append
from schema.refusals import BadRequest
from schema.tables.columns import uuid7
from schema.types.clock import LONDON
from schema.types.periods import Period, ended_period, last_full, read_period
from schema.words import Edition, ReportName

TOPIC = "report"
# Figures are joined by words, which take longer to sort than to hash.
SESSION = {
    "application_name": "hearth report",
    "default_statistics_target": "10",
    "enable_mergejoin": "off",
    "idle_in_transaction_session_timeout": "900000",
    "jit": "off",
    "lock_timeout": "2500",
    "statement_timeout": "600000",
    "temp_buffers": "128MB",
    "timezone": "Europe/London",
    "work_mem": "128MB",
}
Progress = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many steps of it are."""


class ReleaseError(ValueError):
    """Why nothing was released, and what to do."""


@dataclass(frozen=True)
class Made:
    """A release in all its editions, kept or made again."""

    id: UUID
    number: int
    frame: Frame
    editions: Mapping[Edition, Release]


def _silent(what: str, done: int, total: int) -> None:
    pass


@dataclass
class Releasing:
    """Makes releases over one connection to the database, as the owner."""

    connection: asyncpg.Connection
    progress: Progress = field(default=_silent)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, url: str, progress: Progress = _silent) -> AsyncIterator[Self]:
        """Connect. Whoever only looks, or makes again what there is, need not be alone."""
        connection = await asyncpg.connect(url, server_settings=SESSION)
        try:
            await prepare(connection)
            await connection.execute(f"SET ROLE {OWNER}")
            try:
                yield cls(connection, progress)
            finally:
                await connection.execute(statements.DONE)
        finally:
            await connection.close()

    async def release(self, name: ReportName, period_name: str, *, corrects: bool = False) -> Made:
        """Make, audit and keep a release on a period that is over.

        Where there is one already, `corrects` makes another that says what differs. Raises
        ReleaseError, also where a hidden cell could be worked out, or another process is at it.
        """
        try:
            period = ended_period(period_name, datetime.now(LONDON).date())
        except BadRequest as error:
            raise ReleaseError(error.message) from error
        await self._be_alone()
        before = await statements.OF_PERIOD.rows(
            self.connection, name=name.value, period=period.name
        )
        if before and not corrects:
            raise ReleaseError(
                f"{name} for {period.name} was released on {before[-1]['released_at']:%Y-%m-%d}, "
                "for good; to release a correction beside it, add --correct."
            )
        if corrects and not before:
            raise ReleaseError(f"There is no {name} for {period.name} yet to correct.")
        known = await self._moment()
        frame = await Frame.of_today(self.connection, period)
        kept = {
            "id": uuid7(),
            "name": name.value,
            "period": period.name,
            "number": len(before) + 1,
            "data_as_of": known,
            "released_at": datetime.now(LONDON),
            "frame": frame.kept(),
            "corrects_id": before[-1]["id"] if before else None,
            "made_with": solver_version(),
        }
        made = await self._made(kept)
        if before:
            made = await self._differing(made, before[-1])
        await self._keep(made, kept)
        return made

    async def rebuild(self, kept: Mapping[str, Any]) -> dict[Edition, bool]:
        """Make a release again, and whether each edition comes out the same; changes nothing.

        Whatever `made_with` is, FULL does: only what others hide besides may be another choice.
        """
        made = await self._made(kept)
        found = await statements.CHECKSUMS.rows(self.connection, release_id=kept["id"])
        return {
            Edition(row["edition"]): made.editions[Edition(row["edition"])].checksum
            == row["checksum"]
            for row in found
        }

    async def due(self, today: date) -> list[tuple[ReportName, Period]]:
        """The reports on the last full month and week that are not released yet.

        Raises ReleaseError where another process is releasing them.
        """
        await self._be_alone()
        return [
            (name, period)
            for period in last_full(today)
            for name in ReportName
            if not await self._is_there(name, period)
        ]

    async def kept(self) -> list[asyncpg.Record]:
        """Every release, with what its public edition holds, the oldest first."""
        return await statements.KEPT.rows(self.connection)

    async def _be_alone(self) -> None:
        """Until the connection closes: two would release the same, or not know of one another."""
        if not await self.connection.fetchval(statements.MINE):
            raise ReleaseError("Another process makes releases now; look again once it is done.")

    async def _is_there(self, name: ReportName, period: Period) -> bool:
        row = await statements.IS_THERE.row(self.connection, name=name.value, period=period.name)
        return bool(row and row[0])

    async def _moment(self) -> datetime:
        try:
            async with self.connection.transaction():
                await self.connection.execute(statements.LOCK)
                known: datetime = await self.connection.fetchval("SELECT clock_timestamp()")
        except asyncpg.LockNotAvailableError as error:
            raise ReleaseError(
                "A change has been under way for over 2 seconds; release again once it is done."
            ) from error
        return known

    async def _tables(
        self, kept: Mapping[str, Any], period: Period | None = None
    ) -> Sequence[Table]:
        report, period = REPORTS[ReportName(kept["name"])], period or read_period(kept["period"])
        frame = Frame.read(kept["frame"])
        async with self.connection.transaction():
            return await tables_of(self.connection, report, frame, period, kept["data_as_of"])

    async def _made(self, kept: Mapping[str, Any]) -> Made:
        name = ReportName(kept["name"])
        report, frame = REPORTS[name], Frame.read(kept["frame"])
        title = f"{name} {kept['period']}"
        self.progress(f"{title}: figures", 0, 1)
        tables = await self._tables(kept)
        seen = await self._seen(kept, name)
        akin: dict[Edition, list[Seen]] = {each: [] for each in THRESHOLDS}
        for other in sorted({of for of, _ in report.akin.values()}):
            for edition, shown in (await self._seen(kept, other)).items():
                akin[edition] += shown
        days = read_period(kept["period"]).days

        def told(what: str, done: int, total: int) -> None:
            self.progress(f"{title}: {what}", done, total)

        editions = await asyncio.to_thread(
            hiding.hide, report, tables, seen, akin, days, frame.tiers, told
        )
        found = list(rows_of(report, frame, editions))
        return Made(
            kept["id"],
            kept["number"],
            frame,
            {
                edition: _edition_of(report, kept, edition, tuple(row[edition] for row in found))
                for edition in Edition
            },
        )

    async def _seen(self, kept: Mapping[str, Any], name: ReportName) -> dict[Edition, list[Seen]]:
        """What each edition of a report showed, before this release, of days bound to its own.

        Of days that a week and a month share where neither lies in the other, nothing was shown:
        but what happened then is part of both.
        """
        report = REPORTS[ReportName(kept["name"])]
        seen: dict[Edition, list[Seen]] = {each: [] for each in THRESHOLDS}
        periods = [read_period(kept["period"])]
        for each in await self._bound(kept, name):
            period = read_period(each["period"])
            periods.append(period)
            hidden = hiding.hidden_in(await self._tables(each), await self._shown(each))
            for edition, tables in hidden.items():
                own = tables if name is report.name else hiding.as_own(report, name, tables)
                seen[edition].append((period.days, own))
        for period in _shared(periods) if name is report.name else ():
            unseen = hiding.unseen(await self._tables(kept, period))
            for edition in seen:
                seen[edition].append((period.days, unseen))
        return seen

    async def _bound(self, kept: Mapping[str, Any], name: ReportName) -> list[asyncpg.Record]:
        """A report's releases before this on its period, and on what overlaps it or its month."""
        own = read_period(kept["period"])
        found = await statements.BEFORE.rows(
            self.connection, name=name.value, released_at=kept["released_at"]
        )
        periods = {row["period"]: read_period(row["period"]) for row in found}
        months = [each for each in periods.values() if own.is_weekly and _overlap(each, own)]
        wholes = [own, *months]
        return [
            row for row in found if any(_overlap(periods[row["period"]], each) for each in wholes)
        ]

    async def _shown(self, kept: Mapping[str, Any]) -> dict[Edition, list[asyncpg.Record]]:
        return {
            edition: await statements.ROWS.rows(
                self.connection, release_id=kept["id"], edition=edition.value
            )
            for edition in Edition
        }

    async def _differing(self, made: Made, last: Mapping[str, Any]) -> Made:
        shown = await self._shown(last)
        differs = {
            edition: differences(release, last["columns"], shown[edition])
            for edition, release in made.editions.items()
        }
        if not any(differs.values()):
            raise ReleaseError("Nothing differs from what was released, so there is no correction.")
        editions = {
            edition: replace(release, differs=differs[edition])
            for edition, release in made.editions.items()
        }
        return Made(made.id, made.number, made.frame, editions)

    async def _keep(self, made: Made, kept: Mapping[str, Any]) -> None:
        columns = list(made.editions[Edition.FULL].columns)
        async with self.connection.transaction():
            await statements.PUT_RELEASE.run(self.connection, **{**kept, "columns": columns})
            # Row-level security, which holds for owners too, knows no COPY.
            await self.connection.execute(statements.TOLD)
            for edition, release in made.editions.items():
                await statements.PUT_EDITION.run(
                    self.connection,
                    release_id=made.id,
                    edition=edition.value,
                    checksum=release.checksum,
                    row_count=len(release.rows),
                    notes=list(release.notes),
                    differs=list(release.differs),
                )
                records = [
                    (
                        made.id,
                        edition.value,
                        position,
                        row.council_gss,
                        [cell.value for cell in row.cells],
                        [
                            column
                            for column, cell in zip(columns, row.cells, strict=True)
                            if cell.is_suppressed
                        ],
                    )
                    for position, row in enumerate(release.rows, start=1)
                ]
                await self.connection.copy_records_to_table("told", records=records)
            await self.connection.execute("INSERT INTO report_row SELECT * FROM told")
            # What workers keep to answer again is dropped.
            await append(self.connection, Message(TOPIC, {"release_id": str(made.id)}))


def _overlap(one: Period, other: Period) -> bool:
    return one.first < other.after and other.first < one.after


def _shared(periods: Sequence[Period]) -> list[Period]:
    """The days that two periods share where neither lies in the other."""
    found = {
        Period("shared", max(one.first, other.first), min(one.after, other.after))
        for one in periods
        for other in periods
        if one.first < other.first < one.after < other.after
    }
    return sorted(found, key=lambda each: each.first)


def _edition_of(
    report: Report, kept: Mapping[str, Any], edition: Edition, found: tuple[Row, ...]
) -> Release:
    return Release(
        id=kept["id"],
        name=report.name,
        period=kept["period"],
        edition=edition,
        released_at=kept["released_at"],
        data_as_of=kept["data_as_of"],
        columns=(*WORDS, *(measure.name for measure in report.measures)),
        measures=report.measures,
        rows=found,
        notes=_notes(report, kept, edition),
        corrects=kept["corrects_id"],
    )


def _notes(report: Report, kept: Mapping[str, Any], edition: Edition) -> tuple[str, ...]:
    period = read_period(kept["period"])
    known = kept["data_as_of"].astimezone(LONDON)
    hidden = (
        "Nothing is hidden."
        if edition is Edition.FULL
        else f"Counts from 1 to {THRESHOLDS[edition] - 1} are hidden, and whatever would tell them."
    )
    return (
        f"{report.title} for {period}, as known at {known:%H:%M:%S} on {known:%-d %B %Y}.",
        hidden,
        "Rows of zeros alone are left out.",
        *report.notes,
    )
