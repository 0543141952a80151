"""What commands on offers take."""

from datetime import date

import strawberry

from schema.words import CheckKind, CheckState, StepFree

READ_BY_ALL = "Names nobody, and no house: everybody reads it."


@strawberry.input(description="A new offer; it starts as a draft.")
class CreateOfferInput:
    """A new offer. gssCode is for those who act for several councils; staff need none."""

    gss_code: str | None = strawberry.UNSET
    kind: str
    title: str = strawberry.field(description=READ_BY_ALL)
    description: str = strawberry.field(default="", description=READ_BY_ALL)
    places_total: int
    household_max: int | None = strawberry.UNSET
    route_codes: list[str] = strawberry.field(default_factory=list)
    postcode_district: str | None = strawberry.UNSET
    step_free: StepFree = StepFree.UNKNOWN
    pets_allowed: bool = False
    children_welcome: bool = True
    women_only: bool = False
    languages: list[str] = strawberry.field(default_factory=list)
    available_from: date | None = strawberry.UNSET
    available_until: date | None = strawberry.UNSET
    minimum_months: int | None = strawberry.UNSET
    external_ref: str | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET


@strawberry.input(description="Changes to an offer; absent means unchanged, null means cleared.")
class UpdateOfferInput:
    """Changes to an offer as it was at `expectedVersion`."""

    id: strawberry.ID
    expected_version: int
    title: str | None = strawberry.field(default=strawberry.UNSET, description=READ_BY_ALL)
    description: str | None = strawberry.field(default=strawberry.UNSET, description=READ_BY_ALL)
    places_total: int | None = strawberry.UNSET
    household_max: int | None = strawberry.UNSET
    route_codes: list[str] | None = strawberry.UNSET
    postcode_district: str | None = strawberry.UNSET
    step_free: StepFree | None = strawberry.UNSET
    pets_allowed: bool | None = strawberry.UNSET
    children_welcome: bool | None = strawberry.UNSET
    women_only: bool | None = strawberry.UNSET
    languages: list[str] | None = strawberry.UNSET
    available_from: date | None = strawberry.UNSET
    available_until: date | None = strawberry.UNSET
    minimum_months: int | None = strawberry.UNSET


@strawberry.input(description="How far a check on an offer has come.")
class RecordCheckInput:
    """A check's state; a failure needs its reason."""

    offer_id: strawberry.ID
    kind: CheckKind
    state: CheckState
    failure_reason: str | None = strawberry.field(
        default=strawberry.UNSET, description="Why, without anybody's name."
    )
    done_on: date | None = strawberry.UNSET


@strawberry.input(description="Where exactly an offer is, and its host; what isn't given is none.")
class OfferAddressInput:
    """Sealed, and replacing what was there. `hostAgrees`: a charity may see it once matched."""

    offer_id: strawberry.ID
    address: str | None = strawberry.UNSET
    uprn: str | None = strawberry.field(
        default=strawberry.UNSET, description="Unique Property Reference Number: up to 12 digits."
    )
    host_name: str | None = strawberry.UNSET
    host_email: str | None = strawberry.UNSET
    host_phone: str | None = strawberry.UNSET
    host_agrees: bool = False
