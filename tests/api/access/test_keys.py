"""API keys of charities: made on the command line, asked with over HTTP, and never seen again."""

import asyncio
import hmac
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from api.access.keys import CHECK_LENGTH, LETTERS, check_of, new_key, public_id_of
from api.cli import app
from api.http.allowed import Allowed
from api.http.guard import Guard
from api.settings import Settings
from api.store.database import SESSION
from tests.api.http.talking import talking
from tests.api.requests.asking import CHARITY, CONTACT, SUBMIT, household, submit
from tests.conftest import Hearth

NAME = CHARITY.removeprefix("charity:")
REQUESTS = "{ requests { nodes { id } } }"
WHO = "{ viewer { audience organisationName name } }"

Command = Callable[..., Any]


@pytest.fixture
def command(hearth: Hearth, home: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `hearth key` over the service's database; gives what it prints."""
    for name, value in {
        "DATABASE_URL": hearth.copy.url,
        "DEVELOPMENT": "true",
        "HOME": str(home),
        "MIGRATION_URL": hearth.copy.owner_url,
    }.items():
        monkeypatch.setenv(f"HEARTH_{name}", value)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["key", *arguments])

    return run


async def _made(command: Command, *arguments: str) -> str:
    result = await command(*(arguments or ("create", NAME)))
    assert result.exit_code == 0, result.stderr
    text: str = result.stdout.strip()
    assert public_id_of(text)
    return text


async def _asked(
    hearth: Hearth, key: str, query: str = WHO, variables: dict[str, Any] | None = None
) -> httpx.Response:
    return await hearth.client.post(
        "/graphql",
        json={"query": query, "variables": variables or {}},
        headers={"authorization": f"Bearer {key}"},
    )


def _public(key: str) -> str:
    found = public_id_of(key)
    assert found
    return found


async def test_a_key_acts_as_its_charity(hearth: Hearth, command: Command) -> None:
    request = await submit(hearth)
    await submit(hearth, "charity:Another")
    key = await _made(command)
    body = (await _asked(hearth, key)).json()
    assert body["data"]["viewer"] == {
        "audience": "CHARITY",
        "organisationName": NAME,
        "name": f"the key {_public(key)}",
    }
    body = (await _asked(hearth, key, REQUESTS)).json()
    assert [each["id"] for each in body["data"]["requests"]["nodes"]] == [request]
    body = (await _asked(hearth, key, SUBMIT, {"input": household()})).json()
    assert body["data"]["submitRequest"]["problems"] == []
    contact = (await _asked(hearth, key, CONTACT, {"id": request})).json()["data"]["request"]
    assert contact["household"]["contact"]["name"] == "Olena Example"
    owner = await hearth.owner()
    acted = "SELECT actor_subject FROM audit_event WHERE command = 'submitRequest'"
    assert f"key:{_public(key)}" in [row[0] for row in await owner.fetch(acted)]
    made = "SELECT count(*) FROM audit_event WHERE command = 'createKey' AND summary LIKE $1"
    assert await owner.fetchval(made, f"%{_public(key)}%") == 1
    await owner.close()


