"""Each case in tests/cases: a document, its answer, and the SQL that finds it.

A case's first lines may say `# who: council:E07000178` and `# variables: {...}`; a variable
"offer:Annexe" stands for the id of the sample with that title. `make snapshots` writes the
answers and the SQL anew; review what it changes.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import asyncpg.pool
import pytest
from graphql import OperationType

from api.reading.operation import NodeField, OperationPlan
from api.reading.plan import FieldPlan
from schema.words import Audience
from tests.conftest import CAMBRIDGE, OXFORD, Hearth

CASES = sorted(path.parent for path in Path("tests/cases").glob("*/case.graphql"))
IS_UPDATE = os.environ.get("UPDATE_CASES") == "1"
HEAD = re.compile(r"^# (who|variables): (.+)$", re.MULTILINE)
SAMPLES: list[tuple[str, dict[str, Any]]] = [
    (
        OXFORD,
        {
            "title": "Annexe",
            "placesTotal": 2,
            "postcodeDistrict": "OX4",
            "stepFree": "ALL",
            "languages": ["uk", "ru"],
            "routeCodes": ["homes-for-ukraine", "ukraine-family-scheme"],
        },
    ),
    (OXFORD, {"title": "Barn", "placesTotal": 5, "postcodeDistrict": "OX14"}),
    (CAMBRIDGE, {"title": "Class", "kind": "esol", "placesTotal": 9, "petsAllowed": True}),
    (CAMBRIDGE, {"title": "Den", "placesTotal": 3, "routeCodes": ["mandate"]}),
]


def _expect(file: Path, found: str) -> None:
    if IS_UPDATE:
        file.write_text(found, encoding="utf-8")
    assert file.exists(), f"{file} is missing: run `make snapshots`"
    assert found == file.read_text(encoding="utf-8"), f"{file} differs: `make snapshots`, review"


def _plans(plan: OperationPlan, variables: Any) -> dict[str, FieldPlan]:
    plans = {}
    for key, field in plan.fields.items():
        chosen = field.chosen(variables) if isinstance(field, NodeField) else field
        assert isinstance(chosen, FieldPlan), f"{key} is answered in another way"
        plans[key] = chosen
    return plans


async def _given(hearth: Hearth, text: str) -> tuple[str, dict[str, Any]]:
    ids = {}
    for gss_code, sample in SAMPLES:
        ids[f"offer:{sample['title']}"] = (await hearth.open(f"council:{gss_code}", **sample))["id"]
    await hearth.create(title="Draft")
    head = {name: value for name, value in HEAD.findall(text)}
    variables = json.loads(head.get("variables", "{}"))
    named = {
        name: ids.get(value, value) if isinstance(value, str) else value
        for name, value in variables.items()
    }
    return head.get("who", "public"), named


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_case(hearth: Hearth, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (case / "case.graphql").read_text(encoding="utf-8")
    who, variables = await _given(hearth, text)

    document = hearth.service.answering.documents.document(text)
    audience = Audience(who.partition(":")[0].upper())
    plan, given = document.plan(document.operation(None), variables, audience)
    assert plan.kind is OperationType.QUERY
    plans = _plans(plan, given)

    ran = []
    fetch = asyncpg.pool.PoolConnectionProxy.fetch

    async def counted(connection: Any, sql: str, *values: Any) -> Any:
        ran.append(sql)
        return await fetch(connection, sql, *values)

    await hearth.token(who)
    monkeypatch.setattr(asyncpg.pool.PoolConnectionProxy, "fetch", counted)
    data = await hearth.data(text, variables, who)

    statements = [field.sql for field in plans.values()]
    assert ran == statements, "each root field takes one statement, and nothing else is read"
    _expect(case / "case.json", json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    parts = [f"-- {key}\n{each.sql}\n" for key, each in plans.items()]
    _expect(case / "case.sql", re.sub(r" +$", "", "\n".join(parts), flags=re.MULTILINE))
