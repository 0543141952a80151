"""The command line: what it prints, and what it says when something is wrong."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, KeySet
from typer.testing import CliRunner

from api.cli import app
from api.store.embedded import Embedded


def _run(embedded: Embedded, home: Path, *words: str, **settings: str) -> tuple[int, str, str]:
    environment = {"HEARTH_DATABASE_URL": embedded.url(), "HEARTH_HOME": str(home), **settings}
    result = CliRunner().invoke(app, list(words), env=environment)
    return result.exit_code, result.stdout, " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "words", [("council", "E07000178"), ("charity", "Harbour"), ("liaison",), ("admin",)]
)
def test_a_token_for_each_audience(embedded: Embedded, home: Path, words: tuple[str, ...]) -> None:
    code, printed, _ = _run(embedded, home, "token", *words)
    assert code == 0
    assert printed.count(".") == 2


@pytest.mark.parametrize(
    ("gss", "said"),
    [("E99999999", "no council with the GSS code"), ("E06000028", "Bournemouth (E06000028) was")],
)
def test_no_token_for_a_council_that_is_not_there(
    embedded: Embedded, home: Path, gss: str, said: str
) -> None:
    code, _, error = _run(embedded, home, "token", "council", gss)
    assert code == 1
    assert said in error


def test_no_token_where_a_real_issuer_is_set(embedded: Embedded, home: Path) -> None:
    file = home / "keys.json"
    key = ECKey.generate_key("P-256", private=False)
    file.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    issuer = {"HEARTH_ISSUER": "https://issuer.example", "HEARTH_JWKS_FILE": str(file)}
    code, _, error = _run(embedded, home, "token", "admin", **issuer)
    assert code == 1
    assert "https://issuer.example" in error


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (("serve",), {"HEARTH_PORT": "many"}, "HEARTH_PORT"),
        (("serve",), {"HEARTH_ISSUER": "https://issuer.example"}, "HEARTH_JWKS_FILE"),
        (("migrate",), {"HEARTH_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "reached"),
        (("load", "/nowhere"), {}, "/nowhere"),
    ],
)
def test_what_is_wrong_is_said(
    embedded: Embedded,
    home: Path,
    words: tuple[str, ...],
    settings: dict[str, str],
    said: str,
) -> None:
    code, _, error = _run(embedded, home, *words, **settings)
    assert code == 1
    assert said in error


def test_the_schema_is_printed(embedded: Embedded, home: Path) -> None:
    code, printed, _ = _run(embedded, home, "schema")
    assert code == 0
    assert "type Query {" in printed
