"""The seven reports: what each measures, in which tables, by which SQL."""

from collections.abc import Mapping

from api.reporting.cuts import KIND, ROUTE, Cut, Report
from api.reporting.release import Measure, Unit
from api.reporting.sums import Identity
from schema.words import CheckKind, DeclineReason, EndReason, ReportName

DECILES = (1, 2, 3, 4, 6, 7, 8, 9)
"""Without the fifth, which is the median."""


def _count(name: str, label: str, unit: Unit = Unit.COUNT, *, is_public: bool = False) -> Measure:
    return Measure(name, label, unit, is_public)


def _sentence(word: str) -> str:
    return word.replace("_", " ").capitalize()


def _words(*words: str) -> dict[str, str]:
    return {str(word): _sentence(word) for word in words}


def _by(
    sql: str, sums: Mapping[str, str], shares: Mapping[str, str] | None = None
) -> tuple[Cut, Cut]:
    """The same by kind and by route: rows have a column of either name."""
    kind = {"category": "kind", "event_category": "request_event.kind_codes[1]"}
    route = {"category": "route", "event_category": "coalesce(route_code, 'NONE')"}
    return (
        Cut("by_kind", KIND, "Kind of support", sql, sums, shares or {}, kind),
        Cut("by_route", ROUTE, "Route", sql, sums, shares or {}, route),
    )


_DEMAND = {
    "places_held": "held",
    "places_taken": "taken",
    "requests_received": "received",
    "requests_waiting": "waiting",
    "people_waiting": "people",
}
_ACCEPTING = {"offers_accepting": "offers", "places_accepting": "free"}
_CAPACITY = (
    Cut(
        "by_kind",
        KIND,
        "Kind of support",
        "capacity",
        {"offers": "offers", "places_free": "free", "places_offered": "offered", **_DEMAND},
        fills={"category": "kind", "supplied": "SELECT kind_code"},
    ),
    Cut(
        "by_route",
        ROUTE,
        "Route",
        "capacity",
        _ACCEPTING | _DEMAND,
        fills={
            "category": "route",
            "supplied": "SELECT unnest(CASE route_codes WHEN '{}' THEN :any_route "
            "ELSE route_codes END)",
        },
        overlapping=frozenset(_ACCEPTING),
    ),
)

