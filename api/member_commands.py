"""The command line's part on members: who an issuer's subjects are here."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import NAMESPACE_URL, uuid5

import typer

from api.access.joining import Joining
from api.access.member_records import MemberRecords, in_words
from api.operating import note
from api.terminal import database
from schema.words import Audience

members = typer.Typer(help="Members: who the issuer's subjects are here.", no_args_is_help=True)


class Kind(StrEnum):
    """The audiences that have members."""

    council = "council"
    charity = "charity"
    liaison = "liaison"
    admin = "admin"


Found = TypeVar("Found")
Subject = Annotated[str, typer.Argument(help="The subject (sub) of their tokens.")]
What = Annotated[Kind, typer.Argument(help="What they are.")]
Whose = Annotated[
    str | None, typer.Argument(help="A council's GSS code, or a charity's name (made if new).")
]


def _with_records(work: Callable[[MemberRecords], Awaitable[Found]]) -> Found:
    with database() as (_, _, migration_url):

        async def run() -> Found:
            async with Joining.entered(migration_url) as joining:
                return await work(MemberRecords(joining))

        return asyncio.run(run())


def _noted(command: str, subject: str, work: Callable[[MemberRecords], Awaitable[str]]) -> None:
    async def run(records: MemberRecords) -> str:
        told = await work(records)
        key = uuid5(NAMESPACE_URL, f"member:{subject}")
        await note(records.joining.connection, command, "Member", key, told)
        return told

    typer.echo(_with_records(run))


@members.command()
def add(
    subject: Subject,
    kind: What,
    of: Whose = None,
    name: Annotated[
        str, typer.Option(help="Their name, as others read it beside what they do.")
    ] = "A member",
) -> None:
    """Make a member; their tokens are good from now on."""
    audience = Audience(kind.upper())
    _noted("addMember", subject, lambda records: records.add(subject, name, audience, of))


@members.command()
def move(subject: Subject, kind: What, of: Whose = None) -> None:
    """Make a member something else, or somebody else's; it counts from their next request."""
    audience = Audience(kind.upper())
    _noted("moveMember", subject, lambda records: records.move(subject, audience, of))


@members.command()
def disable(subject: Subject) -> None:
    """Shut a member out, from their next request on."""
    _noted("disableMember", subject, lambda found: found.disable(subject, is_disabled=True))


@members.command()
def enable(subject: Subject) -> None:
    """Let a member in again."""
    _noted("enableMember", subject, lambda found: found.disable(subject, is_disabled=False))


@members.command("list")
def list_() -> None:
    """Print every member."""
    for member in _with_records(MemberRecords.all):
        typer.echo(in_words(member))
