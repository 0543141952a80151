"""Each audience's first useful query: `make run` prints them, GraphiQL opens on them."""

from schema.words import Audience

FIRST_QUERIES: dict[Audience, tuple[str, str]] = {
    Audience.CHARITY: (
        "Homes near Oxford for a family of three",
        """\
query HomesNearOxford {
  availability(
    filter: { kinds: ["hosting", "accommodation"], minimumPlaces: 3,
              near: { postcodeDistrict: "OX4", withinKm: 60 } }
    orderBy: NEAREST, first: 3
  ) {
    totalCount
    nodes { title placesLeft distanceKm council { name } routes { name } }
  }
}""",
    ),
    Audience.COUNCIL: (
        "My council's latest offers",
        """\
query MyOffers {
  viewer { council { name } }
  offers(first: 3) {
    totalCount
    nodes { id version status title placesTotal placesLeft lastConfirmedOn }
  }
}""",
    ),
    Audience.LIAISON: (
        "What is on offer, by region",
        """\
query WhatIsOnOffer {
  viewer { audience }
  availability(first: 1) {
    totalCount
    facets { byRegion { label offers places } }
  }
}""",
    ),
}
