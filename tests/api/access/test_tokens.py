"""Tokens of a real issuer, asked with over HTTP: forged, expired, rotated, and its keys away."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from joserfc.jwk import RSAKey

from api.access.issuer_keys import FetchedKeys
from api.access.joining import Joining
from api.app import make_app
from api.settings import Settings
from schema.words import Audience
from tests.api.access.issuing import AUDIENCE, Issuer, issuing, new_key, unsigned
from tests.conftest import OXFORD, Copy, Hearth, lifespan

SUBJECT = "00u-an-officer"
WHO = "{ viewer { audience council { gssCode } } }"
JWKS = ["/.well-known/openid-configuration", "/keys"]


@dataclass
class Served:
    """The service with an issuer of its own, and a clock to turn."""

    client: httpx.AsyncClient
    issuer: Issuer
    keys: FetchedKeys
    now: float = 1000.0

    async def ask(self, token: str, query: str = WHO) -> httpx.Response:
        """Who the token's holder is here."""
        headers = {"authorization": f"Bearer {token}"}
        return await self.client.post("/graphql", json={"query": query}, headers=headers)

    async def status(self, token: str) -> int:
        """The status of asking with a token."""
        return (await self.ask(token)).status_code


@pytest_asyncio.fixture
async def served(copy: Copy, home: Path) -> AsyncIterator[Served]:
    """The service, its issuer discovered; an officer of Oxford is a member."""
    joining = await Joining.open(copy.owner_url)
    await joining.put(SUBJECT, "An officer", Audience.COUNCIL, council_gss=OXFORD)
    await joining.connection.close()
    async with issuing() as issuer:
        settings = Settings(home=home, development=True, issuer=issuer.address, hosts="hearth")
        app: Any = make_app(settings, copy.url)
        service = app.app
        transport = httpx.ASGITransport(app=app)
        async with (
            lifespan(service),
            httpx.AsyncClient(transport=transport, base_url="http://hearth") as client,
        ):
            keys = service.endpoint.door.verifier.keys
            found = Served(client, issuer, keys)
            keys.clock = lambda: found.now
            yield found


async def test_an_issuers_token_says_who_and_the_database_what(served: Served) -> None:
    response = await served.ask(served.issuer.token(SUBJECT))
    viewer = {"audience": "COUNCIL", "council": {"gssCode": OXFORD}}
    assert response.json()["data"]["viewer"] == viewer
    claimed = served.issuer.token(SUBJECT, claims={"roles": ["ADMIN"], "scope": "admin"})
    assert (await served.ask(claimed)).json()["data"]["viewer"] == viewer
    assert served.issuer.asked == JWKS, "once for both"


NOW = int(time.time())
DAY = 86_400


