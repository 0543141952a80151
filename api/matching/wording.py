"""Numbers, days and distances as reasons say them."""

from collections.abc import Sequence
from datetime import date

MOST_NAMED = 3
# Of ISO 639, those that arrivals and hosts speak most; any other is said by its code.
LANGUAGES = {
    "am": "Amharic",
    "ar": "Arabic",
    "bn": "Bengali",
    "ckb": "Sorani Kurdish",
    "cy": "Welsh",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "kmr": "Kurmanji Kurdish",
    "ku": "Kurdish",
    "lt": "Lithuanian",
    "my": "Burmese",
    "pa": "Punjabi",
    "pl": "Polish",
    "prs": "Dari",
    "ps": "Pashto",
    "pt": "Portuguese",
    "rhg": "Rohingya",
    "ro": "Romanian",
    "ru": "Russian",
    "so": "Somali",
    "sq": "Albanian",
    "sw": "Swahili",
    "ta": "Tamil",
    "ti": "Tigrinya",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


def counted(number: int, noun: str, plural: str = "") -> str:
    """So many of something: "1 offer", "12 offers"."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def people(number: int) -> str:
    """So many people, as a household has."""
    return counted(number, "person", "people")


def in_full(day: date) -> str:
    """A day as people write it: "4 March 2022"."""
    return f"{day.day} {day:%B %Y}"


def distance(metres: int) -> str:
    """A distance in kilometres."""
    return "less than 1 km" if metres < 1000 else f"{metres / 1000:.0f} km"


def beyond(metres: int, limit_km: float) -> str:
    """A distance past a limit, told finely enough not to look like the limit."""
    for shown in (f"{metres / 1000:.0f}", f"{metres / 1000:.1f}", f"{metres / 1000:.3f}"):
        if float(shown) > limit_km:
            return f"{shown} km"
    return f"just over {limit_km:g} km"


def languages(codes: Sequence[str]) -> str:
    """Languages by their names, a few of many."""
    names = sorted(LANGUAGES.get(code, code) for code in codes)
    if len(names) == 1:
        return f"a language: {names[0]}"
    shown = names[:MOST_NAMED]
    such_as = ":" if len(names) <= MOST_NAMED else ", such as"
    return f"{len(names)} languages{such_as} {', '.join(shown[:-1])} and {shown[-1]}"
