"""The page that goes through a text token by token, with models that are not real and one that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest

from storygen.workbench.bench import Functions
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.elements import (
    Bar,
    Bars,
    Button,
    Collapsible,
    Facts,
    Grid,
    Number,
    Panel,
    Plot,
    Select,
    Table,
    Text,
    TextInput,
    TokenText,
)
from storygen.workbench.models.base import CannotError, NextDistribution
from storygen.workbench.models.stepped import SteppedModel
from storygen.workbench.pages.next_token import NextToken
from tests.tiny_local import local
from tests.unit.workbench.pages.writing_models import SilentModel
from tests.workbench_page import OpenPage, make_bench

WORDS = ("the ", "sea ", "was ", "calm ", "storm ", "came ")
ROWS = [{"prompt": "the ", "answer": "sea was storm "}, {"prompt": "sea ", "answer": "came "}]
FUNCTIONS = Functions(to_text=lambda s: s["prompt"], to_target=lambda s: s["answer"])


class Sea(SteppedModel):
    """Rather sure that the words come in their order."""

    def vocabulary(self) -> Sequence[str]:
        return WORDS

    def next_token_distribution(self, text: str) -> Sequence[float]:
        last = next((n for n, word in enumerate(WORDS) if text.endswith(word)), -1)
        probs = [0.06, 0.05, 0.04, 0.03, 0.02, 0.01]
        probs[(last + 1) % len(WORDS)] += 0.79
        return probs


class TextOnly(Sea):
    """As some servers: no ids, no scores, and no going on from chosen tokens."""

    abilities = Sea.abilities - {"score"}

    def next_tokens(self, text: str, then: Sequence[int] = (), **more: Any) -> NextDistribution:
        if then:
            raise CannotError("It goes on from text only.")
        return super().next_tokens(text, **more)


def opened(model: Any, functions: Functions = FUNCTIONS, rows: Any = ROWS) -> OpenPage:
    bench = make_bench({model.name: model}, {"rows": open_dataset(rows)}, functions)
    page = OpenPage(NextToken(), bench)
    page.click("Begin")
    return page


def bars(page: OpenPage, at: int = 0) -> tuple[Bar, ...]:
    found = [
        one for one in page.find(Panel, "What could come next").walk() if isinstance(one, Bars)
    ]
    return found[at].bars


def pick(page: OpenPage, text: str) -> None:
    element = next(
        one for one in page.find(Panel, "What could come next").walk() if isinstance(one, Bars)
    )
    page.do(element, "pick", next(bar.key for bar in element.bars if bar.label == text))


def steps(page: OpenPage) -> list[str]:
    return [token.text for token in tokens_of(page, "So far").tokens]


def tokens_of(page: OpenPage, panel: str) -> TokenText:
    found = page.find(Panel, panel)
    return next(one for one in found.walk() if isinstance(one, TokenText))


def facts(page: OpenPage) -> dict[str, str]:
    return dict(page.find(Facts).facts)


def said(element: Any) -> str:
    texts = [one.text for one in element.walk() if isinstance(one, Text) and not one.hidden]
    return " ".join(texts)


def test_the_likeliest_tokens_stand_as_bars_and_the_true_one_is_marked() -> None:
    with opened(Sea()) as page:
        shown = bars(page)
        assert shown[0].label == "sea " and shown[0].values[0] == pytest.approx(0.84)
        assert [bar.mark for bar in shown] == ["true", "", "", "", "", ""]
        assert shown[0].second is not None and shown[0].second > 0.84  # after the samplers
        assert facts(page)["Should come"].startswith("'sea ', 84 %, rank 1")
        assert sum(bar.values[0] for bar in bars(page, 1)) == pytest.approx(1.0)
        assert page.problems == []


def test_a_true_token_that_is_not_among_the_shown_is_shown_below_them_with_its_rank() -> None:
    with opened(Sea()) as page:
        page.do(page.find(Number, "Likeliest shown"), "change", 2)
        for _ in range(2):
            page.click("Go on with the true one")
        assert steps(page) == ["sea ", "was "]
        assert [bar.label for bar in bars(page)][:2] == ["calm ", "the "]
        last = bars(page)[-1]
        assert (last.label, last.mark, last.note) == ("storm ", "true", "rank 5")
        page.click("Go on with the true one")
        assert "Should come" not in facts(page)
        assert page.find(Button, "Go on with the true one").disabled


def test_any_bar_can_be_gone_on_with_and_taken_back() -> None:
    with opened(Sea()) as page:
        pick(page, "the ")
        assert steps(page) == ["the "] and "Should come" not in facts(page)
        assert bars(page)[0].label == "sea "
        pick(page, "calm ")
        page.do(tokens_of(page, "So far"), "pick", 1)
        assert steps(page) == ["the "]
        page.click("Take one back")
        assert steps(page) == [] and page.find(Button, "Take one back").disabled


def test_a_text_can_be_typed_and_is_cut_into_tokens_of_known_probability() -> None:
    with opened(Sea()) as page:
        page.do(page.find(TextInput, "Go on with"), "submit", "sea storm ")
        shown = tokens_of(page, "So far").tokens
        assert [token.text for token in shown] == ["sea ", "storm "]
        assert shown[1].shade == pytest.approx(math.log(0.02) / math.log(0.001))
        assert page.find(TextInput, "Go on with").value == ""
        page.do(page.find(TextInput, "Go on with"), "submit", "")
        assert page.problems == ["Type a token or a text first."]


def test_going_on_by_drawing_is_the_same_for_a_seed() -> None:
    ways = []
    for seed in (1, 1, 2, 3, 4, 5):
        with opened(Sea()) as page:
            page.do(page.find(Number, "Temperature"), "change", 3.0)
            page.do(page.find(Number, "Seed"), "change", seed)
            for _ in range(4):
                page.click("Go on by drawing")
            ways.append("".join(steps(page)))
    assert ways[0] == ways[1] and len(set(ways)) > 2


def test_the_target_is_drawn_with_the_places_where_the_model_was_most_wrong() -> None:
    with opened(Sea()) as page:
        panel = page.find(Panel, "Along the target")
        (curve,) = page.find(Plot).series
        expected = [-math.log(0.84), -math.log(0.83), -math.log(0.02)]
        assert list(curve.y) == pytest.approx(expected)
        table = next(one for one in panel.walk() if isinstance(one, Table))
        assert [row[:2] for row in table.rows] == [["'storm '", 3], ["'was '", 2], ["'sea '", 1]]
        page.do(table, "pick", [0, None])
        assert steps(page) == ["sea ", "was "] and page.find(Plot).picked == 3.0
        page.do(page.find(Plot), "pick", [0, 1])
        assert steps(page) == ["sea "]
        page.do(tokens_of(page, "Along the target"), "pick", 0)
        assert steps(page) == []


def test_a_developers_to_step_makes_the_text_for_each_step() -> None:
    seen: list[tuple[str, list[str]]] = []

    def to_step(sample: Any, tokens: Sequence[str]) -> str:
        seen.append((sample["prompt"], list(tokens)))
        return "".join(tokens) + "storm "  # it always goes on after this

    functions = Functions(FUNCTIONS.to_text, to_step, FUNCTIONS.to_target)
    with opened(Sea(), functions) as page:
        assert bars(page)[0].label == "came "
        assert next(bar for bar in bars(page) if bar.mark).label == "sea "
        assert [t.shade for t in tokens_of(page, "Along the target").tokens] == pytest.approx(
            [math.log(p) / math.log(0.001) for p in (0.05, 0.04, 0.02)]
        )
        pick(page, "calm ")
        assert seen[-1] == ("the ", ["calm "]) and bars(page)[0].label == "came "


def test_a_to_step_that_fails_is_told() -> None:
    def to_step(sample: Any, tokens: Sequence[str]) -> str:
        return str(sample["nothing"])

    with opened(Sea(), Functions(FUNCTIONS.to_text, to_step, None)) as page:
        assert page.problems and page.problems[0].startswith("to_step failed on this sample")


def test_a_model_that_goes_on_from_text_only_is_gone_through_by_text() -> None:
    with opened(TextOnly()) as page:
        assert bars(page)[0].mark == "true"  # found by its text
        assert "doesn't tell how probable a given text is" in said(
            page.find(Panel, "Along the target")
        )
        page.click("Go on with the true one")
        page.do(page.find(TextInput, "Go on with"), "submit", "was calm ")
        assert steps(page) == ["sea ", "was calm "] and bars(page)[0].label == "storm "
        assert page.problems == []


def test_a_model_that_says_nothing_of_what_comes_next_gives_its_reason() -> None:
    with opened(SilentModel("silent")) as page:
        assert "silent doesn't say which tokens" in said(page.find(Panel, "What could come next"))
        assert bars(page) == () and page.problems == []


def test_what_a_model_elsewhere_cannot_explain_is_said() -> None:
    with opened(Sea()) as page:
        for title, button in (("Attention", "Show attention"), ("Layers", "Show layers")):
            page.click(button)
            part = next(
                one
                for one in page.elements()
                if isinstance(one, Collapsible) and one.title.startswith(title)
            )
            assert "Sea does not show its inside" in said(part)
        assert page.problems == []


def test_attention_layers_and_words_of_a_real_model_are_worked_out_on_demand() -> None:
    rows = [{"prompt": "Once upon a time there was a café", "answer": " by the sea 🙂 and"}]
    with opened(local("gpt2"), rows=rows) as page:
        for _ in range(3):
            page.click("Go on with the true one")
        assert page.problems == []
        page.click("Show attention")
        grids = [one for one in page.elements() if isinstance(one, Grid)]
        assert grids[0].rows == ("layer 1", "layer 2")
        page.do(page.find(Select, "Layer"), "change", "2")
        assert grids[0].rows == ("head 1", "head 2", "head 3", "head 4")
        assert sum(grids[0].shades[0]) <= 1.0001
        page.click("Show layers")
        assert grids[1].rows == ("layer 2", "layer 1", "input")
        likeliest = bars(page)[0]
        assert grids[1].texts[0][-1] == likeliest.label
        assert grids[1].shades[0][-1] == pytest.approx(likeliest.values[0], abs=1e-3)
        page.click("Leave words out")
        words = page.find(Collapsible, "Words: what of the text mattered")
        shown = next(one for one in words.walk() if isinstance(one, TokenText))
        assert "".join(token.text for token in shown.tokens) == rows[0]["prompt"]
        page.click("Quick estimate")
        assert len(shown.tokens) > len(rows[0]["prompt"].split())
        assert page.find(Select, "Of the token").value == str(page_true_id(page))
        page.click("Take one back")
        assert page.problems == []
        assert all(not said(part) for part in page.elements() if is_explanation(part))


def page_true_id(page: OpenPage) -> int:
    marked = next(bar for bar in bars(page) if bar.mark == "true")
    (found,) = {t.id for t in tokens_of(page, "Along the target").tokens if t.text == marked.label}
    assert found is not None
    return found


def is_explanation(element: Any) -> bool:
    return isinstance(element, Collapsible) and element.title.split(":")[0] in (
        "Attention",
        "Layers",
        "Words",
    )


def test_half_characters_come_together_in_the_text() -> None:
    rows = [{"prompt": "Once", "answer": "🙂🙂 end"}]
    with opened(local("gpt2"), rows=rows) as page:
        page.do(tokens_of(page, "Along the target"), "pick", 3)
        assert steps(page)[:2] == ["", "🙂"] and page.component._walk.written == "🙂"
        page.click("Go on with the true one")
        written = page.component._walk.written
        assert written.startswith("🙂🙂") and page.problems == []


def test_without_a_model_there_is_nothing_to_begin_and_without_a_beginning_nothing_to_do() -> None:
    with OpenPage(NextToken(), make_bench({}, {})) as page:
        assert page.find(Button, "Begin").disabled
    with OpenPage(NextToken(), make_bench({"Sea": Sea()}, {})) as page:
        page.do(page.find(TextInput, "Text to go on from"), "change", "the sea ")
        page.click("Begin")
        assert bars(page)[0].label == "was " and page.find(Panel, "Along the target").hidden


def test_another_sample_or_model_above_asks_to_begin_anew() -> None:
    with opened(Sea()) as page:
        stale = next(
            one
            for one in page.elements()
            if isinstance(one, Text) and one.text.startswith("Something else stands above")
        )
        assert stale.hidden
        page.click("Next")
        assert not stale.hidden and tokens_of(page, "Along the target").tokens[0].text == "sea "
        page.click("Begin")
        assert stale.hidden and tokens_of(page, "Along the target").tokens[0].text == "came "
