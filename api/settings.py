"""Settings, all from the environment (`HEARTH_*`)."""

import re
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PARENT = "HEARTH_PARENT"
"""The variable in which the main process tells its workers its pid."""


def is_safe_url(url: str) -> bool:
    """Whether what is fetched there comes from whom it says: by HTTPS, or from this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_here = host in ("127.0.0.1", "::1", "localhost")
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


def _listed(given: str) -> list[str]:
    return [each.strip() for each in given.split(",") if each.strip()]


def _is_host(given: str) -> bool:
    try:
        ip_address(given)
    except ValueError:
        name = r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"
        return given == "*" or re.fullmatch(name, given) is not None
    return True


class Settings(BaseSettings):
    """What an operator can set. Each field is the variable HEARTH_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="HEARTH_", frozen=True)

    answers_kept: int = Field(
        64, ge=0, description="megabytes of public answers that a worker keeps; 0 keeps none"
    )
    audience: str = Field("hearth", description="the audience (aud) that tokens must name")
    budget: float = Field(
        1_000_000, ge=0, description="points a second that a token's holder may use; 0: no limit"
    )
    contact: str | None = Field(
        None,
        pattern=r"^([^@\s<>\"]+@[^@\s<>\"]+|https?://[^\s<>\"]+)$",
        description="where to ask about reports: an email address or a page, for their covers",
    )
    data_keys: SecretStr | None = Field(
        None, description="Fernet keys for names and contacts, by commas: the first seals, all open"
    )
    database_url: str | None = Field(
        None, description="PostgreSQL 15 or newer to use; without it, an embedded server is started"
    )
    development: bool | None = Field(
        None, description="GraphiQL and introspection for all; on unless a database URL is set"
    )
    documents: Path | None = Field(
        None, description="folder of *.graphql documents that clients may name by their hash"
    )
    drain_seconds: float = Field(
        2.0, ge=0, le=600, description="how long to serve on, but not be ready, when told to stop"
    )
    home: Path = Field(Path(".hearth"), description="folder of the embedded data and its keys")
    host: str = Field("127.0.0.1", description="address to listen on")
    hosts: str = Field(
        "",
        description="host names to answer to, by commas; *.example.org for all below it, * for any",
    )
    issuer: str | None = Field(
        None,
        description="who issues tokens (iss); without it, in development, the development issuer",
    )
    jwks_file: Path | None = Field(None, description="the issuer's public keys, as a JWK set")
    jwks_url: str | None = Field(
        None, description="where the issuer's public keys are; without it, as its discovery says"
    )
    key_pepper: SecretStr | None = Field(
        None,
        min_length=32,
        description="secret of 32 characters or more that charities' API keys are kept under",
    )
    migration_url: str | None = Field(
        None, description="database URL for migrate and load, where serving has a lesser login"
    )
    origins: str = Field(
        "", description="origins whose pages may send credentials, by commas, as https://a.example"
    )
    pool_size: int = Field(8, ge=1, le=200, description="connections per audience and worker")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    proxies: str = Field(
        "",
        description="addresses or networks whose X-Forwarded-For is believed, by commas",
    )
    public_budget: float = Field(
        0, ge=0, description="points a second for each address without a token; 0: no limit"
    )
    public_url: str | None = Field(
        None, description="where the public reaches this service; without it, what a request names"
    )
    publisher: str = Field(
        "Hearth",
        min_length=1,
        max_length=200,
        description="whose reports they are, for covers",
    )
    query_seconds: float = Field(5.0, ge=0.01, le=600, description="longest time a query may take")
    token_type: str = Field(
        "at+jwt", description="the type (typ) that the issuer's access tokens name in their header"
    )
    retention: dict[str, int] = Field(
        {}, description="JSON: days that kinds of data are kept, where not as docs/trust.md says"
    )
    workers: int = Field(1, ge=1, le=64, description="server processes")

    @field_validator("data_keys")
    @classmethod
    def _keys_are_fernet(cls, given: SecretStr | None) -> SecretStr | None:
        for key in given.get_secret_value().split(",") if given else ():
            try:
                Fernet(key.strip())
            except ValueError as error:
                raise ValueError(
                    "each key must be 32 bytes in URL-safe base64, as "
                    "`python -c 'from cryptography.fernet import Fernet; "
                    "print(Fernet.generate_key().decode())'` prints it"
                ) from error
        return given

    @field_validator("hosts")
    @classmethod
    def _hosts_are_names(cls, given: str) -> str:
        for host in _listed(given):
            if not _is_host(host):
                raise ValueError(
                    f"{host[:100]!r} is no host name; give it as hearth.example.org, without a "
                    "scheme, port or path"
                )
        return given

    @field_validator("origins")
    @classmethod
    def _origins_are_origins(cls, given: str) -> str:
        for origin in _listed(given):
            if not re.fullmatch(r"https?://[a-z0-9.\-\[\]:]+", origin):
                raise ValueError(
                    f"{origin[:100]!r} is no origin as browsers send it, such as "
                    "https://app.example.org, without a path and never * or null"
                )
        return given

    @field_validator("proxies")
    @classmethod
    def _proxies_are_networks(cls, given: str) -> str:
        for network in _listed(given):
            ip_network(network)
        return given

    @field_validator("public_url")
    @classmethod
    def _public_url_is_an_address(cls, given: str | None) -> str | None:
        if given and not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", given):
            raise ValueError(f"{given[:100]!r} is no address such as https://hearth.example.org")
        return given

    @model_validator(mode="after")
    def _issuer_has_keys(self) -> Self:
        if not self.issuer and (self.jwks_file or self.jwks_url):
            raise ValueError(
                "HEARTH_JWKS_FILE or HEARTH_JWKS_URL is set but HEARTH_ISSUER is not: "
                "name the issuer (iss) that the keys are of"
            )
        if self.jwks_file and self.jwks_url:
            raise ValueError("HEARTH_JWKS_FILE and HEARTH_JWKS_URL are both set: choose one")
        fetched = None if self.jwks_file else self.jwks_url or self.issuer
        if fetched and not is_safe_url(fetched):
            name = "HEARTH_JWKS_URL" if self.jwks_url else "HEARTH_ISSUER"
            raise ValueError(
                f"{name} must begin with https:// (http:// on this machine alone), since the "
                "issuer's keys are fetched from there; or save them, and name the file in "
                "HEARTH_JWKS_FILE"
            )
        return self

    @property
    def address(self) -> str | None:
        """Where the service is, as far as it knows by itself."""
        own = f"http://{self.host}:{self.port}" if self.is_development else None
        return self.public_url.rstrip("/") if self.public_url else own

    @property
    def host_names(self) -> frozenset[str]:
        """The host names to answer to, in lower case; none where none is set."""
        return frozenset(_listed(self.hosts.lower()))

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins whose pages may send credentials."""
        return frozenset(_listed(self.origins))

    @property
    def trusted_proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies whose word is taken on whom they speak for."""
        return tuple(ip_network(each) for each in _listed(self.proxies))

    @cached_property
    def is_development(self) -> bool:
        """Whether pages and answers that only developers need are on."""
        return self.database_url is None if self.development is None else self.development
