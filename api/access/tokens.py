"""Tokens: short-lived signed JWTs that say who asks, and nothing about what they may do."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from api.access.secrets import kept_secret
from api.settings import Settings
from schema.refusals import Unauthenticated

ALGORITHMS = ["ES256", "RS256"]
DEVELOPMENT_ISSUER = "hearth-development"
LEEWAY_SECONDS = 60
LONGEST_TOKEN = 8192
MOST_KNOWN = 10_000


@dataclass(frozen=True)
class Verifier:
    """Checks tokens of one issuer for one audience.

    A signature is checked once and its token remembered until it expires; whether its subject is
    still a member, the database is asked each time.
    """

    issuer: str
    audience: str
    keys: KeySet
    _known: dict[str, tuple[str, float]] = field(default_factory=dict)

    def subject(self, token: str) -> str:
        """Who the token names; raises Unauthenticated, always alike, for any that isn't good."""
        known = self._known.get(token)
        if known is None:
            known = self._verified(token)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[token] = known
        subject, expires_at = known
        if time.time() > expires_at + LEEWAY_SECONDS:
            raise Unauthenticated
        return subject

    def _verified(self, token: str) -> tuple[str, float]:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated
        claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            found = jwt.decode(token, self.keys, algorithms=ALGORITHMS)
            claims.validate(found.claims)
            subject = found.claims["sub"]
            subject.encode()
        except (
            JoseError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            raise Unauthenticated from error
        if "\0" in subject:
            raise Unauthenticated
        return subject, float(found.claims["exp"])


@dataclass(frozen=True)
class DevelopmentIssuer:
    """Signs tokens with a key of its own, kept in HEARTH_HOME; for development and trials."""

    key: ECKey
    audience: str

    def token(self, subject: str, *, hours: float = 12) -> str:
        """A token for `subject`."""
        now = int(time.time())
        return jwt.encode(
            {"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"},
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
    """The verifier of the configured issuer, or of the development issuer where none is."""
    if settings.issuer:
        assert settings.jwks_file
        return Verifier(settings.issuer, settings.audience, read_keys(settings.jwks_file))
    issuer = development_issuer(settings)
    public = ECKey.import_key(issuer.key.as_dict(private=False))
    return Verifier(DEVELOPMENT_ISSUER, settings.audience, KeySet([public]))


def read_keys(file: Path) -> KeySet:
    """A JWK set from a file; ValueError says what is wrong with it."""
    try:
        return KeySet.import_key_set(json.loads(file.read_text()))
    except (OSError, ValueError, KeyError, JoseError) as error:
        raise ValueError(
            f"HEARTH_JWKS_FILE: {file} is not a readable JWK set ({error}). "
            "Save the issuer's JWKS there."
        ) from error
