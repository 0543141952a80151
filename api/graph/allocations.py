"""The query and the commands on allocations."""

import strawberry

from api.matching import allocations
from schema.types.allocation import Allocation, AllocationPayload
from schema.types.by_id import allocation_row
from schema.types.offer_rows import STAFF
from schema.types.reads import command, lookup


@strawberry.type
class AllocationQueries:
    """The query for an allocation."""

    allocation: Allocation | None = lookup(allocation_row, audiences=STAFF)


@strawberry.type
class AllocationMutations:
    """Commands on allocations, for those whose offers they are."""

    run_allocation: AllocationPayload = command(allocations.run_allocation, audiences=STAFF)
    confirm_allocation: AllocationPayload = command(allocations.confirm_allocation, audiences=STAFF)
    cancel_allocation: AllocationPayload = command(allocations.cancel_allocation, audiences=STAFF)