def _signed(**claims: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(SUBJECT, claims=claims)


def _headed(**header: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(SUBJECT, header=header)


def _claims(issuer: Issuer) -> dict[str, Any]:
    now = int(time.time())
    said = {"iss": issuer.address, "aud": AUDIENCE, "sub": SUBJECT, "iat": now}
    return {**said, "exp": now + 600}


def _none(issuer: Issuer) -> str:
    return unsigned({"alg": "none", "typ": "at+jwt"}, _claims(issuer))


def _by_the_public_key(issuer: Issuer) -> str:
    # The key that everybody has, taken for a shared secret.
    header = {"alg": "HS256", "kid": issuer.keys[0].kid, "typ": "at+jwt"}
    head, body, _ = unsigned(header, _claims(issuer)).split(".")
    secret = json.dumps(issuer.keys[0].as_dict(private=False)).encode()
    signature = hmac.digest(secret, f"{head}.{body}".encode(), "sha256")
    return unsigned(header, _claims(issuer), signature)


def _by_its_own_key(name: str) -> Callable[[Issuer], str]:
    def forged(issuer: Issuer) -> str:
        mine = new_key()
        elsewhere = f"{issuer.address}/forged"
        header = {name: mine.as_dict(private=False) if name == "jwk" else elsewhere}
        return issuer.token(SUBJECT, by=mine, header=header)

    return forged


def _cut(issuer: Issuer) -> str:
    head, body, signature = issuer.token(SUBJECT).split(".")
    return f"{head}.{body}.{signature[:-4]}"


def _changed(issuer: Issuer) -> str:
    _, body, _ = issuer.token("somebody else").split(".")
    head, _, signature = issuer.token(SUBJECT).split(".")
    return f"{head}.{body}.{signature}"


BAD: dict[str, Callable[[Issuer], str]] = {
    "rubbish": lambda issuer: "rubbish",
    "nothing": lambda issuer: "",
    "alg none": _none,
    "HS256 with the public key": _by_the_public_key,
    "its own jwk": _by_its_own_key("jwk"),
    "its own jku": _by_its_own_key("jku"),
    "its own x5u": _by_its_own_key("x5u"),
    "an unknown kid": lambda issuer: issuer.token(SUBJECT, by=new_key()),
    "another's key under a known kid": lambda issuer: issuer.token(
        SUBJECT, by=new_key(), header={"kid": issuer.keys[0].kid}
    ),
    "cut": _cut,
    "another's claims": _changed,
    "expired": _signed(exp=NOW - DAY, iat=NOW - 2 * DAY),
    "no exp": _signed(exp=None),
    "exp in words": _signed(exp="tomorrow"),
    "not yet": _signed(nbf=NOW + DAY),
    "of the future": _signed(iat=NOW + DAY),
    "no iat": _signed(iat=None),
    "no aud": _signed(aud=None),
    "another aud": _signed(aud="another"),
    "no iss": _signed(iss=None),
    "another iss": _signed(iss="https://login.example"),
    "no sub": _signed(sub=None),
    "a sub that is no text": _signed(sub=7),
    "a sub with NUL": _signed(sub=f"{SUBJECT}\0"),
    "nobody here": _signed(sub="nobody"),
    "an ID token": _headed(typ="JWT"),
    "no typ": _headed(typ=None),
}


async def test_a_token_of_64_kilobytes_is_not_even_read(served: Served) -> None:
    huge = served.issuer.token(SUBJECT, claims={"x": "y" * 65536})
    assert (await served.ask(huge)).status_code == 431


async def test_tokens_that_are_not_good_are_refused_alike(served: Served) -> None:
    assert await served.status(served.issuer.token(SUBJECT)) == 200
    bodies = set()
    for name, make in BAD.items():
        response = await served.ask(make(served.issuer))
        assert response.status_code == 401, name
        assert response.headers["www-authenticate"] == "Bearer", name
        bodies.add(response.content)
    assert len(bodies) == 1
    assert "/forged" not in served.issuer.asked
    basic = {"authorization": "Basic b2ZmaWNlcjpwYXNz"}
    response = await served.client.post("/graphql", json={"query": WHO}, headers=basic)
    assert (response.status_code, response.content) == (401, bodies.pop())


async def test_clocks_may_differ_by_a_minute_and_no_more(served: Served) -> None:
    now = int(time.time())
    for late, status in ((40, 200), (80, 401)):
        ended = served.issuer.token(SUBJECT, claims={"exp": now - late, "iat": now - DAY})
        early = served.issuer.token(SUBJECT, claims={"nbf": now + late})
        assert (await served.status(ended), await served.status(early)) == (status, status)


async def test_rsa_and_several_audiences_are_good(served: Served) -> None:
    rsa = RSAKey.generate_key(2048, auto_kid=True)
    served.issuer.keys.append(rsa)
    token = served.issuer.token(SUBJECT, by=rsa, claims={"aud": ["another", AUDIENCE]})
    assert await served.status(token) == 200
    pss = served.issuer.token(SUBJECT, by=rsa, header={"alg": "RS256", "typ": "application/at+JWT"})
    assert await served.status(pss) == 200


async def test_a_new_key_is_taken_up_and_an_old_one_dies(served: Served) -> None:
    old, new = served.issuer.keys[0], new_key()
    assert await served.status(served.issuer.token(SUBJECT)) == 200
    served.issuer.keys[:] = [new]
    served.now += 61
    assert await served.status(served.issuer.token(SUBJECT)) == 200
    assert served.issuer.asked == JWKS * 2
    assert await served.status(served.issuer.token(SUBJECT, by=old)) == 401


async def test_a_key_that_was_taken_back_is_out_within_ten_minutes(served: Served) -> None:
    token = served.issuer.token(SUBJECT)
    assert await served.status(token) == 200
    served.issuer.keys[:] = [new_key()]
    assert await served.status(token) == 200
    served.now += 601
    assert await served.status(token) == 401, "though it was verified before"


async def test_unknown_keys_ask_the_issuer_once_a_minute(served: Served) -> None:
    assert await served.status(served.issuer.token(SUBJECT)) == 200
    strangers = [served.issuer.token(SUBJECT, by=new_key()) for _ in range(20)]
    served.now += 61
    assert set(await asyncio.gather(*map(served.status, strangers))) == {401}
    assert served.issuer.asked == JWKS * 2
    served.now += 61
    assert await served.status(strangers[0]) == 401
    assert served.issuer.asked == JWKS * 3


WRONG: dict[str, tuple[str, tuple[int, bytes]]] = {
    "away": ("/keys", (503, b"")),
    "redirecting": ("/keys", (302, b"")),
    "not JSON": ("/keys", (200, b"<html>")),
    "a list": ("/keys", (200, b"[]")),
    "no keys": ("/keys", (200, b'{"keys": []}')),
    "odd keys": ("/keys", (200, b'{"keys": [1, {"kty": "oct", "k": "YQ"}, {"kty": "EC"}]}')),
    "too large": ("/keys", (200, b" " * 300_000)),
    "of another issuer": (JWKS[0], (200, b'{"issuer": "https://a", "jwks_uri": "https://a/k"}')),
    "not safe": (JWKS[0], (200, b'{"issuer": "ADDRESS", "jwks_uri": "http://192.0.2.1/keys"}')),
    "a file": (JWKS[0], (200, b'{"issuer": "ADDRESS", "jwks_uri": "file:///etc/passwd"}')),
}


async def test_without_keys_nobody_gets_in(served: Served) -> None:
    token = served.issuer.token(SUBJECT)
    for wrong, (path, (status, body)) in WRONG.items():
        served.keys._keys = None
        served.now += 6
        served.issuer.asked.clear()
        body = body.replace(b"ADDRESS", served.issuer.address.encode())
        served.issuer.answers = {path: (status, body)}
        for _ in range(2):
            response = await served.ask(token)
            assert response.status_code == 503, wrong
            assert response.headers["retry-after"]
            assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert served.issuer.asked.count(path) == 1, "it is not asked again at once"
    anonymous = await served.client.post("/graphql", json={"query": WHO})
    assert anonymous.status_code == 200
    served.issuer.answers.clear()
    served.now += 6
    assert await served.status(token) == 200


async def test_with_the_issuer_away_known_keys_do_for_an_hour(served: Served) -> None:
    token = served.issuer.token(SUBJECT)
    assert await served.status(token) == 200
    served.issuer.answers["/keys"] = (500, b"")
    for later, status in ((601, 200), (2900, 200), (120, 503)):
        served.now += later
        assert await served.status(token) == status
    assert await served.status(served.issuer.token(SUBJECT, by=new_key())) == 503
    del served.issuer.answers["/keys"]
    served.now += 61
    assert await served.status(token) == 200


async def test_the_development_issuer_signs_as_any_other(hearth: Hearth) -> None:
    who = f"council:{OXFORD}"
    assert (await hearth.data("{ viewer { name } }", who=who))["viewer"]["name"] == (
        "An officer of Oxford"
    )
    bad = Issuer("hearth-development").token(who)
    headers = {"authorization": f"Bearer {bad}"}
    response = await hearth.client.post("/graphql", json={"query": WHO}, headers=headers)
    assert response.status_code == 401
