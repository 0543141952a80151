"""The turn of the clock: when what the public reads next changes though nobody changes it."""

from api.store.database import Database
from api.store.roles import role_of
from schema.words import Audience

_NEXT = "SELECT extract(epoch FROM hearth_next_turn() - clock_timestamp())::float8"


async def seconds_to_turn(database: Database) -> float:
    """The seconds to the next turn, by the database's own clock: no other need agree with it."""
    async with database.borrow(role_of(Audience.PUBLIC)) as connection:
        return float(await connection.fetchval(_NEXT))
