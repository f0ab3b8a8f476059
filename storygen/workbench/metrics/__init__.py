"""Metrics of what a model writes and of what it thinks of a text; and those that a developer adds.

`Case` is what a metric looks at, `measure` asks one, `corpus` adds them up over many cases.
"""

from .built_in import BUILT_IN, as_metric, chosen
from .case import Case
from .corpus import Compared, Estimate, compare, estimate
from .metric import Direction, Measured, Metric, Need, measure, measure_all, metric
from .silence import SilenceError

__all__ = [
    "BUILT_IN",
    "Case",
    "Compared",
    "Direction",
    "Estimate",
    "Measured",
    "Metric",
    "Need",
    "SilenceError",
    "as_metric",
    "chosen",
    "compare",
    "estimate",
    "measure",
    "measure_all",
    "metric",
]
