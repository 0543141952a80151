"""What the README and its further pages show is what the service answers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.access.joining import Joining
from api.access.sealing import sealing
from api.sampling import Sampling
from api.settings import Settings
from schema.reference.files import read_reference
from tests.conftest import Hearth

pytestmark = pytest.mark.no_cover  # other tests run the same lines, and measuring takes a third

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "matching.md", ROOT / "docs" / "routes.md")
EXAMPLE = re.compile(
    r"<!-- asked by: (?P<who>[^>]+) -->\n"
    r"```graphql\n(?P<query>.+?)```\n```json\n(?P<answer>.+?)```",
    re.DOTALL,
)


def _timeless(answer: Any) -> Any:
    text = re.sub(r"offer_[0-9a-f-]{36}", "offer_", json.dumps(answer))
    return json.loads(re.sub(r'"lastConfirmedOn": "[0-9-]{10}"', '"lastConfirmedOn": "day"', text))


async def test_examples_are_true(hearth: Hearth, home: Path) -> None:
    joining = await Joining.open(hearth.copy.owner_url)
    keys = sealing(Settings(home=home, development=True))
    async for _ in Sampling(hearth.copy.url, joining, keys).fill(read_reference()):
        pass
    await joining.connection.close()
    examples = list(EXAMPLE.finditer("\n".join(page.read_text("utf-8") for page in PAGES)))
    assert len(examples) == 10
    for example in examples:
        response = await hearth.post(example["query"], who=example["who"])
        assert _timeless(response.json()) == _timeless(json.loads(example["answer"]))


def test_every_setting_is_in_the_readme() -> None:
    text = README.read_text("utf-8")
    for name in Settings.model_fields:
        assert f"HEARTH_{name.upper()}" in text
