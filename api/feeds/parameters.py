"""Query parameters as text: read, or refused in words that say what would do."""

import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import parse_qsl

from schema.refusals import BadRequest
from schema.text import district, search_words

MOST_FIELDS = 40

Read = Callable[[str, str], Any]


@dataclass(frozen=True)
class Parameter:
    """One query parameter; `schema` is its OpenAPI schema, `read` takes its name and its text."""

    name: str
    about: str
    schema: Mapping[str, Any]
    read: Read


def read_parameters(query_string: bytes, known: Mapping[str, Parameter]) -> dict[str, Any]:
    """The values given, by name as `known` has them; empty ones are as good as absent.

    Raises BadRequest for what can't be read, is given twice, or is no parameter: to ignore a
    filter would answer more than was asked for.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadRequest("The query string is not URL-encoded UTF-8, or is too long.") from error
    found: dict[str, Any] = {}
    for name, text in pairs:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise BadRequest(f"{name[:50]!r} is no parameter here; these are: {listed}.")
        if name in found:
            raise BadRequest(f"{name!r} is given twice; give it once.")
        found[name] = known[name].read(name, text)
    return found


def whole(least: int, most: int, said: str = "") -> Read:
    """Reads a whole number within bounds; `said` is how to put them, where more is to be said."""
    bounds = said or f"from {least} to {most}"

    def read(name: str, text: str) -> int:
        # int() would take signs, spaces, underscores and every script's digits.
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        if not least <= value <= most:
            raise BadRequest(f"{name} is {text[:20]!r}; give a whole number {bounds}.")
        return value

    return read


def number(most: float) -> Read:
    """Reads a number from 0 to `most`."""

    def read(name: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= most:
            raise BadRequest(f"{name} is {text[:20]!r}; give a number from 0 to {most}.")
        return value

    return read


def flag(name: str, text: str) -> bool:
    """Reads a yes or no."""
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise BadRequest(f"{name} is {text[:20]!r}; give true or false.")


def identity(name: str, text: str) -> uuid.UUID:
    """Reads a UUID."""
    found = uuid_of(text)
    if found is None:
        raise BadRequest(f"{name} is {text[:40]!r}, which is no UUID; give an id of this feed.")
    return found


def uuid_of(text: str) -> uuid.UUID | None:
    """The UUID that a text spells in the usual way, or None."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def moment(name: str, text: str) -> datetime:
    """Reads a moment; a day is its first moment, and no offset is UTC."""
    try:
        # In a query string, the plus of an offset has become a space.
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise BadRequest(
            f"{name} is {text[:40]!r}; give a moment as 2026-11-25T08:30:00Z."
        ) from error


def clock_time(name: str, text: str) -> time:
    """Reads a time of day."""
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"{name} is {text[:20]!r}; give a time of day as 09:30.") from error


def words(name: str, text: str) -> str:
    """Reads words to search for."""
    return search_words(text)


def postcode(name: str, text: str) -> str:
    """Reads a postcode, of which its district counts: OX4 1AB and OX4 are OX4."""
    joined = text.replace(" ", "").upper()
    is_whole = len(joined) >= 5 and joined[-3].isdigit() and joined[-2:].isalpha()
    return district(joined[:-3] if is_whole else joined)


def one_of(*values: str) -> Read:
    """Reads one of a few words."""

    def read(name: str, text: str) -> str:
        if text.lower() not in values:
            raise BadRequest(f"{name} is {text[:20]!r}; give one of {', '.join(values)}.")
        return text.lower()

    return read
