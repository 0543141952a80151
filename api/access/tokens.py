"""Tokens: short-lived signed JWTs that say who asks, and nothing about what they may do."""

import json
import time
from dataclasses import dataclass, field

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet

from api.access.issuer_keys import IssuerKeys, KnownKeys, issuer_keys
from api.access.secrets import kept_secret
from api.settings import Settings
from schema.refusals import Unauthenticated

ALGORITHMS = ["ES256", "RS256"]
DEVELOPMENT_ISSUER = "hearth-development"
LEEWAY_SECONDS = 60
LONGEST_TOKEN = 8192
MOST_KNOWN = 10_000
TYPE = "at+jwt"


@dataclass(frozen=True)
class Verified:
    """Who a token names, and the moment (seconds of the epoch) at which it ends."""

    subject: str
    expires_at: float


@dataclass
class Verifier:
    """Checks access tokens (RFC 9068) of one issuer for one audience.

    A signature is checked once and its token remembered until it expires or the keys change;
    whether its subject is still a member, the database is asked each time.
    """

    issuer: str
    audience: str
    keys: IssuerKeys
    type_: str = TYPE
    _known: dict[str, Verified] = field(default_factory=dict)
    _known_by: KeySet | None = None

    def known(self, token: str) -> str | None:
        """The subject of a token that was good before; it may be so no longer."""
        found = self._known.get(token)
        return found.subject if found else None

    async def verified(self, token: str) -> Verified:
        """Who the token names; raises Unauthenticated, always alike, for any that isn't good.

        Raises Unavailable where the issuer's keys can't be had.
        """
        keys = await self.keys.current()
        if keys is not self._known_by:
            self._known.clear()
            self._known_by = keys
        found = self._known.get(token)
        if found is None:
            found = await self._checked(token, keys)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[token] = found
        if time.time() > found.expires_at + LEEWAY_SECONDS:
            raise Unauthenticated
        return found

    async def _checked(self, token: str, keys: KeySet) -> Verified:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated
        claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            try:
                found = jwt.decode(token, keys, algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                found = jwt.decode(token, await self.keys.renewed(), algorithms=ALGORITHMS)
            claims.validate(found.claims)
            subject, type_ = found.claims["sub"], found.header["typ"]
            subject.encode()
            is_typed = type_.lower().removeprefix("application/") == self.type_.lower()
        except (
            JoseError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            raise Unauthenticated from error
        if "\0" in subject or not is_typed:
            raise Unauthenticated
        return Verified(subject, float(found.claims["exp"]))


@dataclass(frozen=True)
class DevelopmentIssuer:
    """Signs tokens with a key of its own, kept in HEARTH_HOME; for development and trials."""

    key: ECKey
    audience: str

    def token(self, subject: str, *, hours: float = 12) -> str:
        """A token for `subject`."""
        now = int(time.time())
        return jwt.encode(
            {"alg": "ES256", "kid": self.key.kid, "typ": TYPE},
            {
                "iss": DEVELOPMENT_ISSUER,
                "aud": self.audience,
                "sub": subject,
                "iat": now,
                "exp": now + round(hours * 3600),
            },
            self.key,
        )


def _new_key() -> bytes:
    key = ECKey.generate_key("P-256", auto_kid=True)
    return json.dumps(key.as_dict(private=True)).encode()


def development_issuer(settings: Settings) -> DevelopmentIssuer:
    """The development issuer, its key made at the first call."""
    file = settings.home / "development-issuer.json"
    secret = kept_secret(file, _new_key)
    return DevelopmentIssuer(ECKey.import_key(json.loads(secret)), settings.audience)


def verifier(settings: Settings) -> Verifier:
    """The verifier of the configured issuer, or in development of the development issuer.

    Elsewhere, without an issuer, no token is good: the development issuer's key lies in a file, and
    lets whoever reads that be anybody.
    """
    if settings.issuer:
        keys = issuer_keys(settings)
        return Verifier(settings.issuer, settings.audience, keys, settings.token_type)
    if not settings.is_development:
        return Verifier(DEVELOPMENT_ISSUER, settings.audience, KnownKeys(KeySet([])))
    issuer = development_issuer(settings)
    public = ECKey.import_key(issuer.key.as_dict(private=False))
    return Verifier(DEVELOPMENT_ISSUER, settings.audience, KnownKeys(KeySet([public])))
