"""What rules may ask of a household or sponsor: a registry of typed attributes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from schema.reference.facts import LONDON
from schema.reference.records import Record
from schema.reference.route_records import Condition, RouteRecord, RuleRecord
from schema.words import AttributeType

EQUAL = frozenset({"eq", "in", "not_in"})
ORDERED = frozenset({"eq", "lt", "lte", "gt", "gte", "between"})
OPERATORS: Mapping[AttributeType, frozenset[str]] = {
    AttributeType.BOOLEAN: frozenset({"eq"}),
    AttributeType.CHOICE: EQUAL,
    AttributeType.COUNTRY: EQUAL,
    AttributeType.DATE: ORDERED,
    AttributeType.MOMENT: ORDERED,
    AttributeType.NUMBER: ORDERED,
}
SEVERAL = frozenset({"in", "not_in", "between"})


class AttributeRecord(Record):
    """Something that rules ask for; `choices` are the values that rules know.

    A MOMENT is that of the application: it is read off the clock and never asked for.
    """

    subject: Literal["applicant", "child", "sponsor"]
    attribute: str
    type: AttributeType
    choices: tuple[str, ...]

    @property
    def key(self) -> str:
        """How facts and questions name it."""
        return f"{self.subject}.{self.attribute}"


Attributes = Mapping[str, AttributeRecord]


def conditions_of(route: RouteRecord) -> Iterator[tuple[str, Condition]]:
    """Every condition of a route's rules, with where it stands in the file."""
    for number, entry in enumerate(route.rules):
        parts = [("", entry)] if isinstance(entry, RuleRecord) else []
        if not isinstance(entry, RuleRecord):
            parts = [(f".any_of[{part}]", rule) for part, rule in enumerate(entry.any_of)]
        for part, rule in parts:
            yield f"rules[{number}]{part}", rule
            if rule.unless:
                yield f"rules[{number}]{part}.unless", rule.unless


def problem_with(condition: Condition, attributes: Attributes) -> tuple[str, str] | None:
    """What is wrong with a condition: the field, and why; None where nothing is."""
    attribute = attributes.get(f"{condition.subject}.{condition.attribute}")
    if attribute is None:
        known = ", ".join(sorted(each for each in attributes if each.startswith(condition.subject)))
        return "attribute", f"{condition.attribute} is not in the registry, which has {known}"
    allowed = OPERATORS[attribute.type]
    if condition.operator not in allowed:
        fitting = ", ".join(sorted(allowed))
        return "operator", f"{condition.operator} does not fit a {attribute.type}; use {fitting}"
    is_several = isinstance(condition.value, tuple)
    if is_several != (condition.operator in SEVERAL):
        wanted = "a list" if condition.operator in SEVERAL else "one value"
        return "value", f"{condition.operator} takes {wanted}"
    values: Sequence[Any] = condition.value if isinstance(condition.value, tuple) else ()
    if condition.operator == "between" and len(values) != 2:
        return "value", "between takes two values, the first and the last"
    for value in values if is_several else (condition.value,):
        if not _fits(value, attribute):
            return "value", f"{value!r} is no {attribute.type} that {attribute.key} may have"
    return None


def _fits(value: Any, attribute: AttributeRecord) -> bool:
    match attribute.type:
        case AttributeType.BOOLEAN:
            return isinstance(value, bool)
        case AttributeType.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case AttributeType.COUNTRY:
            return isinstance(value, str) and len(value) == 3 and value.isupper()
        case AttributeType.CHOICE:
            return str(value) in attribute.choices
        case _:
            return typed(value, attribute.type) is not None


def typed(value: str, type_: AttributeType) -> Any:
    """A text as a value of a type; None where it is none.

    A day written where a moment is meant is its first moment in London.
    """
    try:
        if type_ is AttributeType.DATE:
            return date.fromisoformat(value[:10]) if len(value) >= 10 else None
        if type_ is AttributeType.MOMENT:
            found = datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=LONDON)
        if type_ is AttributeType.NUMBER:
            return int(value)
    except ValueError:
        return None
    if type_ is AttributeType.BOOLEAN:
        return {"true": True, "false": False}.get(value.strip().lower())
    return value.strip() or None
