"""Cases as data: a document, its answer, and the SQL that it took, side by side.

`make snapshots` writes answers and SQL anew; a review of the difference sees every new query.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from api.access.viewer import Viewer
from api.graph.answering import Asked
from api.reading.operation import NodeField
from api.reading.plan import FieldPlan
from schema.words import Audience
from tests.conftest import CAMBRIDGE, Hearth

CASES = Path(__file__).parents[2] / "cases"
AUDIENCES = {"charity": Audience.CHARITY, "council": Audience.COUNCIL, "liaison": Audience.LIAISON}


def _same(file: Path, found: str) -> None:
    if os.environ.get("UPDATE_CASES"):
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8"), f"run `make snapshots` and review {file}"


async def _offers(hearth: Hearth) -> None:
    await hearth.open(title="Annexe", postcodeDistrict="OX4", routeCodes=["homes-for-ukraine"])
    await hearth.open(title="Barn", placesTotal=5, postcodeDistrict="OX14", householdMax=4)
    await hearth.open(f"council:{CAMBRIDGE}", title="Class", kind="esol", placesTotal=9)
    await hearth.create(title="Draft", placesTotal=1)


def _sql(hearth: Hearth, asked: Asked, who: str) -> str:
    viewer = Viewer(AUDIENCES.get(who.partition(":")[0], Audience.PUBLIC))
    planned = hearth.service.endpoint.answering._planned(asked, viewer)
    parts = []
    for key, field in planned.plan.fields.items():
        chosen = field.chosen(planned.variables) if isinstance(field, NodeField) else field
        if isinstance(chosen, FieldPlan):
            parts.append(f"-- {key}\n{chosen.sql}\n")
    return re.sub(r" +\n", "\n", "\n".join(parts))


def _watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that answer, as they are sent; the relay's run beside them."""
    ran: list[str] = []
    fetch = asyncpg.Connection.fetch

    async def watched(connection: Any, sql: str, *values: Any) -> Any:
        if not any(table in sql for table in ("outbox", "audit_pending", "audit_link")):
            ran.append(sql)
        return await fetch(connection, sql, *values)

    monkeypatch.setattr(asyncpg.Connection, "fetch", watched)
    return ran


@pytest.mark.parametrize("case", sorted(each.name for each in CASES.iterdir()))
async def test_case(hearth: Hearth, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await _offers(hearth)
    text = (CASES / case / "case.graphql").read_text("utf-8")
    who = text.partition("\n")[0].removeprefix("# who: ")
    given = re.search(r"^# variables: (.+)$", text, re.MULTILINE)
    variables = json.loads(given[1]) if given else {}
    await hearth.token(who)
    ran = _watch(monkeypatch)
    data = await hearth.data(text, variables, who)
    _same(CASES / case / "case.json", json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    sql = _sql(hearth, Asked(text, None, variables), who)
    _same(CASES / case / "case.sql", sql)
    assert len(ran) == sql.count("-- "), "one statement for each root field, and no more"
