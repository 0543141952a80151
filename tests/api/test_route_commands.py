"""Routes as pages, sources that are to be read again, and words that a language lacks."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from schema.reference.files import read_reference
from tests.conftest import Copy

PAGE = Path(__file__).parent / "guidance" / "ukraine-extension-scheme.txt"


@pytest.fixture
def url() -> str:
    """The address of a page that the reference files cite."""
    return next(
        source.url for route in read_reference().routes for source in route.sources if source.url
    )


def hearth(*arguments: str) -> Result:
    """Run the command line."""
    return CliRunner().invoke(app, arguments)


class TestRoutes:
    def test_a_page_gives_what_was_in_force_on_the_day(self) -> None:
        result = hearth("routes", "show", "ukraine-extension-scheme", "--as-of", "2024-02-20")
        assert result.exit_code == 0
        assert result.stdout == PAGE.read_text("utf-8")

    def test_each_route_is_listed(self) -> None:
        lines = hearth("routes", "list").stdout.splitlines()
        assert len(lines) == 16
        assert "acrs: Afghan Citizens Resettlement Scheme (ACRS)" in lines

    def test_an_unknown_route_is_refused_with_those_that_there_are(self) -> None:
        result = hearth("routes", "show", "perm")
        assert result.exit_code == 1
        assert "There is no route perm; there are acrs, " in result.stderr


class TestSources:
    def test_a_changed_page_is_listed_until_it_is_reviewed(
        self, copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("HEARTH_DATABASE_URL", copy.owner_url)
        file = tmp_path / "pages.json"
        file.write_text(json.dumps({url: "2026-07-19", "https://example.org/": "2026-07-19"}))
        checked = hearth("sources", "check", str(file), "--today", "2026-07-20")
        assert checked.exit_code == 0
        assert "2026-07-19" in checked.stdout
        assert "No source has the address https://example.org/." in checked.stdout
        assert "Sources to be read again: 1." in checked.stdout
        reviewed = hearth("sources", "review", url, "--on", "2026-07-20")
        assert (reviewed.exit_code, reviewed.stdout) == (0, "Read on 2026-07-20.\n")
        after = hearth("sources", "check", "--today", "2026-07-20")
        assert after.stdout == "Sources to be read again: 0.\n"

    def test_an_unknown_page_is_refused(self, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HEARTH_DATABASE_URL", copy.owner_url)
        result = hearth("sources", "review", "https://example.org/")
        assert result.exit_code == 1
        assert "`hearth sources check` lists the stale ones" in result.stderr

    def test_a_file_that_is_no_report_is_refused(
        self, copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEARTH_DATABASE_URL", copy.owner_url)
        file = tmp_path / "pages.json"
        file.write_text("[")
        for path in (file, tmp_path / "none.json"):
            result = hearth("sources", "check", str(path))
            assert result.exit_code == 1
            assert result.stderr.startswith("hearth: ")
            assert path.name in result.stderr.replace("\n", "")


def test_no_language_lacks_words() -> None:
    assert hearth("translations").stdout == "UK: 0 missing\nRU: 0 missing\nCY: 0 missing\n"
