"""The command line: `hearth --help`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from api.access.joining import Joining
from api.access.tokens import development_issuer
from api.audit_command import audit
from api.data_key_commands import data_keys
from api.demonstration import Demonstration
from api.doctor_command import doctor
from api.key_commands import keys
from api.match_command import match
from api.member_commands import members
from api.report_command import reports
from api.route_commands import add_route_commands
from api.serving import serve_forever
from api.store.migrating import migrate as migrate_to_head
from api.store.reference import load as load_reference
from api.subject_commands import add_subject_commands
from api.terminal import console, database, fail
from schema.reference.files import read_reference

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
app.add_typer(keys, name="key")
app.add_typer(members, name="member")
app.add_typer(reports, name="report")
add_route_commands(app)
add_subject_commands(app)
app.add_typer(audit, name="audit")
app.add_typer(data_keys, name="data-keys")
app.command()(doctor)
app.command()(match)


@app.command()
def demo() -> None:
    """Set everything up with sample offers, print how to ask, and serve (`make run`)."""
    with database() as (settings, url, migration_url):
        demonstration = Demonstration(settings, url, migration_url, console)
        demonstration.set_up()
        serve_forever(settings, url, when_ready=demonstration.begin)


@app.command()
def serve() -> None:
    """Serve; the database must be migrated and loaded."""
    with database() as (settings, url, _):
        nobody = not (settings.issuer or settings.is_development)
        said = ", to the public alone: HEARTH_ISSUER is not set" if nobody else ""
        serve_forever(
            settings,
            url,
            when_ready=lambda: console.print(
                f"Serving on http://{settings.host}:{settings.port}{said}"
            ),
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
        if not settings.is_development:
            fail(
                "The development issuer's tokens are good in development only. Set HEARTH_ISSUER "
                "to who issues yours, or HEARTH_DEVELOPMENT=true where nobody's real data is."
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
