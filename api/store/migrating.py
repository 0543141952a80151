"""Bringing a database to this version: roles first, then Alembic to its head."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

import migrations


def configuration(url: str) -> Config:
    """Alembic's configuration for one database, wherever the package is installed."""
    config = Config()
    config.set_main_option("script_location", str(next(iter(migrations.__path__))))
    config.attributes["url"] = url
    return config


def head() -> str:
    """The revision that this version of Hearth was built for."""
    revision = ScriptDirectory.from_config(configuration("")).get_current_head()
    assert revision is not None
    return revision


def migrate(url: str) -> None:
    """Make the roles, apply every revision that is missing, and the policies anew.

    Several may run at once: the first applies, the others wait and find nothing to do.
    """
    try:
        command.upgrade(configuration(url), "head")
    except DBAPIError as error:
        raise error.driver_exception from error  # as every other part of Hearth raises it
