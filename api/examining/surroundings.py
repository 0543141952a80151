"""What is around the database: the home folder, the keys, the issuer."""

import os
import stat
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from api.access.issuer_keys import IssuerError, fetch_keys, read_keys
from api.access.keys import pepper
from api.examining.findings import Finding
from api.requests.retention import periods
from api.settings import PARENT, Settings

OTHERS = stat.S_IRWXG | stat.S_IRWXO
SECRETS = ("data-key", "development-issuer.json", "key-pepper")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ALIKE = 0.84
"""How alike a slip and the name that was meant are: HEARTH_PROXY and HEARTH_PROXIES."""


def names(settings: Settings) -> Finding:
    """Whether a variable that nothing reads was meant for one of Hearth's."""
    known = {f"HEARTH_{name.upper()}" for name in type(settings).model_fields}
    for name in sorted(os.environ):
        if name.startswith("HEARTH_") and name not in known | {PARENT}:
            for meant in get_close_matches(name, known, 1, ALIKE):
                said = f"{name} is read by nobody; {meant} is"
                return Finding("settings", said, "Correct the name where it is set, or remove it.")
    return Finding("settings", "can be read, and none is misspelt")


def home(settings: Settings) -> Finding:
    """Whether HEARTH_HOME keeps its secrets to itself."""
    folder = settings.home.absolute()
    subject = f"HEARTH_HOME ({folder})"
    if not folder.exists():
        if settings.is_development:
            return Finding(subject, "is not there yet; it is made when it is needed")
        return Finding(subject, "is not there, and is not needed")
    if not folder.is_dir():
        return Finding(subject, "is no folder", "Set HEARTH_HOME to a folder.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        mend = f"Give it to the user that Hearth runs as: chown {os.getuid()} {folder}"
        return Finding(subject, "can't be read and written by this user", mend)
    for name in SECRETS:
        file = folder / name
        if file.exists() and (finding := _secret(subject, file)):
            return finding
    return Finding(subject, "keeps its secrets to itself")


def _secret(subject: str, file: Path) -> Finding | None:
    found = file.stat()
    if found.st_mode & OTHERS:
        said = f"{file.name} can be read by others on this machine"
        return Finding(subject, said, f"chmod 600 {file}; then change what it holds.")
    if not os.access(file, os.R_OK):
        return Finding(subject, f"{file.name} can't be read", f"chown {os.getuid()} {file}")
    if not found.st_size:
        return Finding(subject, f"{file.name} is empty", f"Restore {file} from its backup.")
    return None


def development(settings: Settings) -> Finding:
    """Whether what only developers need is kept from strangers."""
    subject = "HEARTH_DEVELOPMENT"
    if settings.is_development and settings.host not in LOOPBACK:
        said = f"is on, and HEARTH_HOST is {settings.host}: strangers get GraphiQL and the schema"
        return Finding(subject, said, "Set HEARTH_DEVELOPMENT=false, or HEARTH_HOST=127.0.0.1.")
    return Finding(subject, "is on, on this machine alone" if settings.is_development else "is off")


def hosts(settings: Settings) -> Finding:
    """Whether the service answers to the names that it is called by."""
    subject = "HEARTH_HOSTS"
    if not (settings.hosts or settings.public_url) and settings.host not in LOOPBACK:
        said = f"is not set, and HEARTH_HOST is {settings.host}: others' calls are refused (400)"
        return Finding(subject, said, "Set it to the host names that clients call the service by.")
    return Finding(subject, settings.hosts or "is this machine's own names")


def key_pepper(settings: Settings) -> Finding:
    """Whether charities' API keys can be made and checked."""
    subject = "API keys"
    if pepper(settings) is None:
        said = "there is no pepper to keep them under, so every key is refused"
        mend = (
            "Set HEARTH_KEY_PEPPER to what `openssl rand -base64 32` prints, the same everywhere."
        )
        return Finding(subject, said, mend)
    return Finding(subject, "there is a pepper to keep them under")


def retention(settings: Settings) -> Finding:
    """Whether what is kept for how long can be told."""
    try:
        periods(settings.retention)
    except ValueError as error:
        return Finding("HEARTH_RETENTION", str(error), "Correct it there: nothing goes until then.")
    return Finding("HEARTH_RETENTION", "names kinds of data that there are")


def documents(settings: Settings) -> Finding:
    """Whether the folder of known documents is there."""
    folder = settings.documents
    if folder is not None and not folder.is_dir():
        said = f"{folder} is no folder, so the service does not start"
        return Finding("HEARTH_DOCUMENTS", said, "Set it to a folder of *.graphql, or not at all.")
    return Finding("HEARTH_DOCUMENTS", str(folder) if folder else "is not set")


async def issuer(settings: Settings) -> Finding:
    """Whether tokens can be checked."""
    if settings.issuer is None:
        if settings.is_development:
            return Finding("issuer", "is the development issuer")
        said = "none is set: no token is good here"
        mend = "Set HEARTH_ISSUER to who issues your tokens (their iss)."
        return Finding("issuer", said, mend)
    subject = f"issuer ({settings.issuer})"
    try:
        if settings.jwks_file:
            keys = read_keys(settings.jwks_file)
            return Finding(subject, f"has {len(keys.keys)} keys in {settings.jwks_file}")
        keys = await fetch_keys(settings)
    except IssuerError as error:
        mend = (
            "See that this machine reaches it, that HEARTH_ISSUER is exactly the iss of its "
            "tokens, and that its keys are where its discovery, or HEARTH_JWKS_URL, says."
        )
        return Finding(subject, str(error), mend)
    except ValueError as error:
        return Finding(subject, str(error), "Save the issuer's JWK set there again.")
    return Finding(subject, f"gives {len(keys.keys)} keys")


ALONE: tuple[Callable[[Settings], Finding], ...] = (
    names,
    home,
    development,
    hosts,
    key_pepper,
    retention,
    documents,
)
