"""Bringing a database to this version: roles first, then Alembic to its head."""

from functools import cache
from itertools import groupby

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

import migrations

MOST_TRIES = 5


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


@cache
def is_known(revision: str) -> bool:
    """Whether this version of Hearth has a revision, so that no newer one made it."""
    scripts = ScriptDirectory.from_config(configuration(""))
    return any(each.revision == revision for each in scripts.walk_revisions())


def check_known(revision: str | None) -> None:
    """Raise ValueError where a database is at a revision that only a newer version can know."""
    if revision is not None and not is_known(revision):
        raise ValueError(
            f"The database is at revision {revision}, which this version of Hearth, of revision "
            f"{head()}, does not know: a newer version made it. Run that one; nothing was changed."
        )


def stretches(config: Config) -> list[tuple[bool, list[str]]]:
    """The revisions from the first to the last, in stretches: (whether online, their names).

    An online revision says `is_online = True`: it builds indexes or fills columns while others
    work, each step committed by itself, and changes nothing that the policies speak of.
    """
    chain = reversed(list(ScriptDirectory.from_config(config).walk_revisions()))
    return [
        (is_online, [each.revision for each in group])
        for is_online, group in groupby(
            chain, lambda each: bool(getattr(each.module, "is_online", False))
        )
    ]


def migrate(url: str) -> None:
    """Make the roles, apply every revision that is missing, and the policies anew.

    Several may run at once: the first applies, the others wait and find nothing to do. Where it and
    commands under way wait for each other, it gives way and begins again. Raises ValueError where
    the database is at a revision that this version does not know.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            _migrate(url)
        except asyncpg.DeadlockDetectedError:
            continue
        return
    _migrate(url)


def _migrate(url: str) -> None:
    config = configuration(url)
    try:
        for is_online, revisions in stretches(config):
            config.attributes |= {"is_online": is_online, "target": revisions[-1]}
            command.upgrade(config, revisions[-1])
    except DBAPIError as error:
        raise error.driver_exception from error  # as every other part of Hearth raises it
