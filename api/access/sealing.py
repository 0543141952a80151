"""Sealing: what names people is kept in the database only in a form that it can't read itself.

Fernet (AES-128-CBC with HMAC-SHA256, of the library cryptography): the first key seals, any key
opens, so that a key is changed by putting a new one first and sealing anew what older ones sealed.
"""

from dataclasses import dataclass
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.access.secrets import kept_secret
from api.settings import Settings
from schema.refusals import Unavailable
from schema.types.request import Contact


@dataclass(frozen=True)
class Sealing:
    """Seals and opens with the service's keys; without any, it refuses (Unavailable)."""

    keys: MultiFernet | None

    def seal(self, request_id: UUID, given: dict[str, str | None]) -> bytes:
        """A household's contact for the database, bound to its request."""
        return self._keys().encrypt(orjson.dumps({**given, "request": str(request_id)}))

    def opened(self, request_id: UUID, sealed: bytes | None) -> tuple[Contact, ...]:
        """The contact, or none; refuses one that is another request's or of an unknown key."""
        if sealed is None:
            return ()
        try:
            found = orjson.loads(self._keys().decrypt(sealed))
        except InvalidToken as error:
            raise Unavailable("A contact was sealed with a key that the service lacks.") from error
        if found["request"] != str(request_id):
            raise Unavailable("A contact was sealed for another request; tell the operator.")
        return (Contact(**{name: found.get(name) for name in ("name", "email", "phone")}),)

    def _keys(self) -> MultiFernet:
        if self.keys is None:
            raise Unavailable("The service has no key for contacts; set HEARTH_DATA_KEYS.")
        return self.keys


def sealing(settings: Settings) -> Sealing:
    """The sealing that the environment sets up; in development, a key is made in HEARTH_HOME."""
    if settings.data_keys:
        names = settings.data_keys.get_secret_value().split(",")
        return Sealing(MultiFernet([Fernet(name.strip()) for name in names]))
    if not settings.is_development:
        return Sealing(None)
    secret = kept_secret(settings.home / "data-key", Fernet.generate_key)
    return Sealing(MultiFernet([Fernet(secret)]))
