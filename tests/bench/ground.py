"""What every server stands on: the database, tokens, a folder for keys and logs, a core."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from api.access.tokens import development_issuer
from api.settings import Settings
from api.store.embedded import Embedded
from api.store.roles import role_of
from schema.words import Audience


@dataclass(frozen=True)
class Ground:
    """The same for every server. `tokens` and `settings_of` are by a member's subject.

    `settings_of` holds what `hearth_enter` would set, for a server that doesn't call it.
    """

    embedded: Embedded
    folder: Path
    core: int | None
    tokens: Mapping[str, str]
    settings_of: Mapping[str, Mapping[str, str]]


async def ground_on(
    embedded: Embedded, folder: Path, core: int | None, subjects: Sequence[str]
) -> Ground:
    """The ground, with a token for each officer."""
    issuer = development_issuer(Settings(home=folder))
    role = role_of(Audience.COUNCIL)
    connection = await asyncpg.connect(embedded.url(), server_settings={"role": role})
    settings_of = {}
    try:
        for subject in subjects:
            async with connection.transaction():
                await connection.execute("SELECT hearth_enter($1)", subject)
                rows = await connection.fetch(
                    "SELECT name, current_setting(name) FROM unnest($1::text[]) AS name",
                    ["role", "hearth.gss", "hearth.name", "hearth.own_gss", "hearth.subject"],
                )
            settings_of[subject] = {row[0]: row[1] for row in rows}
    finally:
        await connection.close()
    tokens = {subject: issuer.token(subject) for subject in subjects}
    return Ground(embedded, folder, core, tokens, settings_of)
