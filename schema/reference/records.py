"""The shape of councils, districts, support kinds and twinnings, as their files hold them."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schema.words import Basis, Confidence, CouncilKind, Nation, TwinningStatus

Text = Annotated[str, Field(min_length=1)]
GssCode = Annotated[str, Field(pattern=r"^[ENSW][0-9]{8}$")]
Code = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
PartialDay = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
"""A year, a month or a day, as precise as the source."""

# Generous bounds of the United Kingdom: they catch swapped coordinates, which mean metres at sea.
Latitude = Annotated[float, Field(ge=49, le=61.5)]
Longitude = Annotated[float, Field(ge=-9, le=2.5)]
Metres = Annotated[int, Field(ge=-250_000, le=1_300_000)]


class Record(BaseModel):
    """A record that cannot change and knows no column but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CouncilRecord(Record):
    """A principal council, current or abolished; `ends_on` may lie ahead (Surrey, 2027)."""

    gss_code: GssCode
    name: Text
    official_name: Text
    kind: CouncilKind
    nation: Nation
    region: Text
    upper_tier_gss: GssCode | None
    latitude: Latitude | None
    longitude: Longitude | None
    easting: Metres | None
    northing: Metres | None
    starts_on: date | None
    ends_on: date | None
    former_gss_codes: tuple[GssCode, ...]
    successors: tuple[Text, ...]
    coordinate_basis: Text | None
    source: Text

    @model_validator(mode="after")
    def _has_a_whole_point_or_none(self) -> Self:
        point = (self.latitude, self.longitude, self.easting, self.northing)
        if None in point and any(part is not None for part in point):
            raise ValueError("latitude, longitude, easting and northing go together")
        return self


class DistrictRecord(Record):
    """A postcode district (OX4) and the point it stands for."""

    district: Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9]{1,2}[A-Z]?$")]
    latitude: Latitude
    longitude: Longitude
    easting: Metres
    northing: Metres


class LgslRecord(Record):
    """An entry of the Local Government Services List, and how near it is to our kind."""

    code: int
    label: Text
    match: Literal["EXACT", "CLOSE", "RELATED"]
    tier: Literal["UPPER", "LOWER", "ALL"] | None
    tier_year: int | None


class SupportKindRecord(Record):
    """A kind of support that councils give."""

    code: Code
    name: Text
    definition: Text
    group: Code
    lgsl_code: int | None
    lgsl: tuple[LgslRecord, ...]
    also_called: tuple[Text, ...]
    open_referral: Text | None


class SourceRecord(Record):
    """A page that says so."""

    title: Text
    url: Text | None
    published_on: PartialDay | None = None


class DissentRecord(SourceRecord):
    """A page that says otherwise: `claims` holds the fields that it gives another value."""

    claims: dict[str, str]
    note: Text | None


class TwinningRecord(Record):
    """A council's link with a city abroad, as it stands since `status_since`."""

    council_gss: GssCode
    partner_city: Text
    partner_country: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    since: PartialDay | None
    status: TwinningStatus
    status_since: PartialDay | None
    reason: Text | None
    note: Text | None
    source: SourceRecord
    basis: Basis
    confidence: Confidence
