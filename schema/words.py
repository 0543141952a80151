"""Closed sets of words that tables and GraphQL types share, so that both spell them alike."""

from enum import StrEnum


class AttributeType(StrEnum):
    """What kind of answer an attribute takes. MOMENT: that of the application, never asked for."""

    BOOLEAN = "BOOLEAN"
    CHOICE = "CHOICE"
    COUNTRY = "COUNTRY"
    DATE = "DATE"
    MOMENT = "MOMENT"
    NUMBER = "NUMBER"


class AllocationPolicy(StrEnum):
    """How an allocation treats households.

    BY_NEED counts nothing that they prefer; BY_PREFERENCE does; AGREE_BEFORE_TELLING does too, and
    no host is told of a household before it has agreed.
    """

    BY_NEED = "BY_NEED"
    BY_PREFERENCE = "BY_PREFERENCE"
    AGREE_BEFORE_TELLING = "AGREE_BEFORE_TELLING"


class AllocationState(StrEnum):
    """How far an allocation has come; PROPOSED waits to be confirmed."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class Audience(StrEnum):
    """Who asks. Each audience has a database role of its own."""

    PUBLIC = "PUBLIC"
    CHARITY = "CHARITY"
    COUNCIL = "COUNCIL"
    LIAISON = "LIAISON"
    ADMIN = "ADMIN"


class Basis(StrEnum):
    """SOURCED: read on the page named. UNVERIFIED: believed, its page still to be read."""

    SOURCED = "SOURCED"
    UNVERIFIED = "UNVERIFIED"


class CheckKind(StrEnum):
    """What is checked before people move in."""

    ACCOMMODATION_EXISTS = "ACCOMMODATION_EXISTS"
    ACCOMMODATION_SUITABLE = "ACCOMMODATION_SUITABLE"
    SPONSOR_SUITABLE = "SPONSOR_SUITABLE"
    GUESTS_ARRIVED = "GUESTS_ARRIVED"


class CheckState(StrEnum):
    """How far a check has come."""

    NOT_STARTED = "NOT_STARTED"
    IN_PROGRESS = "IN_PROGRESS"
    PASSED = "PASSED"
    FAILED = "FAILED"
    NO_LONGER_REQUIRED = "NO_LONGER_REQUIRED"
    NOT_AVAILABLE = "NOT_AVAILABLE"


class Confidence(StrEnum):
    """How sure we are of a fact."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class ConsentScope(StrEnum):
    """What a household agrees to: that offers are sought, that a council, that a host knows it."""

    MATCHING = "MATCHING"
    SHARE_WITH_COUNCIL = "SHARE_WITH_COUNCIL"
    SHARE_WITH_HOST = "SHARE_WITH_HOST"


class CouncilKind(StrEnum):
    """Kinds of principal council in the United Kingdom."""

    COUNTY = "COUNTY"
    DISTRICT = "DISTRICT"
    UNITARY = "UNITARY"
    LONDON_BOROUGH = "LONDON_BOROUGH"
    METROPOLITAN = "METROPOLITAN"
    SCOTTISH = "SCOTTISH"
    WELSH = "WELSH"
    NORTHERN_IRISH = "NORTHERN_IRISH"


class DeclineReason(StrEnum):
    """Why a match came to nothing."""

    HOUSEHOLD_DECLINED = "HOUSEHOLD_DECLINED"
    HOST_WITHDREW = "HOST_WITHDREW"
    UNSUITABLE_FOR_NEEDS = "UNSUITABLE_FOR_NEEDS"
    TOO_FAR = "TOO_FAR"
    PLACES_GONE = "PLACES_GONE"
    CHECKS_FAILED = "CHECKS_FAILED"
    OTHER = "OTHER"


class DutyLevel(StrEnum):
    """Whether a council must do it, may do it, or it is no part of the route."""

    MUST = "MUST"
    MAY = "MAY"
    NONE = "NONE"


class Edition(StrEnum):
    """Copies of one report: FULL hides nothing, the others what is small."""

    FULL = "FULL"
    LIAISON = "LIAISON"
    PUBLIC = "PUBLIC"


class EndReason(StrEnum):
    """Why a placement ended."""

    MOVED_TO_OWN_TENANCY = "MOVED_TO_OWN_TENANCY"
    SOCIAL_HOUSING = "SOCIAL_HOUSING"
    FAMILY = "FAMILY"
    RETURNED = "RETURNED"
    BREAKDOWN = "BREAKDOWN"
    LEFT_PROGRAMME = "LEFT_PROGRAMME"
    OTHER = "OTHER"


class FactOrigin(StrEnum):
    """FILE: from the reference files. EDITOR: published since, by an editor."""

    FILE = "FILE"
    EDITOR = "EDITOR"


class Language(StrEnum):
    """Languages that names are kept in."""

    EN = "EN"
    UK = "UK"
    RU = "RU"
    CY = "CY"


