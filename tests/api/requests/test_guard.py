"""The database alone: what each role reads of requests, with no line of the service between."""

import asyncpg
import pytest

from api.store.database import SESSION
from tests.api.requests.asking import CHARITY, OFFICER, propose, submit
from tests.conftest import CAMBRIDGE, Hearth

TABLES = ("consent", "contact_look", "match", "request", "request_contact", "request_event")


async def _count(hearth: Hearth, role: str, subject: str | None, table: str) -> int | None:
    """How many rows the role reads; None where it may not read the table at all."""
    settings = {**SESSION, "role": role}
    connection = await asyncpg.connect(hearth.copy.url, server_settings=settings)
    try:
        async with connection.transaction():
            if subject:
                await connection.fetch("SELECT * FROM hearth_enter($1)", subject)
            found: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
            return found
    except asyncpg.InsufficientPrivilegeError:
        return None
    finally:
        await connection.close()


async def _seen(hearth: Hearth, role: str, subject: str | None) -> dict[str, int | None]:
    return {table: await _count(hearth, role, subject, table) for table in TABLES}


@pytest.fixture
async def matched(hearth: Hearth) -> Hearth:
    """A service with one household's request, proposed to Oxford; Cambridge was left out."""
    request, offer = await submit(hearth), await hearth.open()
    assert (await propose(hearth, request, offer["id"]))["problems"] == []
    left_out = f"""mutation {{ recordConsent(
        requestId: "{request}", scope: MATCHING, gssCode: "{CAMBRIDGE}", given: false
    ) {{ problems {{ code }} }} }}"""
    await hearth.data(left_out, who=CHARITY)
    for who in ("charity:Another", "liaison", f"council:{CAMBRIDGE}"):
        await hearth.token(who)
    return hearth


@pytest.mark.parametrize(
    ("role", "subject"), [("hearth_public", None), ("hearth_liaison", "liaison:development")]
)
async def test_who_has_no_part_reads_no_table(
    matched: Hearth, role: str, subject: str | None
) -> None:
    assert await _seen(matched, role, subject) == dict.fromkeys(TABLES)


@pytest.mark.parametrize(
    ("role", "subject"),
    [("hearth_charity", "charity:another"), ("hearth_council", f"council:{CAMBRIDGE}")],
)
async def test_others_read_no_row(matched: Hearth, role: str, subject: str) -> None:
    assert not any((await _seen(matched, role, subject)).values())


@pytest.mark.parametrize("role", ["hearth_charity", "hearth_council"])
async def test_without_a_member_nothing_is_read(matched: Hearth, role: str) -> None:
    assert not any((await _seen(matched, role, None)).values())


async def test_both_sides_read_their_part_and_no_contact(matched: Hearth) -> None:
    charity = await _seen(matched, "hearth_charity", "charity:harbour-welcome")
    assert charity == {
        "consent": 2,
        "contact_look": 0,
        "match": 1,
        "request": 1,
        "request_contact": 1,
        "request_event": None,
    }
    sealed = "(SELECT sealed FROM request_contact) AS contact"
    assert await _count(matched, "hearth_charity", "charity:harbour-welcome", sealed) is None
    council = await _seen(matched, "hearth_council", OFFICER)
    assert council == {**dict.fromkeys(TABLES), "match": 1, "request": 1}
