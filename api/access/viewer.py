"""Who asks, as far as the service needs to know before it asks the database."""

import math
from dataclasses import dataclass

from schema.words import Audience


@dataclass(frozen=True)
class Viewer:
    """A credential's subject and the audience that the database gives it; nobody is PUBLIC.

    `expires_at` is the moment (seconds of the epoch) at which the credential ends.
    """

    audience: Audience
    subject: str | None = None
    expires_at: float = math.inf
    is_read_only: bool = False


PUBLIC = Viewer(Audience.PUBLIC)
