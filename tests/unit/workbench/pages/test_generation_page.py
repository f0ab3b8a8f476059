"""The page where models write: what it shows, keeps and gives away, with models that are not real."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from storygen.errors import BadRequestError, ModelError
from storygen.workbench.bench import Functions
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.elements import (
    Bars,
    Button,
    Cell,
    Checks,
    Collapsible,
    Number,
    Panel,
    Radio,
    Select,
    Switch,
    Table,
    Text,
    TextInput,
    TokenText,
)
from storygen.workbench.metrics import Metric
from storygen.workbench.pages.generation import Generation
from tests.unit.workbench.pages.writing_models import (
    ChatModel,
    HeldModel,
    NanModel,
    RaisingModel,
    SilentModel,
    TrimmingModel,
    WordModel,
)
from tests.workbench_page import OpenPage, make_bench

ROWS = [
    {"prompt": "The fox sat.", "answer": " Then the fox slept."},
    {"prompt": "A wolf came.", "answer": " And the river rose."},
]
FUNCTIONS = Functions(to_text=lambda s: s["prompt"], to_target=lambda s: s["answer"])


def opened(
    *models: Any, metrics: Any = None, functions: Functions = FUNCTIONS, **more: Any
) -> OpenPage:
    bench = make_bench(
        {model.name: model for model in models}, {"rows": open_dataset(ROWS)}, functions
    )
    page = OpenPage(Generation(metrics, **more), bench)
    page.do(page.find(Checks, "Models, side by side"), "change", [m.name for m in models])
    page.do(page.find(Number, "Most tokens"), "change", 6)
    return page


def written(page: OpenPage, model: str) -> list[str]:
    """The texts in that model's newest panel, its view of the target last."""
    return ["".join(t.text for t in body.tokens) for body in bodies(page, model)]


def bodies(page: OpenPage, model: str) -> list[TokenText]:
    return [one for one in page.find(Panel, model).walk() if isinstance(one, TokenText)]


def said(page: OpenPage, model: str) -> list[str]:
    return [
        one.text
        for one in page.find(Panel, model).walk()
        if isinstance(one, Text) and not one.hidden
    ]


def rows(page: OpenPage) -> list[list[str]]:
    cells = page.find(Table).rows
    return [[cell.text if isinstance(cell, Cell) else cell for cell in row] for row in cells]


def saved_records(page: OpenPage) -> list[dict[str, Any]]:
    page.click("Download")
    data = base64.b64decode(page.saved[-1]["data"]).decode()
    return [json.loads(line) for line in data.splitlines()]


def test_a_press_writes_beside_the_target_and_measures() -> None:
    model = WordModel()
    with opened(model, metrics=["f1", "words", "perplexity"]) as page:
        page.click("Generate")
        text, target = written(page, "words")
        assert model.asked[0][0] == "The fox sat." and model.asked[0][2] == (1,)
        assert text.count(" ") + text.count(".") >= 6 and target == " Then the fox slept."
        assert " Then the fox slept." in said(page, "Target")
        (name, number, ended, *numbers), of_target = rows(page)
        assert (name, number, ended) == ("words", "1", "full length")
        assert all(one not in ("–", "failed") for one in numbers)
        assert of_target[:4] == ["words", "Target", "", "–"]
        assert of_target[4] == "4"
        assert [bar.label for bar in page.find(Bars).bars] == [
            "1"
        ]  # a target has no F1 with itself
        page.do(page.find(Select, "Compare by"), "change", "words")
        assert [bar.label for bar in page.find(Bars).bars] == ["1", "Target"]
        assert not page.problems


def test_a_question_is_asked_in_the_template_of_a_model_that_has_one() -> None:
    chat, plain = ChatModel("chat"), WordModel("plain")
    data = {"rows": open_dataset([{"question": "Why?", "answer": "So."}])}
    with OpenPage(Generation(), make_bench({"chat": chat, "plain": plain}, data)) as page:
        page.do(page.find(Checks, "Models, side by side"), "change", ["chat", "plain"])
        page.do(page.find(Number, "Most tokens"), "change", 3)
        page.click("Generate")
        assert chat.asked[0][0] == "<user>Why?<assistant>" and plain.asked[0][0] == "Why?\n"
        assert any("no chat template" in text for text in said(page, "plain"))
        before = [e.text for e in page.find(Collapsible, "The text before").walk()
                  if isinstance(e, Text)]  # fmt: skip
        assert before == ["<user>Why?<assistant>", "Why?\n"]
        assert saved_records(page)[0]["read"] == "<user>Why?<assistant>"
        page.do(page.find(Radio, "The text is"), "change", "as_it_stands")
        page.click("Generate")
        assert chat.asked[1][0] == "Why?\n"
        assert not page.problems


