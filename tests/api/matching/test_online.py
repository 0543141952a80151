"""Arrivals placed batch by batch: nobody looks ahead but by the forecast."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.matching.arrivals import Arrivals
from api.matching.greedy import NOWHERE
from api.matching.instance import Instance, Objective
from api.matching.online import one_by_one, placed

HOSTS = 5


def _year(chance: np.random.Generator, families: int, places: np.ndarray[Any, Any]) -> Instance:
    sizes = np.clip(chance.geometric(0.4, families), 1, 6).astype(np.int64)
    pairs = np.flatnonzero(chance.random(families * HOSTS) < 0.7)
    points = np.round(chance.random(len(pairs)) * 100) * sizes[pairs // HOSTS]
    names = tuple(map(str, range(families)))
    hosts = tuple(map(str, range(HOSTS)))
    return Instance(names, sizes, hosts, places, pairs // HOSTS, pairs % HOSTS, points)


def _arrivals(seed: int, families: int = 60, batches: int = 6) -> Arrivals:
    chance = np.random.default_rng(seed)
    places = chance.integers(4, 25, HOSTS)
    now, before = _year(chance, families, places), _year(chance, families, places)
    return Arrivals(now, np.sort(chance.integers(0, batches, families)), before)


@pytest.mark.parametrize("objective", Objective)
def test_nobody_is_split_and_no_host_overbooked(objective: Objective) -> None:
    arrivals = _arrivals(1)
    instance, found = arrivals.instance, placed(arrivals, objective)
    pairs = found.chosen[found.chosen != NOWHERE]
    assert (instance.pair_family[pairs] == np.flatnonzero(found.chosen != NOWHERE)).all()
    used = np.bincount(
        instance.pair_host[pairs], instance.sizes[instance.pair_family[pairs]], HOSTS
    )
    assert (found.left == instance.places - used).all()
    assert (found.left >= 0).all()


def test_who_comes_later_changes_nothing_before() -> None:
    arrivals = _arrivals(2)
    is_early = arrivals.batches <= 2
    early_pairs = is_early[arrivals.instance.pair_family]
    points = np.where(early_pairs, arrivals.instance.points, arrivals.instance.points[::-1])
    other = replace(arrivals, instance=replace(arrivals.instance, points=points))
    one, two = placed(arrivals, Objective.SCORE), placed(other, Objective.SCORE)
    assert (one.chosen[is_early] == two.chosen[is_early]).all()
    assert (one.chosen != two.chosen).any()


def test_the_forecast_is_worth_more_than_taking_families_in_turn() -> None:
    years = [_arrivals(seed) for seed in range(3, 8)]
    ahead = sum(placed(year, Objective.SCORE).value(year.instance.points) for year in years)
    in_turn = sum(one_by_one(year, Objective.SCORE).value(year.instance.points) for year in years)
    assert ahead > 1.05 * in_turn


PROBLEM: dict[str, Any] = {
    "families": [
        {"id": "walks", "size": 2, "batch": 1},
        {"id": "needs a ramp", "size": 2, "batch": 2},
    ],
    "hosts": [{"id": "step-free", "places": 2}, {"id": "stairs", "places": 2}],
    "scores": [["walks", "step-free", 9], ["walks", "stairs", 8], ["needs a ramp", "step-free", 9]],
    "forecast": {
        "families": [{"id": 1, "size": 2}, {"id": 2, "size": 2}],
        "scores": [[1, "step-free", 9], [2, "step-free", 9]],
    },
}


def _match(folder: Path, problem: Any, *arguments: str) -> Result:
    file = folder / "problem.json"
    file.write_text(json.dumps(problem))
    return CliRunner().invoke(app, ["match", "--online", "--problem", str(file), *arguments])


def test_the_last_step_free_home_is_kept_for_who_needs_it(tmp_path: Path) -> None:
    result = _match(tmp_path, PROBLEM, "--objective", "score")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["assignment"] == [
        {"family": "walks", "host": "stairs"},
        {"family": "needs a ramp", "host": "step-free"},
    ]
    assert (found["value"], found["greedy"], found["share"]) == (17.0, 9.0, 1.0)
    assert found["hindsight"] == {"value": 17.0, "bound": 17.0}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"forecast": None}, "forecast: give an object"),
        ({"forecast": {"families": [{"id": 1}], "scores": []}}, "forecast.families[0].size"),
        ({"families": [{"id": "a", "size": 1}], "scores": []}, "families[0].batch"),
        ({"families": [{"id": "a", "size": 1, "batch": -1}], "scores": []}, "families[0].batch"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    result = _match(tmp_path, PROBLEM | changed)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
