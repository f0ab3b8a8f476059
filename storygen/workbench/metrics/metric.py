"""What a metric is: a function, a format, and the words that explain it; and what it gave for one case.

A metric of one's own is a function of a `Case` and a format: `Metric.of(lambda case: ..., "{:.1%}",
name="mine")`, or `@metric("{:.1%}")` above a function. What it raises is its own problem: `measure` reports
it and goes on.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ...errors import BadRequestError
from .case import Case
from .silence import SilenceError

Value = Callable[[Case], "float | None"]
Format = str | Callable[[float], str]
Sums = tuple[float, ...]
Word = TypeVar("Word", bound=enum.StrEnum)


class Direction(enum.StrEnum):
    """Which values are the better ones."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Need(enum.StrEnum):
    """What a case must have before a metric can say anything about it."""

    TARGET = "target"
    SCORES = "scores"


_MISSING = {
    Need.TARGET: "There is no target to compare with.",
    Need.SCORES: "The model was not asked, or tells no probabilities.",
}


@dataclass(frozen=True, slots=True)
class Pool:
    """How a number of a whole corpus comes of its cases: of what adds up over them.

    `sums(case)` are the parts that add up; `of(added)` is the corpus's number.
    """

    sums: Callable[[Case], Sums]
    of: Callable[[Sums], float]


def ratio(sums: Sequence[float]) -> float:
    """The first sum over the second; 0/0 is NaN."""
    return sums[0] / sums[1] if sums[1] else math.nan


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `sentence` says what it measures and where it misleads.

    `value`: takes a case that has what `needs` says; returns None, or raises SilenceError with the reason,
    where it has no number. `format`: "{:.1%}", or a function of the number. `pool`: None where a corpus's
    number is the mean of its cases' numbers. `low`, `high`: the bounds of its values, for bars.
    """

    name: str
    value: Value
    format: Format = "{:.2f}"
    title: str = ""
    sentence: str = ""
    direction: Direction = Direction.NEITHER
    needs: frozenset[Need] = frozenset()
    pool: Pool | None = None
    low: float | None = 0.0
    high: float | None = None

    @classmethod
    def of(
        cls,
        function: Value,
        format: Format = "{:.2f}",
        *,
        name: str = "",
        title: str = "",
        sentence: str = "",
        direction: str = "neither",
        needs: Iterable[str] = (),
        low: float | None = None,
        high: float | None = None,
    ) -> Metric:
        """A metric of one's own, named and explained as its function is where nothing else is given.

        Raises: BadRequestError for a function without a name, or an unknown direction or need.
        """
        name = name or getattr(function, "__name__", "")
        if not name or name == "<lambda>":
            raise BadRequestError("A metric needs a name: Metric.of(function, format, name=...).")
        doc = (getattr(function, "__doc__", None) or "").strip().split("\n\n")[0]
        return cls(
            name,
            function,
            format,
            title or name.replace("_", " ").strip().capitalize(),
            sentence or " ".join(doc.split()),
            _one_of(Direction, direction, "direction"),
            frozenset(_one_of(Need, need, "need") for need in needs),
            low=low,
            high=high,
        )

    def show(self, number: float) -> str:
        """`number` as it is written; plainly where the format fails."""
        try:
            return self.formatted(number)
        except Exception:  # noqa: BLE001 - a format is anybody's code
            return f"{number:.4g}"

    def formatted(self, number: float) -> str:
        """`number` as it is written. Raises: what the format raises."""
        return self.format.format(number) if isinstance(self.format, str) else self.format(number)

    def sums(self, case: Case, number: float) -> Sums:
        """What adds up over a corpus, of a case whose number is `number`."""
        return (number, 1.0) if self.pool is None else self.pool.sums(case)

    def pooled(self, sums: Sums) -> float:
        """The number of a corpus whose sums are `sums`."""
        return ratio(sums) if self.pool is None else self.pool.of(sums)


def _one_of(kind: type[Word], word: str, what: str) -> Word:
    try:
        return kind(word)
    except ValueError:
        known = ", ".join(kind)
        raise BadRequestError(f"A metric's {what} is one of {known}, not {word!r}.") from None


def metric(
    format: Format = "{:.2f}",
    *,
    name: str = "",
    title: str = "",
    sentence: str = "",
    direction: str = "neither",
    needs: Iterable[str] = (),
) -> Callable[[Value], Metric]:
    """Makes a metric of the function below it, as `Metric.of` does."""

    def made(function: Value) -> Metric:
        return Metric.of(
            function,
            format,
            name=name,
            title=title,
            sentence=sentence,
            direction=direction,
            needs=needs,
        )

    return made


@dataclass(frozen=True, slots=True)
class Measured:
    """What a metric gave for one case: a number that is finite, or why there is none.

    `silent`: it has nothing to say here; `problem`: it failed. Of `number`, `silent` and `problem` one is
    given. `shown` is what to write in the number's place.
    """

    name: str
    number: float | None = None
    shown: str = "–"
    silent: str = ""
    problem: str = ""
    sums: Sums = field(default=(), repr=False)


def measure(metric: Metric, case: Case) -> Measured:
    """What `metric` says of `case`; whatever its code raises is in `problem`."""
    for need in sorted(metric.needs):
        if not (case.targets if need is Need.TARGET else case.scores is not None):
            return Measured(metric.name, silent=_MISSING[need])
    try:
        return _measured(metric, case)
    except SilenceError as silence:
        return Measured(metric.name, silent=str(silence))
    except Exception as error:  # noqa: BLE001 - a metric is anybody's code, and only its own result is lost
        return Measured(metric.name, problem=f"{metric.title or metric.name} failed: {told(error)}")


def _measured(metric: Metric, case: Case) -> Measured:
    value = metric.value(case)
    if value is None:
        return Measured(metric.name, silent="It has no value here.")
    number = float(value)
    if math.isnan(number):
        return Measured(metric.name, problem="It came out as no number (NaN).")
    if math.isinf(number):
        return Measured(metric.name, silent="It is infinite.")
    return Measured(metric.name, number, metric.formatted(number), sums=metric.sums(case, number))


def told(error: BaseException) -> str:
    """An error in one line: its kind and what it says."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def measure_all(metrics: Iterable[Metric], case: Case) -> list[Measured]:
    """What each of `metrics` says of `case`."""
    return [measure(one, case) for one in metrics]
