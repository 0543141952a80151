"""The command line: what it prints, and how it explains what is wrong."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from api.access.tokens import development_issuer, verifier
from api.cli import app
from api.settings import Settings
from api.store.migrating import configuration, stretches
from schema.refusals import Unauthenticated
from tests.conftest import OXFORD, Copy

SDL = Path(__file__).parent.parent.parent / "schema" / "schema.graphql"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"

Hearth = Callable[..., Result]


@pytest.fixture
def hearth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hearth:
    """Runs `hearth` with arguments; settings are given in lower case, without HEARTH_."""

    def run(*arguments: str, **settings: object) -> Result:
        for name, value in {"home": tmp_path, "database_url": NOWHERE, **settings}.items():
            monkeypatch.setenv(f"HEARTH_{name.upper()}", str(value))
        return CliRunner().invoke(app, arguments)

    return run


def _fails(result: Result, *parts: str) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("hearth: ")
    assert "Traceback" not in result.stderr
    for part in parts:
        assert part in result.stderr


def test_schema_prints_the_published_schema(hearth: Hearth) -> None:
    result = hearth("schema")
    assert result.exit_code == 0
    assert result.stdout == SDL.read_text("utf-8")


def test_help_names_every_command(hearth: Hearth) -> None:
    result = hearth("--help")
    assert result.exit_code == 0
    for name in ("demo", "doctor", "key", "load", "member", "migrate", "schema", "serve", "token"):
        assert name in result.stdout


@pytest.mark.parametrize("who", [("council", OXFORD), ("charity", "A"), ("liaison",), ("admin",)])
def test_a_token_is_good_here(
    hearth: Hearth, copy: Copy, tmp_path: Path, who: tuple[str, ...]
) -> None:
    here = {"database_url": copy.owner_url, "development": "true"}
    first, again = hearth("token", *who, **here), hearth("token", *who, **here)
    assert (first.exit_code, again.exit_code) == (0, 0)
    check = verifier(Settings(home=tmp_path))
    subject = asyncio.run(check.verified(first.stdout.strip())).subject
    assert subject.startswith(f"{who[0]}:")
    assert asyncio.run(check.verified(again.stdout.strip())).subject == subject
    assert (tmp_path / "development-issuer.json").stat().st_mode & 0o077 == 0


def test_a_token_of_an_unknown_council_is_refused(hearth: Hearth, copy: Copy) -> None:
    result = hearth(
        "token", "council", "E99999999", database_url=copy.owner_url, development="true"
    )
    _fails(result, "no council with the GSS code E99999999", OXFORD)


def test_a_token_of_an_abolished_council_is_refused(hearth: Hearth, copy: Copy) -> None:
    result = hearth(
        "token", "council", "E06000028", database_url=copy.owner_url, development="true"
    )
    _fails(result, "Bournemouth", "was abolished", "E06000058")


def test_where_others_issue_tokens_none_are_made(
    hearth: Hearth, copy: Copy, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    key = ECKey.generate_key("P-256", auto_kid=True)
    keys.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    issuer = {"issuer": "https://login.example", "jwks_file": keys}
    result = hearth("token", "admin", database_url=copy.owner_url, **issuer)
    _fails(result, "https://login.example", "HEARTH_ISSUER")
    token = development_issuer(Settings(home=tmp_path)).token("admin:development")
    given = Settings(home=tmp_path, issuer="https://login.example", jwks_file=keys)
    with pytest.raises(Unauthenticated):
        asyncio.run(verifier(given).verified(token))


def test_outside_development_without_an_issuer_no_token_is_good(
    hearth: Hearth, copy: Copy, tmp_path: Path
) -> None:
    _fails(hearth("token", "admin", database_url=copy.owner_url), "HEARTH_ISSUER")
    token = development_issuer(Settings(home=tmp_path)).token("admin:development")
    assert asyncio.run(verifier(Settings(home=tmp_path, development=True)).verified(token))
    with pytest.raises(Unauthenticated):
        asyncio.run(verifier(Settings(home=tmp_path, development=False)).verified(token))


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"issuer": "http://login.example"}, ("HEARTH_ISSUER", "HEARTH_JWKS_FILE", "https://")),
        ({"issuer": "ftp://login.example"}, ("HEARTH_ISSUER",)),
        ({"issuer": "https://a", "jwks_url": "http://b/keys"}, ("HEARTH_JWKS_URL", "https://")),
        ({"jwks_url": "https://b/keys"}, ("HEARTH_ISSUER",)),
        (
            {"issuer": "https://a", "jwks_url": "https://a/keys", "jwks_file": "keys.json"},
            ("HEARTH_JWKS_FILE", "HEARTH_JWKS_URL"),
        ),
    ],
)
def test_an_issuer_needs_keys_from_a_safe_place(
    hearth: Hearth, given: dict[str, str], names: tuple[str, ...]
) -> None:
    _fails(hearth("migrate", **given), *names)


@pytest.mark.parametrize("folder", ["no-such-folder", "[/odd]"])
def test_a_missing_reference_folder_is_named(hearth: Hearth, tmp_path: Path, folder: str) -> None:
    _fails(hearth("load", str(tmp_path / folder)), folder)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("port", "eighty", "integer"),
        ("port", "70000", "65535"),
        ("workers", "0", "greater than or equal to 1"),
        ("development", "perhaps", "boolean"),
    ],
)
def test_a_bad_setting_is_explained(hearth: Hearth, name: str, value: str, why: str) -> None:
    _fails(hearth("migrate", **{name: value}), f"HEARTH_{name.upper()}", why)


@pytest.mark.parametrize("command", ["migrate", "load", "serve"])
def test_a_database_that_is_away_is_explained(hearth: Hearth, command: str) -> None:
    _fails(hearth(command), "can't be reached", "HEARTH_DATABASE_URL")


@pytest.mark.parametrize("command", ["migrate", "load", "serve"])
def test_a_missing_database_is_named(hearth: Hearth, copy: Copy, command: str) -> None:
    missing = copy.url.replace(f"/{copy.name}", "/missing")
    _fails(hearth(command, database_url=missing), 'database "missing" does not exist')


def test_a_login_that_may_not_migrate_is_told_so(hearth: Hearth, copy: Copy) -> None:
    _fails(hearth("migrate", database_url=copy.url), "The database says: ")


def test_an_odd_database_url_is_explained(hearth: Hearth) -> None:
    _fails(hearth("serve", database_url="nonsense"), "HEARTH_DATABASE_URL: invalid DSN")


def test_an_empty_database_is_not_served(hearth: Hearth, copy: Copy) -> None:
    empty = copy.url.replace(f"/{copy.name}", "/postgres")
    _fails(hearth("serve", database_url=empty), "hearth migrate")


def _at(copy: Copy, revision: str) -> None:
    async def pretend() -> None:
        owner = await asyncpg.connect(copy.owner_url)
        await owner.execute("UPDATE alembic_version SET version_num = $1", revision)
        await owner.close()

    asyncio.run(pretend())


def test_a_database_of_an_earlier_version_is_not_served(hearth: Hearth, copy: Copy) -> None:
    earlier = stretches(configuration(""))[0][1][0]
    _at(copy, earlier)
    _fails(hearth("serve", database_url=copy.url), f"revision {earlier}", "Run `hearth migrate`")


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_database_of_a_later_version_is_left_alone(
    hearth: Hearth, copy: Copy, command: str
) -> None:
    _at(copy, "later")
    url = copy.owner_url if command == "migrate" else copy.url
    _fails(hearth(command, database_url=url), "revision later", "a newer version made it")


def test_migrate_and_load_use_the_migration_url(hearth: Hearth, copy: Copy) -> None:
    # As managed servers give them: with parameters that are libpq's.
    url = f"{copy.owner_url}&sslmode=prefer&application_name=deploy"
    assert hearth("migrate", migration_url=url).stdout == "The schema is up to date.\n"
    result = hearth("load", migration_url=copy.owner_url)
    assert result.exit_code == 0
    assert "council: 430" in result.stdout
