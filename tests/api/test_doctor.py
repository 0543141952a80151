"""`hearth doctor`: each fault is made, named with what to do, mended, and gone."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner, Result

from api.access.sealing import Sealing, sealing
from api.cli import app
from api.examining.findings import Finding
from api.settings import Settings
from api.store.migrating import head, migrate
from schema import policies
from tests.api.access.issuing import new_key
from tests.conftest import OXFORD, Copy

KEY = Fernet.generate_key().decode()

Doctor = Callable[..., Result]


@pytest.fixture
def doctor(tmp_path: Path, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs `hearth doctor` over a sound set-up, changed as its arguments say."""
    sound = {
        "database_url": copy.url,
        "data_keys": KEY,
        "development": "true",
        "home": str(tmp_path),
        "migration_url": copy.owner_url,
    }

    def run(**settings: str) -> Result:
        with monkeypatch.context() as environment:
            for name, value in (sound | settings).items():
                environment.setenv(f"HEARTH_{name.upper()}", value)
            return CliRunner().invoke(app, ["doctor"])

    return run


def _is_sound(result: Result) -> None:
    assert result.exit_code == 0, result.stdout
    lines = result.stdout.splitlines()
    assert all(line.startswith("OK    ") for line in lines), result.stdout
    assert {line[6:].split(" (")[0].split(":")[0] for line in lines} == {
        "API keys",
        "HEARTH_DEVELOPMENT",
        "HEARTH_DOCUMENTS",
        "HEARTH_HOME",
        "HEARTH_HOSTS",
        "HEARTH_RETENTION",
        "clock",
        "constraints",
        "data keys",
        "database",
        "foreign keys",
        "functions",
        "issuer",
        "login",
        "policies",
        "rights",
        "roles",
        "schema",
        "settings",
    }


def _is_wrong(result: Result, subject: str, said: str, mend: str) -> None:
    assert result.exit_code == 1, result.stdout
    assert "Traceback" not in result.output
    lines = result.stdout.splitlines()
    (found,) = [number for number, line in enumerate(lines) if line.startswith("WRONG ")]
    assert lines[found].startswith(f"WRONG {subject}"), lines[found]
    assert said in lines[found]
    assert lines[found + 1].startswith("      Next: ")
    assert mend in lines[found + 1]
    assert lines[-1] == "1 to mend; run `hearth doctor` again then."


