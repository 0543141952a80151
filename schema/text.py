"""Text that clients send: cleaned before it goes near the database."""

import re

from schema.refusals import BadRequest

# A postcode district: one or two letters, then a digit and perhaps a digit or letter more.
LONGEST_SEARCH = 200
DISTRICT = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")


def clean(text: str) -> str:
    """Text without NUL bytes and half characters, which PostgreSQL can't hold; else BadRequest."""
    if "\0" in text:
        raise BadRequest("A text holds a NUL character; remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadRequest("A text holds half of a character pair; send valid Unicode.") from error
    return text


def search_words(text: str) -> str:
    """What to search for, at most 200 characters; a dash leaves a word out only right before it.

    PostgreSQL would take each of a row of dashes as another "not", down to the end of its stack.
    """
    if len(text) > LONGEST_SEARCH:
        raise BadRequest(
            f"search has {len(text)} characters; {LONGEST_SEARCH} are enough to find an offer by."
        )
    return re.sub(r"-+(?![\w\"])", " ", re.sub(r"-{2,}", "-", clean(text)))


def search_pattern(text: str) -> str:
    """A LIKE pattern for texts that contain this one, its wildcards taken literally."""
    escaped = re.sub(r"([\\%_])", r"\\\1", clean(text).strip())
    return f"%{escaped}%"


def district(text: str) -> str:
    """A postcode district as we keep it (OX4), from what people write; else BadRequest."""
    found = clean(text).strip().upper()
    if not DISTRICT.fullmatch(found):
        raise BadRequest(
            f"{text[:20]!r} is not a postcode district; give the first half of a postcode, as OX4."
        )
    return found
