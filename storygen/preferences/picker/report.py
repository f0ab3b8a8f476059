"""How well a picker foretells choices that it was not learned from, and whether that is more than chance.

All shares are 0 to 1, all losses in nats, all intervals 95 %. Nothing here trains: see `training`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import BadRequestError
from .. import checked
from ..estimates import Interval

VERSION = 1

RULES = {
    "chance": "one at random",
    "longest": "the longest",
    "likeliest": "the likeliest to the model",
    "first": "the first card",
}
"""What a picker must beat, each with its name in a sentence."""

GROUPS = ("story", "set")

STATES = ("", "none", "no_help", "used")
"""Whether hidden states were learned from: not known, none there, worse than without, yes."""

LONGEST_NAME = 200

_MOST_LOSS = 1e6


@dataclass(frozen=True, slots=True)
class Report:
    """`accuracy`: the share of left-out sets in which the picker's first was the reader's.

    `rules`: the same of each of `RULES`; `differences`: `accuracy` less that, from the same sets.
    `grouped_by`: "story", or "set" where there were too few stories to leave out whole ones.
    `loss`: of the picker's chance for what was chosen, -log; `even_loss`: where all are equally likely;
    `loss_saved`: by how much the picker's is lower. `states`: one of `STATES`; `model`: whose they were.
    """

    num_sets: int  # from which more was taken of one candidate than of another
    num_without: int  # other sets, which tell nothing
    num_stories: int
    grouped_by: str
    num_folds: int
    accuracy: Interval
    rules: Mapping[str, Interval]
    differences: Mapping[str, Interval]
    loss: Interval
    even_loss: Interval
    loss_saved: Interval
    states: str = ""
    model: str = ""

    @property
    def best_rule(self) -> str:
        """The rule that was right most often; of equal ones the first in `RULES`."""
        return max(RULES, key=lambda name: self.rules[name].value)

    @property
    def difference(self) -> Interval:
        """Of the picker's accuracy to the best rule's."""
        return self.differences[self.best_rule]

    def beats(self, rule: str) -> bool:
        """Whether the interval of the difference to one of `RULES` lies above 0."""
        low = self.differences[rule].low
        return low is not None and low > 0

    @property
    def beats_all(self) -> bool:
        """Whether the picker beats every rule. Where each is told at 95 %, so are all.

        Source: Berger, Multiparameter Hypothesis Testing and Acceptance Sampling, 1982.
        """
        return all(self.beats(rule) for rule in RULES)

    @property
    def sentence(self) -> str:
        """What it comes to, for the reader."""
        shares = (
            f"In {_percent(self.accuracy.value)} of {self.num_sets} sets that it had not seen, it "
            f"expected what you chose{_between(self.accuracy)}; the best simple rule, "
            f"{RULES[self.best_rule]}, did in {_percent(self.rules[self.best_rule].value)}."
        )
        told = (shares, self._claim(), self._warning(), self._states())
        return " ".join(one for one in told if one)

    def _claim(self) -> str:
        if self.beats_all:
            return "So it knows something of your taste."
        equal = [RULES[rule] for rule in RULES if not self.beats(rule)]
        return f"That does not show that it is better than taking {_listed(equal)}."

    def _warning(self) -> str:
        if self.grouped_by == "story":
            return ""
        return "There were too few stories to leave out whole ones, so it may do less well in a new story."

    def _states(self) -> str:
        name = self.model or "the model"
        return {
            "none": "It goes by simple measures of the texts: no model was loaded whose view it could ask.",
            "no_help": f"How {name} sees the texts told it nothing more than simple measures do.",
            "used": f"It also goes by how {name} sees the texts; that this helps was seen on the same sets, "
            "which flatters the numbers a little.",
        }.get(self.states, "")

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads; only JSON's own types. `sentence` is added for whoever shows it."""
        return {"version": VERSION, **asdict(self), "sentence": self.sentence}

    @classmethod
    def from_json(cls, data: Any) -> Report:
        """The report that `data` describes; its sentence is written anew.

        Raises: BadRequestError, naming the first part that is missing, unknown or impossible.
        """
        checked.version(data, "report", VERSION)
        data = checked.mapping(
            data, "report", ("version", "sentence", *(f.name for f in fields(cls)))
        )
        return cls(
            num_sets=checked.whole(data.get("num_sets"), "num_sets"),
            num_without=checked.whole(data.get("num_without"), "num_without"),
            num_stories=checked.whole(data.get("num_stories"), "num_stories"),
            grouped_by=checked.word(data.get("grouped_by"), "grouped_by", GROUPS),
            num_folds=checked.whole(data.get("num_folds"), "num_folds"),
            accuracy=_interval(data.get("accuracy"), "accuracy", 0, 1),
            rules=_by_rule(data.get("rules"), "rules", 0),
            differences=_by_rule(data.get("differences"), "differences", -1),
            loss=_interval(data.get("loss"), "loss", 0, _MOST_LOSS),
            even_loss=_interval(data.get("even_loss"), "even_loss", 0, _MOST_LOSS),
            loss_saved=_interval(data.get("loss_saved"), "loss_saved", -_MOST_LOSS, _MOST_LOSS),
            states=checked.word(data.get("states", ""), "states", STATES),
            model=checked.string(data.get("model", ""), "model", LONGEST_NAME),
        )


def _by_rule(data: Any, what: str, low: float) -> dict[str, Interval]:
    data = checked.mapping(data, what, RULES)
    return {rule: _interval(data.get(rule), f"{what}.{rule}", low, 1) for rule in RULES}


def _interval(data: Any, what: str, low: float, high: float) -> Interval:
    """An interval of numbers from `low` to `high`, whose own bounds may lie as far outside as they like."""
    data = checked.mapping(data, what, ("value", "low", "high"))
    read = Interval(
        checked.number(data.get("value"), f"{what}.value", low, high),
        checked.maybe_number(data.get("low"), f"{what}.low"),
        checked.maybe_number(data.get("high"), f"{what}.high"),
    )
    if read.low is not None and read.high is not None and read.low > read.high:
        raise BadRequestError(f"{what}.low is above {what}.high.")
    return read


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _between(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return ""
    low, high = max(interval.low, 0.0), min(interval.high, 1.0)
    return f" ({100 * low:.0f} to {_percent(high)})"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
