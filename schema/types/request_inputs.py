"""What commands and queries on requests and matches take."""

from datetime import date

import strawberry

from schema.types.near import Near
from schema.words import ConsentScope, MatchState, RequestStatus


@strawberry.input(
    description="Who needs support. Names, contacts and nationality are kept apart and sealed: "
    "they come back as its contact alone."
)
class HouseholdInput:
    """A household; children are those under 18. Nationality is ISO 3166 alpha-3, GBN for BN(O)."""

    adults: int
    child_ages: list[int] = strawberry.field(default_factory=list)
    languages: list[str] = strawberry.field(default_factory=list)
    nationality: str | None = strawberry.UNSET
    needs_step_free: bool = False
    has_pets: bool = False
    women_only: bool = False
    contact_name: str | None = strawberry.UNSET
    contact_email: str | None = strawberry.UNSET
    contact_phone: str | None = strawberry.UNSET


@strawberry.input(description="A request for a household.")
class SubmitRequestInput:
    """What is needed, where and by when; without the consent MATCHING nothing can be sought."""

    household: HouseholdInput
    kinds: list[str]
    route_code: str | None = strawberry.UNSET
    preferred_gss_codes: list[str] = strawberry.field(default_factory=list)
    preferred_regions: list[str] = strawberry.field(default_factory=list)
    near: Near | None = strawberry.UNSET
    needed_by: date | None = strawberry.UNSET
    notes: str = strawberry.field(
        default="",
        description="What whoever houses it must know, and no more: it is kept sealed with the "
        "contact, and shown with it.",
    )
    consents: list[ConsentScope]
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input(description="What to put right of a household; what is left out stays.")
class HouseholdCorrectionInput:
    """As HouseholdInput; null takes a contact or the nationality away."""

    adults: int | None = strawberry.UNSET
    child_ages: list[int] | None = strawberry.UNSET
    languages: list[str] | None = strawberry.UNSET
    nationality: str | None = strawberry.UNSET
    needs_step_free: bool | None = strawberry.UNSET
    has_pets: bool | None = strawberry.UNSET
    women_only: bool | None = strawberry.UNSET
    contact_name: str | None = strawberry.UNSET
    contact_email: str | None = strawberry.UNSET
    contact_phone: str | None = strawberry.UNSET


@strawberry.input(description="What to put right of a request.")
class CorrectRequestInput:
    """What is kept about a household; null takes the notes away."""

    household: HouseholdCorrectionInput
    notes: str | None = strawberry.UNSET


@strawberry.input(description="Which requests; all of what is given must hold.")
class RequestFilter:
    """A filter on requests."""

    statuses: list[RequestStatus] | None = strawberry.UNSET
    kinds: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="That ask for any of these support kinds."
    )
    gss_codes: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="That would like to live with any of these councils."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET, description="A part of the reference."
    )


@strawberry.input(description="Which matches; all of what is given must hold.")
class MatchFilter:
    """A filter on matches."""

    states: list[MatchState] | None = strawberry.UNSET
    gss_codes: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="With an offer of any of these councils."
    )
