"""Two sides' rows for the tests of who sees what."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.conftest import Hearth
from tests.security.world import World, build


@pytest_asyncio.fixture
async def world(hearth: Hearth) -> AsyncIterator[World]:
    """A service with the rows of two councils and two charities."""
    built = await build(hearth)
    yield built
    await built.owner.close()
