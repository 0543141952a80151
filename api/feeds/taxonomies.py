"""The two taxonomies: kinds of support, and the routes that an offer accepts people on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select

from api.feeds.ids import id_of
from api.feeds.paging import Paging, page_of
from api.store.composed import Composed
from schema.types.open_rows import route, support_kind


@dataclass(frozen=True)
class Taxonomy:
    """A taxonomy; its terms have ids by `kind` and code. `link_type` is what a term says."""

    kind: str
    link_type: str
    name: str
    description: str
    terms: Composed

    @property
    def id(self) -> str:
        """Its id."""
        return id_of("taxonomy", self.kind)

    def term(self, code: str, name: str, description: str) -> dict[str, Any]:
        """One of its terms."""
        return {
            "id": id_of(self.kind, code),
            "code": code,
            "name": name,
            "description": description,
            "taxonomy": self.name,
            "taxonomy_id": self.id,
        }


KINDS = Taxonomy(
    "support_kind",
    "service",
    "Kinds of support",
    "Kinds of support that councils give to refugees and people seeking asylum.",
    Composed(
        select(support_kind.c.code, support_kind.c.name, support_kind.c.definition).order_by(
            support_kind.c.position
        )
    ),
)
ROUTES = Taxonomy(
    "route",
    "eligibility",
    "Visa and resettlement routes",
    "Routes by which refugees come to the United Kingdom; as a term of a service's eligibility, "
    "one that it accepts people on.",
    Composed(select(route.c.code, route.c.name, route.c.summary).order_by(route.c.code)),
)
TAXONOMIES = (KINDS, ROUTES)


async def _terms(connection: asyncpg.Connection, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    return [taxonomy.term(*row) for row in await taxonomy.terms.rows(connection)]


async def page_of_terms(
    connection: asyncpg.Connection, paging: Paging, given: Mapping[str, Any]
) -> dict[str, Any]:
    """A page of terms, of one taxonomy where `taxonomy_id` is given."""
    asked = given.get("taxonomy_id")
    found = [
        term
        for taxonomy in TAXONOMIES
        if asked is None or taxonomy.id == str(asked)
        for term in await _terms(connection, taxonomy)
    ]
    return page_of(paging, len(found), found[paging.start : paging.start + paging.size])


async def find_term(connection: asyncpg.Connection, asked: UUID) -> dict[str, Any] | None:
    """The term with this id, or None."""
    for taxonomy in TAXONOMIES:
        for term in await _terms(connection, taxonomy):
            if term["id"] == str(asked):
                return term
    return None


def _taxonomy(taxonomy: Taxonomy) -> dict[str, Any]:
    return {"id": taxonomy.id, "name": taxonomy.name, "description": taxonomy.description}


def page_of_taxonomies(paging: Paging) -> dict[str, Any]:
    """A page of the taxonomies."""
    found = [_taxonomy(each) for each in TAXONOMIES]
    return page_of(paging, len(found), found[paging.start : paging.start + paging.size])


async def find_taxonomy(connection: asyncpg.Connection, asked: UUID) -> dict[str, Any] | None:
    """The taxonomy with this id and its terms, or None."""
    for taxonomy in TAXONOMIES:
        if taxonomy.id == str(asked):
            return {**_taxonomy(taxonomy), "taxonomy_terms": await _terms(connection, taxonomy)}
    return None
