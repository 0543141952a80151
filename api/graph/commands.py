"""Mutations on offers."""

import strawberry

from api.matching import alerts, closing
from api.offers import addresses, commands
from schema.types.offer import CheckPayload, OfferPayload
from schema.types.offer_rows import STAFF
from schema.types.reads import command


@strawberry.type
class OfferMutations:
    """Commands on offers, for the staff of their council."""

    create_offer: OfferPayload = command(commands.create_offer, audiences=STAFF)
    update_offer: OfferPayload = command(commands.update_offer, audiences=STAFF)
    publish_offer: OfferPayload = command(commands.publish_offer, audiences=STAFF)
    pause_offer: OfferPayload = command(commands.pause_offer, audiences=STAFF)
    close_offer: OfferPayload = command(closing.close_offer, audiences=STAFF)
    confirm_offer: OfferPayload = command(commands.confirm_offer, audiences=STAFF)
    record_offer_address: OfferPayload = command(addresses.record_offer_address, audiences=STAFF)
    protect_offer: OfferPayload = command(addresses.protect_offer, audiences=STAFF)
    unprotect_offer: OfferPayload = command(addresses.unprotect_offer, audiences=STAFF)
    record_check: CheckPayload = command(alerts.record_check, audiences=STAFF)
