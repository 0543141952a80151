"""An allocation problem bare of people: families and hosts by number, and the pairs that suit."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Id = str | int
"""As a file gives it, so that 1 and "1" are two."""
Family = TypeVar("Family", bound=Id)
Host = TypeVar("Host", bound=Id)

STANDARD_INPUT = Path("-")
MOST_SAID = 20
LARGEST = 1_000_000
MOST_POINTS = 1e9


class Objective(StrEnum):
    """What is to be as large as can be: people placed, or points."""

    PEOPLE = "people"
    SCORE = "score"


class InstanceError(ValueError):
    """The file can't be solved as it is; the message says where and what to do."""


@dataclass(frozen=True)
class Instance:
    """Families of `sizes` people, hosts with `places` for people, and pairs with points.

    Pair p is family `pair_family[p]` with host `pair_host[p]`, for `points[p]`.
    """

    families: tuple[Id, ...]
    sizes: Whole
    hosts: tuple[Id, ...]
    places: Whole
    pair_family: Whole
    pair_host: Whole
    points: Floats

    @cached_property
    def fits(self) -> Flags:
        """Which pairs have a host with places for the whole family."""
        found: Flags = self.sizes[self.pair_family] <= self.places[self.pair_host]
        return found

    def only(self, pairs: Whole) -> "Instance":
        """The same families and hosts with these pairs alone."""
        return replace(
            self,
            pair_family=self.pair_family[pairs],
            pair_host=self.pair_host[pairs],
            points=self.points[pairs],
        )

    def values(self, objective: Objective) -> Floats:
        """What each pair adds to the objective."""
        if objective is Objective.PEOPLE:
            return self.sizes[self.pair_family].astype(np.float64)
        return self.points


def read_instance(file: Path) -> Instance:
    """A problem from a JSON file; raises InstanceError with all that is wrong, up to twenty."""
    wrong: list[str] = []
    found = problem_of(read_object(file), wrong)
    refuse(file, wrong)
    return found


def read_object(file: Path) -> dict[str, Any]:
    """The object that a JSON file holds, - for standard input; InstanceError where it is none."""
    try:
        given = sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
        found = json.loads(given.decode("utf-8-sig"), object_pairs_hook=_named_once)
    except OSError as error:
        raise InstanceError(
            f"{file}: {error.strerror}. Name a JSON file that can be read."
        ) from error
    except RecursionError as error:
        raise InstanceError(f"{file} is nested too deep. Correct it there.") from error
    except ValueError as error:
        raise InstanceError(f"{file} is not JSON ({error}). Correct it there.") from error
    if not isinstance(found, dict):
        raise InstanceError(f"{file} must hold an object with families, hosts and scores.")
    return found


def problem_of(found: dict[str, Any], wrong: list[str], within: str = "") -> Instance:
    """The problem in an object; what is wrong is added, with where it stands `within` the file."""
    said: list[str] = []
    families = dict(_entries(found, "families", "size", said))
    hosts = dict(_entries(found, "hosts", "places", said))
    pairs = list(_pairs(found, families, hosts, said))
    wrong += [within + each for each in said]
    return make(families, hosts, pairs)


def refuse(file: Path, wrong: list[str]) -> None:
    """Raises InstanceError when anything is wrong."""
    if wrong:
        more = f"\n... and {len(wrong) - MOST_SAID} more" if len(wrong) > MOST_SAID else ""
        raise InstanceError(f"{file} can't be solved:\n" + "\n".join(wrong[:MOST_SAID]) + more)


def make(
    families: Mapping[Family, int],
    hosts: Mapping[Host, int],
    pairs: Sequence[tuple[Family, Host, float]],
) -> Instance:
    """An instance from sizes and places by id, and (family, host, points)."""
    family_number = {name: number for number, name in enumerate(families)}
    host_number = {name: number for number, name in enumerate(hosts)}
    return Instance(
        tuple(families),
        np.array(list(families.values()), dtype=np.int64),
        tuple(hosts),
        np.array(list(hosts.values()), dtype=np.int64),
        np.array([family_number[family] for family, _, _ in pairs], dtype=np.int64),
        np.array([host_number[host] for _, host, _ in pairs], dtype=np.int64),
        np.array([points for _, _, points in pairs], dtype=np.float64),
    )


def _entries(
    found: dict[str, Any], name: str, amount: str, wrong: list[str]
) -> Iterator[tuple[Id, int]]:
    least = 1 if amount == "size" else 0
    listed = found.get(name)
    if not isinstance(listed, list):
        wrong.append(f"{name}: give a list of objects with id and {amount}.")
        return
    seen: set[Id] = set()
    for number, each in enumerate(listed):
        where = f"{name}[{number}]"
        if not isinstance(each, dict) or not _is_id(each.get("id")):
            wrong.append(f"{where}.id: give a text or a whole number.")
            continue
        key, value = each["id"], each.get(amount)
        if type(value) is float and value.is_integer():
            value = int(value)  # as some write whole numbers: 3.0
        if key in seen:
            wrong.append(f"{where}.id: {_short(key)} is there already; give each its own.")
        if type(value) is not int or not least <= value <= LARGEST:
            wrong.append(f"{where}.{amount}: give a whole number from {least} to {LARGEST}.")
            value = least  # so that its scores are not said to be nobody's
        seen.add(key)
        yield key, value


def _pairs(
    found: dict[str, Any], families: Mapping[Id, int], hosts: Mapping[Id, int], wrong: list[str]
) -> Iterator[tuple[Id, Id, float]]:
    listed = found.get("scores")
    if not isinstance(listed, list):
        wrong.append("scores: give a list of [family, host, points].")
        return
    seen: set[int] = set()
    family_number = {name: number for number, name in enumerate(families)}
    host_number = {name: number for number, name in enumerate(hosts)}
    for number, each in enumerate(listed):
        where = f"scores[{number}]"
        if not isinstance(each, list) or len(each) != 3:
            wrong.append(f"{where}: give [family, host, points].")
            continue
        family, host, points = each
        if not _is_id(family) or family not in families:
            wrong.append(f"{where}: there is no family {_short(family)}.")
            continue
        if not _is_id(host) or host not in hosts:
            wrong.append(f"{where}: there is no host {_short(host)}.")
            continue
        pair = family_number[family] * len(hosts) + host_number[host]
        if pair in seen:
            wrong.append(f"{where}: {_short(family)} with {_short(host)} is there already.")
        elif type(points) not in (int, float) or not -MOST_POINTS <= points <= MOST_POINTS:
            wrong.append(f"{where}: points must be a number from -1e9 to 1e9.")
        else:
            seen.add(pair)
            yield family, host, float(points)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice in one object")
    return found


def _is_id(given: object) -> bool:
    return type(given) in (str, int)


def _short(given: object) -> str:
    return json.dumps(given, ensure_ascii=False)[:40]
