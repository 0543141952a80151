"""docs/checks.md names tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "checks.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| *(\d+) \|", re.MULTILINE)


@cache
def _tests(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_test_named_in_the_checks_is_there() -> None:
    named = NAMED.findall(TEXT)
    assert len(named) > 50
    assert [f"{file}::{name}" for file, name in named if name not in _tests(file)] == []


def test_every_check_has_a_test_or_a_reason_once() -> None:
    numbers = [int(number) for number in ROW.findall(TEXT)]
    assert numbers == sorted(set(numbers))
    assert set(range(1, 113)) - {89} == set(numbers), "89 is no check's number"
    for line in TEXT.splitlines():
        if ROW.match(line):
            assert NAMED.search(line) or "does not apply: " in line, line
