"""Words that are in the checksums of releases: other ones would make each come out otherwise."""

import zlib

import pytest

from api.reporting.reports import REPORTS
from schema.words import ReportName

KEPT = {
    ReportName.CAPACITY_AND_DEMAND: 2445516818,
    ReportName.DATA_COMPLETENESS: 847941189,
    ReportName.FUNDING_DUE: 937201307,
    ReportName.MATCHING_OUTCOMES: 4063246457,
    ReportName.SAFEGUARDING_CHECKS: 581290529,
    ReportName.TIME_TO_PLACE: 1498451471,
    ReportName.UNMET_NEED: 1710702254,
}


@pytest.mark.parametrize("name", ReportName)
def test_what_releases_say_stays_as_they_said_it(name: ReportName) -> None:
    report = REPORTS[name]
    said = [
        *report.notes,
        *(measure.name for measure in report.measures),
        *(f"{cut.table}: {dict(cut.words)}" for cut in report.cuts),
    ]
    assert zlib.crc32("\n".join(said).encode()) == KEPT[name], (
        f"{name} says something other than the releases that are kept, which `hearth report "
        "rebuild` would find to differ: keep the old words for the releases of before."
    )
