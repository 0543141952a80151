"""The command line: `hearth --help`."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import asyncpg
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from api.access.joining import Joining, UnknownCouncilError
from api.access.tokens import development_issuer
from api.demonstration import Demonstration
from api.serving import serve_forever
from api.settings import Settings
from api.store.embedded import running
from api.store.migrating import migrate as migrate_to_head
from api.store.reference import load as load_reference
from api.store.roles import LOGIN
from schema.reference.files import ReferenceFileError, read_reference

app = typer.Typer(
    help="Hearth: councils, charities and government coordinate refuge.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
token_app = typer.Typer(
    help="Print a token of the development issuer; makes the member if it is new.",
    no_args_is_help=True,
)
app.add_typer(token_app, name="token")
console = Console()


def fail(message: str) -> NoReturn:
    """Say what is wrong, and end with exit code 1."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"[red]hearth:[/red] {escape(message)}", highlight=False)
    raise typer.Exit(1)


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
            fail(_explained(error))
        except (ReferenceFileError, UnknownCouncilError, ValueError) as error:
            fail(str(error))


def _explained(error: Exception) -> str:
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


@app.command()
def demo() -> None:
    """Set everything up with sample offers, print how to ask, and serve (`make run`)."""
    with database() as (settings, url, migration_url):
        demonstration = Demonstration(settings, url, migration_url, console)
        demonstration.set_up()
        serve_forever(settings, url, when_ready=demonstration.greet)


@app.command()
def serve() -> None:
    """Serve; the database must be migrated and loaded."""
    with database() as (settings, url, _):
        serve_forever(
            settings,
            url,
            when_ready=lambda: console.print(f"Serving on http://{settings.host}:{settings.port}"),
        )


@app.command()
def migrate() -> None:
    """Make the roles and bring the database's schema to this version."""
    with database() as (_, _, migration_url):
        migrate_to_head(migration_url)
    console.print("The schema is up to date.")


@app.command()
def load(
    folder: Annotated[
        Path | None, typer.Argument(help="Reference files; Hearth's own without it.")
    ] = None,
) -> None:
    """Load councils, routes, support kinds, twinnings and districts; again changes nothing more."""
    with database() as (_, _, migration_url):
        reference = read_reference(folder)
        asyncio.run(
            load_reference(
                migration_url, reference, lambda table, count: console.print(f"{table}: {count}")
            )
        )


@app.command()
def schema() -> None:
    """Print the GraphQL schema (SDL)."""
    from api.graph.schema import make_schema

    typer.echo(make_schema().as_str())


def _print_token(make: Any) -> None:
    with database() as (settings, _, migration_url):
        if settings.issuer:
            fail(
                f"Tokens come from {settings.issuer} here (HEARTH_ISSUER). "
                "The development issuer is for set-ups without one."
            )

        async def subject() -> str:
            joining = await Joining.open(migration_url)
            try:
                found: str = await make(joining)
                return found
            finally:
                await joining.connection.close()

        typer.echo(development_issuer(settings).token(asyncio.run(subject())))


@token_app.command("council")
def token_council(
    gss: Annotated[str, typer.Argument(help="The council's GSS code; Oxford's is E07000178.")],
) -> None:
    """A token for an officer of a council."""
    _print_token(lambda joining: joining.council(gss))


@token_app.command("charity")
def token_charity(
    name: Annotated[str, typer.Argument(help="The charity's name; it is made if it is new.")],
) -> None:
    """A token for somebody at a charity."""
    _print_token(lambda joining: joining.charity(name))


@token_app.command("liaison")
def token_liaison() -> None:
    """A token for a government liaison."""
    _print_token(lambda joining: joining.liaison())


@token_app.command("admin")
def token_admin() -> None:
    """A token for an administrator."""
    _print_token(lambda joining: joining.admin())
