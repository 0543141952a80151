"""The audit: who did what to which row, when, and what changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from api.access.members import Actor
from api.store.composed import Composed
from schema.tables.columns import uuid7
from schema.types import rows
from schema.types.node import NIL, split_id
from schema.types.problem import Problem

_APPEND = Composed(
    rows.audit_event.insert().values(
        dict.fromkeys(
            (
                "id",
                "actor_subject",
                "actor_name",
                "audience",
                "council_gss",
                "command",
                "subject_type",
                "subject_id",
                "changes",
                "summary",
                "organisation_id",
                "request_id",
            )
        )
    )
)


@dataclass(frozen=True)
class Event:
    """What a command did to one row; `changes` maps a column to [before, after].

    `request_id` and `organisation_id` are those of the request concerned and its charity. Nothing
    here may name a person of a household: events outlive what is erased.
    """

    command: str
    council_gss: str | None
    subject_type: str
    subject_id: UUID
    changes: dict[str, Any]
    summary: str
    organisation_id: UUID | None = None
    request_id: UUID | None = None


def refused(command: str, arguments: Mapping[str, Any], problem: Problem, actor: Actor) -> Event:
    """That a command named what isn't there, or isn't the actor's to name; which, nobody says."""
    named: Any = arguments
    for part in problem.path:
        name = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", part)
        named = named.get(name) if isinstance(named, Mapping) else getattr(named, name, None)
    prefix, key = split_id(named) if isinstance(named, str) else ("", "")
    try:
        subject_id = UUID(key)
    except ValueError:
        prefix, subject_id = "", NIL
    summary = f"refused: {problem.message}"
    return Event(command, actor.council_gss, prefix.capitalize(), subject_id, {}, summary)


async def append(connection: asyncpg.Connection, actor: Actor, event: Event) -> None:
    """Write an event as the actor's, in the command's own transaction."""
    await _APPEND.run(
        connection,
        id=uuid7(),
        actor_subject=actor.viewer.subject,
        actor_name=actor.name,
        audience=actor.viewer.audience.value,
        council_gss=event.council_gss,
        command=event.command,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        changes=event.changes,
        summary=event.summary,
        organisation_id=event.organisation_id,
        request_id=event.request_id,
    )