def test_what_a_server_does_not_heed_is_said() -> None:
    class Deaf(WordModel):
        def unheeded(self, params: Any) -> tuple[str, ...]:
            return ("top_k",)

    with opened(Deaf()) as page:
        page.click("Generate")
        assert "It does not heed: Top k." in said(page, "words")


def test_models_write_side_by_side_from_one_sample_and_one_seed() -> None:
    one, other = WordModel("before"), WordModel("after")
    with opened(one, other, metrics=["words"]) as page:
        page.do(page.find(Number, "Texts"), "change", 3)
        page.do(page.find(Number, "Seed"), "change", 40)
        page.click("Generate")
        assert one.asked[0] == other.asked[0] and one.asked[0][2] == (40, 41, 42)
        assert written(page, "before") == written(page, "after")
        bars = page.find(Bars)
        assert bars.series == ("before", "after")
        assert [bar.label for bar in bars.bars] == ["Mean", "1", "2", "3", "Target"]
        assert all(len(bar.values) == 2 for bar in bars.bars)
        means = [sum(bar.values[0] for bar in bars.bars[1:4]) / 3]
        assert bars.bars[0].values[0] == pytest.approx(means[0])


def test_the_same_seed_gives_the_same_and_another_one_another() -> None:
    with opened(WordModel()) as page:
        page.click("Generate")
        first = written(page, "words")
        page.click("Generate")
        assert written(page, "words") == first
        page.click("Other seed")
        page.click("Generate")
        assert written(page, "words")[0] != first[0]
        assert [one["round"] for one in saved_records(page)] == [1, 2, 3]


def test_tokens_come_while_the_model_writes_and_stop_ends_it() -> None:
    model = HeldModel()
    with opened(model) as page:
        page.do(page.find(Button, "Generate"), "click", wait=False)
        assert model.reached.wait(30)
        assert len(bodies(page, "held")[0].tokens) == 1
        assert page.find(Button, "Generate").disabled
        page.do(page.find(Button, "Stop"), "click", wait=False)
        page.until(lambda: not page.find(Button, "Generate").disabled)
        assert "1 · seed 1 · 1 token · stopped" in said(page, "held")
        model.go.set()  # what it says now is not heard any more
        page.wait()
        assert len(bodies(page, "held")[0].tokens) == 1
        assert rows(page)[0][2] == "stopped"
        assert saved_records(page)[0]["ended"] == "cancelled"


def test_the_pages_own_stop_ends_it_too() -> None:
    model = HeldModel()
    with opened(model) as page:
        page.do(page.find(Button, "Generate"), "click", wait=False)
        assert model.reached.wait(30)
        page.cancel()
        page.until(lambda: "Stopped." in said(page, "held"))
        model.go.set()


def test_a_model_that_raises_says_so_in_its_own_column_and_the_other_goes_on() -> None:
    with opened(RaisingModel(ValueError("bad weights")), WordModel()) as page:
        page.click("Generate")
        assert "ValueError: bad weights" in said(page, "raising")
        assert any("in before_token" in text for text in said(page, "raising"))
        assert len(bodies(page, "raising")[0].tokens) == 2  # what came before stands
        assert len(bodies(page, "words")[0].tokens) == 6
        assert not page.problems
        assert [row[2] for row in rows(page)] == ["broke off", "", "full length", ""]


def test_a_model_that_ends_the_program_ends_its_column_alone() -> None:
    with opened(RaisingModel(SystemExit(3)), WordModel()) as page:
        page.click("Generate")
        assert "SystemExit: 3" in said(page, "raising")
        assert [row[2] for row in rows(page)] == ["broke off", "", "full length", ""]


