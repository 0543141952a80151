"""`hearth member`: who an issuer's subjects are here; each change counts from the next request."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.conftest import CAMBRIDGE, OXFORD, Hearth

SUBJECT = "00u-somebody"
WHO = "{ viewer { audience name organisationName council { gssCode } } offers { totalCount } }"

Command = Callable[..., Any]


@pytest.fixture
def command(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `hearth member` over the service's database."""
    monkeypatch.setenv("HEARTH_DATABASE_URL", hearth.copy.url)
    monkeypatch.setenv("HEARTH_MIGRATION_URL", hearth.copy.owner_url)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["member", *arguments])

    return run


async def test_each_change_counts_from_the_next_request(hearth: Hearth, command: Command) -> None:
    await hearth.create()
    hearth.tokens["somebody"] = hearth.issuer.token(SUBJECT)

    async def status() -> int:
        return (await hearth.post(WHO, who="somebody")).status_code

    async def viewer() -> tuple[Any, int]:
        found = await hearth.data(WHO, who="somebody")
        return found["viewer"], found["offers"]["totalCount"]

    assert await status() == 401
    added = await command("add", SUBJECT, "council", OXFORD, "--name", "An officer")
    assert added.stdout == f"{SUBJECT} (An officer): council of Oxford\n"
    officer = {"audience": "COUNCIL", "name": "An officer", "organisationName": None}
    assert await viewer() == ({**officer, "council": {"gssCode": OXFORD}}, 1)
    assert (await command("move", SUBJECT, "council", CAMBRIDGE)).exit_code == 0
    assert await viewer() == ({**officer, "council": {"gssCode": CAMBRIDGE}}, 0)
    assert (await command("move", SUBJECT, "charity", "Harbour Welcome")).exit_code == 0
    assert (await viewer())[0] == {
        "audience": "CHARITY",
        "name": "An officer",
        "organisationName": "Harbour Welcome",
        "council": None,
    }
    assert "disabled" in (await command("disable", SUBJECT)).stdout
    assert await status() == 401
    assert f"{SUBJECT} (An officer): charity of Harbour Welcome, disabled" in (
        (await command("list")).stdout
    )
    assert (await command("enable", SUBJECT)).exit_code == 0
    assert await status() == 200
    assert (await command("move", SUBJECT, "liaison")).exit_code == 0
    assert (await viewer())[0]["audience"] == "LIAISON"
    owner = await hearth.owner()
    noted = "SELECT command FROM audit_event WHERE subject_type = 'Member' ORDER BY at, id"
    assert [row[0] for row in await owner.fetch(noted)] == [
        "addMember",
        "moveMember",
        "moveMember",
        "disableMember",
        "enableMember",
        "moveMember",
    ]
    await owner.close()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", SUBJECT, "council"), "GSS code"),
        (("add", SUBJECT, "council", "E99999999"), "no council with the GSS code E99999999"),
        (("add", SUBJECT, "charity"), "its name"),
        (("add", SUBJECT, "admin", OXFORD), f"leave {OXFORD} out"),
        (("add", "key:abcd1234", "admin"), "does not begin with key:"),
        (("add", "", "admin"), "1 to 255 characters"),
        (("move", SUBJECT, "liaison"), "There is no member 00u-somebody"),
        (("disable", SUBJECT), "There is no member 00u-somebody"),
    ],
)
async def test_what_cannot_be_done_is_explained(
    hearth: Hearth, command: Command, arguments: tuple[str, ...], why: str
) -> None:
    result = await command(*arguments)
    assert result.exit_code == 1
    assert why in result.stderr
    owner = await hearth.owner()
    assert await owner.fetchval("SELECT count(*) FROM member") == 0
    assert await owner.fetchval("SELECT count(*) FROM audit_event") == 0
    await owner.close()
