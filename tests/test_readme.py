"""What the README shows is what the service answers."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from api.access.joining import Joining
from api.access.members import Members
from api.access.viewer import Viewer
from api.offers.samples import create_samples, samples
from api.settings import Settings
from api.store.database import Database
from schema.reference.files import read_reference
from schema.types.clock import LONDON
from schema.words import Audience
from tests.conftest import Hearth

README = Path(__file__).parent.parent / "README.md"
EXAMPLE = re.compile(
    r"<!-- asked by: (?P<who>[^>]+) -->\n"
    r"```graphql\n(?P<query>.+?)```\n```json\n(?P<answer>.+?)```",
    re.DOTALL,
)


def _timeless(answer: Any) -> Any:
    text = re.sub(r"offer_[0-9a-f-]{36}", "offer_", json.dumps(answer))
    return json.loads(re.sub(r'"lastConfirmedOn": "[0-9-]{10}"', '"lastConfirmedOn": "day"', text))


async def test_examples_are_true(hearth: Hearth) -> None:
    joining = await Joining.open(hearth.copy.owner_url)
    sampler = await joining.admin("Sample data", "sample-data")
    await joining.connection.close()
    database = Database(hearth.copy.url, pool_size=2, query_seconds=5)
    wanted = samples(read_reference(), datetime.now(LONDON).date())
    async for _ in create_samples(Members(database), Viewer(Audience.ADMIN, sampler), wanted):
        pass
    await database.close()
    examples = list(EXAMPLE.finditer(README.read_text("utf-8")))
    assert len(examples) == 10
    for example in examples:
        response = await hearth.post(example["query"], who=example["who"])
        assert _timeless(response.json()) == _timeless(json.loads(example["answer"]))


def test_every_setting_is_in_the_readme() -> None:
    text = README.read_text("utf-8")
    for name in Settings.model_fields:
        assert f"HEARTH_{name.upper()}" in text
