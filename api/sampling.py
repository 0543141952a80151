"""Sample data: made-up offers, requests and matches, the same every time but for their dates."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from api.access.joining import Joining
from api.access.members import Members
from api.access.sealing import Sealing
from api.access.viewer import Viewer
from api.matching.backdating import age_offers, date_back
from api.matching.samples import STEPS, Samples
from api.offers.samples import create_samples, samples, taken_homes
from api.requests.samples import CHARITIES, regional_requests, sample_requests
from api.store.database import Database
from schema.reference.files import Reference
from schema.types.clock import LONDON
from schema.words import Audience

QUERY_SECONDS = 5.0
_HAS_OFFERS = "SELECT EXISTS (SELECT FROM offer)"
_HAS_REQUESTS = "SELECT EXISTS (SELECT FROM request)"
_HAS_SAMPLES = "SELECT EXISTS (SELECT FROM offer WHERE external_ref LIKE 'SAMPLE-%')"
_COUNCILS = "SELECT DISTINCT council_gss FROM offer ORDER BY council_gss"
_ANALYSE = "ANALYZE consent, match, offer, request, request_event"


@dataclass(frozen=True)
class Sampling:
    """Fills a database that holds nobody's data; `joining` is its owner's connection."""

    url: str
    joining: Joining
    sealing: Sealing

    async def fill(self, reference: Reference) -> AsyncIterator[tuple[int, int]]:
        """Sample offers where there is no offer, and requests for them where there is none.

        Yields how many steps are done, and of how many. Whoever has offers of their own gets no
        samples beside them.
        """
        owner, today = self.joining.connection, datetime.now(LONDON).date()
        offers = samples(reference, today)
        requests, regional = sample_requests(offers, today), regional_requests(today)
        offers += taken_homes(reference, today)
        total, done = len(offers) + len(requests) + len(regional) + STEPS, 0
        database = Database(self.url, pool_size=2, query_seconds=QUERY_SECONDS)
        members = Members(database)
        try:
            if not await owner.fetchval(_HAS_OFFERS):
                sampler = await self.joining.admin("Sample data", "sample-data")
                viewer = Viewer(Audience.ADMIN, sampler)
                async for done in create_samples(members, viewer, offers):
                    yield done, total
                await age_offers(owner)
            if await owner.fetchval(_HAS_REQUESTS) or not await owner.fetchval(_HAS_SAMPLES):
                return
            councils = [row[0] for row in await owner.fetch(_COUNCILS)]
            played = Samples(
                members,
                self.sealing,
                owner,
                charities={name: await self.joining.charity(name) for name in CHARITIES},
                officers={gss: await self.joining.council(gss) for gss in councils},
                today=today,
            )
            done = len(offers)
            try:
                async for steps in played.play(requests, regional):
                    done += steps
                    yield done, total
            finally:
                # Also when it is broken off: what is there is dated.
                await date_back(owner, played.told)
            await owner.execute(_ANALYSE)
        finally:
            await database.close()
