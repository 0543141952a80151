"""Who asks, as far as the service needs to know before it asks the database."""

from dataclasses import dataclass

from schema.words import Audience


@dataclass(frozen=True)
class Viewer:
    """A token's subject and the audience that the database gives it; nobody is PUBLIC."""

    audience: Audience
    subject: str | None = None


PUBLIC = Viewer(Audience.PUBLIC)
