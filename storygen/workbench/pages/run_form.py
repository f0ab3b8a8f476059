"""What a new run is to do: data, model, task, how many samples, parameters, metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import BadRequestError
from ..bench import Bench
from ..elements import (
    Checks,
    Collapsible,
    Column,
    Element,
    Number,
    Option,
    Panel,
    Radio,
    Row,
    Select,
    Switch,
)
from ..jobs import Job
from ..metrics import Metric
from ..runs.plan import MOST_SEED, SCORE, TASKS, WRITE, RunPlan
from ..runs.starting import new_plan
from .sampling_form import SamplingForm
from .split_choice import SplitChoice
from .text_way import TextWay

MOST_SAMPLES = 10_000_000
MOST_TEXTS = 20
AT_FIRST = 100


class RunForm:
    """`element` is to be laid on a page. `metrics`: those that can be chosen; `at_first`: names of those
    that are. `job`: that of the callback that runs, for loading by.
    """

    def __init__(
        self,
        bench: Bench,
        job: Callable[[], Job],
        metrics: Sequence[Metric],
        at_first: Sequence[str],
    ) -> None:
        self._bench, self._job = bench, job
        self._choice = SplitChoice(bench, job, self._show_reader, tells_roles=True)
        self._way = TextWay(bench)
        offers = bench.models.offers()
        options = [Option(one.name, one.name, one.problem or one.note) for one in offers]
        usable = [one.name for one in offers if not one.problem]
        self._model = Select("Model", options, usable[0] if usable else None)
        tasks = [Option(name, words) for name, words in TASKS.items()]
        self._task = Radio("Task", tasks, WRITE, lambda _: self._show_task())
        self._num = Number("Samples at most", AT_FIRST, low=1, high=MOST_SAMPLES)
        self._drawn = Switch("Drawn from all of the split")
        self._drawn.hint = "Otherwise the first ones are taken. The seed below draws them."
        self._seed = Number("Seed", 1, low=0, high=MOST_SEED)
        self._texts = Number("Texts for each", 1, low=1, high=MOST_TEXTS)
        self._sampling = SamplingForm()
        self._how = Column(*self._sampling.elements)
        self._metrics = Checks(
            "Metrics", [Option(one.name, one.title, one.sentence) for one in metrics], at_first
        )
        self.element: Element = Panel(
            *self._choice.elements,
            Row(self._model, self._task),
            *self._way.elements,
            Row(self._num, self._drawn, self._seed, self._texts),
            self._how,
            Collapsible("Metrics", self._metrics),
        )

    def begin(self) -> None:
        """Open the data."""
        self._choice.begin()
        self._show_reader()

    def plan(self) -> RunPlan:
        """What stands in the form. Raises: BadRequestError when it makes no run, with what to do."""
        if not self._model.value:
            raise BadRequestError("There is no model. Add one first.")
        if not self._metrics.value:
            raise BadRequestError("Choose a metric at least.")
        split, reader = self._choice.chosen(), self._choice.reader()
        params = self._sampling.params()
        seed = self._seed.whole
        return new_plan(
            self._bench,
            self._bench.models.get(self._model.value, self._job()),
            self._model.value,
            self._choice.name,
            split,
            reader,
            task=self._task.value,
            num=self._num.whole,
            draw_seed=seed if self._drawn.value else None,
            params=params,
            num_texts=self._texts.whole,
            seed=seed,
            metrics=self._metrics.value,
            question=self._way.question,
        )

    def _show_reader(self) -> None:
        """How samples are read; roles may have been changed on the page Dataset meanwhile."""
        split = self._choice.split
        if split is not None:
            reader = self._choice.reader()
            is_talk = bool(len(split)) and bool(reader.talk(split[0]))
            self._way.show(self._choice.name, reader, is_talk=is_talk)

    def _show_task(self) -> None:
        self._how.hidden = self._texts.hidden = self._task.value == SCORE