def test_an_error_that_says_what_to_do_is_shown_without_a_trace() -> None:
    error = ModelError("It does not fit in memory.", mend="Close another model.")
    with opened(RaisingModel(error)) as page:
        page.click("Generate")
        assert "It does not fit in memory. Close another model." in said(page, "raising")
        assert page.find(Collapsible, "Where it happened").hidden


def test_a_model_that_can_not_be_had_says_why() -> None:
    with opened(WordModel()) as page:

        def refuse(name: str, job: Any) -> Any:
            raise ModelError("The folder is empty.", mend="Put weights there.")

        page.component.bench.models.get = refuse
        page.click("Generate")
        assert "The folder is empty. Put weights there." in said(page, "words")


def test_numbers_that_are_none_are_pointed_out() -> None:
    with opened(NanModel("nan"), metrics=["perplexity", "words"]) as page:
        page.click("Generate")
        assert "Some of its probabilities are no numbers (NaN)." in said(page, "nan")
        cells = page.find(Table).rows[0]
        assert cells[3].text == "–" and "NaN" in cells[3].hint
        assert {token.shade for token in bodies(page, "nan")[0].tokens} == {None}
        assert saved_records(page)[0]["tokens"][0][2] is None


def test_a_model_of_which_nothing_comes_is_given_up_and_the_other_is_done() -> None:
    model = HeldModel()
    with opened(model, WordModel(), patience_s=1.0) as page:
        page.do(page.find(Button, "Generate"), "click", wait=False)
        assert model.reached.wait(30)
        page.until(lambda: not page.find(Button, "Generate").disabled)
        assert "Nothing came for 1 s, so it was given up." in said(page, "held")
        assert len(bodies(page, "words")[0].tokens) == 6
        model.go.set()
        page.wait()
        assert len(bodies(page, "held")[0].tokens) == 1


def test_a_model_that_tells_no_probabilities_still_writes_and_says_so() -> None:
    with opened(SilentModel("silent"), metrics=["words", "perplexity", "bits_per_byte"]) as page:
        page.click("Generate")
        text, target = written(page, "silent")
        assert text and target == " Then the fox slept."
        assert any("not scored" in one for one in said(page, "silent"))
        cells = page.find(Table).rows[0]
        assert cells[3].text == "6" or cells[3].text.isdigit()
        assert cells[4].hint == "The model tells probabilities of no token."


def test_what_the_model_gives_in_the_end_counts() -> None:
    with opened(TrimmingModel(lambda tokens: tokens[:2])) as page:
        page.click("Generate")
        assert len(bodies(page, "trimming")[0].tokens) == 2
        assert any("2 tokens" in one for one in said(page, "trimming"))


def test_colours_are_switched_for_all_that_stands_and_all_that_comes() -> None:
    with opened(WordModel()) as page:
        page.click("Generate")
        shades = [token.shade for token in bodies(page, "words")[0].tokens]
        assert shades[0] == pytest.approx(0.1, abs=0.01) and shades[4] == 1.0
        hint = bodies(page, "words")[0].tokens[1].hint
        assert hint == "25 % · rank 2 · entropy 1.00 nats · likeliest ' a' 90.5 %"
        page.do(page.find(Switch), "change", False)
        assert {token.shade for token in bodies(page, "words")[0].tokens} == {None}
        page.click("Generate")
        assert {token.shade for token in bodies(page, "words")[0].tokens} == {None}


def test_metrics_can_be_chosen_afterwards_and_a_broken_one_of_ones_own_harms_none() -> None:
    broken = Metric.of(lambda case: case.sample["nothing"], name="broken")
    answered = Metric.of(lambda case: len(case.sample["answer"]), "{:.0f}", name="answered")
    with opened(WordModel(), metrics=[broken, answered]) as page:
        page.click("Generate")
        table = page.find(Table)
        assert [c.title for c in table.columns] == ["Model", "Text", "Ended", "Broken", "Answered"]
        failed, number = table.rows[0][3:]
        assert failed.text == "failed" and "KeyError: 'nothing'" in failed.hint
        assert number.text == str(len(" Then the fox slept."))
        page.do(page.find(Checks, "Shown in bars and table"), "change", ["answered", "words"])
        assert [c.title for c in table.columns][3:] == ["Answered", "Words"]
        assert rows(page)[0][4].isdigit()
        assert {option.label for option in page.find(Checks, "Shown in bars and table").options} > {
            "BLEU",
            "Perplexity",
        }


