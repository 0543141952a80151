"""The command line beside the service, for tests of what `hearth match` prints."""

import pytest

from tests.conftest import Hearth


@pytest.fixture
def settings(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> Hearth:
    """The service, with the command line set up for the same database."""
    monkeypatch.setenv("HEARTH_DATABASE_URL", hearth.copy.url)
    monkeypatch.setenv("HEARTH_MIGRATION_URL", hearth.copy.owner_url)
    return hearth
