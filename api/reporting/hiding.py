"""Suppression as releases use it: what each edition hides, and what earlier ones hid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from api.reporting.cuts import Report
from api.reporting.disclosure import protect
from api.reporting.editions import WORDS
from api.reporting.release import ALL, THRESHOLDS, Suppressed, Table
from api.reporting.sums import Seen
from api.reporting.suppression import Overlapping
from schema.words import Edition, ReportName

Progress = Callable[[str, int, int], None]
Editions = Mapping[Edition, Sequence[Suppressed]]


def hide(
    report: Report,
    tables: Sequence[Table],
    seen: Overlapping,
    akin: Overlapping,
    days: range,
    tiers: Mapping[str, Sequence[str]],
    progress: Progress,
) -> Editions:
    """Every edition's tables; raises DisclosureError where what is hidden could be worked out.

    `seen` is what each edition showed of releases before it on its days, or on days that are bound
    to them; `akin` the same of other reports, by the measures that count as much here. What is
    public, and binds nothing that isn't, is as it is; what has bases follows them.
    """
    bound = {part for each in report.identities for part in (each.total, *each.parts)}
    counts = [each for each in tables if each.measure.is_suppressed or each.measure.name in bound]
    found = protect(
        counts,
        identities=report.identities,
        earlier=_of_same_moment(report, counts, seen, days),
        # What stood at the end of a week is no part of what stood at the end of the month.
        overlapping={
            edition: [
                *_of_other_days(report, seen[edition], days),
                *((when, tables) for when, tables in akin[edition] if when == days),
                *_of_other_days(report, akin[edition], days),
            ]
            for edition in seen
        },
        days=days,
        tiers=tiers,
        progress=partial(progress, "hiding small counts"),
    )
    others = [
        Suppressed(each, frozenset(cell for cell in each.cells if cell[1] in each.private_columns))
        for each in tables
        if not _is_among(each, counts)
    ]
    editions = {edition: [*hidden, *others] for edition, hidden in found.items()}
    return {Edition.FULL: [Suppressed(table, frozenset()) for table in tables], **editions}


def _of_same_moment(
    report: Report, counts: Sequence[Table], seen: Overlapping, days: range
) -> dict[Edition, list[list[Suppressed]]]:
    """What this release corrects; and what stood when another period ended on the same day."""
    return {
        edition: [
            [
                each
                for each in tables
                if _is_among(each.table, counts)
                and (when == days or each.table.measure.name not in report.flows)
            ]
            for when, tables in shown
            if when.stop == days.stop
        ]
        for edition, shown in seen.items()
    }


def _of_other_days(
    report: Report, shown: Sequence[Seen], days: range
) -> list[tuple[range, list[Suppressed]]]:
    return [
        (when, [each for each in tables if each.table.measure.name in report.flows])
        for when, tables in shown
        if when != days
    ]


def _is_among(table: Table, tables: Sequence[Table]) -> bool:
    return any(
        (each.name, each.measure.name) == (table.name, table.measure.name) for each in tables
    )


def hidden_in(tables: Sequence[Table], shown: Mapping[Edition, Sequence[Any]]) -> Editions:
    """What the kept rows of a release hide, in its tables as they are made again."""
    editions = {}
    for edition in THRESHOLDS:
        hidden: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for row in shown[edition]:
            table, region, gss, council, category, _ = row["shown"][: len(WORDS)]
            area = _area(tables, region, gss, council)
            for name in row["hidden"]:
                hidden.setdefault((table, name), set()).add((area, category))
        editions[edition] = [
            Suppressed(table, frozenset(hidden.get((table.name, table.measure.name), ())))
            for table in tables
        ]
    return editions


def as_own(report: Report, name: ReportName, tables: Sequence[Suppressed]) -> list[Suppressed]:
    """Another report's tables, of the measures that count as much as one of this report's."""
    own = {theirs: measure for measure, (of, theirs) in report.akin.items() if of == name}
    return [
        replace(each, table=replace(each.table, measure=replace(measure, name=own[measure.name])))
        for each in tables
        if (measure := each.table.measure).name in own
    ]


def unseen(tables: Sequence[Table]) -> list[Suppressed]:
    """Tables of which nothing was shown."""
    found = []
    for each in tables:
        rows = replace(each.rows, withheld=frozenset(row.code for row in each.rows.categories))
        found.append(Suppressed(replace(each, rows=rows), frozenset()))
    return found


def _area(tables: Sequence[Table], region: str, gss: str, council: str) -> str:
    if gss:
        return gss
    for area in tables[0].rows.categories:
        is_region = area.parent in (None, ALL)
        if is_region and council == "All" and area.label == region:
            return area.code
        if not is_region and area.parent == region and area.label == council:
            return area.code
    raise AssertionError(f"no area {region}, {council}")
