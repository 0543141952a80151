"""Our own documents stay under half of each limit; those made to hurt are cheap to refuse."""

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse

from api.graph.first_queries import FIRST_QUERIES
from api.graph.schema import make_schema
from api.reading.documents import Documents, InvalidDocumentError
from api.reading.limits import (
    DEEPEST,
    MOST_ALIASES,
    MOST_COST,
    MOST_DIRECTIVES,
    MOST_FIELDS,
    Measurer,
    fragments_of,
)
from schema.refusals import Refused
from tests import conftest, test_end_to_end
from tests.conftest import Hearth

ROOT = Path(__file__).parents[3]
SCHEMA = make_schema()._schema


def _documents() -> Iterator[tuple[str, str]]:
    readme = (ROOT / "README.md").read_text("utf-8")
    for number, text in enumerate(re.findall(r"```graphql\n(.+?)```", readme, re.DOTALL)):
        yield f"README {number}", text
    for file in sorted((ROOT / "tests" / "cases").rglob("*.graphql")):
        yield file.parent.name, file.read_text("utf-8")
    for audience, (_, text) in FIRST_QUERIES.items():
        yield f"first query of {audience}", text
    for module in (conftest, test_end_to_end):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and "{" in value:
                yield f"{module.__name__} {name}", value


DOCUMENTS = dict(_documents())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_our_own_documents_stay_under_half_of_each_limit(name: str) -> None:
    # What pages a variable may ask for is not known here: the default stands for it.
    text, variables = DOCUMENTS[name], dict[str, object]()
    node = parse(text)
    measurer = Measurer(SCHEMA, fragments_of(node), variables)
    for each in node.definitions:
        if isinstance(each, OperationDefinitionNode):
            measure = measurer.operation(each)
            assert measure.cost <= MOST_COST / 2
            assert measure.depth <= DEEPEST / 2
            assert measure.fields <= MOST_FIELDS / 2
            assert measure.aliases <= MOST_ALIASES / 2
            assert measure.directives <= MOST_DIRECTIVES / 2


def _bomb(levels: int, spreads: int) -> str:
    parts = [
        f"fragment F{n} on Council {{ gssCode {f'...F{n + 1} ' * spreads}}}" for n in range(levels)
    ]
    last = f"fragment F{levels} on Council {{ name }}"
    return " ".join(["{ councils { nodes { ...F0 } } }", *parts, last])


ATTACKS = {
    "200 fragments, each spread twice": _bomb(200, 2),
    "20 fragments, each spread ten times": _bomb(20, 10),
    "fragments in a circle": "{ councils { nodes { ...A } } } "
    "fragment A on Council { ...B } fragment B on Council { ...A }",
    "deep": "{ council(gssCode: 1) " + "{ upperTier " * 190 + "{ name }" + " }" * 191,
    "a very long document": "{ " + "viewer { name } " * 60_000 + "}",
    "deeper than the parser goes": "{ a " * 1000 + "}" * 1000,
    "nested lists": "{ councils(filter: " + "[" * 1400 + "]" * 1400 + ") { totalCount } }",
    "aliases": "{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(400)) + " }",
    "fields that merge": "{ viewer { " + "name " * 2500 + "} }",
    "directives": "{ viewer { name " + "@skip(if: false) " * 400 + "} }",
    "tokens": "{ " + "a " * 100_000 + "}",
    "comments": "#" * 500_000 + "\n{ nope }",
    "a long string": '{ council(gssCode: "' + "a" * 500_000 + '") { nope } }',
    "pages of pages": "{ councils(first: 100) { nodes { offers(first: 100) { nodes { council {"
    " offers(first: 100) { nodes { id } } } } } } } }",
    "variables": "query (" + " ".join(f"$v{n}: Int" for n in range(700)) + ") { __typename }",
    "operations": " ".join(f"query Q{n} {{ __typename }}" for n in range(500)),
    "introspection": "{ __schema { types "
    + "{ fields { type " * 60
    + "{ name }"
    + " } }" * 60
    + " } }",
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_documents_made_to_hurt_are_refused_in_no_time(hearth: Hearth, attack: str) -> None:
    hearth.service.database.url = "postgresql://nobody@127.0.0.1:1/nothing"
    started = time.process_time()
    response = await hearth.post(ATTACKS[attack])
    # 50 ms of the processor is what it should take; measured for coverage, a quarter of a second;
    # work that grows with the square of what was sent takes many.
    assert time.process_time() - started < 2
    assert response.status_code == 400
    assert len(response.json()["errors"]) <= 5


def test_documents_made_to_hurt_are_not_kept() -> None:
    documents = Documents(SCHEMA)
    for text in ATTACKS.values():
        with contextlib.suppress(InvalidDocumentError, Refused):
            documents.document(text)
    # That one is only too costly with the page sizes asked for.
    assert list(documents._kept._values) == [ATTACKS["pages of pages"]]
