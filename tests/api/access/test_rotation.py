"""Keys are changed while the service runs, in steps that may stop anywhere."""

import asyncio
import uuid
from pathlib import Path

import asyncpg
import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner

from api.access import rotation
from api.access.rotation import counted, rotate, sealed_tables
from api.access.sealing import of_keys, sealing
from api.cli import app
from api.settings import Settings
from schema.refusals import Unavailable
from tests.api.requests.asking import CHARITY, CONTACT, submit
from tests.conftest import Copy, Hearth


def _silent(done: int, total: int) -> None:
    assert done <= total


def test_every_sealed_table_is_known_with_its_key() -> None:
    assert sealed_tables() == {"offer_address": "offer_id", "request_contact": "request_id"}


async def test_an_old_key_is_no_longer_needed_after(
    hearth: Hearth, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [await submit(hearth) for _ in range(5)]
    old, new = (home / "data-key").read_bytes(), Fernet.generate_key()
    keys = of_keys(new, old)
    # The service has learnt the new key, and goes on answering while the rows change hands.
    hearth.service.endpoint.answering.graphql_schema.extensions["hearth-sealing"] = keys
    owner = await hearth.owner()
    monkeypatch.setattr(rotation, "BATCH", 2)

    class Stopped(Exception):  # noqa: N818
        pass

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        await rotate(owner, keys, stop)
    left = await counted(owner)
    assert sorted(left.values()) == [2, 3]
    for request in requests:
        data = await hearth.data(CONTACT, {"id": request}, CHARITY)
        assert data["request"]["household"]["contact"]["name"] == "Olena Example"
    assert await rotate(owner, keys, _silent) == 3
    assert await rotate(owner, keys, _silent) == 0
    assert await counted(owner) == {("request_contact", keys.name): 5}
    for row in await owner.fetch("SELECT request_id, sealed FROM request_contact"):
        found = of_keys(new).read("request", row["request_id"], row["sealed"])
        assert found["name"] == "Olena Example"
        with pytest.raises(Unavailable):
            of_keys(old).read("request", row["request_id"], row["sealed"])
        with pytest.raises(Unavailable, match="another row"):
            of_keys(new).read("request", uuid.uuid4(), row["sealed"])
    await owner.close()


def test_the_command_says_what_it_did_and_what_it_lacks(
    copy: Copy, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTH_DATABASE_URL", copy.owner_url)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(app, ["data-keys", *arguments]).output

    assert "There is no key" in run("rotate")
    key = run("new").strip()
    monkeypatch.setenv("HEARTH_DATA_KEYS", key)
    assert "0 rows sealed anew" in run("rotate")
    asyncio.run(_fill(copy, sealing(Settings(home=home)).name))
    assert "1 by" in run("status")
    assert "(unknown)" in run("status")
    assert "lacks" in run("rotate")


async def _fill(copy: Copy, name: str) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        "INSERT INTO request_contact VALUES (gen_random_uuid(), '\\x00', $1)", "of another"
    )
    assert name
    await owner.close()
