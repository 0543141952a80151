"""docs/trust.md claims nothing without a test, and every test that it leans on is there."""

import ast
import re
from pathlib import Path

from api.requests.retention import KINDS
from schema.tables import metadata

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "trust.md").read_text("utf-8")
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)
WITHOUT_CLAIMS = ("What Hearth can't do", "For the controller to decide")
ADDRESSES = "tests/api/offers/test_addresses.py"
LIFECYCLE = "tests/api/matching/test_lifecycle.py"
PROTECTING = "tests/api/requests/test_protecting.py"
REQUESTS = "tests/api/requests/test_requests.py"
SUBJECT = "tests/api/requests/test_subject.py"
CHAIN = "tests/api/writing/test_chain.py"
CORRECTING = "tests/api/requests/test_correcting.py"
DEFINERS = "tests/security/test_definers.py"
ROTATION = "tests/api/access/test_rotation.py"
AUDIENCES = "tests/api/access/test_audiences.py"
HISTORY = "tests/api/requests/test_history.py"
CANARIES = "tests/security/test_canaries.py::test_no_canary_gets_out"

TESTS = {
    "address": [
        f"{ADDRESSES}::test_its_officers_see_it_and_each_look_is_noted",
        f"{ADDRESSES}::test_a_charity_sees_it_once_matched_and_agreed",
    ],
    "anchor": [
        f"{CHAIN}::test_an_end_that_was_cut_off_is_found_by_an_anchor",
        f"{CHAIN}::test_the_command_keeps_an_anchor",
    ],
    "append-only": [f"{CHAIN}::test_nobody_changes_what_was_written"],
    "bound": [f"{ROTATION}::test_an_old_key_is_no_longer_needed_after"],
    "chain": [
        f"{CHAIN}::test_the_running_service_chains_by_itself",
        f"{CHAIN}::test_two_relays_at_once_make_one_chain",
    ],
    "consent": [
        f"{LIFECYCLE}::test_taken_back_it_ends_what_is_undecided",
        f"{LIFECYCLE}::test_taken_back_for_another_council_it_ends_nothing",
    ],
    "contact": [f"{REQUESTS}::test_contact_is_shown_to_who_needs_it_and_each_look_is_noted"],
    "correct": [f"{CORRECTING}::test_its_charity_puts_right_what_is_kept"],
    "definers": [
        f"{DEFINERS}::test_they_tell_of_ones_own_cases_alone",
        f"{DEFINERS}::test_they_change_ones_own_cases_alone",
        f"{DEFINERS}::test_nobody_writes_the_audit_as_another",
    ],
    "district": [f"{ADDRESSES}::test_outsiders_and_another_council_see_none"],
    "erase": [
        f"{SUBJECT}::test_all_of_it_is_gone_and_the_statistics_stay",
        f"{SUBJECT}::test_the_commands_tell_and_erase",
    ],
    "erase-ended": [f"{SUBJECT}::test_all_of_it_is_gone_and_the_statistics_stay"],
    "export": [
        f"{SUBJECT}::test_all_of_it_is_told",
        f"{SUBJECT}::test_the_commands_tell_and_erase",
    ],
    "glass": ["tests/api/requests/test_break_glass.py"],
    "host": ["tests/api/offers/test_host.py::test_a_host_is_told_and_erased"],
    "history": [
        f"{HISTORY}::test_both_sides_read_what_was_done",
        f"{ADDRESSES}::test_its_officers_see_it_and_each_look_is_noted",
    ],
    "list-slips": [f"{ADDRESSES}::test_a_list_names_no_council_that_there_is_not"],
    "looks": [
        f"{REQUESTS}::test_contact_is_shown_to_who_needs_it_and_each_look_is_noted",
        f"{ADDRESSES}::test_its_officers_see_it_and_each_look_is_noted",
    ],
    "matrix": ["tests/security/test_visibility.py"],
    "need-ends": [
        f"{LIFECYCLE}::test_a_council_reads_it_while_its_match_is_under_way_or_the_household_agrees",
        f"{LIFECYCLE}::test_an_upper_tier_that_is_refused_by_name_reads_none",
    ],
    "need-no-name": [
        f"{REQUESTS}::test_a_council_sees_a_need_and_no_name",
        f"{REQUESTS}::test_consent_counts_from_then_on",
    ],
    "new-tables": [f"{SUBJECT}::test_a_new_table_is_found_and_nothing_is_erased_past_it"],
    "next-link": [f"{CHAIN}::test_a_link_that_is_not_the_next_is_refused"],
    "next-request": [AUDIENCES],
    "no-oracle": [f"{AUDIENCES}::test_another_councils_offer_answers_as_a_random_id"],
    "no-person": [
        f"{REQUESTS}::test_strangers_are_refused",
        "tests/api/requests/test_guard.py::test_who_has_no_part_reads_no_table",
    ],
    "no-reasons": [
        f"{ADDRESSES}::test_what_was_said_of_its_place_is_forgotten",
        f"{PROTECTING}::test_its_place_is_nowhere",
        "tests/api/matching/test_allocations.py::test_why_not_tells_no_place_once_it_is_protected",
    ],
    "noted": ["tests/api/writing/test_unit_of_work.py"],
    "own-list": [f"{ADDRESSES}::test_only_those_on_its_list_know_it"],
    "own-requests": [f"{REQUESTS}::test_another_charity_sees_nothing_and_changes_nothing"],
    "protected-household": [f"{PROTECTING}::test_only_those_on_its_list_know_who_it_is"],
    "protected-offer": [
        f"{ADDRESSES}::test_a_protected_offer_is_like_one_without_a_district",
        f"{ADDRESSES}::test_only_those_on_its_list_know_it",
    ],
    "retention": [
        f"{SUBJECT}::test_each_kind_goes_in_its_time",
        f"{SUBJECT}::test_a_request_is_kept_from_its_end_not_from_a_later_touch",
    ],
    "rotation": [
        f"{ROTATION}::test_an_old_key_is_no_longer_needed_after",
        f"{ROTATION}::test_the_command_says_what_it_did_and_what_it_lacks",
    ],
    "row-level": [
        "tests/security/test_tables.py::test_every_privilege_is_in_the_table",
        "tests/api/requests/test_guard.py::test_others_read_no_row",
    ],
    "sealed": [CANARIES, f"{REQUESTS}::test_a_dump_holds_no_name"],
    "sensitive": [
        f"{REQUESTS}::test_what_is_needed_to_house_it_safely_is_shown_with_its_contact_alone",
        CANARIES,
    ],
    "silent": [f"{SUBJECT}::test_a_request_that_nobody_follows_ends"],
    "verify": [f"{CHAIN}::test_tampering_is_found"],
    "words": [
        "tests/security/test_canaries.py::test_what_is_written_in_words_is_with_its_row_alone",
        f"{SUBJECT}::test_all_of_it_is_told",
        f"{SUBJECT}::test_all_of_it_is_gone_and_the_statistics_stay",
        f"{SUBJECT}::test_each_kind_goes_in_its_time",
    ],
}

