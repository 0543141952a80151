"""SQLModel tables, one subject a file. Importing this package fills `metadata`."""

from sqlmodel import SQLModel

from schema.tables.access import ApiKey, BreakGlass, Member, Organisation
from schema.tables.allocation import (
    Allocation,
    AllocationPrice,
    AllocationProposal,
    AllocationUnplaced,
)
from schema.tables.audit import AuditEvent, AuditLink, AuditPending
from schema.tables.council import Council, Location, Twinning
from schema.tables.idempotency import IdempotencyKey
from schema.tables.match import Match
from schema.tables.offer import Offer, OfferAddress, OfferCheck
from schema.tables.outbox import Outbox
from schema.tables.report import (
    CheckEvent,
    OfferEvent,
    ReportEdition,
    ReportRelease,
    ReportRow,
)
from schema.tables.request import (
    Consent,
    ContactLook,
    Request,
    RequestContact,
    RequestEvent,
)
from schema.tables.route import (
    FactAttribute,
    Route,
    RouteDissent,
    RouteEvent,
    RouteFact,
    RouteSource,
)
from schema.tables.source import Source
from schema.tables.support_kind import SupportKind

metadata = SQLModel.metadata

__all__ = [
    "Allocation",
    "AllocationPrice",
    "AllocationProposal",
    "AllocationUnplaced",
    "ApiKey",
    "AuditEvent",
    "AuditLink",
    "AuditPending",
    "BreakGlass",
    "CheckEvent",
    "Consent",
    "ContactLook",
    "Council",
    "FactAttribute",
    "IdempotencyKey",
    "Location",
    "Match",
    "Member",
    "Offer",
    "OfferAddress",
    "OfferCheck",
    "OfferEvent",
    "Organisation",
    "Outbox",
    "ReportEdition",
    "ReportRelease",
    "ReportRow",
    "Request",
    "RequestContact",
    "RequestEvent",
    "Route",
    "RouteDissent",
    "RouteEvent",
    "RouteFact",
    "RouteSource",
    "Source",
    "SupportKind",
    "Twinning",
    "metadata",
]
