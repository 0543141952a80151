"""The cover of a release's spreadsheet: who says what of when, to whom, and on which terms."""

from collections.abc import Iterator

from api.feeds.openapi import LICENCE
from api.reporting.files.seen import MARKS, Publisher, Seen
from api.reporting.files.texts import Heading, Line, Link
from api.reporting.release import THRESHOLDS
from schema.types.clock import LONDON
from schema.types.periods import next_period, read_period
from schema.words import Edition


def cover_lines(seen: Seen) -> Iterator[Line]:
    """All below the title: parts, each under its heading."""
    period = read_period(seen.period)
    by = "region" if period.is_weekly else "council within region"
    yield f"{seen.about} For the United Kingdom, by {by}."
    yield Heading("Publisher")
    yield seen.publisher.name
    yield Heading("Contact")
    yield _contact(seen.publisher)
    yield Heading("Released")
    yield f"{seen.released_at.astimezone(LONDON):%-d %B %Y at %H:%M}."
    if seen.corrects:
        yield f"It corrects release {seen.corrects}; the notes say what differs."
    coming = next_period(period)
    yield Heading("Next release")
    yield f"For {coming}, from {coming.after:%-d %B %Y} on."
    yield Heading("Who may have it")
    yield _readers(seen)
    if seen.is_public:
        yield Heading("Licence")
        yield Link(LICENCE["name"], LICENCE["url"])
    yield Heading("How to cite it")
    yield cited(seen)
    if seen.publisher.url:
        address = f"{seen.publisher.url}/reports/release_{seen.id}/report.csv"
        yield Link(address, address)
    yield Heading("Shorthand")
    for mark, meaning in MARKS.items():
        yield f"{mark} is {meaning}."
    yield Heading("Checksum")
    yield f"{seen.checksum} (SHA-256, {seen.edition.lower()} edition)."


def cited(seen: Seen) -> str:
    """How to name the release so that others find the same."""
    released = seen.released_at.astimezone(LONDON)
    return (
        f"{seen.publisher.name} ({released:%Y}). {seen.title}, {seen.days}. "
        f"Release {seen.id}, {released:%-d %B %Y}."
    )


def _contact(publisher: Publisher) -> Line:
    if not publisher.contact:
        return f"Whoever runs {publisher.name}{f' at {publisher.url}' if publisher.url else ''}."
    is_address = "://" in publisher.contact
    return Link(publisher.contact, f"{'' if is_address else 'mailto:'}{publisher.contact}")


def _readers(seen: Seen) -> str:
    if seen.is_public:
        return "Everybody."
    if seen.has_own:
        return (
            "The council that fetched it: its own figures are shown in full. Not for publication."
        )
    if seen.edition is Edition.FULL:
        return "Administrators: nothing is hidden. Not for publication."
    most = THRESHOLDS[seen.edition] - 1
    return f"Government's liaisons: only counts to {most} are hidden. Not for publication."
