"""The page on which models write on from a sample, several texts at a time, side by side and measured."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence

from ...errors import BadRequestError
from ..component import Component
from ..elements import (
    Button,
    Checks,
    Collapsible,
    Column,
    Columns,
    Element,
    Number,
    Option,
    Panel,
    Row,
    Switch,
    Text,
)
from ..metrics import BUILT_IN, Metric, chosen
from ..metrics.built_in import Given
from .generation_round import Round
from .sample_choice import SampleChoice
from .sampling_form import SamplingForm

MOST_TEXTS = 20
MOST_SEED = 2**31 - 1
PATIENCE_S = 300.0

USUAL_METRICS = (
    *("f1", "rougeL", "chrf", "distinct2", "repetition", "words"),
    *("perplexity", "bits_per_byte", "rank1"),
)


class Generation(Component):
    """The playground. `Generation(metrics=[...])` shows these at first: one's own, built-in ones by name."""

    title = "Generation"
    sentence = "Let models write on from a sample, see every token, and measure what they wrote."

    def __init__(
        self, metrics: Iterable[Given] | None = None, *, patience_s: float = PATIENCE_S
    ) -> None:
        """`patience_s`: a model of which nothing comes for so long is given up.

        Raises: BadRequestError for what is no metric.
        """
        self._at_first = chosen(USUAL_METRICS if metrics is None else metrics)
        own = {one.name for one in self._at_first}
        self._known = (*self._at_first, *(one for one in BUILT_IN if one.name not in own))
        self._patience_s = patience_s

    def build(self) -> Element:
        """See `Component.build`."""
        self._rounds: list[Round] = []
        self._num_rounds = 0
        self._running: Round | None = None
        self._sample = SampleChoice(self.bench, lambda: self.job)
        self._form = SamplingForm()
        offers = self.bench.models.offers()
        options = [Option(one.name, one.name, one.problem or one.note) for one in offers]
        usable = [one.name for one in offers if not one.problem] or [one.name for one in offers]
        self._models = Checks("Models, side by side", options, usable[:1])
        self._num = Number("Texts", 1, low=1, high=MOST_TEXTS)
        self._seed = Number("Seed", 1, low=0, high=MOST_SEED)
        self._seed.hint = "The same seed gives the same texts; each further text has the next seed."
        self._metrics = Checks(
            "Shown in bars and table",
            [Option(one.name, one.title, one.sentence) for one in self._known],
            [one.name for one in self._at_first],
            lambda _: self._measure(),
        )
        self._colours = Switch("Colour tokens by probability", True, self._colour)
        self._kept = Column()
        return Column(
            Columns(Column(*self._sample.elements), self._settings(), weights=(3, 2)),
            self._actions(bool(options)),
            self._kept,
        )

    def begin(self) -> None:
        """See `Component.begin`."""
        self._sample.begin()

    def closed(self) -> None:
        """See `Component.closed`."""
        if self._running is not None:
            self._running.stop()

    def _settings(self) -> Element:
        return Panel(
            self._models,
            Row(self._num, self._seed, Button("Other seed", self._other_seed, tone="quiet")),
            *self._form.elements,
            Collapsible("Metrics", self._metrics),
            title="How to write",
        )

    def _actions(self, any_model: bool) -> Element:
        self._write = Button("Generate", self._generate, tone="primary", key="Ctrl+Enter")
        self._stop = Button("Stop", self._stop_all, at_once=True)
        self._download = Button("Download", self._save)
        self._clear = Button("Clear", self._forget, tone="quiet")
        self._hint = Text("", "quiet")
        self._reason = "" if any_model else "There is no model. Add one first."
        self._show_kept()
        return Row(
            *(self._write, self._stop, self._colours, self._download, self._clear, self._hint)
        )

    # ------------------------------------------------------------ callbacks

    def _generate(self) -> None:
        names = self._models.value
        if not names:
            raise BadRequestError("Choose a model first.")
        sample, params = self._sample.chosen(), self._form.params()
        for one in self._rounds[-1:]:
            one.fold()
        self._num_rounds += 1
        made = Round(
            self._num_rounds,
            sample,
            names,
            params,
            [(self._seed.whole + at) % (MOST_SEED + 1) for at in range(self._num.whole)],
            self._chosen_metrics,
            coloured=self._colours.value,
            on_over=self._is_over,
        )
        self._running = made
        self._rounds.append(made)
        self._show_kept()
        self._kept.children = [one.element for one in reversed(self._rounds)]
        self.beside(lambda job: made.watch(self._patience_s, job))
        made.start(self.bench.models, self.beside)

    def _stop_all(self) -> None:
        if self._running is not None:
            self._running.stop()

    def _is_over(self) -> None:
        self._running = None
        self._show_kept()

    def _other_seed(self) -> None:
        self._seed.value = float(random.randrange(1_000_000))

    def _colour(self, coloured: bool) -> None:
        for one in self._rounds:
            one.colour(coloured)

    def _measure(self) -> None:
        for one in self._rounds:
            self.job.check()
            one.measure()

    def _save(self) -> None:
        lines = [
            json.dumps(record, ensure_ascii=False, allow_nan=False)
            for one in self._rounds
            for record in one.records()
        ]
        data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        self.save("generations.jsonl", data, "application/jsonl")

    def _forget(self) -> None:
        self._rounds = [one for one in self._rounds if not one.over]
        self._kept.children = [one.element for one in reversed(self._rounds)]
        self._show_kept()

    # ------------------------------------------------------------ how it stands

    def _chosen_metrics(self) -> Sequence[Metric]:
        names = self._metrics.value
        return [one for one in self._known if one.name in names]

    def _show_kept(self) -> None:
        writing = self._running is not None
        reason = "Models are writing. Press Stop to end it." if writing else self._reason
        self._write.disabled, self._write.reason = bool(reason), reason
        self._hint.text, self._hint.hidden = self._reason, not self._reason
        self._write.hidden, self._stop.hidden = writing, not writing
        self._download.hidden = self._clear.hidden = not self._rounds
