"""Whom requests may come through and from: host names, origins with credentials, proxies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from api.settings import Settings

# A name or address, perhaps with a port; an IPv6 address stands in brackets.
HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]*[a-z0-9_-])\.?)(?::\d*)?")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ANY = "*"


@dataclass(frozen=True)
class Allowed:
    """What is allowed; without `hosts`, every host name.

    `hosts` are names without ports, `*.example.org` stands for all below it. `origins` are as
    browsers send them. A proxy's word on whom it speaks for is taken, nobody else's.
    """

    hosts: frozenset[str] | None = None
    origins: frozenset[str] = frozenset()
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    def host(self, given: bytes | None) -> bool:
        """Whether requests to this Host are answered; one without a name is not."""
        if self.hosts is None:
            return True
        name = _name(given)
        if name in self.hosts:
            return True
        return any(f"*.{parent}" in self.hosts for parent in _parents(name))

    def credentials(self, origin: bytes | None, host: bytes | None) -> bool:
        """Whether a page of this origin may send a credential; whatever is no page may."""
        if origin is None:
            return True
        text = origin.decode("latin-1")
        # Of one origin with us: a page of ours, as GraphiQL. TLS may end before us.
        is_ours = host is not None and text.partition("://")[2] == host.decode("latin-1")
        return text in self.origins or is_ours

    def address(self, peer: str, forwarded: Sequence[bytes]) -> str:
        """Who asks: the last address in X-Forwarded-For that is no proxy of ours, or the peer."""
        for each in reversed(b",".join(forwarded).decode("latin-1").split(",")):
            if not self._is_proxy(peer):
                break
            found = each.strip()
            try:
                ip_address(found)
            except ValueError:
                break
            peer = found
        return peer

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.proxies)


def _name(host: bytes | None) -> str:
    # The whole of it, or nothing: what comes after a name that is ours may be meant for others.
    found = HOST.fullmatch((host or b"").decode("latin-1").lower())
    return (found["address"] or found["name"]) if found else ""


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[place:]) for place in range(1, len(labels))]


def allowed(settings: Settings) -> Allowed:
    """What the environment allows; without HEARTH_HOSTS, HEARTH_PUBLIC_URL's and this machine's."""
    own = {*LOOPBACK, settings.host.lower(), urlsplit(settings.public_url or "").hostname}
    hosts = settings.host_names or frozenset(name for name in own if name)
    return Allowed(
        None if ANY in hosts else hosts, settings.allowed_origins, settings.trusted_proxies
    )