class LocationNow(StrEnum):
    """Where a person is when they apply."""

    INSIDE_UK = "INSIDE_UK"
    OUTSIDE_UK = "OUTSIDE_UK"


class MatchState(StrEnum):
    """How far a match has come. A hold past its end reads EXPIRED, whatever is stored."""

    PROPOSED = "PROPOSED"
    HELD = "HELD"
    ACCEPTED = "ACCEPTED"
    PLACED = "PLACED"
    ENDED = "ENDED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class Nation(StrEnum):
    """Nations of the United Kingdom."""

    ENGLAND = "ENGLAND"
    SCOTLAND = "SCOTLAND"
    WALES = "WALES"
    NORTHERN_IRELAND = "NORTHERN_IRELAND"


class OfferOrder(StrEnum):
    """How a list of offers is ordered. NEAREST needs `near`; SOONEST goes by availableFrom."""

    RECENTLY_UPDATED = "RECENTLY_UPDATED"
    MOST_PLACES = "MOST_PLACES"
    NEAREST = "NEAREST"
    SOONEST = "SOONEST"


class OfferStatus(StrEnum):
    """DRAFT is seen by the council alone, OPEN by all; a CLOSED offer never reopens."""

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    PAUSED = "PAUSED"
    CLOSED = "CLOSED"


class Precision(StrEnum):
    """How precise a source is about when something begins or ends."""

    MOMENT = "MOMENT"
    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


class ProblemCode(StrEnum):
    """Why a command changed nothing."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    NO_PLACES = "NO_PLACES"
    HOLD_EXPIRED = "HOLD_EXPIRED"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    CONSENT_MISSING = "CONSENT_MISSING"
    CHECKS_MISSING = "CHECKS_MISSING"
    ALREADY_DONE = "ALREADY_DONE"


class Readiness(StrEnum):
    """Derived from an offer's checks, never typed in."""

    NOT_REQUIRED = "NOT_REQUIRED"
    CHECKS_DUE = "CHECKS_DUE"
    READY = "READY"
    FAILED = "FAILED"


class ReportName(StrEnum):
    """The reports that are released for each month and week."""

    CAPACITY_AND_DEMAND = "CAPACITY_AND_DEMAND"
    MATCHING_OUTCOMES = "MATCHING_OUTCOMES"
    TIME_TO_PLACE = "TIME_TO_PLACE"
    UNMET_NEED = "UNMET_NEED"
    SAFEGUARDING_CHECKS = "SAFEGUARDING_CHECKS"
    FUNDING_DUE = "FUNDING_DUE"
    DATA_COMPLETENESS = "DATA_COMPLETENESS"


class RequestStatus(StrEnum):
    """Where a request stands. MATCHING: something is proposed, held or accepted for it now."""

    SUBMITTED = "SUBMITTED"
    MATCHING = "MATCHING"
    PLACED = "PLACED"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class RouteFactSort(StrEnum):
    """What a fact says of a route: when it is open, for how long, who may, who must, who pays."""

    WINDOW = "WINDOW"
    LEAVE = "LEAVE"
    RULE = "RULE"
    DUTY = "DUTY"
    TARIFF = "TARIFF"


class RouteStatus(StrEnum):
    """Whether a route takes applications at a moment."""

    NOT_YET_OPEN = "NOT_YET_OPEN"
    OPEN = "OPEN"
    PAUSED = "PAUSED"
    CLOSED = "CLOSED"


class Side(StrEnum):
    """The two sides of a match: the offer's council, the request's charity."""

    COUNCIL = "COUNCIL"
    CHARITY = "CHARITY"


class Step(StrEnum):
    """What happened to a request; reports are rebuilt from these."""

    SUBMITTED = "SUBMITTED"
    WITHDRAWN = "WITHDRAWN"
    CONSENT_GIVEN = "CONSENT_GIVEN"
    CONSENT_TAKEN_BACK = "CONSENT_TAKEN_BACK"
    PROPOSED = "PROPOSED"
    HELD = "HELD"
    ACCEPTED = "ACCEPTED"
    PLACED = "PLACED"
    ENDED = "ENDED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    MATCH_WITHDRAWN = "MATCH_WITHDRAWN"
    CHECK_FAILED = "CHECK_FAILED"


class StepFree(StrEnum):
    """How much of the accommodation is step-free."""

    ALL = "ALL"
    SOME = "SOME"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


class Verdict(StrEnum):
    """What a route's rules come to for the facts given so far."""

    ELIGIBLE = "ELIGIBLE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NEED_MORE = "NEED_MORE"


class Tier(StrEnum):
    """Which council of a two-tier area; elsewhere one council is both."""

    UPPER = "UPPER"
    LOWER = "LOWER"
    ALL = "ALL"


class TwinningStatus(StrEnum):
    """Where a link with a twin city stands."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"
    PROPOSED = "PROPOSED"
