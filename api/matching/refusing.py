"""Why a household has no offer: how many of those open each rule refuses, in sentences."""

from collections.abc import Mapping
from typing import Any

from api.matching.scores import Reason

# Why an offer does not suit, why several do not: as the end of a sentence.
AGAINST = {
    "children": ("is for adults only", "are for adults only"),
    "consent": ("is of a council not agreed to", "are of councils not agreed to"),
    "dates": ("begins too late", "begin too late"),
    "declined": ("was declined before", "were declined before"),
    "distance": ("is too far away", "are too far away"),
    "fresh": ("has not been confirmed lately", "have not been confirmed lately"),
    "household": ("takes smaller households only", "take smaller households only"),
    "live": ("is of a kind that is matched already", "are of a kind that is matched already"),
    "pets": ("takes no pets", "take no pets"),
    "places": ("has too few places left", "have too few places left"),
    "route": ("is for other routes", "are for other routes"),
    "step_free": ("is not known to be step-free", "are not known to be step-free"),
    "women_only": ("is for women only", "are for women only"),
}
# The same rule, where it is the household that asks for women only.
NOT_FOR_WOMEN_ONLY = ("is not for women only", "are not for women only")


def against_all(row: Mapping[str, Any]) -> list[Reason]:
    """Every rule that refuses offers, those that refuse most first."""
    offers = row["offers"]
    if offers == 0:
        rule = "places" if row["full"] else "kind"
        return [Reason(rule, none_open(row["full"]), 0.0)]
    rules = sorted((rule for rule in AGAINST if row[rule]), key=lambda rule: -row[rule])
    asks = bool(row["asks_women_only"])
    return [
        Reason(rule, against(rule, row[rule], offers, asks_women_only=asks), 0.0) for rule in rules
    ]


def none_open(full: int) -> str:
    """Why no offer of a kind can be compared: there is none, or all are full."""
    if full == 0:
        return "There is no open offer of this kind."
    if full == 1:
        return "The only open offer of this kind is full."
    return f"All {full} open offers of this kind are full."


def against(rule: str, refused: int, offers: int, *, asks_women_only: bool = False) -> str:
    """How many of the open offers a rule refuses, as one sentence."""
    one, several = AGAINST[rule]
    if rule == "women_only" and asks_women_only:
        one, several = NOT_FOR_WOMEN_ONLY
    if offers == 1:
        return f"The only offer {one}."
    if refused == offers:
        return f"All {offers} offers {several}."
    return f"Of {offers} offers, {refused} {one if refused == 1 else several}."
