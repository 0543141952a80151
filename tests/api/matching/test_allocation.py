"""Assignments: the best there is, proven; and what is wrong with a file said."""

import itertools
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.match_command import told
from api.matching.allocation import SMALL, Allocation, solve
from api.matching.deadline import Cancelled
from api.matching.greedy import NOWHERE
from api.matching.instance import Instance, InstanceError, Objective, make, read_instance
from api.matching.relaxation import Knapsacks
from tests.waiting import PATIENCE

SMALL_ONES = 1000


def _random(chance: random.Random, families: int, hosts: int, share: float = 0.7) -> Instance:
    sizes = {f"f{n}": chance.choice((1, 1, 2, 2, 3, 4, 5)) for n in range(families)}
    places = {f"h{n}": chance.choice((0, 1, 2, 3, 4, 6)) for n in range(hosts)}
    pairs = [
        (family, host, float(chance.randint(-2, 20)))
        for family, host in itertools.product(sizes, places)
        if chance.random() < share
    ]
    return make(sizes, places, pairs)


def _brute(instance: Instance, objective: Objective) -> float:
    values = instance.values(objective)
    choices: list[list[int]] = [[NOWHERE] for _ in instance.families]
    for pair, family in enumerate(instance.pair_family.tolist()):
        choices[family].append(pair)
    best = 0.0
    for chosen in itertools.product(*choices):
        pairs = [pair for pair in chosen if pair != NOWHERE]
        used = np.zeros(len(instance.hosts), dtype=int)
        for pair in pairs:
            used[instance.pair_host[pair]] += instance.sizes[instance.pair_family[pair]]
        if (used <= instance.places).all():
            best = max(best, float(sum(values[pair] for pair in pairs)))
    return best


def _check(instance: Instance, found: Allocation, objective: Objective) -> None:
    pairs = found.chosen[found.chosen != NOWHERE]
    assert (instance.pair_family[pairs] == np.flatnonzero(found.chosen != NOWHERE)).all()
    used = np.bincount(
        instance.pair_host[pairs],
        instance.sizes[instance.pair_family[pairs]],
        len(instance.hosts),
    )
    assert (used <= instance.places).all()
    assert found.certificate.value == pytest.approx(instance.values(objective)[pairs].sum())
    assert found.certificate.value <= found.certificate.bound + 1e-6


@pytest.mark.no_cover  # other tests run the same lines, and measuring takes a third
@pytest.mark.parametrize("objective", Objective)
def test_small_ones_equal_brute_force(objective: Objective) -> None:
    chance = random.Random(7)
    for _ in range(SMALL_ONES):
        instance = _random(chance, 5, 4)
        found = solve(instance, objective, seconds=5)
        _check(instance, found, objective)
        assert found.certificate.value == pytest.approx(_brute(instance, objective))
        assert found.certificate.gap == 0


def _brute_score(instance: Instance, people: float) -> float:
    """The most points where so many people are placed, by trying everything."""
    most = float(instance.points.sum()) + 1
    weighed = replace(
        instance, points=instance.points + most * instance.sizes[instance.pair_family]
    )
    return _brute(weighed, Objective.SCORE) - most * people


