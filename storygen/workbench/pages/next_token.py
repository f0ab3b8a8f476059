"""The page on which a text is gone through token by token: what could come next, what should, and why."""

from __future__ import annotations

from ...errors import BadRequestError
from ..component import Component
from ..elements import (
    Bars,
    Button,
    Collapsible,
    Column,
    Columns,
    Element,
    Facts,
    Number,
    Option,
    Panel,
    Row,
    Select,
    ShownToken,
    Text,
    TextInput,
    TokenText,
)
from ..models.base import Ability, CannotError, Likely, NextDistribution, ScoredToken
from ..models.local import LocalModel
from .generation import MOST_SEED
from .next_bars import drawn_bars, likeliest_bars, marked
from .next_explained import Explanations
from .next_target import TargetPanel
from .next_walk import Walk, true_by_text, true_place
from .sample_choice import Chosen, SampleChoice
from .sampling_form import SamplingForm
from .shades import LEGEND, percent, shade

MOST_LISTED = 100
NUM_TAIL = 300


class NextToken(Component):
    """Step through a sample, or a text of one's own, with any model that says what could come next."""

    title = "Next token"
    sentence = "Go through a text token by token: what could come next, what should, and why."

    def build(self) -> Element:
        """See `Component.build`."""
        self._walk: Walk | None = None
        self._chosen, self._name = Chosen(""), ""
        self._here = NextDistribution(())
        self._stale = Text("", "quiet")
        self._sample = SampleChoice(self.bench, lambda: self.job, self._changed)
        self._form = SamplingForm()
        offers = self.bench.models.offers()
        options = [Option(one.name, one.name, one.problem or one.note) for one in offers]
        usable = [one.name for one in offers if not one.problem] or [one.name for one in offers]
        self._model = Select("Model", options, next(iter(usable), ""), lambda _: self._changed())
        self._num = Number("Likeliest shown", 10, self._look_again, low=1, high=MOST_LISTED)
        self._draws = Number("Drawn", 20, self._look_again, low=0, high=MOST_LISTED)
        self._seed = Number("Seed", 1, self._look_again, low=0, high=MOST_SEED)
        self._seed.hint = "The same seed draws the same token at the same place."
        self._begin = Button("Begin", self._start, tone="primary", key="Ctrl+Enter")
        if not options:
            self._begin.disabled, self._begin.reason = True, "There is no model. Add one first."
        self._body = Column(
            self._place(),
            self._next(),
            self._target_panel(),
            *self._explanations(),
        )
        self._body.hidden = True
        return Column(
            Columns(Column(*self._sample.elements), self._settings(), weights=(3, 2)),
            Row(self._begin, self._stale),
            self._body,
        )

    def begin(self) -> None:
        """See `Component.begin`."""
        self._sample.begin()

    def _settings(self) -> Element:
        return Panel(
            self._model,
            Row(self._num, self._draws, self._seed),
            Collapsible(
                "Samplers",
                *self._form.elements,
                Button("Look again", self._look_again),
            ),
            title="How to look",
        )

    def _place(self) -> Element:
        self._note = Text("", "quiet")
        self._tail = Text("", "story")
        self._steps = TokenText(on_pick=self._back_to, legend=LEGEND)
        self._back = Button("Take one back", lambda: self._back_to(-1), key="Alt+B")
        self._true = Button("Go on with the true one", self._go_true, key="Alt+T")
        self._typed = TextInput(
            "Go on with", on_submit=self._write, placeholder="a token or a text"
        )
        return Panel(
            self._note,
            self._tail,
            self._steps,
            Row(
                self._back,
                self._true,
                Button("Go on by drawing", self._draw, key="Alt+L"),
                self._typed,
                Button("Go on", lambda: self._write(self._typed.value)),
            ),
            title="So far",
        )

    def _next(self) -> Element:
        self._reason = Text("", "problem")
        self._facts = Facts()
        self._likeliest = Bars(on_pick=self._pick)
        self._drawn = Bars(on_pick=self._pick)
        self._drawn.empty = "Nothing was drawn."
        about = "Filled: the model's own probability. Outlined: after the samplers."
        return Panel(
            self._reason,
            self._facts,
            Columns(
                Column(Text(f"Likeliest. {about}", "quiet"), self._likeliest),
                Column(
                    Text("Drawn. Outlined: how often that was to be expected.", "quiet"),
                    self._drawn,
                ),
            ),
            title="What could come next",
        )

    def _target_panel(self) -> Element:
        self._target = TargetPanel(self._jump)
        return self._target.element

    def _explanations(self) -> tuple[Element, ...]:
        self._explained = Explanations(lambda: self.job)
        return tuple(self._explained.elements)

    # ------------------------------------------------------------ callbacks

    def _start(self) -> None:
        self._chosen = chosen = self._sample.chosen()
        self._name = self._model.value
        model = self.bench.models.get(self._name, self.job)
        if isinstance(model, LocalModel):
            model.load(self.job)  # so that one sees how far it is, and can give it up
        to_step = None if chosen.edited or chosen.question else self.bench.functions.to_step
        prompt = chosen.prompt_for(model, exact=True)
        self._note.text, self._note.hidden = prompt.note, not prompt.note
        self._walk = Walk(model, prompt.text, chosen.sample, to_step)
        self._target.hide()
        self._changed()
        self._body.hidden = False
        self._show()
        if chosen.targets and chosen.targets[0]:
            try:
                self._target.show(self._walk.score(chosen.targets[0], 3, self.job))
            except CannotError as error:
                self._target.hide(error.message)
            self._mark()

    def _changed(self) -> None:
        """Something else stands above than what is gone through."""
        walk = self._walk
        other = walk is not None and (
            self._sample.chosen() != self._chosen or self._model.value != self._name
        )
        self._stale.text = "Something else stands above now. Begin anew to go through it."
        self._stale.hidden = not other

    def _pick(self, key: str) -> None:
        number = key.partition(".")[2]
        token = self._true_token() if number == "true" else self._here.tokens[int(number)]
        self._go(token)

    def _go_true(self) -> None:
        self._go(self._true_token())

    def _go(self, token: Likely | ScoredToken | None) -> None:
        if token is None:
            raise BadRequestError(
                "The text has left the target here. Go back, or click a place in it."
            )
        self._standing().take(token)
        self._show()

    def _draw(self) -> None:
        token = self._standing().draw(self._form.params(), self._seed.whole)
        if token is None:
            raise BadRequestError("The samplers let nothing come here.")
        self._go(token)

    def _write(self, text: str) -> None:
        self._standing().write(text, self.job)
        self._typed.value = ""
        self._show()

    def _back_to(self, number: int) -> None:
        """Before the step of that number; -1: before the last one."""
        walk = self._standing()
        walk.back_to(number if number >= 0 else max(0, len(walk.steps) - 1))
        self._show()

    def _jump(self, number: int) -> None:
        """Before that token of the target."""
        walk = self._standing()
        walk.back_to(0)
        for token in self._target.tokens[:number]:
            walk.take(token)
        self._show()

    def _look_again(self, _: float | None = None) -> None:
        if self._walk is not None:
            self._show()

    # ------------------------------------------------------------ how it stands

    def _standing(self) -> Walk:
        if self._walk is None:
            raise BadRequestError("Press Begin first.")
        return self._walk

    def _show(self) -> None:
        """What could come at the present place."""
        walk = self._standing()
        tail = walk.prompt[-NUM_TAIL:]
        self._tail.text = ("…" if len(tail) < len(walk.prompt) else "") + tail
        self._steps.tokens = [
            ShownToken(text or step.text, step.id, shade(step.logprob), hint=_told(step.logprob))
            for text, step in zip(walk.texts, walk.steps, strict=True)
        ]
        self._back.disabled, self._back.reason = not walk.steps, "This is the beginning."
        self._here, reason = NextDistribution(()), ""
        try:
            if not walk.model.can(Ability.NEXT):
                raise CannotError(f"{walk.model.name} doesn't say which tokens could come next.")
            params, draws = self._form.params(), self._draws.whole
            self._here = walk.distribution(MOST_LISTED, params, draws, self._seed.whole)
        except CannotError as error:
            reason = error.message
        self._reason.text, self._reason.hidden = reason, not reason
        self._mark()

    def _mark(self) -> None:
        """Bars, facts and explanations, with what should come."""
        walk, here = self._standing(), self._here
        place = true_place(self._target.tokens, walk)
        true = self._target.tokens[place] if place is not None else None
        mark = marked(here.tokens, true)
        if true is None and not self._target.tokens and self._chosen.targets:
            mark = true_by_text(here.tokens, self._chosen.targets[0], walk.written)
        self._likeliest.bars = tuple(
            likeliest_bars(here, self._num.whole, true, mark, len(walk.steps))
        )
        self._drawn.bars = tuple(drawn_bars(here, len(walk.steps)))
        self._target.stand(place)
        known = here.tokens[mark] if mark is not None else true
        self._true.disabled = known is None
        self._true.reason = "There is no target, or the text has left it."
        self._facts.facts = _facts(len(walk.steps), here, true, mark)
        first = [] if known is None else [Likely(known.id, known.text, known.logprob or 0.0)]
        others = [token for token in here.tokens[:5] if not first or token.id != first[0].id]
        self._explained.moved(walk, [*first, *others])

    def _true_token(self) -> Likely | ScoredToken | None:
        walk = self._standing()
        place = true_place(self._target.tokens, walk)
        if place is not None:
            return self._target.tokens[place]
        if self._target.tokens or not self._chosen.targets:
            return None
        mark = true_by_text(self._here.tokens, self._chosen.targets[0], walk.written)
        return None if mark is None else self._here.tokens[mark]


def _facts(
    num_steps: int, here: NextDistribution, true: ScoredToken | None, mark: int | None
) -> tuple[tuple[str, str], ...]:
    facts = [("Tokens chosen", f"{num_steps:,}")]
    if here.entropy is not None:
        facts.append(("Entropy", f"{here.entropy:.2f} nats"))
    if here.num_vocabulary is not None:
        facts.append(("Vocabulary", f"{here.num_vocabulary:,} tokens"))
    if true is not None and true.logprob is not None:
        rank = "" if true.rank is None else f", rank {true.rank:,}"
        facts.append(("Should come", f"{true.text!r}, {percent(true.logprob)}{rank}"))
    elif mark is not None:
        token = here.tokens[mark]
        facts.append(
            ("Should come", f"{token.text!r}, {percent(token.logprob)}, rank {mark + 1:,}")
        )
    return tuple(facts)


def _told(logprob: float | None) -> str:
    return "" if logprob is None else percent(logprob)
