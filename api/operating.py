"""What the operator does on the command line, noted in the audit beside what members do."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from api.access.members import Actor
from api.access.viewer import Viewer
from api.writing.audit import Event, append
from schema.words import Audience

OPERATOR = "operator"


async def note(
    connection: asyncpg.Connection,
    command: str,
    subject_type: str,
    subject_id: UUID,
    summary: str,
    council_gss: str | None = None,
    request_id: UUID | None = None,
) -> None:
    """Write an audit event as the operator's, in the command's own transaction."""
    actor = Actor(Viewer(Audience.ADMIN, OPERATOR), "The operator", None, None, datetime.now(UTC))
    event = Event(
        command, council_gss, subject_type, subject_id, {}, summary, request_id=request_id
    )
    await append(connection, actor, event)
