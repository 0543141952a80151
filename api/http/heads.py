"""What a request's headers ask for: in which form, by whom, and what the asker has already."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from api.http.errors import GRAPHQL_JSON, JSON, HttpError

# Clients choose these texts: what is remembered of them is bounded in number and, by this, in size.
LONGEST_REMEMBERED = 500
# It is assumed where no charset is named.
UTF_8 = (None, "utf-8", "utf8")


class Head:
    """A request's headers, as far as the endpoint goes by them; absent ones are None."""

    __slots__ = (
        "accept",
        "accept_encoding",
        "authorization",
        "content_encoding",
        "content_length",
        "content_type",
        "if_none_match",
    )
    accept: bytes | None
    accept_encoding: bytes | None
    authorization: bytes | None
    content_encoding: bytes | None
    content_length: bytes | None
    content_type: bytes | None
    if_none_match: bytes | None

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            # A header that is given twice means both (RFC 9110, 5.3).
            found[name] = found[name] + b", " + value if name in found else value
        get = found.get
        self.accept = get(b"accept")
        self.accept_encoding = get(b"accept-encoding")
        self.authorization = get(b"authorization")
        self.content_encoding = get(b"content-encoding")
        self.content_length = get(b"content-length")
        self.content_type = get(b"content-type")
        self.if_none_match = get(b"if-none-match")

    def media_type(self) -> str:
        """The media type to answer in; raises HttpError 406 where none of ours will do."""
        accept = self.accept or b"*/*"
        remembered = len(accept) <= LONGEST_REMEMBERED
        found = _media_type(accept) if remembered else _media_type.__wrapped__(accept)
        if found is None:
            raise HttpError(406, f"This endpoint answers in {GRAPHQL_JSON} or {JSON}.")
        return found

    def is_gzip_wanted(self) -> bool:
        """Whether the answer may be compressed, and had better be."""
        given = self.accept_encoding
        if given is None:
            return False
        remembered = len(given) <= LONGEST_REMEMBERED
        return _is_gzip_wanted(given) if remembered else _is_gzip_wanted.__wrapped__(given)

    def is_json(self) -> bool:
        """Whether the body is declared as JSON in UTF-8."""
        given = self.content_type or b""
        return len(given) <= LONGEST_REMEMBERED and _is_json(given)

    def has(self, etag: bytes) -> bool:
        """Whether the asker has the representation with this entity tag (compared weakly)."""
        if self.if_none_match is None:
            return False
        tags = [tag.strip().removeprefix(b"W/") for tag in self.if_none_match.split(b",")]
        return etag in tags or tags == [b"*"]


@lru_cache(256)
def _media_type(accept: bytes) -> str | None:
    """The media type that is liked best; of equals the named one, of two named GraphQL's own.

    Nothing but wildcards gets plain JSON, which every client can read; so does a missing header.
    """
    found: tuple[float, int, str] | None = None
    for ours in (GRAPHQL_JSON, JSON):
        # The range that says most about a media type decides on it (RFC 9110, 12.5.1).
        ranges = ("*/*", "application/*", ours)
        said = [
            (ranges.index(name), q)
            for name, q, parameters in _listed(accept)
            if name in ranges and parameters.get("charset") in UTF_8
        ]
        closeness, q = max(said, default=(0, 0.0))
        is_better = found is None or (q, closeness) > found[:2]
        is_as_good_unnamed = found is not None and closeness < 2 and (q, closeness) == found[:2]
        if q > 0 and (is_better or is_as_good_unnamed):
            found = (q, closeness, ours)
    return found[2] if found else None


@lru_cache(256)
def _is_gzip_wanted(accept_encoding: bytes) -> bool:
    liked = {name: q for name, q, _ in _listed(accept_encoding)}
    gzip = liked.get("gzip", liked.get("x-gzip", liked.get("*", 0.0)))
    return gzip > 0 and gzip >= liked.get("identity", 0.0)


@lru_cache(256)
def _is_json(content_type: bytes) -> bool:
    given = list(_listed(content_type))
    return [name for name, _, _ in given] == [JSON] and given[0][2].get("charset") in UTF_8


def _listed(header: bytes) -> Iterator[tuple[str, float, dict[str, str]]]:
    # Each element of a list header: its name, its weight (1 unless given), its parameters.
    for element in header.decode("latin-1").lower().split(","):
        name, *given = (part.strip() for part in element.split(";"))
        parameters = {}
        for parameter in given:
            key, _, value = parameter.partition("=")
            parameters[key.strip()] = value.strip().strip('"')
        try:
            q = float(parameters.pop("q", "1"))
        except ValueError:
            continue
        if name:
            yield name, q if 0 <= q <= 1 else 0.0, parameters
