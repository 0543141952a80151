"""Families that come batch by batch, and those that were forecast, from a file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from api.matching.instance import Instance, Whole, problem_of, read_object, refuse

LAST = 1_000_000


@dataclass(frozen=True)
class Arrivals:
    """Families with the batch that each comes in, and the families that were forecast.

    `forecast` has the same hosts, and families like those of the whole time, in any order.
    """

    instance: Instance
    batches: Whole
    forecast: Instance


def read_arrivals(file: Path) -> Arrivals:
    """A problem whose families have a `batch`, with a `forecast` of families and scores.

    Raises InstanceError with all that is wrong, up to twenty.
    """
    found = read_object(file)
    wrong: list[str] = []
    instance = problem_of(found, wrong)
    batches = []
    listed = found.get("families")
    for number, each in enumerate(listed if isinstance(listed, list) else []):
        batch = each.get("batch") if isinstance(each, dict) else None
        if type(batch) is not int or not 0 <= batch <= LAST:
            wrong.append(f"families[{number}].batch: give a whole number from 0 to {LAST}.")
        else:
            batches.append(batch)
    expected = found.get("forecast")
    if isinstance(expected, dict):
        same = expected | {"hosts": found.get("hosts")}
        forecast = problem_of(same, wrong, "forecast.")
    else:
        wrong.append("forecast: give an object with families and scores, as those of last year.")
    refuse(file, wrong)
    return Arrivals(instance, np.array(batches, dtype=np.int64), forecast)
