"""Metres on the British National Grid, on which nearness is measured."""

from functools import cache

from pyproj import Transformer

from schema.refusals import BadRequest


@cache
def _transformer() -> Transformer:
    # EPSG:4326 is latitude and longitude (WGS 84), EPSG:27700 the British National Grid.
    return Transformer.from_crs("EPSG:4326", "EPSG:27700")


def grid_point(latitude: float, longitude: float) -> list[float]:
    """[easting, northing] in metres of a point in or near the United Kingdom; else BadRequest."""
    if not (49 <= latitude <= 61.5 and -9.5 <= longitude <= 2.5):
        raise BadRequest(
            "near is outside the United Kingdom: latitude goes from 49 to 61.5, "
            "longitude from -9.5 to 2.5."
        )
    easting, northing = _transformer().transform(latitude, longitude)
    return [easting, northing]