def _run(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


EVIL = """
    CREATE FUNCTION public.evil() RETURNS SETOF member LANGUAGE sql SECURITY DEFINER
    AS 'SELECT * FROM member'
"""
GRANTED = """DO $do$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {}', current_database());
END $do$"""
READ_ONLY = """DO $do$ BEGIN
    EXECUTE format('ALTER DATABASE %I {} default_transaction_read_only {}', current_database());
END $do$"""
# What breaks it, what mends it, and what the doctor says: of what, what is wrong, what to do.
FAULTS: dict[str, tuple[str, str, str, str, str]] = {
    "row-level security is not forced": (
        "ALTER TABLE offer NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE offer FORCE ROW LEVEL SECURITY",
        "policies",
        "not forced on offer",
        "hearth migrate",
    ),
    "row-level security is off": (
        "ALTER TABLE member DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE member ENABLE ROW LEVEL SECURITY",
        "policies",
        "not forced on member",
        "hearth migrate",
    ),
    "a policy lets everybody see": (
        "CREATE POLICY all_read ON request TO hearth_council USING (true)",
        "DROP POLICY all_read ON request",
        "policies",
        "changed since they were applied",
        "who changed them",
    ),
    "a grant too many": (
        "GRANT SELECT ON member TO hearth_public",
        "REVOKE SELECT ON member FROM hearth_public",
        "policies",
        "changed since they were applied",
        "hearth migrate",
    ),
    "a grant of one column": (
        "GRANT SELECT (sealed) ON request_contact TO hearth_public",
        "REVOKE SELECT (sealed) ON request_contact FROM hearth_public",
        "policies",
        "changed since they were applied",
        "hearth migrate",
    ),
    "history that may be changed": (
        "ALTER TABLE audit_event DISABLE TRIGGER keep_history",
        "ALTER TABLE audit_event ENABLE TRIGGER keep_history",
        "policies",
        "triggers were changed",
        "who changed them",
    ),
    "a function that says yes": (
        """CREATE SCHEMA kept;
        ALTER FUNCTION hearth_is_listed(text[]) SET SCHEMA kept;
        CREATE FUNCTION hearth_is_listed(shown_to text[]) RETURNS boolean LANGUAGE sql
            AS 'SELECT true'""",
        """DROP FUNCTION hearth_is_listed(text[]);
        ALTER FUNCTION kept.hearth_is_listed(text[]) SET SCHEMA public;
        DROP SCHEMA kept""",
        "policies",
        "functions or triggers were changed",
        "hearth migrate",
    ),
    "a door that is open to all": (
        "GRANT EXECUTE ON FUNCTION hearth_contact(uuid) TO PUBLIC",
        "REVOKE EXECUTE ON FUNCTION hearth_contact(uuid) FROM PUBLIC",
        "policies",
        "functions or triggers were changed",
        "hearth migrate",
    ),
    "places that nobody counts": (
        "ALTER TABLE offer RENAME CONSTRAINT offer_places TO gone",
        "ALTER TABLE offer RENAME CONSTRAINT gone TO offer_places",
        "constraints",
        "offer_places of offer",
        "pg_dump --schema-only",
    ),
    "an index that was not built to its end": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'match_live_once'::regclass",
        "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'match_live_once'::regclass",
        "constraints",
        "match_live_once of match",
        "REINDEX",
    ),
    "a database that takes no change": (
        READ_ONLY.format("SET", "= on"),
        "SET transaction_read_only = off; " + READ_ONLY.format("RESET", ""),
        "database",
        "is read-only",
        "target_session_attrs=primary",
    ),
    "foreign keys that nobody looks at": (
        "ALTER TABLE member DISABLE TRIGGER ALL",
        "ALTER TABLE member ENABLE TRIGGER ALL",
        "foreign keys",
        "on member",
        "ENABLE TRIGGER ALL",
    ),
    "a function of somebody else's": (
        EVIL,
        "DROP FUNCTION public.evil()",
        "functions",
        "evil()",
        "DROP FUNCTION",
    ),
    "a function elsewhere": (
        """CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO PUBLIC;
        CREATE FUNCTION other.hearth_contact() RETURNS text LANGUAGE sql RETURN 'A'""",
        "DROP SCHEMA other CASCADE",
        "functions",
        "other.hearth_contact()",
        "DROP FUNCTION",
    ),
    "a right to make tables": (
        GRANTED.format("hearth_public"),
        GRANTED.replace("GRANT", "REVOKE").replace(" TO ", " FROM ").format("hearth_public"),
        "rights",
        "TO hearth_public",
        "hearth migrate",
    ),
    "a right of everybody's to make functions": (
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "rights",
        "CREATE ON SCHEMA public TO PUBLIC",
        "the database's owner",
    ),
    "a login that may become the owner": (
        "GRANT hearth_owner TO hearth_login",
        "REVOKE hearth_owner FROM hearth_login",
        "login",
        "may become hearth_owner",
        "hearth migrate",
    ),
    "another version's policies": (
        "COMMENT ON TABLE alembic_version IS 'another one'",
        policies.note(),
        "policies",
        "another version",
        "hearth migrate",
    ),
    "policies never applied": (
        "COMMENT ON TABLE alembic_version IS NULL",
        policies.note(),
        "policies",
        "never applied",
        "hearth migrate",
    ),
    "a newer version's revision": (
        "UPDATE alembic_version SET version_num = 'another'",
        "UPDATE alembic_version SET version_num = '{head}'",
        "schema",
        "is at revision another",
        "update this one",
    ),
    "an older revision": (
        "UPDATE alembic_version SET version_num = 'd3a97c5e10b6'",
        "UPDATE alembic_version SET version_num = '{head}'",
        "schema",
        "is at revision d3a97c5e10b6",
        "Run `hearth migrate`.",
    ),
    "a role that the login may not become": (
        "REVOKE hearth_liaison FROM hearth_login",
        "GRANT hearth_liaison TO hearth_login",
        "roles",
        "hearth_login may not become hearth_liaison",
        "GRANT hearth_liaison TO hearth_login",
    ),
    "a role that sees everything": (
        "ALTER ROLE hearth_charity BYPASSRLS",
        "ALTER ROLE hearth_charity NOBYPASSRLS",
        "roles",
        "hearth_charity is not bound",
        "NOBYPASSRLS",
    ),
    "a login that sees everything": (
        "ALTER ROLE hearth_login BYPASSRLS",
        "ALTER ROLE hearth_login NOBYPASSRLS",
        "login",
        "hearth_login is not bound",
        "HEARTH_MIGRATION_URL",
    ),
}


