"""The judge against one that only tries: what unknown facts could be, and what follows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.guidance.eligibility import Condition, Facts, Rule, judge
from api.guidance.facts import facts_of
from schema.reference.files import read_attributes
from schema.refusals import BadRequest
from schema.words import RouteStatus, Verdict

KEYS = ("a.x", "a.y", "b.z", "b.w")
VALUES = (1, 2, 3)
MOMENT = datetime(2024, 3, 1, 12, tzinfo=UTC)

conditions = st.builds(
    Condition,
    key=st.sampled_from(KEYS),
    operator=st.sampled_from(("eq", "gt", "gte", "lt", "lte")),
    value=st.sampled_from(VALUES),
) | st.builds(
    Condition,
    key=st.sampled_from(KEYS),
    operator=st.sampled_from(("in", "not_in")),
    value=st.lists(st.sampled_from(VALUES), min_size=1, max_size=2).map(tuple),
)
groups = st.sampled_from((None, None, "one", "two"))


@st.composite
def some_rules(draw: st.DrawFn) -> list[Rule]:
    count = draw(st.integers(0, 6))
    return [
        Rule(str(number), draw(conditions), draw(groups), draw(st.none() | conditions))
        for number in range(count)
    ]


some_facts = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))


def _holds_for_all(rules: Sequence[Rule], facts: Facts) -> bool:
    groups: dict[str, bool] = {}
    for rule in rules:
        held = bool(rule.holds(facts))
        name = rule.any_of or f"alone {rule.id}"
        groups[name] = groups.get(name, False) or held
    return all(groups.values())


def _completions(facts: Facts) -> list[Mapping[str, Any]]:
    absent = [key for key in KEYS if key not in facts]
    return [
        {**facts, **dict(zip(absent, values, strict=True))}
        for values in product(VALUES, repeat=len(absent))
    ]


@given(some_rules(), some_facts)
def test_a_verdict_holds_whatever_the_unknown_facts_are(rules: list[Rule], facts: Facts) -> None:
    verdict = judge(rules, facts).verdict
    ends = {_holds_for_all(rules, whole) for whole in _completions(facts)}
    if verdict is Verdict.ELIGIBLE:
        assert ends == {True}
    # A rule's exception may still turn out to hold, of which nothing is known and nothing asked.
    if verdict is Verdict.NOT_ELIGIBLE and not any(rule.unless for rule in rules):
        assert ends == {False}


@given(some_rules(), some_facts)
def test_answering_what_is_missing_ends_in_a_verdict(rules: list[Rule], facts: Facts) -> None:
    found = judge(rules, facts)
    assert (found.verdict is Verdict.NEED_MORE) == bool(found.missing)
    assert len(set(found.missing)) == len(found.missing)
    assert not set(found.missing) & set(facts)
    answered = {**facts, **dict.fromkeys(found.missing, 2)}
    assert judge(rules, answered).verdict is not Verdict.NEED_MORE


@given(some_rules(), some_facts)
def test_every_missing_fact_could_still_decide(rules: list[Rule], facts: Facts) -> None:
    for key in judge(rules, facts).missing:
        assert any(rule.condition.key == key and rule.holds(facts) is None for rule in rules), (
            f"{key} is asked for nothing"
        )


@given(some_rules(), some_facts)
def test_a_route_that_is_closed_is_open_to_nobody(rules: list[Rule], facts: Facts) -> None:
    found = judge(rules, facts, window="window", status=RouteStatus.CLOSED)
    assert found.verdict is Verdict.NOT_ELIGIBLE
    assert found.failing[0] == "window"


@given(some_rules(), some_facts)
def test_failing_and_passing_are_what_the_rules_say(rules: list[Rule], facts: Facts) -> None:
    found = judge(rules, facts)
    held = {rule.id: rule.holds(facts) for rule in rules}
    assert set(found.passing) == {rule_id for rule_id, holds in held.items() if holds}
    assert all(held[rule_id] is False for rule_id in found.failing)


def _facts(other: Sequence[tuple[str, str, str]] = (), **given: Any) -> dict[str, Any]:
    return facts_of(given, other, read_attributes(), MOMENT)


def test_days_become_what_rules_ask_by_the_clock() -> None:
    facts = _facts(date_of_birth=date(2006, 3, 2), current_leave_ends_on=date(2024, 3, 31))
    assert facts["applicant.age"] == facts["child.age"] == 17
    assert facts["applicant.days_before_expiry_at_application"] == 30


def test_who_has_no_family_there_is_related_to_nobody() -> None:
    assert _facts(family_in_uk=False)["sponsor.uk_family_member_status"] == "none"
    assert (
        _facts(family_in_uk=False, uk_family_member_status="Settled")[
            "sponsor.uk_family_member_status"
        ]
        == "settled"
    )


@pytest.mark.parametrize("key", sorted(read_attributes()))
def test_every_attribute_that_is_asked_for_can_be_answered(key: str) -> None:
    attribute = read_attributes()[key]
    if attribute.type == "MOMENT":
        return
    answer = {"BOOLEAN": "true", "DATE": "2021-12-31", "NUMBER": "7"}.get(attribute.type, "none")
    assert _facts([(attribute.subject, attribute.attribute, answer)])[key] is not None


@pytest.mark.parametrize(
    ("subject", "attribute", "value", "said"),
    [
        ("applicant", "colour", "blue", "no fact that rules ask for"),
        ("applicant", "application_at", "2024-01-01", "no fact that rules ask for"),
        ("sponsor", "sponsor_age", "old", "takes a whole number"),
        ("sponsor", "known_to_parents", "perhaps", "takes true or false"),
        ("child", "born_on_or_after", "yesterday", "takes a day"),
    ],
)
def test_what_makes_no_sense_is_said(subject: str, attribute: str, value: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        _facts([(subject, attribute, value)])


def test_two_answers_to_one_question_are_refused() -> None:
    with pytest.raises(BadRequest, match="twice"):
        _facts([("sponsor", "sponsor_age", "17")], sponsor_age=30)


def test_nobody_is_born_after_the_day_asked_about() -> None:
    with pytest.raises(BadRequest, match="after the day"):
        _facts(date_of_birth=date(2025, 1, 1))
