"""Mutations on routes' facts and on twinnings."""

import strawberry

from api.guidance import commands, twinnings
from schema.types.guide import CouncilPayload, RoutePayload
from schema.types.offer_rows import STAFF
from schema.types.reads import command
from schema.words import Audience


@strawberry.type
class GuidanceMutations:
    """Editors publish facts; councils record what they decided."""

    publish_route_fact: RoutePayload = command(
        commands.publish_route_fact, audiences=frozenset({Audience.ADMIN})
    )
    record_twinning_decision: CouncilPayload = command(
        twinnings.record_twinning_decision, audiences=STAFF
    )