def test_a_sound_set_up_is_sound_and_each_fault_of_the_database_is_named(
    doctor: Doctor, copy: Copy
) -> None:
    _is_sound(doctor())
    for breaks, mends, subject, said, mend in FAULTS.values():
        _run(copy.owner_url, breaks)
        try:
            _is_wrong(doctor(), subject, said, mend)
        finally:
            _run(copy.owner_url, mends.replace("{head}", head()))
    _is_sound(doctor())


TAMPERED = """
    CREATE ROLE mallory;
    ALTER TABLE audit_event DISABLE TRIGGER keep_history;
    GRANT SELECT (sealed) ON request_contact TO hearth_public, mallory;
    GRANT SELECT ON member TO mallory WITH GRANT OPTION;
    GRANT hearth_owner TO hearth_council;
    GRANT hearth_owner TO hearth_login;
    GRANT EXECUTE ON FUNCTION hearth_contact(uuid) TO PUBLIC;
    CREATE OR REPLACE FUNCTION hearth_is_listed(shown_to text[]) RETURNS boolean LANGUAGE sql
        AS 'SELECT true'
"""


def test_what_was_tampered_with_is_mended_by_migrating(doctor: Doctor, copy: Copy) -> None:
    _run(copy.owner_url, TAMPERED)
    try:
        found = doctor().stdout
        for subject in ("login", "policies"):
            assert f"WRONG {subject}:" in found
        migrate(copy.owner_url)
        _is_sound(doctor())
    finally:
        # It could not be dropped if it held anything still.
        _run(copy.owner_url, "DROP ROLE mallory")


def test_what_no_policy_says_is_mended_by_migrating_or_told_still(
    doctor: Doctor, copy: Copy
) -> None:
    off = "ALTER TABLE member DISABLE TRIGGER ALL; GRANT CREATE ON SCHEMA public TO hearth_login"
    alike = "CREATE FUNCTION hearth_contact() RETURNS text LANGUAGE sql RETURN 'A'"
    _run(copy.owner_url, off, alike, EVIL, GRANTED.format("hearth_council"))
    found = doctor().stdout
    for subject in ("foreign keys", "functions", "rights"):
        assert f"WRONG {subject}:" in found
    migrate(copy.owner_url)
    left = doctor()
    _is_wrong(left, "functions", "evil()", "`hearth migrate` leaves them")
    assert "hearth_contact()" in left.stdout
    # Another of a name of ours is in the note of what is in force, as a migration found it.
    _run(copy.owner_url, "DROP FUNCTION evil(); DROP FUNCTION hearth_contact()")
    migrate(copy.owner_url)
    _is_sound(doctor())


