"""Whether a route's rules hold for what is known of a household: yes, no, or what is missing.

Pure: rules and facts in, a judgement out. Three values: a fact that is absent is unknown, never
false. All rules must hold; of those that share an `any_of`, one. What does not hold decides, even
where other things are unknown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from schema.words import RouteStatus, Verdict

Id = UUID | str
Facts = Mapping[str, Any]
"""Typed values by subject.attribute; for a rule on days, True or False is its answer itself."""

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "between": lambda given, wanted: bool(wanted[0] <= given <= wanted[1]),
    "eq": lambda given, wanted: bool(given == wanted),
    "gt": lambda given, wanted: bool(given > wanted),
    "gte": lambda given, wanted: bool(given >= wanted),
    "in": lambda given, wanted: given in wanted,
    "lt": lambda given, wanted: bool(given < wanted),
    "lte": lambda given, wanted: bool(given <= wanted),
    "not_in": lambda given, wanted: given not in wanted,
}


@dataclass(frozen=True)
class Condition:
    """An attribute (subject.attribute), an operator, and a value of the attribute's type."""

    key: str
    operator: str
    value: Any

    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds; None where the fact is unknown."""
        given = facts.get(self.key)
        if given is None:
            return None
        if isinstance(given, bool) and not isinstance(self.value, bool):
            return given
        return OPERATORS[self.operator](given, self.value)


@dataclass(frozen=True)
class Rule:
    """One clause; `unless` lets off those of whom it is known to hold."""

    id: Id
    condition: Condition
    any_of: str | None = None
    unless: Condition | None = None

    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds; None where the fact is unknown."""
        if self.unless and self.unless.holds(facts):
            return True
        return self.condition.holds(facts)


@dataclass(frozen=True)
class Judgement:
    """The verdict on one route: the rules that fail and those that hold, and the facts missing.

    `missing` are subject.attribute keys: those that decide a rule by themselves first, then the
    alternatives of ever larger groups.
    """

    verdict: Verdict
    failing: tuple[Id, ...]
    passing: tuple[Id, ...]
    missing: tuple[str, ...]


def judge(
    rules: Iterable[Rule], facts: Facts, *, window: Id = "", status: str = RouteStatus.OPEN
) -> Judgement:
    """Judge one route's rules in force. `window` stands for the clause that the route is open."""
    failing: list[Id] = []
    passing: list[Id] = []
    unknown: list[list[str]] = []
    if status == RouteStatus.OPEN:
        passing += [window] if window else []
    else:
        failing.append(window)
    for group in _groups(rules):
        held = [(rule, rule.holds(facts)) for rule in group]
        passing += [rule.id for rule, holds in held if holds]
        if any(holds for _, holds in held):
            continue
        missing = [rule.condition.key for rule, holds in held if holds is None]
        if missing:
            unknown.append(missing)
        else:
            failing += [rule.id for rule, _ in held]
    if failing:
        return Judgement(Verdict.NOT_ELIGIBLE, tuple(failing), tuple(passing), ())
    missing = [key for keys in sorted(unknown, key=len) for key in keys]
    verdict = Verdict.NEED_MORE if missing else Verdict.ELIGIBLE
    return Judgement(verdict, (), tuple(passing), tuple(dict.fromkeys(missing)))


def _groups(rules: Iterable[Rule]) -> list[Sequence[Rule]]:
    # A group is there only if one of its alternatives is in force; the others hold each by itself.
    alone: list[Sequence[Rule]] = []
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.any_of is None:
            alone.append((rule,))
        else:
            groups.setdefault(rule.any_of, []).append(rule)
    return [*alone, *groups.values()]


def with_clock(facts: Facts, moment: datetime) -> dict[str, Any]:
    """The facts, with the moment of the application."""
    return {**facts, "applicant.application_at": moment}