async def test_a_key_that_reads_changes_nothing(hearth: Hearth, command: Command) -> None:
    request = await submit(hearth)
    key = await _made(command, "create", NAME, "--read-only")
    body = (await _asked(hearth, key, REQUESTS)).json()
    assert [each["id"] for each in body["data"]["requests"]["nodes"]] == [request]
    for query, variables in ((SUBMIT, {"input": household()}), (CONTACT, {"id": request})):
        body = (await _asked(hearth, key, query, variables)).json()
        assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    owner = await hearth.owner()
    for table in ("request_contact", "request"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 1
    assert await owner.fetchval("SELECT count(*) FROM contact_look") == 0
    await owner.close()


async def test_the_database_itself_keeps_a_reading_key_from_writing(
    hearth: Hearth, command: Command
) -> None:
    await submit(hearth)
    key = await _made(command, "create", NAME, "--read-only")
    settings = {**SESSION, "role": "hearth_charity"}
    connection = await asyncpg.connect(hearth.copy.url, server_settings=settings)
    for statement in (
        "UPDATE request SET version = 9",
        "SELECT hearth_contact(id) FROM request",
        "SET TRANSACTION READ WRITE",
    ):
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT hearth_enter($1)", f"key:{_public(key)}")
        assert await connection.fetchval("SELECT count(*) FROM request") == 1
        with pytest.raises(
            (asyncpg.ReadOnlySQLTransactionError, asyncpg.ActiveSQLTransactionError)
        ):
            await connection.execute(statement)
        await transaction.rollback()
    await connection.close()


async def test_a_key_of_some_networks_is_no_key_elsewhere(hearth: Hearth, command: Command) -> None:
    networks = ("--from", "192.0.2.0/24", "--from", "2001:db8::7")
    key = await _made(command, "create", NAME, *networks)
    proxies = Settings(proxies="10.0.0.0/8").trusted_proxies

    async def answer(peer: str, *forwarded: str) -> tuple[int, bytes]:
        app = Guard(hearth.service, Allowed(proxies=proxies))
        transport = httpx.ASGITransport(app=app, client=(peer, 1))
        headers = [("authorization", f"Bearer {key}"), *(("x-forwarded-for", f) for f in forwarded)]
        async with httpx.AsyncClient(transport=transport, base_url="http://hearth") as client:
            found = await client.post("/graphql", json={"query": WHO}, headers=headers)
            return found.status_code, found.content

    bad = await _asked(hearth, new_key())
    owner = await hearth.owner()
    refused = (bad.status_code, bad.content)
    for elsewhere in (
        ("192.0.3.1",),
        ("10.0.0.1",),
        ("10.0.0.1", "192.0.2.7, 198.51.100.1"),
        ("198.51.100.1", "192.0.2.7"),
        ("2001:db8::8",),
        ("",),
    ):
        assert await answer(*elsewhere) == refused, elsewhere
        assert await owner.fetchval("SELECT last_used_at FROM api_key") is None
    for here in (
        ("192.0.2.7",),
        ("::ffff:192.0.2.7",),
        ("2001:db8::7",),
        ("10.0.0.1", "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1, 192.0.2.7, 10.2.3.4"),
    ):
        status, _ = await answer(*here)
        assert status == 200, here
        assert await answer("198.51.100.1") == refused, "known for a moment, and no good here"
    await owner.close()
    new = await _made(command, "rotate", _public(key))
    assert (await _asked(hearth, new)).status_code == 401, "it is good from where the old one is"
    assert "192.0.2" in (await command("list")).stdout


async def test_a_key_of_some_networks_opens_no_socket_elsewhere(
    hearth: Hearth, command: Command
) -> None:
    for network, code in (("192.0.2.0/24", 4403), ("127.0.0.0/8", None)):
        key = await _made(command, "create", network, "--from", network)
        async with talking(hearth) as talk:
            await talk.begin(key)
            assert talk.code == code


async def test_keys_that_are_not_good_are_refused_alike(
    hearth: Hearth, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, revoked, expired = [await _made(command, "create", name) for name in ("A", "B", "C")]
    assert (await command("revoke", _public(revoked))).exit_code == 0
    owner = await hearth.owner()
    await owner.execute(
        "UPDATE api_key SET expires_at = now() - interval '1 s' WHERE public_id = $1",
        _public(expired),
    )
    await owner.close()
    compared: list[int] = []
    compare = hmac.compare_digest

    def noting(one: bytes, other: bytes) -> bool:
        compared.append(len(one))
        return compare(one, other)

    monkeypatch.setattr("api.access.keys.hmac.compare_digest", noting)
    wrong = new_key()
    wrong_secret = good[:21] + wrong[21:-CHECK_LENGTH]
    wrong_secret += check_of(wrong_secret)
    bad = [revoked, expired, wrong, wrong_secret, good[:-1], good + "x", "hearth_live_"]
    answers = [await _asked(hearth, key) for key in bad]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.content for answer in answers}) == 1
    rubbish = await _asked(hearth, "rubbish")
    assert rubbish.content == answers[0].content
    # Also for keys that are not there: so each well-formed one takes the same.
    assert compared == [32, 32, 32, 32]
    assert (await _asked(hearth, good)).status_code == 200


async def test_a_revoked_key_is_out_at_the_next_request(hearth: Hearth, command: Command) -> None:
    key = await _made(command)
    assert (await _asked(hearth, key)).status_code == 200
    assert (await command("revoke", _public(key))).exit_code == 0
    for query in (WHO, REQUESTS, "{ availability { totalCount } }"):
        assert (await _asked(hearth, key, query)).status_code == 401


