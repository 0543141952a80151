"""A place to look near, as filters and requests give it."""

import strawberry


@strawberry.input(description="Near a postcode district, or a point; one of the two.")
class Near:
    """A circle to look in."""

    postcode_district: str | None = strawberry.UNSET
    latitude: float | None = strawberry.UNSET
    longitude: float | None = strawberry.UNSET
    within_km: float = 25.0
