"""Rules and questions in plain words, in each language that the catalogue has."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from schema.reference.attributes import Attributes, typed
from schema.reference.facts import LONDON, Fact
from schema.words import AttributeType, Language, RouteFactSort, RouteStatus

Catalogue = Mapping[Language, Mapping[str, str]]
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def words_of(fact: Fact, attributes: Attributes, catalogue: Catalogue) -> dict[str, str]:
    """What a rule or window asks, as a sentence by language; of other facts, nothing."""
    if fact.sort is RouteFactSort.RULE:
        return clauses(fact.body, attributes, catalogue)
    if fact.sort is not RouteFactSort.WINDOW:
        return {}
    key = window_key(RouteStatus(fact.body["status"]))
    return {
        language.value: words[key].format(
            value=fact.valid_from and moment_in(language, fact.valid_from)
        )
        for language, words in catalogue.items()
        if key in words
    }


def window_key(status: RouteStatus) -> str:
    """Names the clause that a route takes applications, for a route that is so."""
    return f"clause.route.window.{status.value}"


def clauses(
    body: Mapping[str, Any], attributes: Attributes, catalogue: Catalogue
) -> dict[str, str]:
    """A rule as a sentence, by language; a language without its words is left out."""
    found = {}
    for language in catalogue:
        if _key(body) in catalogue[language]:
            found[language.value] = _clause(body, attributes, catalogue, language)
    return found


def clause_keys(body: Mapping[str, Any], attributes: Attributes) -> set[str]:
    """What the catalogue must have to say a rule."""
    keys = {_key(body)}
    if attributes[_name(body)].type in (AttributeType.CHOICE, AttributeType.COUNTRY):
        values = body["value"] if isinstance(body["value"], list | tuple) else [body["value"]]
        keys |= {f"value.{value}" for value in values}
    return keys | (clause_keys(body["unless"], attributes) if body.get("unless") else set())


def questions(key: str, catalogue: Catalogue) -> dict[str, str]:
    """The question for an attribute, by language."""
    name = f"question.{key}"
    return {each.value: words[name] for each, words in catalogue.items() if name in words}


def day_in(language: Language, day: date) -> str:
    """A day as people write it: 1 January 2022, and in figures where months are declined."""
    if language is Language.EN:
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day:%d.%m.%Y}"


def moment_in(language: Language, moment: datetime) -> str:
    """A moment in London; only its day where it is midnight."""
    local = moment.astimezone(LONDON)
    day = day_in(language, local.date())
    if (local.hour, local.minute) == (0, 0):
        return day
    return f"{local:%H:%M} on {day}" if language is Language.EN else f"{local:%H:%M}, {day}"


def _name(body: Mapping[str, Any]) -> str:
    return f"{body['subject']}.{body['attribute']}"


def _key(body: Mapping[str, Any]) -> str:
    no = ".false" if body["value"] is False else ""
    return f"clause.{_name(body)}.{body['operator']}{no}"


def _said(catalogue: Catalogue, language: Language, key: str) -> str:
    return catalogue[language].get(key) or catalogue[Language.EN][key]


def _clause(
    body: Mapping[str, Any], attributes: Attributes, catalogue: Catalogue, language: Language
) -> str:
    type_ = attributes[_name(body)].type

    def word(value: Any) -> str:
        if type_ in (AttributeType.CHOICE, AttributeType.COUNTRY):
            return _said(catalogue, language, f"value.{value}")
        found = typed(str(value), type_)
        if isinstance(found, datetime):
            return moment_in(language, found)
        return day_in(language, found) if isinstance(found, date) else str(value)

    given = body["value"] if isinstance(body["value"], list | tuple) else [body["value"]]
    words = [word(value) for value in given]
    if body["operator"] == "between":
        value = _said(catalogue, language, "joined.to").format(first=words[0], last=words[1])
    elif len(words) > 1:
        value = _said(catalogue, language, "joined.or").format(
            first=", ".join(words[:-1]), last=words[-1]
        )
    else:
        value = words[0]
    sentence = _said(catalogue, language, _key(body)).format(value=value)
    if not body.get("unless"):
        return sentence
    exception = _clause(body["unless"], attributes, catalogue, language)
    return _said(catalogue, language, "clause.unless").format(clause=sentence, unless=exception)