REPORTS: Mapping[ReportName, Report] = {
    report.name: report
    for report in (
        Report(
            ReportName.CAPACITY_AND_DEMAND,
            "Capacity and demand",
            "Places offered, free, held and taken, and the requests and people that wait for one.",
            (
                _count("offers", "Open offers", is_public=True),
                _count("places_offered", "Places offered", Unit.PLACES, is_public=True),
                _count("places_free", "Places free", Unit.PLACES, is_public=True),
                _count("places_held", "Places held", Unit.PLACES),
                _count("places_taken", "Places taken", Unit.PLACES),
                _count("offers_accepting", "Open offers that accept the route", is_public=True),
                _count(
                    "places_accepting",
                    "Places free that accept the route",
                    Unit.PLACES,
                    is_public=True,
                ),
                _count("requests_received", "Requests received in the period"),
                _count("requests_waiting", "Requests waiting"),
                Measure(
                    "people_waiting", "People waiting", Unit.PEOPLE, bases=("requests_waiting",)
                ),
            ),
            _CAPACITY,
            (
                "Places are people. Offered are those free, held and taken; offered less free "
                "tells how many people there are, so it is hidden where that is to be.",
                "An offer counts for every route that it accepts, so these have no total.",
                "A request counts with the one council, else the one region, that it would like.",
            ),
            identities=(
                Identity("places_offered", ("places_free", "places_held", "places_taken")),
            ),
            flows=frozenset({"requests_received"}),
            akin={"requests_waiting": (ReportName.UNMET_NEED, "requests_unplaced")},
        ),
        Report(
            ReportName.MATCHING_OUTCOMES,
            "Matching outcomes",
            "Matches proposed and what became of them: placed, declined, withdrawn, ended.",
            (
                _count("matches_proposed", "Matches proposed"),
                _count("matches_placed", "Households placed"),
                _count("matches_declined", "Matches declined"),
                _count("matches_expired", "Holds that ran out"),
                _count("matches_withdrawn", "Matches withdrawn with request, consent or offer"),
                _count("matches_ended", "Placements ended"),
                _count("households_rematched", "Of those ended, to be matched again"),
            ),
            (
                *_by(
                    "matching",
                    {
                        "matches_proposed": "proposed",
                        "matches_placed": "placed",
                        "matches_declined": "declined",
                        "matches_expired": "expired",
                        "matches_withdrawn": "withdrawn",
                        "matches_ended": "ended",
                        "households_rematched": "rematched",
                    },
                ),
                Cut(
                    "by_decline_reason",
                    "decline_reason",
                    "Why declined",
                    "reasons",
                    {"matches_declined": "counted"},
                    fills={"step": "DECLINED"},
                    words=_words(*DeclineReason),
                ),
                Cut(
                    "by_end_reason",
                    "end_reason",
                    "Why ended",
                    "reasons",
                    {"matches_ended": "counted"},
                    fills={"step": "ENDED"},
                    words=_words(*EndReason),
                ),
            ),
            ("What happened within the period, at the council whose offer it was.",),
            flows=frozenset(
                {
                    "matches_proposed",
                    "matches_placed",
                    "matches_declined",
                    "matches_expired",
                    "matches_withdrawn",
                    "matches_ended",
                    "households_rematched",
                }
            ),
            akin={"matches_placed": (ReportName.TIME_TO_PLACE, "households_arrived")},
        ),
        Report(
            ReportName.TIME_TO_PLACE,
            "Time to place",
            "Days from the submission of a request to the arrival of its household.",
            (
                _count("households_arrived", "Households that arrived"),
                Measure("days_median", "Days, median", Unit.DAYS, bases=("households_arrived",)),
                *(
                    Measure(
                        f"days_decile_{tenth}",
                        f"Days, decile {tenth}",
                        Unit.DAYS,
                        bases=("households_arrived",),
                        times=10,
                    )
                    for tenth in DECILES
                ),
            ),
            _by(
                "time_to_place",
                {},
                {
                    "households_arrived": "count(*)",
                    "days_median": "percentile_cont(0.5) WITHIN GROUP (ORDER BY days)",
                    **{
                        f"days_decile_{tenth}": f"percentile_cont(0.{tenth}) WITHIN GROUP "
                        "(ORDER BY days)"
                        for tenth in DECILES
                    },
                },
            ),
            (
                "Days from the submission of a request to the arrival.",
                "Households whose request was entered after they moved in are left out.",
                "Deciles are given where there are ten times as many households as are hidden.",
            ),
            flows=frozenset({"households_arrived"}),
            akin={"households_arrived": (ReportName.MATCHING_OUTCOMES, "matches_placed")},
        ),
        Report(
            ReportName.UNMET_NEED,
            "Unmet need",
            "Requests that wait without a match, by the first rule that leaves them no offer.",
            (
                _count("requests_unplaced", "Requests without a match"),
                Measure(
                    "people_unplaced",
                    "People in requests without a match",
                    Unit.PEOPLE,
                    bases=("requests_unplaced",),
                ),
            ),
            (
                *_by(
                    "unmet",
                    {"requests_unplaced": "households", "people_unplaced": "people"},
                ),
                Cut(
                    "by_rule",
                    "rule",
                    "Rule that bound",
                    "unmet",
                    {"requests_unplaced": "households", "people_unplaced": "people"},
                    fills={"category": "rule"},
                    words={
                        "consent": "No consent to be matched",
                        "kind": "No open offer of the kind",
                        "route": "None that accepts the route",
                        "places": "None with places for the whole household",
                        "step_free": "None of those step-free",
                        "pets": "None of those takes pets",
                        "children": "None of those takes children",
                        "women_only": "None of those for women only, or none for others",
                        "unmatched": "Offers fit; not matched yet",
                    },
                ),
            ),
            (
                "Requests that wait at the end of the period with no match under way. The rule is "
                "the first, in the order listed, that leaves no open offer in the region that the "
                "household would like.",
            ),
            akin={"requests_unplaced": (ReportName.CAPACITY_AND_DEMAND, "requests_waiting")},
        ),
        Report(
            ReportName.SAFEGUARDING_CHECKS,
            "Safeguarding checks",
            "Checks on offers of a home: due, overdue, passed and failed.",
            (
                _count("checks_due", "Checks due"),
                _count("checks_overdue", "Of those due, overdue"),
                _count("checks_passed", "Checks passed in the period"),
                _count("checks_failed", "Checks failed in the period"),
            ),
            (
                Cut(
                    "by_kind",
                    KIND,
                    "Kind of support",
                    "checks",
                    {
                        "checks_due": "due",
                        "checks_overdue": "overdue",
                        "checks_passed": "passed",
                        "checks_failed": "failed",
                    },
                    fills={"category": "kind"},
                ),
                Cut(
                    "by_check",
                    "check",
                    "What is checked",
                    "checks",
                    {
                        "checks_due": "due",
                        "checks_overdue": "overdue",
                        "checks_passed": "passed",
                        "checks_failed": "failed",
                    },
                    fills={"category": "checked"},
                    words=_words(*CheckKind),
                ),
            ),
            (
                "A check is overdue past its day, or where guests have arrived before it came out.",
                "Why a check failed is which check it was; what was written of it stays with the "
                "council.",
            ),
            flows=frozenset({"checks_passed", "checks_failed"}),
            akin={"checks_due": (ReportName.DATA_COMPLETENESS, "checks_without_outcome")},
        ),
        Report(
            ReportName.FUNDING_DUE,
            "Funding due",
            "What tariffs in force pay councils for those who arrived.",
            (
                _count("people_arrived", "People who arrived", Unit.PEOPLE),
                Measure(
                    "pounds_on_arrival",
                    "Pounds due on arrival",
                    Unit.POUNDS,
                    bases=("people_arrived",),
                ),
                Measure(
                    "pounds_due",
                    "Pounds due in all",
                    Unit.POUNDS,
                    bases=("people_arrived",),
                    is_private=True,
                ),
            ),
            (Cut("by_route", ROUTE, "Route", "arrivals", {}),),
            (
                "What tariffs in force pay councils from a day in the period on, by the arrivals "
                "known; in two-tier areas to the upper tier. For stays that go on, a year's amount "
                "is given whole.",
                "What depends on age, on how a household is made up or on earlier arrivals is in "
                "each council's own figures only.",
            ),
            flows=frozenset({"people_arrived"}),
            is_funding=True,
        ),
        Report(
            ReportName.DATA_COMPLETENESS,
            "Data completeness",
            "Open offers unconfirmed or with fields that say nothing; checks without outcome.",
            (
                _count("offers", "Open offers", is_public=True),
                _count("offers_unconfirmed", "Open offers unconfirmed for 30 days", is_public=True),
                _count("offers_missing", "Open offers without the field", is_public=True),
                _count("checks_without_outcome", "Checks without outcome"),
            ),
            (
                Cut(
                    "by_kind",
                    KIND,
                    "Kind of support",
                    "completeness",
                    {
                        "offers": "offers",
                        "offers_unconfirmed": "unconfirmed",
                        "checks_without_outcome": "without_outcome",
                    },
                ),
                Cut(
                    "by_field",
                    "field",
                    "Field",
                    "missing",
                    {"offers_missing": "missing"},
                    words=_words(
                        "available_from",
                        "available_until",
                        "description",
                        "household_max",
                        "languages",
                        "postcode_district",
                        "step_free",
                    ),
                ),
            ),
            ("Open offers at the end of the period; their total in by_field counts fields.",),
            akin={"checks_without_outcome": (ReportName.SAFEGUARDING_CHECKS, "checks_due")},
        ),
    )
}
