"""What must be true between reference files, once each is sound by itself."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from schema.reference.attributes import Attributes, conditions_of, problem_with
from schema.reference.facts import Fact, facts_of
from schema.reference.problems import FileProblem
from schema.reference.records import (
    CouncilRecord,
    DistrictRecord,
    SourceRecord,
    SupportKindRecord,
    TwinningRecord,
)
from schema.reference.route_records import Cited, RouteRecord, RuleRecord
from schema.reference.wording import clause_keys, window_key
from schema.words import AttributeType, Language, RouteStatus

# Rows of a CSV file start below its header; entries of a JSON list start at one.
FIRST_ROW = 2
FIRST_ENTRY = 1
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)

ATTRIBUTES = "attributes.json"
COUNCILS = "councils.csv"
DISTRICTS = "postcode_districts.csv"
SUPPORT_KINDS = "support_kinds.json"
TWINNINGS = "twinnings.json"


def route_file(code: str) -> str:
    """Name the file of the route with that code."""
    return f"routes/{code}.json"


def translation_file(language: Language) -> str:
    """Name the file of names in that language."""
    return f"translations/{language.lower()}.json"


def council_problems(councils: Sequence[CouncilRecord]) -> Iterator[FileProblem]:
    """See that codes are unique, current or former, and that what a row points to is there."""
    yield from _repeated(COUNCILS, "gss_code", (c.gss_code for c in councils), FIRST_ROW)
    current = {council.gss_code for council in councils}
    former: set[str] = set()
    for row, council in enumerate(councils, FIRST_ROW):
        for code in council.former_gss_codes:
            if code in current or code in former:
                message = f"{code} belongs to another row too; a code leads to one council"
                yield FileProblem(COUNCILS, row, "former_gss_codes", message)
            former.add(code)
        upper = council.upper_tier_gss
        if upper is not None and upper not in current:
            message = f"{upper} is no council in this file; correct it or add that council"
            yield FileProblem(COUNCILS, row, "upper_tier_gss", message)
        for successor in council.successors:
            # A council still to be made has a name before it has a code.
            if re.fullmatch(r"[ENSW][0-9]{8}", successor) and successor not in current:
                message = f"{successor} is no council in this file; correct it or add that council"
                yield FileProblem(COUNCILS, row, "successors", message)


def district_problems(districts: Sequence[DistrictRecord]) -> Iterator[FileProblem]:
    """Find districts with more than one point."""
    yield from _repeated(DISTRICTS, "district", (d.district for d in districts), FIRST_ROW)


def support_kind_problems(kinds: Sequence[SupportKindRecord]) -> Iterator[FileProblem]:
    """See that codes are unique, and the LGSL code of a kind one of those listed for it."""
    yield from _repeated(SUPPORT_KINDS, "code", (kind.code for kind in kinds), FIRST_ENTRY)
    for entry, kind in enumerate(kinds, FIRST_ENTRY):
        listed = {lgsl.code for lgsl in kind.lgsl}
        if kind.lgsl_code is not None and kind.lgsl_code not in listed:
            message = f"{kind.lgsl_code} is not among the codes under lgsl; add it there"
            yield FileProblem(SUPPORT_KINDS, entry, "lgsl_code", message)


def twinning_problems(
    twinnings: Sequence[TwinningRecord], councils: Sequence[CouncilRecord]
) -> Iterator[FileProblem]:
    """See that each twinning is of a known council (a former code will do) and told once."""
    steps = ((t.council_gss, t.partner_city, t.status_since) for t in twinnings)
    yield from _repeated(TWINNINGS, "status_since", steps, FIRST_ENTRY)
    known = {code for c in councils for code in (c.gss_code, *c.former_gss_codes)}
    for entry, twinning in enumerate(twinnings, FIRST_ENTRY):
        if twinning.council_gss not in known:
            message = f"{twinning.council_gss} is no council in {COUNCILS}, now or formerly"
            yield FileProblem(TWINNINGS, entry, "council_gss", message)


def route_problems(
    routes: Sequence[RouteRecord], kinds: Sequence[SupportKindRecord]
) -> Iterator[FileProblem]:
    """See that windows follow one another, duties are of known kinds, cited pages are listed."""
    known = {kind.code for kind in kinds}
    for route in routes:
        file = route_file(route.code)
        for n, (earlier, later) in enumerate(pairwise(route.windows), 1):
            if earlier.valid_to is None or later.valid_from < earlier.valid_to:
                message = "starts before the window above it has ended; windows may not overlap"
                yield FileProblem(file, None, f"windows[{n}].valid_from", message)
        last = route.windows[-1].status
        if last != (route.closing_status or RouteStatus.OPEN):
            message = f"does not agree with the last window, which is {last}"
            yield FileProblem(file, None, "closing_status", message)
        for n, duty in enumerate(route.duties):
            if duty.kind not in known:
                message = f"{duty.kind} is no code in {SUPPORT_KINDS}; correct it or add that kind"
                yield FileProblem(file, None, f"duties[{n}].kind", message)
        listed = {(page.title, page.url) for page in route.sources}
        for column, page in _cited(route):
            if (page.title, page.url) not in listed:
                message = f"{page.title!r} is not among the route's sources; add it there"
                yield FileProblem(file, None, column, message)


def rule_problems(routes: Sequence[RouteRecord], attributes: Attributes) -> Iterator[FileProblem]:
    """See that rules ask what the registry knows, and that no two facts of a key overlap."""
    for route in routes:
        file = route_file(route.code)
        for column, condition in conditions_of(route):
            wrong = problem_with(condition, attributes)
            if wrong:
                yield FileProblem(file, None, f"{column}.{wrong[0]}", wrong[1])
        ends: dict[str, Fact] = {}
        for fact in sorted(facts_of(route), key=_begins):
            before = ends.get(fact.key)
            if before and (before.valid_to is None or before.valid_to > _begins(fact)):
                message = f"overlaps {before.column}, which says the same thing at the same time"
                yield FileProblem(file, None, f"{fact.column}.valid_from", message)
            ends[fact.key] = fact


def _begins(fact: Fact) -> datetime:
    return fact.valid_from or FIRST_MOMENT


def translation_problems(
    translations: Mapping[Language, Mapping[str, str]],
    kinds: Sequence[SupportKindRecord],
    routes: Sequence[RouteRecord],
    attributes: Attributes,
) -> Iterator[FileProblem]:
    """See that English has all words, each language every name, and none what English hasn't."""
    names = {f"support_kind.{kind.code}.name" for kind in kinds}
    names |= {f"route.{route.code}.name" for route in routes}
    summaries = {f"route.{route.code}.summary" for route in routes}
    english = translations[Language.EN]
    for key in sorted(_words(routes, attributes) - english.keys()):
        yield FileProblem(translation_file(Language.EN), None, key, "is missing; add its words")
    for language, words in translations.items():
        if language is Language.EN:
            continue
        file = translation_file(language)
        for key in sorted(names - words.keys()):
            yield FileProblem(file, None, key, "is missing; add the name in this language")
        for key in sorted(words.keys() - names - summaries - english.keys()):
            yield FileProblem(file, None, key, "names nothing that is known; remove or correct it")


