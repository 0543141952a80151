"""Sealing: what names people is kept in the database only in a form that it can't read itself.

Fernet (AES-128-CBC with HMAC-SHA256, of the library cryptography): the first key seals, any key
opens, so that a key is changed by putting a new one first and sealing anew what older ones sealed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.access.secrets import kept_secret
from api.settings import Settings
from schema.refusals import Unavailable


@dataclass(frozen=True)
class Opened:
    """What was sealed, by name; None for what was not given."""

    found: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        """One of the parts."""
        return self.found.get(name)


@dataclass(frozen=True)
class Sealing:
    """Seals and opens with the service's keys; without any, it refuses (Unavailable).

    `names` are the keys' fingerprints, that of the one that seals first; a row keeps the name of
    its key, so that what older keys sealed can be found.
    """

    keys: MultiFernet | None
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The fingerprint of the key that seals."""
        self._keys()
        return self.names[0]

    def seal(self, of: str, key: UUID, given: Mapping[str, Any]) -> bytes:
        """What is given, for the database: bound to one row of the subject `of`."""
        return self._keys().encrypt(orjson.dumps({**given, of: str(key)}))

    def read(self, of: str, key: UUID, sealed: bytes) -> dict[str, Any]:
        """What was sealed; refuses what is another row's, or of an unknown key."""
        try:
            found: dict[str, Any] = orjson.loads(self._keys().decrypt(sealed))
        except InvalidToken as error:
            raise Unavailable(
                "This was sealed with a key that the service lacks; tell the operator."
            ) from error
        if found.pop(of, None) != str(key):
            raise Unavailable("This was sealed for another row; tell the operator.")
        return found

    def opened(self, of: str, key: UUID, sealed: bytes | None) -> tuple[Opened, ...]:
        """The same as an object to show, or none."""
        return () if sealed is None else (Opened(self.read(of, key, sealed)),)

    def sealed_anew(self, sealed: bytes) -> bytes:
        """The same under the key that seals now."""
        try:
            return self._keys().rotate(sealed)
        except InvalidToken as error:
            raise Unavailable("This was sealed with a key that the service lacks.") from error

    def _keys(self) -> MultiFernet:
        if self.keys is None:
            raise Unavailable("The service has no key for contacts; set HEARTH_DATA_KEYS.")
        return self.keys


def of_keys(*keys: str | bytes) -> Sealing:
    """The sealing with these Fernet keys: the first seals, all open."""
    texts = [key.encode() if isinstance(key, str) else key for key in keys]
    names = tuple(hashlib.sha256(text).hexdigest()[:12] for text in texts)
    return Sealing(MultiFernet([Fernet(text) for text in texts]), names)


def sealing(settings: Settings) -> Sealing:
    """The sealing that the environment sets up; in development, a key is made in HEARTH_HOME."""
    if settings.data_keys:
        names = settings.data_keys.get_secret_value().split(",")
        return of_keys(*(name.strip() for name in names))
    if not settings.is_development:
        return Sealing(None)
    secret = kept_secret(settings.home / "data-key", Fernet.generate_key)
    return of_keys(secret)
