import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pyproj import Transformer

from schema.reference.files import Reference, ReferenceFileError, read_reference
from schema.reference.route_records import RouteRecord, RuleGroupRecord, RuleRecord
from schema.words import Language

TODAY = date(2026, 11, 23)
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(scope="module")
def reference() -> Reference:
    return read_reference()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    with resources.as_file(resources.files("schema.reference") / "data") as packaged:
        shutil.copytree(packaged, copy)
    return copy


def route(reference: Reference, code: str) -> RouteRecord:
    return next(r for r in reference.routes if r.code == code)


def change_json(file: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def change_cell(file: Path, row: int, column: str, value: str) -> None:
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    rows[row - 1][rows[0].index(column)] = value
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows(rows)


def refusal(folder: Path) -> ReferenceFileError:
    with pytest.raises(ReferenceFileError) as caught:
        read_reference(folder)
    return caught.value


class TestWhatIsThere:
    def test_every_subject_is_complete(self, reference: Reference) -> None:
        assert len(reference.councils) == 430
        assert len(reference.districts) == 2826
        assert len(reference.support_kinds) == 47
        assert sum(kind.lgsl_code is not None for kind in reference.support_kinds) == 38
        assert len(reference.twinnings) == 31
        assert len(reference.routes) == 16

    def test_382_councils_are_current_by_kind_and_nation(self, reference: Reference) -> None:
        current = [c for c in reference.councils if c.ends_on is None or c.ends_on >= TODAY]

        assert len(current) == 382
        assert Counter(council.kind for council in current) == {
            "COUNTY": 21,
            "DISTRICT": 164,
            "UNITARY": 63,
            "LONDON_BOROUGH": 33,
            "METROPOLITAN": 36,
            "SCOTTISH": 32,
            "WELSH": 22,
            "NORTHERN_IRISH": 11,
        }
        assert sum(council.nation == "ENGLAND" for council in current) == 317
        assert all(c.upper_tier_gss for c in current if c.kind == "DISTRICT")
        assert all(c.easting is not None for c in current)

    def test_surrey_ends_and_is_succeeded(self, reference: Reference) -> None:
        ending = [c for c in reference.councils if c.ends_on == date(2027, 3, 31)]

        assert len(ending) == 12
        surrey = next(council for council in ending if council.kind == "COUNTY")
        assert surrey.successors == ("East Surrey", "West Surrey")

    def test_an_abolished_council_keeps_its_place_in_the_country(
        self, reference: Reference
    ) -> None:
        cumbria = next(c for c in reference.councils if c.gss_code == "E10000006")

        assert (cumbria.nation, cumbria.region) == ("ENGLAND", "North West")
        assert cumbria.successors == ("E06000063", "E06000064")
        assert cumbria.latitude is None

    def test_recoded_councils_keep_their_former_code(self, reference: Reference) -> None:
        former = {c.gss_code: c.former_gss_codes for c in reference.councils}

        assert former["E08000039"] == ("E08000019",)
        assert former["E08000038"] == ("E08000016",)
        assert former["S12000049"] == ("S12000043", "S12000046")

    def test_metres_agree_with_degrees(self, reference: Reference) -> None:
        grid = Transformer.from_crs(4326, 27700, always_xy=True)
        for district in reference.districts:
            easting, northing = grid.transform(district.longitude, district.latitude)
            # Another build of PROJ may bring the finer grid of the Ordnance Survey.
            assert easting == pytest.approx(district.easting, abs=10)
            assert northing == pytest.approx(district.northing, abs=10)

    def test_the_best_lgsl_entry_gives_the_code(self, reference: Reference) -> None:
        order = ["EXACT", "CLOSE", "RELATED"]
        for kind in reference.support_kinds:
            best = min(kind.lgsl, key=lambda lgsl: order.index(lgsl.match), default=None)
            assert kind.lgsl_code == (best.code if best else None)

    def test_names_come_in_three_languages(self, reference: Reference) -> None:
        assert set(reference.translations) == set(Language)
        for language in (Language.UK, Language.RU, Language.CY):
            words = reference.translations[language]
            assert sum(key.endswith(".name") for key in words) == 63
        assert reference.words("route.homes-for-ukraine.name")["CY"] == "Cartrefi i Wcráin"
        assert reference.words("support_kind.thank-you-payment.name")["CY"] == "Taliad diolch"


class TestTwinnings:
    def test_oxford_and_perm_are_suspended_until_the_breaches_cease(
        self, reference: Reference
    ) -> None:
        oxford = [t for t in reference.twinnings if t.council_gss == "E07000178"]
        perm = next(twinning for twinning in oxford if twinning.partner_city == "Perm")

        assert len(oxford) == 8
        assert (perm.partner_country, perm.since) == ("RUS", "1995")
        assert (perm.status, perm.status_since) == ("SUSPENDED", "2022-03-04")
        assert perm.reason is not None
        assert "until breaches of international law cease" in perm.reason
        assert perm.source.url is not None
        assert (perm.basis, perm.confidence) == ("SOURCED", "HIGH")

    def test_other_links_of_oxford_are_active(self, reference: Reference) -> None:
        oxford = {
            t.partner_city
            for t in reference.twinnings
            if t.council_gss == "E07000178" and t.status == "ACTIVE"
        }
        assert oxford == {"Leiden", "Bonn", "León", "Grenoble", "Wrocław", "Padua", "Ramallah"}


class TestRoutes:
    def test_totals(self, reference: Reference) -> None:
        assert sum(len(r.rules) for r in reference.routes) == 82
        assert sum(len(r.duties) for r in reference.routes) == 131
        assert sum(len(r.tariffs) for r in reference.routes) == 79
        groups = [rule for r in reference.routes for rule in r.rules if rule_is_group(rule)]
        assert len(groups) == 11

    def test_status_by_windows(self, reference: Reference) -> None:
        status = {r.code: r.windows[-1].status.value for r in reference.routes}

        assert Counter(status.values()) == {"OPEN": 8, "CLOSED": 5, "PAUSED": 3}
        assert status["scotland-super-sponsor"] == "PAUSED"
        assert status["family-reunion"] == "PAUSED"
        assert status["ukraine-family-scheme"] == "CLOSED"
        assert status["homes-for-ukraine"] == "OPEN"

    def test_windows_follow_one_another_from_opening_to_now(self, reference: Reference) -> None:
        for each in reference.routes:
            first, last = each.windows[0], each.windows[-1]
            assert first.valid_from.astimezone(LONDON).date() == each.opens_on
            assert last.valid_to is None
            assert all(a.valid_to == b.valid_from for a, b in pairwise(each.windows))
            if each.closes_on:
                assert last.valid_from.astimezone(LONDON).date() == each.closes_on

    def test_the_family_scheme_closed_at_three_in_the_afternoon(self, reference: Reference) -> None:
        closed = route(reference, "ukraine-family-scheme").windows[-1]

        assert closed.valid_from == datetime(2024, 2, 19, 15, tzinfo=UTC)
        assert closed.precision == "moment"

    def test_a_day_in_summer_begins_at_midnight_in_london(self, reference: Reference) -> None:
        paused = route(reference, "wales-super-sponsor").windows[-1]

        assert paused.valid_from == datetime(2022, 6, 9, 23, tzinfo=UTC)
        assert paused.valid_from.utcoffset() == timedelta(hours=1)
        assert paused.precision == "day"

    def test_sources_that_disagree_are_both_kept(self, reference: Reference) -> None:
        cut = route(reference, "homes-for-ukraine").leave_options[-1]

        assert (cut.months, cut.valid_from) == (18, date(2024, 2, 19))
        assert cut.valid_from_at == datetime(2024, 2, 19, 15, tzinfo=UTC)
        (other,) = cut.other_sources
        assert other.title.startswith("Shoosmiths")
        assert other.claims == {"valid_from": "2024-03-11"}

    def test_money_is_exact(self, reference: Reference) -> None:
        amounts = {
            (r.code, tariff.kind): tariff.amount for r in reference.routes for tariff in r.tariffs
        }
        assert amounts["asylum-dispersal", "section-95-subsistence"] == Decimal("49.18")
        assert amounts["homes-for-ukraine", "tariff"] == Decimal(5900)
        assert route(reference, "bno-hong-kong").fee_pounds == Decimal(250)

    def test_a_route_keeps_its_file_whole(self, reference: Reference) -> None:
        for each in reference.routes:
            assert len(each.facts["duties"]) == len(each.duties)
            assert {"health_surcharge", "work_right", "public_funds", "family_scope"} <= set(
                each.facts
            )
            assert each.recorded_at == datetime(2026, 7, 1, 23, tzinfo=UTC)

    def test_text_speaks_for_itself(self, reference: Reference) -> None:
        text = json.dumps([r.facts for r in reference.routes])

        assert not re.search(r"this file|not read\b", text)


def rule_is_group(rule: RuleRecord | RuleGroupRecord) -> bool:
    return isinstance(rule, RuleGroupRecord)


class TestWhatIsRefused:
    def test_a_copy_of_the_packaged_folder_is_read(
        self, reference: Reference, folder: Path
    ) -> None:
        assert read_reference(folder) == reference

    def test_a_file_saved_with_a_byte_order_mark_is_read(
        self, reference: Reference, folder: Path
    ) -> None:
        file = folder / "councils.csv"
        file.write_text(file.read_text(encoding="utf-8"), encoding="utf-8-sig")

        assert read_reference(folder) == reference

    def test_a_bad_cell_is_named_by_file_row_and_column(self, folder: Path) -> None:
        change_cell(folder / "councils.csv", 17, "latitude", "somewhere")

        message = str(refusal(folder))
        assert "councils.csv, row 17, column latitude: 'somewhere' will not do" in message
        assert str(folder) in message
        assert "Correct these places" in message

    def test_all_problems_of_all_files_come_at_once(self, folder: Path) -> None:
        change_cell(folder / "councils.csv", 2, "kind", "PARISH")
        change_cell(folder / "councils.csv", 3, "name", "")
        change_cell(folder / "postcode_districts.csv", 5, "longitude", "51.7")
        change_json(folder / "twinnings.json", lambda found: found[4].pop("status"))

        assert [(p.file, p.row, p.column) for p in refusal(folder).problems] == [
            ("councils.csv", 2, "kind"),
            ("councils.csv", 3, "name"),
            ("postcode_districts.csv", 5, "longitude"),
            ("twinnings.json", 5, "status"),
        ]

    def test_at_most_twenty_problems_are_shown(self, folder: Path) -> None:
        for row in range(2, 32):
            change_cell(folder / "postcode_districts.csv", row, "latitude", "-1")

        error = refusal(folder)
        assert len(error.problems) == 30
        assert str(error).count("postcode_districts.csv, row") == 20
        assert "and 10 more" in str(error)

    def test_a_missing_file_is_named_with_its_folder(self, folder: Path) -> None:
        (folder / "twinnings.json").unlink()

        assert f"twinnings.json: there is no such file in {folder}" in str(refusal(folder))

    def test_a_missing_folder_names_every_file(self, tmp_path: Path) -> None:
        files = {problem.file for problem in refusal(tmp_path / "nowhere").problems}

        assert {"councils.csv", "support_kinds.json", "routes", "translations/cy.json"} <= files

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"gss_code,name\nE06000001,Hartlepool\n", "row 1 must name these columns"),
            (b"\xff\xfe", "is not UTF-8"),
            (b"", "row 1 must name these columns"),
        ],
    )
    def test_a_file_that_is_no_table_is_refused(
        self, folder: Path, content: bytes, said: str
    ) -> None:
        (folder / "councils.csv").write_bytes(content)

        assert f"councils.csv: {said}" in str(refusal(folder))

    def test_a_row_cut_short_is_refused(self, folder: Path) -> None:
        file = folder / "postcode_districts.csv"
        file.write_text(file.read_text(encoding="utf-8") + "ZE9,60.1\n", encoding="utf-8")

        assert "postcode_districts.csv, row 2828: has 2 cells where 5" in str(refusal(folder))

    def test_broken_json_is_refused(self, folder: Path) -> None:
        (folder / "routes" / "mandate.json").write_text("{", encoding="utf-8")

        assert "routes/mandate.json: is not JSON" in str(refusal(folder))

    @pytest.mark.parametrize(
        ("column", "value", "row"),
        [
            ("gss_code", "E06000001", 3),
            ("upper_tier_gss", "E10000099", 3),
            ("successors", "E06000999", 3),
            ("former_gss_codes", "E06000001", 3),
        ],
    )
    def test_a_council_that_contradicts_another_is_refused(
        self, folder: Path, column: str, value: str, row: int
    ) -> None:
        change_cell(folder / "councils.csv", row, column, value)

        found = {(p.file, p.row, p.column) for p in refusal(folder).problems}
        assert ("councils.csv", row, column) in found

    def test_a_point_without_metres_is_refused(self, folder: Path) -> None:
        change_cell(folder / "councils.csv", 2, "easting", "")

        assert "councils.csv, row 2: " in str(refusal(folder))

    def test_a_twinning_may_name_a_former_code_but_no_unknown_one(self, folder: Path) -> None:
        def move(code: str) -> Callable[[Any], None]:
            return lambda found: found[0].update(council_gss=code)

        change_json(folder / "twinnings.json", move("E08000019"))
        assert read_reference(folder).twinnings[0].council_gss == "E08000019"

        change_json(folder / "twinnings.json", move("E08000099"))
        assert "twinnings.json, entry 1, column council_gss: E08000099" in str(refusal(folder))

    def test_an_lgsl_code_out_of_nowhere_is_refused(self, folder: Path) -> None:
        change_json(folder / "support_kinds.json", lambda found: found[0].update(lgsl_code=1))

        assert "support_kinds.json, entry 1, column lgsl_code" in str(refusal(folder))

    @pytest.mark.parametrize(
        ("change", "column"),
        [
            (
                lambda r: r["windows"][1].update(valid_from="2023-01-01T00:00:00+00:00"),
                "windows[1].valid_from",
            ),
            (lambda r: r["duties"][0].update(kind="tea"), "duties[0].kind"),
            (lambda r: r["tariffs"][0].update(amount="1.005"), "tariffs[0].amount"),
            (lambda r: r["duties"][0].update(valid_to="1990-01-01"), "duties[0]"),
            (
                lambda r: r["windows"][0].update(valid_from="2022-03-04T00:00"),
                "windows[0].valid_from",
            ),
            (lambda r: r.update(closing_status="PAUSED"), "closing_status"),
            (lambda r: r.update(code="other"), "code"),
            (lambda r: r["rules"][0].update(any_of=[]), "rules[0].group.any_of"),
            (lambda r: r["sources"].clear(), "rules"),
        ],
    )
    def test_a_route_that_does_not_hold_together_is_refused(
        self, folder: Path, change: Callable[[Any], None], column: str
    ) -> None:
        change_json(folder / "routes" / "ukraine-family-scheme.json", change)

        found = {(p.file, p.column) for p in refusal(folder).problems}
        assert ("routes/ukraine-family-scheme.json", column) in found

    @pytest.mark.parametrize(
        ("change", "column"),
        [
            (lambda rule: rule.update(attribute="colour"), "attribute"),
            (lambda rule: rule.update(operator="gte"), "operator"),
            (lambda rule: rule.update(value="AFG"), "value"),
            (lambda rule: rule.update(value=["Afghanistan"]), "value"),
            (lambda rule: rule.update(operator="eq", value=7), "value"),
        ],
    )
    def test_a_rule_that_the_registry_does_not_know_is_refused(
        self, folder: Path, change: Callable[[Any], None], column: str
    ) -> None:
        change_json(folder / "routes" / "acrs.json", lambda found: change(found["rules"][0]))

        found = [(p.file, p.column) for p in refusal(folder).problems]
        assert found == [("routes/acrs.json", f"rules[0].{column}")]

    def test_two_amounts_for_one_time_are_refused(self, folder: Path) -> None:
        def overlap(found: Any) -> None:
            found["tariffs"].append(found["tariffs"][0] | {"valid_from": "2022-01-01"})

        change_json(folder / "routes" / "acrs.json", overlap)

        (problem,) = refusal(folder).problems
        assert problem.column == "tariffs[9].valid_from"
        assert "overlaps tariffs[0]" in problem.message

    def test_words_that_english_lacks_are_refused(self, folder: Path) -> None:
        key = "clause.applicant.nationality.in"
        change_json(folder / "translations" / "en.json", lambda found: found.pop(key))

        problems = [(p.file, p.column) for p in refusal(folder).problems]
        left_over = [(f"translations/{language}.json", key) for language in ("cy", "ru", "uk")]
        assert sorted(problems) == sorted([("translations/en.json", key), *left_over])

    def test_a_name_left_out_or_left_over_is_refused(self, folder: Path) -> None:
        def rename(found: Any) -> None:
            found["route.mandat.name"] = found.pop("route.mandate.name")

        change_json(folder / "translations" / "cy.json", rename)

        assert [(p.file, p.column) for p in refusal(folder).problems] == [
            ("translations/cy.json", "route.mandate.name"),
            ("translations/cy.json", "route.mandat.name"),
        ]
