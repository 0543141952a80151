"""What the command that begins an allocation takes."""

import strawberry

from schema.words import AllocationPolicy


@strawberry.input(description="How households on one route are treated.")
class RoutePolicyInput:
    """A route's own policy, in place of the allocation's."""

    route_code: str
    policy: AllocationPolicy


@strawberry.input(description="Which requests and offers to assign to each other.")
class AllocationInput:
    """A council allocates its own offers; an administrator any, to the cases open to them."""

    kinds: list[str]
    gss_codes: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Offers of these councils; of all without any."
    )
    regions: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Offers of councils in these regions."
    )
    policy: AllocationPolicy = AllocationPolicy.BY_NEED
    route_policies: list[RoutePolicyInput] = strawberry.field(
        default_factory=list, description="Routes whose households are treated otherwise."
    )
    time_limit_seconds: int = strawberry.field(default=60, description="1 to 600.")
