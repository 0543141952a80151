"""What the feeds could read at all: the role that they read as, whatever their code did."""

import re

import asyncpg
import pytest

from api.feeds.services import _ROWS, _listing
from api.feeds.tables import TABLES
from tests.api.feeds.conftest import Feed

# Everything that the public may read; a table that is new here needs a reason to be.
READABLE = {
    "alembic_version",
    "council",
    "fact_attribute",
    "location",
    "open_offer",
    "report_edition",  # of releases, the public's editions, in which small numbers are suppressed
    "report_release",
    "report_row",
    "route",
    "route_dissent",
    "route_event",
    "route_fact",
    "route_source",
    "source",
    "support_kind",
    "twinning",
}
GRANTED = """
SELECT table_name, privilege_type FROM information_schema.role_table_grants
WHERE grantee IN ('hearth_public', 'PUBLIC') AND table_schema = 'public'
UNION
SELECT table_name, privilege_type FROM information_schema.column_privileges
WHERE grantee IN ('hearth_public', 'PUBLIC') AND table_schema = 'public'
"""
PEOPLE = ("request", "request_contact", "match", "member", "organisation", "consent", "offer")


async def test_the_role_reads_public_facts_and_open_offers_and_writes_nothing(feed: Feed) -> None:
    granted = await feed.owner.fetch(GRANTED)
    assert {(row["table_name"], row["privilege_type"]) for row in granted} == {
        (name, "SELECT") for name in READABLE
    }


@pytest.mark.parametrize("table", PEOPLE)
async def test_tables_of_people_are_closed_to_the_role(feed: Feed, table: str) -> None:
    async with feed.owner.transaction():
        await feed.owner.execute("SET LOCAL ROLE hearth_public")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await feed.owner.fetch(f"SELECT 1 FROM {table}")


def test_statements_name_nothing_else() -> None:
    every = [_ROWS.sql, _listing(frozenset()).sql, *(table.sql for table in TABLES.values())]
    named = {name for sql in every for name in re.findall(r"(?:FROM|JOIN) (\w+)", sql)}
    assert named <= READABLE
