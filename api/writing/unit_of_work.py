"""The unit of work: one command, one transaction; retried where safe, answered once committed."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from api.access.members import Actor, Members
from api.access.sealing import Sealing
from api.access.viewer import Viewer
from api.writing import audit, outbox
from schema.refusals import Unavailable
from schema.types.clock import LONDON

ATTEMPTS = 3
WITHOUT_KEYS = Sealing(None)


@dataclass
class Change:
    """One command under way: its connection, and who acts.

    Nobody calls commit in a command: leaving it commits, raising rolls back.
    """

    connection: asyncpg.Connection
    actor: Actor
    sealing: Sealing
    is_recorded: bool = field(default=False)

    @property
    def today(self) -> date:
        """The day in London at which the transaction began."""
        return self.actor.entered_at.astimezone(LONDON).date()

    async def record(self, event: audit.Event, message: outbox.Message) -> None:
        """Write the audit event and the outbox row; once for each command."""
        await audit.append(self.connection, self.actor, event)
        await outbox.append(self.connection, message)
        self.is_recorded = True

    async def tell(self, topic: str, payload: dict[str, Any]) -> None:
        """Write one more outbox row, where a command touched more than its own subject."""
        await outbox.append(self.connection, outbox.Message(topic, payload))


class OvertakenError(Exception):
    """What the command is about was changed after its transaction's clock: it must begin anew."""


Command = Callable[[Change], Awaitable[Any]]


async def run(
    members: Members, viewer: Viewer, command: Command, sealing: Sealing = WITHOUT_KEYS
) -> tuple[Any, bool]:
    """Run a command as the viewer, and commit: (what it returned, whether anything was recorded).

    A deadlock, a serialization failure or being overtaken is tried again, at most three times in
    all; nothing of a failed attempt remains, so trying again is safe.
    """
    for attempt in range(1, ATTEMPTS + 1):
        is_committing = False
        try:
            async with members.entered(viewer, readonly=False) as (connection, actor):
                assert actor is not None, "the public has no commands"
                change = Change(connection, actor, sealing)
                outcome = await command(change)
                is_committing = True
            return outcome, change.is_recorded
        except Unavailable as error:
            if not is_committing:
                raise
            raise Unavailable(
                "The database went away while the change was being written: it may be done or "
                "not. Look before you send it again, or send it again with its idempotencyKey."
            ) from error
        except (
            OvertakenError,
            asyncpg.DeadlockDetectedError,
            asyncpg.SerializationError,
        ) as error:
            if attempt == ATTEMPTS:
                raise Unavailable(
                    "Others are changing the same rows; nothing was written. Try again."
                ) from error
            await asyncio.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter
    raise AssertionError("unreachable")
