"""The printed schema is the schema."""

from pathlib import Path

from api.graph.schema import make_schema

PRINTED = Path(__file__).parents[3] / "schema" / "schema.graphql"


def test_the_printed_schema_is_true() -> None:
    assert make_schema().as_str() == PRINTED.read_text("utf-8").rstrip("\n")