def test_the_best_score_keeps_everybody_placed() -> None:
    chance = random.Random(8)
    for _ in range(SMALL_ONES // 5):
        instance = _random(chance, 5, 4)
        most = solve(instance, Objective.PEOPLE, seconds=5)
        best = solve(instance, Objective.SCORE, seconds=5, keeping=most)
        _check(instance, best, Objective.SCORE)
        assert instance.sizes[best.chosen != NOWHERE].sum() == most.certificate.value
        assert best.certificate.value == pytest.approx(
            _brute_score(instance, most.certificate.value)
        )
        assert best.certificate.gap == pytest.approx(0, abs=1e-6)


def test_a_large_one_keeps_everybody_placed_too() -> None:
    instance = _random(random.Random(4), 1500, 300, share=0.15)
    most = solve(instance, Objective.PEOPLE, seconds=4)
    best = solve(instance, Objective.SCORE, seconds=4, keeping=most)
    assert len(instance.points) > SMALL
    _check(instance, best, Objective.SCORE)
    assert instance.sizes[best.chosen != NOWHERE].sum() >= most.certificate.value
    assert best.certificate.value > instance.points[most.chosen[most.chosen != NOWHERE]].sum()


@pytest.mark.parametrize("objective", Objective)
def test_five_hundred_families_are_proven(objective: Objective) -> None:
    instance = _random(random.Random(3), 500, 20)
    places = np.random.default_rng(3).integers(10, 80, 20)
    instance = make(
        dict(zip(instance.families, instance.sizes.tolist(), strict=True)),
        dict(zip(instance.hosts, places.tolist(), strict=True)),
        [
            (instance.families[family], instance.hosts[host], points)
            for family, host, points in zip(
                instance.pair_family, instance.pair_host, instance.points.tolist(), strict=True
            )
        ],
    )
    found = solve(instance, objective, seconds=PATIENCE)
    _check(instance, found, objective)
    assert found.certificate.gap == 0
    assert found.certificate.value >= found.certificate.greedy


def test_odd_points_and_sizes_are_proven_like_any() -> None:
    chance = random.Random(21)
    for factor, digits in ((1e6, 0), (1e-6, 9), (1.0, 3), (0.1, 2)):
        plain = _random(chance, 5, 4)
        points = np.round(plain.points * factor + chance.random(), digits)
        instance = replace(
            plain, points=points, sizes=plain.sizes * 150_000, places=plain.places * 150_000 + 7
        )
        found = solve(instance, Objective.SCORE, seconds=5)
        _check(instance, found, Objective.SCORE)
        assert found.certificate.value == pytest.approx(_brute(instance, Objective.SCORE))
        assert found.certificate.gap == 0


def test_places_that_no_mix_of_families_fills_are_not_counted() -> None:
    sizes = dict.fromkeys("abcd", 4)
    instance = make(sizes, {"x": 7, "y": 6}, [(f, h, 1.0) for f in sizes for h in "xy"])
    found = solve(instance, Objective.PEOPLE).certificate
    assert (found.value, found.bound) == (8, 8)


def test_one_more_place_is_worth_what_the_relaxation_says() -> None:
    instance = make(
        {"a": 2, "b": 2}, {"x": 2, "y": 1}, [("a", "x", 8), ("b", "x", 6), ("b", "y", 4)]
    )
    prices = solve(instance, Objective.SCORE).shadow_prices
    assert prices.tolist() == pytest.approx([3, 2])


def test_who_is_called_off_ends_at_once() -> None:
    instance = _random(random.Random(4), 300, 50)
    with pytest.raises(Cancelled):
        solve(instance, Objective.SCORE, is_cancelled=lambda: True)


def test_nobody_stays_out_for_want_of_points() -> None:
    instance = make({"a": 1, "b": 1}, {"x": 2}, [("a", "x", 0.0), ("b", "x", -1.0)])
    assert (solve(instance, Objective.SCORE).chosen == [0, NOWHERE]).all()


@pytest.mark.parametrize("objective", Objective)
def test_a_large_one_ends_in_time_with_a_bound(
    objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.matching.allocation.SMALL", 100)
    instance = _random(random.Random(5), 400, 300, share=0.02)
    found = solve(instance, objective, seconds=4)
    _check(instance, found, objective)
    # Taking families in turn alone is a sixth below the bound; more takes a machine that is free.
    assert found.certificate.gap < 0.1
    # Where nobody looks at the clock, it goes on for minutes.
    assert found.certificate.seconds < PATIENCE


def test_hosts_are_filled_as_well_as_can_be() -> None:
    chance = random.Random(11)
    for _ in range(50):
        instance = _random(chance, 6, 3)
        values = np.round(
            np.random.default_rng(chance.randrange(999)).normal(2, 4, len(instance.points))
        )
        total, taken = Knapsacks(instance).filled(values)
        best = 0.0
        for host in range(3):
            pairs = np.flatnonzero(instance.pair_host == host)
            best += max(
                float(values[list(some)].sum())
                for count in range(len(pairs) + 1)
                for some in itertools.combinations(pairs.tolist(), count)
                if instance.sizes[instance.pair_family[list(some)]].sum() <= instance.places[host]
            )
        assert total == pytest.approx(best)
        assert values[taken].sum() == pytest.approx(best)


def test_each_family_that_is_not_placed_says_why() -> None:
    instance = make(
        {"alone": 2, "large": 5, "late": 2, "lucky": 2},
        {"room": 2},
        [("large", "room", 1.0), ("late", "room", 1.0), ("lucky", "room", 9.0)],
    )
    said = {
        each["family"]: [reason["message"] for reason in each["reasons"]]
        for each in told(instance, solve(instance, Objective.SCORE))["unplaced"]
    }
    assert said == {
        "alone": ["No host suits this family."],
        "large": ["No host that suits has places for 5 people."],
        "late": ["Every host that suits is too full for 2 people."],
    }


def _match(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["match", *arguments])


def _file(folder: Path, problem: Any) -> Path:
    file = folder / "problem.json"
    file.write_text(problem if isinstance(problem, str) else json.dumps(problem))
    return file


def test_the_command_prints_an_assignment_with_its_certificate(tmp_path: Path) -> None:
    problem = {
        "families": [{"id": "a", "size": 3}, {"id": 2, "size": 1}],
        "hosts": [{"id": "x", "places": 3}, {"id": "y", "places": 1}],
        "scores": [["a", "x", 5], [2, "x", 4.5], [2, "y", 1]],
    }
    result = _match("--problem", str(_file(tmp_path, problem)), "--objective", "score")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["assignment"] == [{"family": "a", "host": "x"}, {"family": 2, "host": "y"}]
    certificate = found["certificate"]
    assert (certificate["value"], certificate["bound"], certificate["gap"]) == (6.0, 6.0, 0.0)
    assert (certificate["placedPeople"], certificate["score"]) == (4, 6.0)


def test_a_problem_may_come_by_standard_input_and_count_in_decimals() -> None:
    problem = {
        "families": [{"id": 1, "size": 2.0}],
        "hosts": [{"id": 1, "places": 2.0}],
        "scores": [[1, 1, 3]],
    }
    for text, exit_code in ((json.dumps(problem), 0), ("{", 1)):
        result = CliRunner().invoke(app, ["match", "--problem", "-"], input=text)
        assert result.exit_code == exit_code
        assert ('"family": 1' in result.stdout) == (exit_code == 0)


def test_an_empty_problem_has_an_empty_answer(tmp_path: Path) -> None:
    problem: dict[str, Any] = {"families": [], "hosts": [], "scores": []}
    result = _match("--problem", str(_file(tmp_path, problem)), "--objective", "people")
    assert json.loads(result.stdout)["certificate"]["gap"] == 0


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold an object"),
        ({"families": [], "hosts": []}, "scores: give a list"),
        ({"families": {}, "hosts": [], "scores": []}, "families: give a list"),
        ({"families": [{"id": "a"}], "hosts": [], "scores": []}, "families[0].size"),
        ({"families": [{"size": 1}], "hosts": [], "scores": []}, "families[0].id"),
        ({"families": [{"id": "a", "size": 0}], "hosts": [], "scores": []}, "families[0].size"),
        ({"families": [{"id": "a", "size": 1.5}], "hosts": [], "scores": []}, "families[0].size"),
        ({"families": [], "hosts": [{"id": "h", "places": -1}], "scores": []}, "hosts[0].places"),
        ({"families": [{"id": "a", "size": 1}] * 2, "hosts": [], "scores": []}, "there already"),
        ({"families": [], "hosts": [], "scores": [["a", "b", 1]]}, 'no family "a"'),
        ('{"families": [], "families": [], "hosts": [], "scores": []}', "is given twice"),
        ({"families": [{"id": [], "size": 1}], "hosts": [], "scores": []}, "families[0].id"),
        ("[" * 100_000, "nested too deep"),
        (
            '{"families": [{"id": 1, "size": 1}], "hosts": [{"id": 1, "places": 1}],'
            ' "scores": [[1, 1, NaN]]}',
            "scores[0]: points must be a number",
        ),
        (
            {
                "families": [{"id": 1, "size": 1}],
                "hosts": [{"id": 1, "places": 1}],
                "scores": [[1, 1, 10**400]],
            },
            "scores[0]: points must be a number",
        ),
        ({"families": [], "hosts": [], "scores": [["a", "b"]]}, "scores[0]"),
        (
            {
                "families": [{"id": "a", "size": 1}],
                "hosts": [{"id": "h", "places": 1}],
                "scores": [["a", "h", "x"], ["a", "h", 1], ["a", "h", 2], ["a", "z", 2]],
            },
            "scores[2]",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, problem: Any, said: str) -> None:
    file = _file(tmp_path, problem)
    with pytest.raises(InstanceError, match=r"problem\.json") as found:
        read_instance(file)
    assert said in str(found.value)
    result = _match("--problem", str(file), "--objective", "people")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("hearth: ")


def test_a_wrong_size_is_said_once_and_no_score_blamed_for_it(tmp_path: Path) -> None:
    hosts = [{"id": "h", "places": 1}]
    problem = {"families": [{"id": "a", "size": 0}], "hosts": hosts, "scores": [["a", "h", 1]]}
    with pytest.raises(InstanceError) as found:
        read_instance(_file(tmp_path, problem))
    assert "scores" not in str(found.value)


def test_ids_that_look_alike_are_two(tmp_path: Path) -> None:
    families = [{"id": 1, "size": 1}, {"id": "1", "size": 1}]
    hosts = [{"id": 1, "places": 2}]
    problem = {"families": families, "hosts": hosts, "scores": [[1, 1, 1], ["1", 1, 2]]}
    result = _match("--problem", str(_file(tmp_path, problem)), "--objective", "score")
    placed = json.loads(result.stdout)["assignment"]
    assert placed == [{"family": 1, "host": 1}, {"family": "1", "host": 1}]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = _match("--problem", str(tmp_path / "none.json"), "--objective", "people")
    assert "No such file" in result.stderr
