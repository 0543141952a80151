from tests.conftest import Hearth


async def test_an_offer_goes_in_and_a_charity_sees_it(hearth: Hearth) -> None:
    opened = await hearth.open(title="Annexe", postcodeDistrict="ox4")
    found = await hearth.data("{ availability { totalCount nodes { id title council { name } } } }")
    assert found["availability"] == {
        "totalCount": 1,
        "nodes": [{"id": opened["id"], "title": "Annexe", "council": {"name": "Oxford"}}],
    }
