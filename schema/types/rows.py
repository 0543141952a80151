"""SQLModel's tables and the offer views, as SQLAlchemy sees them."""

from sqlalchemy import Column, FromClause, MetaData, Table

from schema import tables
from schema.types.open_rows import council as council
from schema.types.open_rows import location as location
from schema.types.open_rows import open_offer as open_offer
from schema.types.open_rows import route as route
from schema.types.open_rows import route_fact as route_fact
from schema.types.open_rows import source as source
from schema.types.open_rows import support_kind as support_kind
from schema.types.open_rows import table_of, view_of_offers

allocation = table_of(tables.Allocation)
allocation_price = table_of(tables.AllocationPrice)
allocation_proposal = table_of(tables.AllocationProposal)
allocation_unplaced = table_of(tables.AllocationUnplaced)
api_key = table_of(tables.ApiKey)
audit_event = table_of(tables.AuditEvent)
audit_link = table_of(tables.AuditLink)
break_glass = table_of(tables.BreakGlass)
check_event = table_of(tables.CheckEvent)
consent = table_of(tables.Consent)
contact_look = table_of(tables.ContactLook)
fact_attribute = table_of(tables.FactAttribute)
idempotency_key = table_of(tables.IdempotencyKey)
match = table_of(tables.Match)
member = table_of(tables.Member)
offer = table_of(tables.Offer)
offer_address = table_of(tables.OfferAddress)
offer_check = table_of(tables.OfferCheck)
offer_event = table_of(tables.OfferEvent)
organisation = table_of(tables.Organisation)
outbox = table_of(tables.Outbox)
report_edition = table_of(tables.ReportEdition)
report_release = table_of(tables.ReportRelease)
report_row = table_of(tables.ReportRow)
request = table_of(tables.Request)
request_contact = table_of(tables.RequestContact)
request_event = table_of(tables.RequestEvent)
route_dissent = table_of(tables.RouteDissent)
route_event = table_of(tables.RouteEvent)
route_source = table_of(tables.RouteSource)
twinning = table_of(tables.Twinning)

# The views live in schema/policies/offer.sql.
matched_offer: FromClause = view_of_offers("matched_offer")
staff_offer: FromClause = view_of_offers("staff_offer")

# What an allocation proposes reads as the matches that it becomes (schema/policies/allocation.sql).
_NOT_SHOWN = {"created_at", "owner_gss"}
_LATER = ("held_until", "decided_at", "arrived_on", "ended_on")
allocation_match: FromClause = Table(
    "allocation_match",
    MetaData(),
    *(Column(c.name, c.type) for c in allocation_proposal.columns if c.name not in _NOT_SHOWN),
    *(Column(name, match.c[name].type) for name in _LATER),
)
allocation_without: FromClause = Table(
    "allocation_without",
    MetaData(),
    *(Column(c.name, c.type) for c in allocation_unplaced.columns if c.name != "owner_gss"),
)
