"""What every command of the command line shares: its console, its database, its errors."""

import contextlib
from collections.abc import Callable, Iterator
from typing import NoReturn

import asyncpg
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from api.access.joining import UnknownCouncilError
from api.settings import Settings
from api.store.embedded import running
from api.store.roles import LOGIN
from schema.reference.files import ReferenceFileError

console = Console()


def fail(message: str) -> NoReturn:
    """Say what is wrong, and end with exit code 1."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"[red]hearth:[/red] {escape(message)}", highlight=False)
    raise typer.Exit(1)


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal; tell it how much is done, and of how much."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def database() -> Iterator[tuple[Settings, str, str]]:
    """The settings, the URL to serve from, and the URL to migrate by."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        fail(f"HEARTH_{name}: {first['msg']}" if name else str(first["msg"]))
    with contextlib.ExitStack() as stack:
        try:
            if settings.database_url:
                url = settings.database_url
                yield settings, url, settings.migration_url or url
            else:
                embedded = stack.enter_context(running(settings.home))
                yield settings, embedded.url(LOGIN), embedded.url()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            fail(explained(error))
        except (ReferenceFileError, UnknownCouncilError, ValueError) as error:
            fail(str(error))


def explained(error: Exception) -> str:
    """What an error of the database means, and what to do."""
    if isinstance(
        error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError
    ):
        return f"The database refuses the login in HEARTH_DATABASE_URL: {error}."
    if isinstance(error, asyncpg.ClientConfigurationError):
        return f"HEARTH_DATABASE_URL: {error}."
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.InvalidParameterValueError):
        return "The database has no Hearth tables yet: run `hearth migrate`, then `hearth load`."
    if isinstance(error, OSError):
        return (
            f"The database can't be reached ({error}). Check HEARTH_DATABASE_URL, and that it runs."
        )
    return f"The database says: {error}."
