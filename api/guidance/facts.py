"""What a client tells of a household becomes typed facts."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from schema.reference.attributes import Attributes, typed
from schema.reference.facts import LONDON
from schema.refusals import BadRequest
from schema.words import AttributeType

# Which attributes each named fact answers.
NAMED: Mapping[str, tuple[str, ...]] = {
    "accommodation_months": ("sponsor.accommodation_offer_months",),
    "current_leave_route": ("applicant.granted_permission_under",),
    "family_in_uk": ("applicant.close_family_in_uk",),
    "has_approved_sponsor": ("applicant.approved_sponsor",),
    "immediate_family_nationality": ("applicant.immediate_family_member_of",),
    "is_unaccompanied_minor": ("applicant.unaccompanied_minor",),
    "location_now": ("applicant.location_at_application",),
    "nationality": ("applicant.nationality",),
    "relationship_to_sponsor": ("applicant.relationship", "applicant.relationship_to_sponsor"),
    "resident_in_ukraine_on": (
        "applicant.resident_in_ukraine_before",
        "applicant.resident_in_ukraine_immediately_before",
        "child.resident_in_ukraine_on_or_before",
    ),
    "sponsor_age": ("sponsor.sponsor_age",),
    "sponsor_leave_months": ("sponsor.sponsor_leave_remaining_months",),
    "sponsor_status": ("sponsor.sponsor_status",),
    "uk_family_member_status": ("sponsor.uk_family_member_status",),
}
# Worked out of a day by the clock.
BY_CLOCK = ("current_leave_ends_on", "date_of_birth")
NAMES = (*NAMED, *BY_CLOCK)
# Who has no family in the UK is related to nobody there.
WITHOUT_FAMILY = (
    "applicant.relationship",
    "applicant.relationship_to_sponsor",
    "sponsor.uk_family_member_status",
)
NONE = "none"


def facts_of(
    given: Mapping[str, Any], other: Iterable[Any], attributes: Attributes, moment: datetime
) -> dict[str, Any]:
    """Typed facts by subject.attribute, as they are at a moment; what isn't given is left out.

    `given` are the named facts, `other` (subject, attribute, value) any more of the registry's.
    Raises BadRequest for an attribute that isn't known, a value of another type, and two values
    for one attribute.
    """
    facts: dict[str, Any] = {"applicant.application_at": moment}
    for name, keys in NAMED.items():
        if given.get(name) is not None:
            for key in keys:
                facts[key] = _plain(given[name], attributes[key].type)
    facts |= _by_clock(given, moment.astimezone(LONDON).date())
    if given.get("is_unaccompanied_minor") is not None:
        alone = given["is_unaccompanied_minor"]
        facts["child.travelling_with_or_joining_parent_or_guardian"] = not alone
    if given.get("family_in_uk") is False:
        facts = dict.fromkeys(WITHOUT_FAMILY, NONE) | facts
    told: dict[str, Any] = {}
    for subject, attribute, value in other:
        key = f"{subject}.{attribute}"
        found = _other(key, value, attributes)
        if told.get(key, facts.get(key, found)) != found:
            raise BadRequest(f"{key} is given twice, with two values; give it once.")
        told[key] = found
    return facts | told


def _by_clock(given: Mapping[str, Any], today: date) -> dict[str, Any]:
    found: dict[str, Any] = {}
    born: date | None = given.get("date_of_birth")
    if born is not None:
        if born > today:
            raise BadRequest(f"dateOfBirth {born} lies after the day asked about, {today}.")
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        found |= {"applicant.age": age, "child.age": age, "child.born_on_or_after": born}
    ends: date | None = given.get("current_leave_ends_on")
    if ends is not None:
        found["applicant.days_before_expiry_at_application"] = (ends - today).days
        if ends < today:
            found["applicant.permission_expired_on_or_after"] = ends
    return found


def _other(key: str, value: str, attributes: Attributes) -> Any:
    attribute = attributes.get(key)
    if attribute is None or attribute.type is AttributeType.MOMENT:
        raise BadRequest(
            f"{key[:100]} is no fact that rules ask for; a verdict's questions name those that are."
        )
    # Of a day one may also say whether the rule's own condition is so: "false" is "never".
    answer = typed(value, AttributeType.BOOLEAN)
    if attribute.type is AttributeType.DATE and isinstance(answer, bool):
        return answer
    found = typed(value, attribute.type)
    if found is None:
        wanted = {
            AttributeType.BOOLEAN: "true or false",
            AttributeType.DATE: "a day, for example 2021-12-31, or true or false",
            AttributeType.NUMBER: "a whole number",
        }.get(attribute.type, "a value")
        raise BadRequest(f"{key} takes {wanted}; it is {value[:100]!r}.")
    return _plain(found, attribute.type)


def _plain(value: Any, type_: AttributeType) -> Any:
    # Countries are codes in capitals, choices words in small letters, however they are typed.
    if type_ is AttributeType.COUNTRY:
        return str(value).strip().upper()
    return str(value).strip().lower() if type_ is AttributeType.CHOICE else value
