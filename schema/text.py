"""Text that clients send: cleaned before it goes near the database."""

import re
import unicodedata

from langcodes import Language, standardize_tag, tag_is_valid

from schema.refusals import BadRequest

# A postcode district: one or two letters, then a digit and perhaps a digit or letter more.
LONGEST_SEARCH = 200
DISTRICT = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")
LANGUAGE = re.compile(r"[a-z]{2,3}")
LANGUAGES = "ISO 639-1; ISO 639-3 for a language without such a code"
# Codes of ISO 639 for what is said in no one language.
NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})

# Characters that command a terminal or a printer; tab and new lines are text.
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Characters without a shape that come along when text is copied: they turn the direction of what
# follows, or hide a difference between two texts. Joiners stay, which Persian and emoji need.
UNSEEN = re.compile("[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Text as it is kept: composed (NFC), without characters that nobody sees.

    NUL, half characters and control characters are refused (BadRequest).
    """
    if "\0" in text:
        raise BadRequest("A text holds a NUL character; remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadRequest("A text holds half of a character pair; send valid Unicode.") from error
    if CONTROL.search(text):
        raise BadRequest("A text holds a control character; remove it.")
    return unicodedata.normalize("NFC", UNSEEN.sub("", text))


def search_words(text: str) -> str:
    """What to search for, at most 200 characters; a dash leaves a word out only right before it.

    PostgreSQL would take each of a row of dashes as another "not", down to the end of its stack.
    """
    return re.sub(r"-+(?![\w\"])", " ", re.sub(r"-{2,}", "-", _searched(text)))


def search_pattern(text: str) -> str:
    """A LIKE pattern for texts that contain this one, its wildcards taken literally.

    At most 200 characters: each row's text is compared with every beginning of the pattern.
    """
    escaped = re.sub(r"([\\%_])", r"\\\1", _searched(text).strip())
    return f"%{escaped}%"


def _searched(text: str) -> str:
    if len(text) > LONGEST_SEARCH:
        raise BadRequest(
            f"search has {len(text)} characters; {LONGEST_SEARCH} are enough to find by."
        )
    return clean(text)


def district(text: str) -> str:
    """A postcode district as we keep it (OX4), from what people write; else BadRequest."""
    found = clean(text).strip().upper()
    if not DISTRICT.fullmatch(found):
        raise BadRequest(
            f"{text[:20]!r} is not a postcode district; give the first half of a postcode, as OX4."
        )
    return found


def language(text: str) -> str:
    """A language's code as we keep it (uk), from what people write; else BadRequest.

    It is that of ISO 639-1; for a language without one (Dari, Rohingya), that of ISO 639-3.
    """
    code = clean(text).strip().lower()
    if not LANGUAGE.fullmatch(code) or code in NO_LANGUAGE or not tag_is_valid(code):
        raise BadRequest(
            f"{text[:20]!r} is no language's code (ISO 639), such as 'uk'{_meant(code)}."
        )
    shorter = standardize_tag(code)
    return shorter if len(shorter) == 2 else code


def _meant(code: str) -> str:
    # A country's code is easily taken for its language's: ua, cz, gr.
    if not re.fullmatch(r"[a-z]{2}", code):
        return ""
    spoken = Language.get(f"und-{code.upper()}").maximize().language
    is_told = spoken not in (None, "en")
    return f"; in the country {code.upper()} most speak {spoken!r}" if is_told else ""