def test_the_table_sorts_and_marks_the_best() -> None:
    with opened(WordModel(), metrics=["f1", "words"]) as page:
        page.do(page.find(Number, "Texts"), "change", 5)
        page.click("Generate")
        table = page.find(Table)
        page.do(table, "sort", [3, True])
        scores = [float(row[3].rstrip("%")) for row in rows(page)[:5]]
        assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1]
        assert rows(page)[5][1] == "Target"  # it has no number
        assert table.rows[0][3].tone == "good" and table.rows[4][3].tone == "plain"
        page.do(table, "sort", [1, False])
        assert [row[1] for row in rows(page)] == ["1", "2", "3", "4", "5", "Target"]


def test_rounds_are_kept_folded_until_cleared() -> None:
    with opened(WordModel()) as page:
        page.click("Generate")
        page.do(page.find(Button, "Next"), "click")
        page.click("Generate")
        newest, oldest = (
            one for one in page.elements() if isinstance(one, Collapsible) and "seed" in one.title
        )
        assert newest.title == "2. rows, train 2 · words · 1 text, seed 1" and newest.open
        assert not oldest.open and not oldest.children
        page.do(oldest, "toggle", True)
        assert oldest.children
        page.click("Clear")
        assert not any(isinstance(one, Table) for one in page.elements())
        assert page.find(Button, "Download").hidden


def test_a_record_holds_what_is_needed_to_do_it_again() -> None:
    with opened(WordModel(), metrics=["words"]) as page:
        page.do(page.find(Number, "Temperature"), "change", 0.5)
        page.click("Generate")
        (record,) = saved_records(page)
        assert record["model"] == "words" and record["seed"] == 1
        assert record["prompt"] == "The fox sat." and record["targets"] == [" Then the fox slept."]
        assert record["params"]["temperature"] == 0.5 and record["params"]["max_tokens"] == 6
        assert record["sample"] == {"dataset": "rows", "split": "train", "number": 1}
        assert record["text"] == "".join(token[0] for token in record["tokens"])
        assert record["metrics"]["words"] > 0


def test_a_text_of_ones_own_needs_no_data() -> None:
    model = WordModel()
    with OpenPage(Generation(), make_bench({"words": model})) as page:
        page.do(page.find(TextInput, "Text to go on from"), "change", "Öfter 😀")
        page.click("Generate")
        assert model.asked[0][0] == "Öfter 😀"
        assert "1. a text of your own" in page.find(Collapsible, named_like(page, "1. ")).title
        assert not any(isinstance(one, Panel) and one.title == "Target" for one in page.elements())


def named_like(page: OpenPage, begins: str) -> str:
    return next(
        one.title
        for one in page.elements()
        if isinstance(one, Collapsible) and one.title.startswith(begins)
    )


def test_without_a_model_or_with_none_chosen_the_page_says_what_to_do() -> None:
    with OpenPage(Generation(), make_bench()) as page:
        button = page.find(Button, "Generate")
        assert button.disabled and button.reason == "There is no model. Add one first."
    with opened(WordModel()) as page:
        page.do(page.find(Checks, "Models, side by side"), "change", [])
        page.click("Generate")
        assert page.problems == ["Choose a model first."]


def test_a_wrong_parameter_starts_nothing() -> None:
    model = WordModel()
    with opened(model) as page:
        page.do(page.find(TextInput, "Token bias"), "change", "nonsense")
        page.click("Generate")
        assert not model.asked and "token = bias" in page.problems[-1]


def test_a_wrong_list_of_metrics_is_refused_where_it_is_written() -> None:
    with pytest.raises(BadRequestError, match="There is no metric 'f9'"):
        Generation(metrics=["f9"])


def test_own_metrics_may_bear_the_name_of_a_built_in_one() -> None:
    mine = Metric.of(lambda case: 7, "{:.0f}", name="words")
    with opened(WordModel(), metrics=[mine]) as page:
        page.click("Generate")
        assert rows(page)[0][3] == "7"
