"""A plugin of pytest: the tests of an earlier Hearth, over the schema and policies of this one.

It is loaded by the earlier tests' own pytest, where `api` is the earlier one. Only tests that ask
over HTTP are run: the others look at the schema itself, which is meant to differ.
"""

import os
import subprocess

import pytest

from api.store import migrating


def migrate(url: str) -> None:
    """Bring a database to the newer version, by its own code."""
    environment = {**os.environ, "HEARTH_DATABASE_URL": url}
    del environment["PYTHONPATH"]
    command = [os.environ["NEWER_PYTHON"], "-m", "api", "migrate"]
    subprocess.run(command, check=True, cwd=os.environ["NEWER_HEARTH"], env=environment)


# Before the tests' own conftest takes the name from there.
migrating.migrate = migrate


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that ask the service over HTTP."""
    asking = [each for each in items if "hearth" in getattr(each, "fixturenames", ())]
    config.hook.pytest_deselected(items=[each for each in items if each not in asking])
    items[:] = asking
