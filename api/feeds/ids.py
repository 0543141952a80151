"""Ids of the feed: UUIDs that are the same on every server and on every day."""

import uuid
from functools import lru_cache
from hashlib import sha1

# The name under which Hearth's own codes become UUIDs of version 5 (RFC 9562, 5.5). It may never
# change: directories keep what they were given.
NAMESPACE = uuid.UUID("5f1c1a52-6e0d-5c0b-9d53-0d0f3d0e8c11")
_VERSION = 0xF << 76
# By a hexadecimal digit, the same with its two highest bits set to 10.
_VARIANTS = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}


@lru_cache(10_000)
def id_of(kind: str, code: str) -> str:
    """The id of something with a code of its own: ("council", "E07000178")."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{code}"))


def id_within(owner: uuid.UUID, part: str) -> str:
    """The id of something that an offer has, which stands for nothing without it.

    What uuid.uuid5 makes, at a fifth of its price: a page has dozens.
    """
    name = sha1(owner.bytes + part.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANTS[name[16]]
    return f"{name[:8]}-{name[8:12]}-5{name[13:16]}-{variant}{name[17:20]}-{name[20:32]}"


def other_side(offer_or_place: uuid.UUID) -> uuid.UUID:
    """The id of an offer at its place, from the offer's id; and back.

    Every offer is at one place, so the two ids differ in nothing but the four bits of the version:
    7 becomes 8, of which RFC 9562 leaves the meaning to whoever makes it.
    """
    return uuid.UUID(int=offer_or_place.int ^ _VERSION)