# What the table of what is kept says of each table that holds something of a person, or of who did
# something; the others hold none.
KEPT = {
    "allocation": "what an allocation proposed",
    "allocation_proposal": "what an allocation proposed",
    "allocation_unplaced": "why it found no place",
    "api_key": "API keys",
    "audit_event": "who did what and when",
    "audit_link": "(the audit)",
    "audit_pending": "(the audit)",
    "break_glass": "broke the glass",
    "consent": "what it agreed to",
    "contact_look": "who looked at its contact",
    "idempotency_key": "answers to repeated commands",
    "match": "matches that came to nothing",
    "member": "who is a member",
    "offer_address": "exact address, UPRN and host",
    "offer_check": "why a check on an offer failed",
    "outbox": "messages to those who follow",
    "request": "its size, children's ages",
    "request_contact": "name, e-mail and telephone",
    "request_event": "each step of a request",
}
OF_NOBODY = {
    *("allocation_price", "check_event", "council", "fact_attribute", "location", "offer"),
    *("offer_event", "organisation", "report_edition", "report_release", "report_row", "route"),
    *("route_dissent", "route_event", "route_fact", "route_source", "source", "support_kind"),
    "twinning",
}


def _claims() -> list[str]:
    lines = [
        line
        for section in SECTIONS
        if not section.startswith(WITHOUT_CLAIMS)
        for line in section.splitlines()
        if line.startswith("- ")
    ]
    assert len(lines) > 20
    return lines


def _tests_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name for each in ast.walk(tree) if isinstance(each, functions)}


def test_every_claim_has_its_mark_and_every_mark_its_claim() -> None:
    marks = []
    for line in _claims():
        found = re.findall(r"\[([a-z-]+)\]$", line)
        assert found, f"no mark: {line}"
        marks += found
    assert set(marks) == set(TESTS)


def test_every_test_that_is_named_is_there() -> None:
    for tests in TESTS.values():
        for test in tests:
            file, _, name = test.partition("::")
            found = _tests_in(ROOT / file)
            assert name in found if name else any(each.startswith("test_") for each in found), test


def test_every_table_is_told_or_of_nobody() -> None:
    assert set(KEPT) | OF_NOBODY == set(metadata.tables)
    [kept] = [section for section in SECTIONS if section.startswith("What is kept")]
    said = [line.split(" | ")[0] for line in kept.splitlines() if line.startswith("| ")]
    for table, words in KEPT.items():
        assert any(words in each for each in said), table


def test_the_periods_are_those_that_hold() -> None:
    told = {name: int(days) for name, days in re.findall(r"`([a-z]+)`: (\d+)", TEXT)}
    assert told == {name: kind.days for name, kind in KINDS.items()}
