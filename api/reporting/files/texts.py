"""Texts of a spreadsheet that are more than text, and what no XML may hold."""

from dataclasses import dataclass

_FORBIDDEN = dict.fromkeys(
    [*(code for code in range(32) if chr(code) not in "\t\n\r"), 0xFFFE, 0xFFFF]
)


@dataclass(frozen=True)
class Heading:
    """What stands above a part of a sheet."""

    text: str


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere: `to` is a sheet's name after a #, or an address."""

    text: str
    to: str


Line = str | Heading | Link


def allowed(text: str) -> str:
    """The text without the characters that XML 1.0 has no way to write."""
    return text.translate(_FORBIDDEN)
