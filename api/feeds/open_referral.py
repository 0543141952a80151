"""Open Referral UK 3.0: what may be asked, and what answers it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import asyncpg

from api.feeds import hsds
from api.feeds.filters import FILTERS, FULL, MINIMAL, PAGING, PAGING_OR_ALL, TAXONOMY
from api.feeds.ids import other_side
from api.feeds.organizations import find_organization, page_of_organizations
from api.feeds.paging import Paging, paging_of
from api.feeds.parameters import Parameter, read_parameters, uuid_of
from api.feeds.services import Listed, find_service, page_of_services
from api.feeds.taxonomies import find_taxonomy, find_term, page_of_taxonomies, page_of_terms

VERSION = "HSDS-UK-3.0"
PROFILE = "https://github.com/OpenReferralUK/uk-profile/blob/main/docs/index.md"
OPENAPI = "openapi.json"

Given = Mapping[str, Any]
Page = Callable[[asyncpg.Connection, Paging, Given, Listed], Awaitable[dict[str, Any]]]
Find = Callable[[asyncpg.Connection, UUID], Awaitable[dict[str, Any] | None]]


@dataclass(frozen=True)
class Collection:
    """Things of one kind: `/{name}` is a page of them, `/{name}/{id}` is one, whole."""

    name: str
    thing: str
    parameters: tuple[Parameter, ...]
    page: Page
    find: Find

    @cached_property
    def by_name(self) -> dict[str, Parameter]:
        """Its parameters by their names."""
        return {each.name: each for each in self.parameters}


async def _organizations(
    connection: asyncpg.Connection, paging: Paging, given: Given, listed: Listed
) -> dict[str, Any]:
    return await page_of_organizations(connection, paging)


async def _services(
    connection: asyncpg.Connection, paging: Paging, given: Given, listed: Listed
) -> dict[str, Any]:
    shape = hsds.whole_service if given.get("full") else hsds.service
    shape = hsds.minimal if given.get("minimal") else shape
    return await page_of_services(connection, paging, given, listed, shape)


async def _service(connection: asyncpg.Connection, asked: UUID) -> dict[str, Any] | None:
    return await find_service(connection, asked, hsds.whole_service)


async def _services_at_locations(
    connection: asyncpg.Connection, paging: Paging, given: Given, listed: Listed
) -> dict[str, Any]:
    shape = hsds.whole_service_at_location if given.get("full") else hsds.service_at_location
    return await page_of_services(connection, paging, given, listed, shape)


async def _service_at_location(
    connection: asyncpg.Connection, asked: UUID
) -> dict[str, Any] | None:
    offer = other_side(asked)
    return await find_service(connection, offer, hsds.whole_service_at_location)


async def _taxonomies(
    connection: asyncpg.Connection, paging: Paging, given: Given, listed: Listed
) -> dict[str, Any]:
    return page_of_taxonomies(paging)


async def _terms(
    connection: asyncpg.Connection, paging: Paging, given: Given, listed: Listed
) -> dict[str, Any]:
    return await page_of_terms(connection, paging, given)


COLLECTIONS = (
    Collection("organizations", "Organization", PAGING, _organizations, find_organization),
    Collection(
        "service_at_locations",
        "ServiceAtLocation",
        (*PAGING, *FILTERS, FULL),
        _services_at_locations,
        _service_at_location,
    ),
    Collection(
        "services",
        "Service",
        (*PAGING_OR_ALL, *FILTERS, FULL, MINIMAL),
        _services,
        _service,
    ),
    Collection("taxonomies", "Taxonomy", PAGING, _taxonomies, find_taxonomy),
    Collection("taxonomy_terms", "TaxonomyTerm", (*PAGING, TAXONOMY), _terms, find_term),
)
_BY_NAME = {each.name: each for each in COLLECTIONS}


@dataclass(frozen=True)
class Question:
    """A page or one thing, asked for in a way that makes sense; `rows` at most are read for it."""

    collection: Collection
    given: Given
    asked: UUID | Paging

    @property
    def rows(self) -> int:
        """How many rows are read for it, at most."""
        return self.asked.size if isinstance(self.asked, Paging) else 1

    async def answer(self, connection: asyncpg.Connection, listed: Listed) -> dict[str, Any] | None:
        """The page or the thing; None where there is no such thing."""
        if isinstance(self.asked, Paging):
            return await self.collection.page(connection, self.asked, self.given, listed)
        return await self.collection.find(connection, self.asked)


def question(path: str, query_string: bytes) -> Question | None:
    """What a path below the feed's own asks for, None for nothing; raises BadRequest."""
    name, *rest = path.strip("/").split("/")
    collection = _BY_NAME.get(name)
    if collection is None or len(rest) > 1:
        return None
    if not rest:
        given = read_parameters(query_string, collection.by_name)
        return Question(collection, given, paging_of(given))
    asked = uuid_of(rest[0])
    if asked is None:
        return None
    return Question(collection, read_parameters(query_string, {}), asked)


def details(base: str) -> dict[str, Any]:
    """What the feed at `base` says of itself; a validator reads this first."""
    return {"version": VERSION, "profile": PROFILE, "openapi_url": f"{base}/{OPENAPI}"}
