"""The GraphQL documents, Hearth's and PostGraphile's; aliases make their answers alike."""

_PAGE = (
    "title placesLeft postcodeDistrict availableFrom council { name region } routes { code name }"
)
_FILTER = "filter: { kinds: [$kind], minimumPlaces: $places }, first: 20"
_CONDITION = (
    "condition: { kindCode: $kind, minimumPlaces: $places }, first: 20, "
    "orderBy: [UPDATED_AT_DESC, ROW_ID_DESC]"
)
_P_PAGE = _PAGE.replace("routes {", "routes: routesList {")

PAGE = (
    f"query ($kind: String!, $places: Int!) {{ availability({_FILTER}) {{ nodes {{ {_PAGE} }} }} }}"
)
POSTGRAPHILE_PAGE = (
    f"query ($kind: String!, $places: Int!) {{ availability: allOpenOffers({_CONDITION}) "
    f"{{ nodes {{ {_P_PAGE} }} }} }}"
)
COUNTED = PAGE.replace("{ nodes {", "{ totalCount nodes {")
POSTGRAPHILE_COUNTED = POSTGRAPHILE_PAGE.replace("{ nodes {", "{ totalCount nodes {")

OFFER = """
query ($id: ID!) {
  offer(id: $id) {
    title description placesLeft version
    routes { code name }
    council { gssCode name offers(first: 5) { nodes { title placesLeft availableFrom } } }
  }
}"""
POSTGRAPHILE_OFFER = """
query ($id: UUID!) {
  offer: openOfferByRowId(rowId: $id) {
    title description placesLeft version
    routes: routesList { code name }
    council {
      gssCode name
      offers: openOffers(first: 5, orderBy: [UPDATED_AT_DESC, ROW_ID_DESC]) {
        nodes { title placesLeft availableFrom }
      }
    }
  }
}"""

# Hearth's pages end at 100, so two hundred offers are two pages side by side, for everybody.
_WIDE = """{ nodes {
  title description placesLeft householdMax postcodeDistrict stepFree petsAllowed childrenWelcome
  womenOnly languages availableFrom minimumMonths council { name region }
} }"""
WIDE = f"""
query ($one: String!, $other: String!) {{
  one: availability(filter: {{ kinds: [$one] }}, first: 100) {_WIDE}
  other: availability(filter: {{ kinds: [$other] }}, first: 100) {_WIDE}
}}"""
_P_ORDER = "first: 100, orderBy: [UPDATED_AT_DESC, ROW_ID_DESC]"
POSTGRAPHILE_WIDE = f"""
query ($one: String!, $other: String!) {{
  one: allOpenOffers(condition: {{ kindCode: $one }}, {_P_ORDER}) {_WIDE}
  other: allOpenOffers(condition: {{ kindCode: $other }}, {_P_ORDER}) {_WIDE}
}}"""

NEAR = """
query ($district: String!) {
  availability(
    filter: { near: { postcodeDistrict: $district, withinKm: 20 }, minimumPlaces: 2 }
    orderBy: NEAREST, first: 20
  ) {
    totalCount
    nodes { title placesLeft distanceKm council { name } }
    facets { byKind { code offers places } }
  }
}"""

_OFFICER = (
    "{ nodes { version status title placesTotal placesLeft lastConfirmedOn council { name } } }"
)
OFFICER = f"{{ offers(first: 20) {_OFFICER} }}"
POSTGRAPHILE_OFFICER = (
    f"{{ offers: allStaffOffers(first: 20, orderBy: [UPDATED_AT_DESC, ROW_ID_DESC]) {_OFFICER} }}"
)

PUBLISH = """
mutation ($id: ID!, $version: Int!) {
  publishOffer(id: $id, expectedVersion: $version) { offer { version status } problems { code } }
}"""
POSTGRAPHILE_PUBLISH = """
mutation ($id: UUID!, $version: Int!) {
  publishOffer: benchPublish(input: { offerId: $id, expectedVersion: $version }) {
    result { version status }
  }
}"""