async def test_rotating_leaves_two_live_and_the_old_one_a_week(
    hearth: Hearth, command: Command
) -> None:
    old = await _made(command, "create", NAME, "--read-only")
    new = await _made(command, "rotate", _public(old))
    for key in (old, new):
        assert (await _asked(hearth, key)).status_code == 200
    body = (await _asked(hearth, new, SUBMIT, {"input": household()})).json()
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN", "it may do what the old one may"
    for arguments in (("create", NAME), ("rotate", _public(new))):
        result = await command(*arguments)
        assert result.exit_code == 1
        assert "has 2 live keys already" in result.stderr
    owner = await hearth.owner()
    days = "SELECT extract(day FROM expires_at - now()) FROM api_key WHERE public_id = $1"
    assert await owner.fetchval(days, _public(old)) == 6
    assert await owner.fetchval(days, _public(new)) == 364
    await owner.close()
    listed = (await command("list")).stdout
    assert _public(old) in listed
    assert _public(new) in listed
    assert old[21:] not in listed


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("revoke", "nothere1"), "There is no key nothere1"),
        (("rotate", "nothere1"), "There is no key nothere1"),
        (("create", NAME, "--from", "192.0.2.7/24"), "has host bits set"),
        (("create", NAME, "--from", "everywhere"), "is no network"),
        (("create", NAME, "--days", "366"), "365"),
        (("create", NAME, "--days", "0"), "greater than or equal to 1"),
    ],
)
async def test_what_cannot_be_done_is_explained(
    command: Command, arguments: tuple[str, ...], why: str
) -> None:
    result = await command(*arguments)
    assert result.exit_code != 0
    assert why in re.sub(r"\s+", " ", result.stderr)


async def test_a_key_without_pepper_is_neither_made_nor_let_in(
    hearth: Hearth, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await _made(command)
    monkeypatch.setenv("HEARTH_DEVELOPMENT", "false")
    result = await command("create", NAME)
    assert result.exit_code == 1
    assert "HEARTH_KEY_PEPPER" in result.stderr
    monkeypatch.setattr(hearth.service.endpoint.door.keys, "pepper", None)
    assert (await _asked(hearth, key)).status_code == 401


async def test_the_key_is_in_no_log_and_no_row(
    hearth: Hearth, command: Command, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = await _made(command)
    await _asked(hearth, key)
    await _asked(hearth, key[:-1] + "!")
    hearth.service.database.url = "postgresql://nobody@127.0.0.1:1/nothing"
    await _asked(hearth, new_key())
    secret = key[21:]
    assert secret not in caplog.text
    owner = await hearth.owner()
    tables = [
        row[0]
        for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    for table in tables:
        found = f"SELECT count(*) FROM {table} AS kept WHERE kept::text LIKE $1"
        assert await owner.fetchval(found, f"%{secret[:12]}%") == 0, table
    await owner.close()


async def test_use_is_noted_by_the_hour_and_no_closer(hearth: Hearth, command: Command) -> None:
    key = await _made(command)
    owner = await hearth.owner()
    used = "SELECT last_used_at FROM api_key"
    assert await owner.fetchval(used) is None
    await _asked(hearth, key)
    noted = await owner.fetchval(used)
    assert (noted.minute, noted.second, noted.microsecond) == (0, 0, 0)
    await owner.close()


@pytest.mark.parametrize("role", ["public", "charity", "council", "liaison", "admin", "relay"])
async def test_no_role_reads_keys(hearth: Hearth, role: str) -> None:
    settings = {**SESSION, "role": f"hearth_{role}"}
    connection = await asyncpg.connect(hearth.copy.url, server_settings=settings)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM api_key")
    await connection.close()


async def test_an_issuers_subject_is_never_taken_for_a_key(
    hearth: Hearth, command: Command
) -> None:
    key = await _made(command)
    forged = hearth.issuer.token(f"key:{_public(key)}")
    assert (await _asked(hearth, forged)).status_code == 401


@given(st.text(alphabet=LETTERS, min_size=1, max_size=3), st.integers(0, 68))
def test_a_slip_of_the_pen_is_no_key(slip: str, place: int) -> None:
    key = "hearth_live_" + "0" * 8 + "_" + "z" * 43
    key += check_of(key)
    assert public_id_of(key) == "0" * 8
    changed = key[:place] + slip + key[place + len(slip) :]
    assert (public_id_of(changed) is None) == (changed != key)


def test_keys_are_never_the_same() -> None:
    made = [new_key() for _ in range(1000)]
    assert len(set(made)) == len({key[12:20] for key in made}) == 1000
    assert {len(key) for key in made} == {70}