def _words(routes: Sequence[RouteRecord], attributes: Attributes) -> set[str]:
    asked = {
        f"question.{key}"
        for key, attribute in attributes.items()
        if attribute.type is not AttributeType.MOMENT
    }
    asked |= {"clause.unless", "joined.or", "joined.to"}
    asked |= {window_key(status) for status in RouteStatus}
    for route in routes:
        for _, condition in conditions_of(route):
            asked |= clause_keys(condition.model_dump(exclude={"unless"}), attributes)
    return asked


def _cited(route: RouteRecord) -> Iterator[tuple[str, SourceRecord]]:
    rules = (
        rule
        for entry in route.rules
        for rule in ([entry] if isinstance(entry, RuleRecord) else entry.any_of)
    )
    groups: tuple[tuple[str, Iterable[Cited]], ...] = (
        ("rules", rules),
        ("leave_options", route.leave_options),
        ("duties", route.duties),
        ("tariffs", route.tariffs),
    )
    for column, facts in groups:
        yield from ((column, fact.source) for fact in facts if fact.source)
    yield from (("windows", window.source) for window in route.windows if window.source)


def _repeated(
    file: str, column: str, keys: Iterable[Hashable], first: int
) -> Iterator[FileProblem]:
    seen: dict[Hashable, int] = {}
    for row, key in enumerate(keys, first):
        if key in seen:
            what = key if isinstance(key, str) else "the same key"
            message = f"{what} is already in row {seen[key]}; keep one of them"
            yield FileProblem(file, row, column, message)
        seen.setdefault(key, row)
