"""Why the model says what it says at a place, worked out when it is asked for; what can't be is said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..elements import (
    Bar,
    Bars,
    Button,
    Collapsible,
    Column,
    Element,
    Grid,
    Option,
    Row,
    Select,
    ShownToken,
    Text,
    TokenText,
)
from ..jobs import Job
from ..models.base import CannotError, Likely
from .next_walk import Walk

if TYPE_CHECKING:
    from ..explain.attention import Attention

NUM_COLUMNS = 16
NUM_LENS = 8
NUM_WORDS = 10
ALL_LAYERS = "all"


class Explanations:
    """`elements` are to be laid on a page. `job`: that of the callback that runs."""

    def __init__(self, job: Callable[[], Job]) -> None:
        self._job = job
        self._walk: Walk | None = None
        self._attention: Attention | None = None
        self._layer = Select("Layer", [Option(ALL_LAYERS, "every layer, mean of its heads")])
        self._layer.on_change = lambda _: self._draw_attention()
        self._context = TokenText(legend="The stronger the shade, the more it is looked at.")
        self._heads = Grid(legend="How strongly each looks there.")
        self._lens = Grid(legend="The stronger the shade, the surer the layer is.")
        self._token = Select("Of the token", [])
        self._words = TokenText(legend="The stronger the shade, the more the word spoke for it.")
        self._most = Bars()
        self._parts = (
            _Part(
                "Attention: where the last token looks",
                "Show attention",
                self._show_attention,
                (self._layer,),
                (self._context, self._heads),
            ),
            _Part(
                "Layers: what each would have said",
                "Show layers",
                self._show_lens,
                (),
                (self._lens,),
            ),
            _Part(
                "Words: what of the text mattered",
                "Leave words out",
                self._show_words,
                (self._token, Button("Quick estimate", self._estimate)),
                (self._words, self._most),
            ),
        )

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        return [part.element for part in self._parts]

    def moved(self, walk: Walk, tokens: Sequence[Likely]) -> None:
        """The way stands elsewhere, where these tokens could come, first what is to be explained."""
        self._walk, self._attention = walk, None
        known = [token for token in tokens if token.id is not None]
        self._token.options = tuple(Option(str(token.id), repr(token.text)) for token in known)
        self._token.value = str(known[0].id) if known else ""
        for part in self._parts:
            part.clear()

    # ------------------------------------------------------------ callbacks

    def _show_attention(self) -> str:
        from ..explain.attention import attention

        walk = self._standing()
        self._attention = found = attention(walk.model, *walk.asked(), job=self._job())
        options = [Option(str(n), f"layer {n}, every head") for n in found.layers]
        self._layer.options = (self._layer.options[0], *options)
        self._layer.value = ALL_LAYERS
        self._draw_attention()
        return found.sentence

    def _draw_attention(self) -> None:
        found = self._attention
        if found is None:
            return
        if self._layer.value == ALL_LAYERS:
            mean, rows = found.mean(), found.weights.mean(1)
            names = [f"layer {number}" for number in found.layers]
        else:
            row = found.layers.index(int(self._layer.value))
            mean, rows = found.mean(row), found.weights[row]
            names = [f"head {number + 1}" for number in range(len(rows))]
        # What stands first is a resting place of many heads and would outshine all else.
        most = max(float(mean[1:].max(initial=0.0)), 1e-9)
        self._context.tokens = [
            ShownToken(text, shade=min(1.0, float(weight) / most), hint=_share(weight))
            for text, weight in zip(found.tokens, mean, strict=True)
        ]
        shown = rows[:, -NUM_COLUMNS:]
        self._heads.rows, self._heads.columns = tuple(names), found.tokens[-NUM_COLUMNS:]
        self._heads.texts = [["" for _ in row] for row in shown]
        self._heads.hints = [[_share(weight) for weight in row] for row in shown]
        self._heads.shades = [[float(weight) for weight in row] for row in shown]

    def _show_lens(self) -> str:
        from ..explain.lens import logit_lens

        walk = self._standing()
        found = logit_lens(walk.model, *walk.asked(), num_tokens=NUM_LENS, job=self._job())
        opinions = found.opinions[::-1]  # the last layer stands on top
        self._lens.rows, self._lens.columns = found.layers[::-1], found.tokens
        self._lens.texts = [[one.top[0].text for one in row] for row in opinions]
        self._lens.hints = [
            [", ".join(f"{t.text!r} {_share(math.exp(t.logprob))}" for t in one.top) for one in row]
            for row in opinions
        ]
        self._lens.shades = [[math.exp(one.top[0].logprob) for one in row] for row in opinions]
        return found.sentence

    def _show_words(self) -> str:
        from ..explain.occlusion import occlusion

        walk = self._standing()
        text, then = walk.asked()
        found = occlusion(walk.model, text, self._chosen(), then, job=self._job())
        self._draw_words([(word.text, word.change) for word in found.words], "nats")
        return found.sentence

    def _estimate(self) -> None:
        from ..explain.gradient import gradient_times_input

        def estimate() -> str:
            walk = self._standing()
            text, then = walk.asked()
            found = gradient_times_input(walk.model, text, self._chosen(), then, job=self._job())
            scores = [float(score) for score in found.scores]
            self._draw_words(list(zip(found.tokens, scores, strict=True)), "")
            return found.sentence

        self._parts[2].show(estimate)

    def _draw_words(self, words: list[tuple[str, float]], unit: str) -> None:
        most = max((abs(change) for _, change in words), default=0.0) or 1.0
        self._words.tokens = [
            ShownToken(text, shade=max(0.0, change / most), hint=f"{change:+.3f} {unit}".strip())
            for text, change in words
        ]
        first = sorted(enumerate(words), key=lambda pair: -abs(pair[1][1]))[:NUM_WORDS]
        self._most.bars = tuple(
            Bar(
                str(number),
                text,
                (abs(change),),
                (f"{change:+.2f} {unit}".strip(),),
                note="for it" if change > 0 else "against it",
                mono=True,
            )
            for number, (text, change) in first
        )

    def _standing(self) -> Walk:
        if self._walk is None:
            raise CannotError("Begin first.")
        return self._walk

    def _chosen(self) -> int:
        if not self._token.value:
            name = self._standing().model.name
            raise CannotError(f"{name} does not tell which tokens could come next by their ids.")
        return int(self._token.value)


class _Part:
    """One explanation: folded, with a button that works it out. `work` gives the sentence that explains."""

    def __init__(
        self,
        title: str,
        button: str,
        work: Callable[[], str],
        inputs: Sequence[Element],
        shown: Sequence[Element],
    ) -> None:
        self._sentence = Text("", "quiet")
        self._shown = Column(*shown)
        run = Button(button, lambda: self.show(work))
        self.element = Collapsible(title, Row(run, *inputs), self._sentence, self._shown)
        self.clear()

    def clear(self) -> None:
        """Nothing is worked out here yet."""
        self._sentence.text, self._sentence.hidden, self._shown.hidden = "", True, True

    def show(self, work: Callable[[], str]) -> None:
        """Work it out; where it can't be, say why."""
        self.clear()
        try:
            self._sentence.text = work()
            self._shown.hidden = False
        except CannotError as error:
            self._sentence.text = error.message
        self._sentence.hidden = False


def _share(weight: Any) -> str:
    return f"{100 * float(weight):.3g} %"