def test_the_embedded_server_is_examined_too(
    home: Path, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert copy, "the server runs"
    monkeypatch.setenv("HEARTH_HOME", str(home))
    monkeypatch.delenv("HEARTH_DATABASE_URL", raising=False)
    _is_sound(CliRunner().invoke(app, ["doctor"]))


def test_a_database_that_is_not_there_or_empty(doctor: Doctor, copy: Copy) -> None:
    away = "postgresql://somebody:hunter2@127.0.0.1:1/nothing"
    result = doctor(database_url=away)
    _is_wrong(result, "database", "can't be reached", "HEARTH_DATABASE_URL")
    assert "hunter2" not in result.output
    missing = copy.url.replace(f"/{copy.name}", "/missing")
    _is_wrong(doctor(database_url=missing), "database", "does not exist", "HEARTH_DATABASE_URL")
    _is_wrong(doctor(database_url="nonsense"), "database", "invalid DSN", "HEARTH_DATABASE_URL")
    _is_wrong(doctor(migration_url=missing), "database", "not exist", "HEARTH_MIGRATION_URL")
    empty = copy.url.replace(f"/{copy.name}", "/postgres")
    _is_wrong(doctor(database_url=empty), "schema", "no tables", "hearth migrate")
    result = doctor(database_url=copy.owner_url)
    _is_wrong(result, "login", "postgres is not bound", "hearth_login")
    _is_wrong(doctor(migration_url=copy.url), "data keys", "owner", "HEARTH_MIGRATION_URL")


def test_a_database_that_answers_no_more_is_told(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(connection: asyncpg.Connection) -> Finding:
        await connection.execute("SET statement_timeout = 1")
        await connection.execute("SELECT pg_sleep(60)")
        raise AssertionError("it answers")

    monkeypatch.setattr("api.examining.database.AS_THE_LOGIN", (check,))
    _is_wrong(doctor(), "database", "statement timeout", "server's log")


def test_settings_that_would_not_do_as_they_are_meant(doctor: Doctor) -> None:
    _is_wrong(doctor(retention='{"contakt": 3}'), "HEARTH_RETENTION", "'contakt'", "until then")
    _is_wrong(doctor(documents="/nowhere"), "HEARTH_DOCUMENTS", "no folder", "*.graphql")
    slip = doctor(proxy="10.0.0.1")
    _is_wrong(slip, "settings", "HEARTH_PROXY is read by nobody; HEARTH_PROXIES is", "Correct")
    for given in (
        {"hosts": "https://hearth.example"},
        {"hosts": "hearth.example,hearth.example:8000"},
        {"public_url": "hearth.example"},
        {"public_url": "https://hearth.example/?a"},
    ):
        result = doctor(**given)
        assert result.exit_code == 1
        [name] = given
        assert f"WRONG settings: HEARTH_{name.upper()}: " in result.stdout
        assert "hearth.example.org" in result.stdout
    _is_sound(doctor(hosts="*,::1,*.hearth.example", public_url="https://hearth.example/base"))


def test_an_old_server_and_clocks_that_differ(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither can be had here, so the doctor is told otherwise.
    monkeypatch.setattr("api.examining.database.OLDEST", 990000)
    _is_wrong(doctor(), "database", "too old", "15 or newer")
    monkeypatch.undo()
    now = time.time
    for seconds, said in ((-60, "60 s ahead of"), (60, "60 s behind")):
        monkeypatch.setattr("api.examining.database.time.time", lambda by=seconds: now() + by)
        _is_wrong(doctor(), "clock", said, "NTP")


@pytest.fixture
def sealed(copy: Copy) -> None:
    """A household's contact and an offer's address, sealed with the key that is set."""

    async def put() -> None:
        owner = await asyncpg.connect(copy.owner_url)
        settings = Settings(data_keys=KEY, home=Path("nowhere"))
        found: Sealing = sealing(settings)
        organisation, request = await owner.fetchrow("SELECT gen_random_uuid(), gen_random_uuid()")
        await owner.execute("INSERT INTO organisation VALUES ($1, 'A')", organisation)
        await owner.execute(
            "INSERT INTO request (id, reference, organisation_id, submitted_by, status, adults,"
            " needs_step_free, has_pets, women_only, kind_codes) VALUES"
            " ($1, 'HR-1', $2, 'A', 'SUBMITTED', 1, false, false, false, ARRAY['hosting'])",
            request,
            organisation,
        )
        await owner.execute(
            "INSERT INTO request_contact (request_id, sealed) VALUES ($1, $2)",
            request,
            found.seal("request", request, {"name": "Olena"}),
        )
        offer = await owner.fetchval(
            "INSERT INTO offer (id, council_gss, kind_code, title, status, places, step_free,"
            " pets_allowed, children_welcome, women_only) VALUES (gen_random_uuid(), $1, 'hosting',"
            " 'A', 'DRAFT', 1, 'ALL', false, true, false) RETURNING id",
            OXFORD,
        )
        await owner.execute(
            "INSERT INTO offer_address (offer_id, council_gss, sealed) VALUES ($1, $2, $3)",
            offer,
            OXFORD,
            found.seal("offer", offer, {"address": "1 High Street"}),
        )
        await owner.close()

    asyncio.run(put())


@pytest.mark.usefixtures("sealed")
def test_data_keys_that_do_not_open_what_is_sealed(doctor: Doctor, tmp_path: Path) -> None:
    assert "open all 2 contacts and addresses" in doctor().stdout
    other = Fernet.generate_key().decode()
    said = "2 of 2 that are sealed can't be opened"
    _is_wrong(doctor(data_keys=other), "data keys", said, "HEARTH_DATA_KEYS")
    _is_sound(doctor(data_keys=f"{other},{KEY}"))
    result = doctor(data_keys="short")
    assert result.exit_code == 1
    assert "HEARTH_DATA_KEYS" in result.stdout


def test_secrets_that_others_can_read(doctor: Doctor, tmp_path: Path) -> None:
    _is_sound(doctor())
    for name in ("data-key", "key-pepper", "development-issuer.json"):
        file = tmp_path / name
        file.write_text("x" * 40)
        file.chmod(0o640)
        _is_wrong(doctor(), "HEARTH_HOME", f"{name} can be read by others", "chmod 600")
        file.chmod(0o600)
        os.truncate(file, 0)
        _is_wrong(doctor(), "HEARTH_HOME", f"{name} is empty", "backup")
        file.unlink()
    file.write_text("no folder")
    _is_wrong(
        doctor(home=str(file), key_pepper="p" * 32), "HEARTH_HOME", "no folder", "HEARTH_HOME"
    )


def test_what_is_missing_outside_development(doctor: Doctor, tmp_path: Path) -> None:
    real = {"development": "false", "key_pepper": "p" * 32, "home": str(tmp_path / "none")}
    _is_wrong(doctor(**real), "issuer", "none is set", "HEARTH_ISSUER")
    keys = tmp_path / "keys.json"
    issuer = {"issuer": "https://login.example", "jwks_file": str(keys)}
    _is_wrong(doctor(**real, **issuer), "issuer", "not a readable JWK set", "JWK set")
    keys.write_text('{"keys": [{"kty": "EC"}]}')
    _is_wrong(doctor(**real, **issuer), "issuer", "no key", "JWK set")
    away = {"issuer": "http://127.0.0.1:1"}
    _is_wrong(doctor(**real, **away), "issuer", "can't be reached", "HEARTH_ISSUER")
    result = doctor(**real | {"key_pepper": "short"})
    assert result.exit_code == 1
    assert "HEARTH_KEY_PEPPER" in result.stdout
    called = doctor(**real, issuer="https://login.example", host="0.0.0.0")
    assert "HEARTH_HOSTS: is not set" in called.stdout
    public = doctor(host="0.0.0.0", hosts="hearth.example")
    _is_wrong(public, "HEARTH_DEVELOPMENT", "strangers", "HEARTH_DEVELOPMENT=false")


def test_a_missing_pepper(doctor: Doctor, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [new_key().as_dict(private=False)]}))
    given = {"development": "false", "issuer": "https://login.example", "jwks_file": str(keys)}
    _is_wrong(doctor(**given), "API keys", "no pepper", "HEARTH_KEY_PEPPER")
    _is_sound(doctor(**given, key_pepper="p" * 32))
