"""API keys: `hearth_live_`, 8 characters that name the key, 43 that are the secret, 6 that check.

The database keeps an HMAC-SHA256 of the whole text under a pepper that it has not: its copy, or
its dump, is no use to make or to guess a key. A key's 256 random bits need no slow hash.
"""

import hmac
import re
import secrets
import string
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from zlib import crc32

from api.access.members import Members
from api.access.secrets import kept_secret
from api.access.viewer import Viewer
from api.settings import Settings
from schema.refusals import Unauthenticated
from schema.tables.access import Network
from schema.words import Audience

PREFIX = "hearth_live_"
SUBJECT = "key:"
LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
PUBLIC_LENGTH, SECRET_LENGTH, CHECK_LENGTH = 8, 43, 6
SHAPE = re.compile(
    f"{PREFIX}([0-9A-Za-z]{{{PUBLIC_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH + CHECK_LENGTH}}}"
)
# A key that was good a second ago is not compared again; whether it still is good, the
# transaction asks (hearth_enter).
KNOWN_SECONDS = 1.0
MOST_KNOWN = 10_000


def _base62(number: int, length: int) -> str:
    found = []
    for _ in range(length):
        number, rest = divmod(number, len(LETTERS))
        found.append(LETTERS[rest])
    return "".join(reversed(found))


def check_of(text: str) -> str:
    """What the end of a key must be, given all before it: its CRC-32, in base 62."""
    return _base62(crc32(text.encode()), CHECK_LENGTH)


def new_key() -> str:
    """A key that nobody has had before."""
    public_id = "".join(secrets.choice(LETTERS) for _ in range(PUBLIC_LENGTH))
    text = f"{PREFIX}{public_id}_{_base62(secrets.randbits(256), SECRET_LENGTH)}"
    return text + check_of(text)


def public_id_of(text: str) -> str | None:
    """The part that names a key; None for what is no key, as after a slip of the pen."""
    found = SHAPE.fullmatch(text)
    if found is None or check_of(text[:-CHECK_LENGTH]) != text[-CHECK_LENGTH:]:
        return None
    return found[1]


@dataclass(frozen=True, repr=False)
class Pepper:
    """The secret beside the database that keys are kept under."""

    secret: bytes

    def digest(self, text: str) -> bytes:
        """What the database keeps of a key: 32 bytes."""
        return hmac.digest(self.secret, text.encode("utf-8", "replace"), "sha256")


def pepper(settings: Settings) -> Pepper | None:
    """The pepper that the environment sets; in development, one is made in HEARTH_HOME."""
    if settings.key_pepper:
        return Pepper(settings.key_pepper.get_secret_value().encode())
    if not settings.is_development:
        return None
    return Pepper(kept_secret(settings.home / "key-pepper", lambda: secrets.token_bytes(32)))


@dataclass(frozen=True)
class Known:
    """A key that was good until a moment ago: whose it is, and where it may be used from."""

    viewer: Viewer
    networks: Sequence[Network]
    until: float

    def may_be_used_from(self, address: str) -> bool:
        """Whether it lets this address in; without networks, any."""
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        # A socket that listens for both sorts writes the old ones as ::ffff:192.0.2.1.
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self.networks)


@dataclass
class Keys:
    """Lets the holders of keys in; without a pepper, nobody."""

    members: Members
    pepper: Pepper | None
    clock: Callable[[], float] = time.monotonic
    _known: dict[bytes, Known] = field(default_factory=dict)

    def known(self, text: str, address: str) -> str | None:
        """The subject of a key that was good before, from `address`; it may be so no longer."""
        found = self._known.get(self.pepper.digest(text)) if self.pepper else None
        return found.viewer.subject if found and found.may_be_used_from(address) else None

    async def viewer(self, text: str, address: str) -> Viewer:
        """Whose key it is; raises Unauthenticated, always alike, for any that isn't good.

        One that is good elsewhere, but not from `address`, is no good either.
        """
        if self.pepper is None:
            raise Unauthenticated
        digest = self.pepper.digest(text)
        known = self._known.get(digest)
        if known is None or self.clock() >= known.until:
            known = await self._looked_up(public_id_of(text), digest, address)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[digest] = known
        if not known.may_be_used_from(address):
            raise Unauthenticated
        return known.viewer

    async def _looked_up(self, public_id: str | None, digest: bytes, address: str) -> Known:
        if public_id is None:
            raise Unauthenticated
        async with self.members.public() as connection:
            row = await connection.fetchrow("SELECT * FROM hearth_key($1)", public_id)
            # An unknown key is compared too, so that it takes as long as a wrong one.
            is_good = hmac.compare_digest(row["digest"] if row else bytes(32), digest)
            if row is None or not is_good:
                raise Unauthenticated
            viewer = Viewer(
                Audience.CHARITY,
                SUBJECT + public_id,
                expires_at=row["expires_at"].timestamp(),
                is_read_only=row["is_read_only"],
            )
            known = Known(viewer, row["networks"], self.clock() + KNOWN_SECONDS)
            if known.may_be_used_from(address) and not row["is_noted"]:
                await connection.execute("SELECT hearth_note_key($1)", public_id)
        return known
