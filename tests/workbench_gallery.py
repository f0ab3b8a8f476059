"""Pages of the workbench that hold every element once; `tests/workbench_demo.py` serves them.

What callbacks get is written to the page, so that a test reads there what reached Python.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from storygen.workbench.component import Component
from storygen.workbench.elements import (
    Bar,
    Bars,
    Button,
    Cell,
    Checks,
    Collapsible,
    Column,
    Columns,
    Element,
    Facts,
    FileInput,
    Grid,
    Heading,
    Number,
    Option,
    Panel,
    Plot,
    Radio,
    Row,
    Select,
    Series,
    ShownToken,
    Switch,
    Table,
    TableColumn,
    Text,
    TextInput,
    TokenText,
)

STORY = ("The", " lamp", " burned", " low", ",", " and", " nobody", " in", " the", " house", ".",
         "\n", "Outside", ",", " a", " 👩‍🚀", " waited", " for", "  ", "rain", ".")  # fmt: skip
MARKUP = "<b>bold</b> & <img src=x onerror=alert(1)>"
NEXT = (" the", " a", "\n", " nobody", " his", " rain", " 👩‍🚀", "<|end|>", " dark", " still")


class Demo(Component):
    """Has a line that says which callback ran last, and with what."""

    def hear(self, name: str) -> Any:
        """A callback that writes its `name` and what it got."""

        def heard(*values: Any) -> None:
            self.num += 1
            self.heard.text = " ".join([f"{self.num}:", name, *(repr(one) for one in values)])

        return heard

    def listening(self, *children: Element) -> Column:
        """A page with that line at its end."""
        self.num, self.heard = 0, Text("nothing yet", tone="quiet")
        return Column(*children, self.heard)


class Inputs(Demo):
    """Everything that asks for something."""

    title = "Inputs"
    sentence = "Everything that asks for something. What reached Python stands in the last line."

    def build(self) -> Element:
        hear = self.hear
        models = [Option("small", "SmolLM2 135M", "135 M weights"), "large"]
        self.select = Select("Model", models, on_change=hear("select"))
        self.temperature = Number(
            "Temperature", 0.8, hear("temperature"), low=0, high=2, step=0.05, slider=True
        )
        self.temperature.hint = "Higher is more daring."
        self.tokens = Number("Most tokens", 64, hear("tokens"), low=10, high=512)
        self.prompt = TextInput(
            "Prompt",
            "Once upon a time",
            hear("prompt"),
            on_submit=hear("submitted"),
            lines=4,
            placeholder="What does the model go on from?",
        )
        self.name = TextInput("Name", "", hear("name"), on_submit=hear("named"))
        self.secret = TextInput("Key", "", hear("secret"), secret=True)
        self.form = Radio(
            "Form",
            [Option("raw", "Raw", "as it is"), Option("chat", "Chat")],
            on_change=hear("form"),
        )
        self.metrics = Checks("Metrics", ["perplexity", "bleu", "chrf"], ["bleu"], hear("metrics"))
        self.switch = Switch("Show ids", False, hear("switch"))
        go = Button("Generate", hear("generate"), tone="primary", key="Ctrl+Enter")
        again = Button("Again", hear("again"), key="Alt+G")
        quiet = Button("Forget it", hear("forget"), tone="quiet")
        off = Button("Compare", hear("compare"))
        off.disabled, off.reason = True, "Choose a second model first."
        self.file = FileInput("Open a file", self.opened_file, accept=".jsonl,.csv")
        self.server_says = Button("Set from the server", self.set_all, at_once=True)
        return self.listening(
            Columns(
                Column(
                    Row(self.select, self.tokens),
                    self.prompt,
                    Row(go, again, off, quiet),
                    Row(self.name, self.secret),
                ),
                Panel(
                    self.temperature, self.form, self.metrics, self.switch, title="How it is drawn"
                ),
                weights=(3, 2),
            ),
            self.file,
            Row(self.server_says, Switch("Set it meanwhile", False, lambda on: self.set_all())),
        )

    def set_all(self) -> None:
        """The server has something else to say of every field."""
        self.name.value, self.prompt.value = "from Python", "Another beginning"
        self.tokens.value, self.temperature.value = 128, 1.25
        self.select.value, self.form.value, self.metrics.value = "large", "chat", ("chrf",)
        self.switch.value = True

    def opened_file(self, path: Path, name: str) -> None:
        """Say how much came, and what its ends are."""
        data = path.read_bytes()
        self.hear("file")(name, len(data), data[:3], data[-3:])


class Reading(Demo):
    """Everything to read, and what can be picked in it."""

    title = "Reading"
    sentence = "Everything to read, and what can be picked in it."

    def build(self) -> Element:
        hear = self.hear
        self.table = Table(
            [
                "Sample",
                TableColumn("Loss", "right", 2, sorts=True, hint="Lower is better"),
                TableColumn("Tokens", "right", sorts=True),
                "Source",
            ],
            [
                [
                    "The lamp burned low.",
                    Cell(2.31, shade=0.4),
                    12,
                    Cell("a page", link="https://example.org/"),
                ],
                [MARKUP, Cell(4.5, shade=1, hint="very high"), 31, Cell("look", pick=True)],
                [Cell(None), Cell(-0.25, shade=0), 1234567, Cell("no", link="javascript:alert(1)")],
            ],
            hear("row"),
            on_sort=hear("sort"),
        )
        self.table.picked = 0
        tokens = [
            ShownToken(text, id=1000 + at * 37, shade=(at * 7 % 10) / 10, hint=f"rank {at + 1}",
                       mark="here" if at == 5 else "")
            for at, text in enumerate(STORY)
        ]  # fmt: skip
        self.tokens = TokenText(tokens, hear("token"), legend="how surprising it was")
        layers = ["layer 1", "layer 2", "layer 3"]
        words = ["The", " lamp", " burned", " low", ","]
        self.grid = Grid(
            layers,
            words,
            [[(r * 5 + c) % 7 / 6 for c in range(5)] for r in range(3)],
            [["the", " of", "\n", " burned", " and"]] * 3,
            hints=[[f"row {r}, column {c}" for c in range(5)] for r in range(3)],
            legend="probability",
            on_pick=hear("field"),
        )
        return self.listening(
            Columns(
                Panel(
                    Heading("A heading of its own", 3),
                    Text("Plain words.\nIn two lines."),
                    Text("Beside the point.", tone="quiet"),
                    Text(f"exact\ttext  {MARKUP}", tone="mono"),
                    Text("The lamp burned low, and nobody in the house was awake.", tone="story"),
                    Text("All is well.", tone="good"),
                    Text("This one is broken.", tone="problem"),
                    Text("The documentation", link="https://example.org/docs"),
                    Text("Not a link", link="javascript:alert(1)"),
                    title="Words",
                ),
                Panel(
                    Facts(
                        ("Weights", "134,515,008"), ("Context", "8,192 tokens"), ("Note", MARKUP)
                    ),
                    Collapsible("More of it", Text("Folded away."), on_open=hear("opened")),
                    title="Facts",
                ),
            ),
            Panel(self.table, title="Samples"),
            Panel(
                Row(Switch("Boundaries", False, self.bounds), Switch("Ids", False, self.show_ids)),
                self.tokens,
                title="Tokens",
            ),
            Panel(self.grid, title="Logit lens"),
        )

    def bounds(self, on: bool) -> None:
        """Show where tokens begin, or not."""
        self.tokens.boundaries = on

    def show_ids(self, on: bool) -> None:
        """Show their numbers, or not."""
        self.tokens.ids = on


class Charts(Demo):
    """Bars and plots."""

    title = "Charts"
    sentence = "Bars and plots of every form."

    def build(self) -> Element:
        hear = self.hear
        shares = [0.31, 0.22, 0.14, 0.09, 0.07, 0.05, 0.03, 0.02, 0.012, 0.004]
        marks: dict[int, Any] = {1: "true", 0: "chosen"}
        bars = [
            Bar(f"t{at}", text, (share,), (f"{share:.1%}",), second=shares[(at + 3) % 10],
                mark=marks.get(at, ""), hint=f"log-probability {math.log(share):.2f}",
                note=f"rank {at + 1}", mono=True)
            for at, (text, share) in enumerate(zip(NEXT, shares, strict=True))
        ]  # fmt: skip
        self.bars = Bars(bars, hear("bar"), high=0.5)
        compared = [
            Bar(name, name, values)
            for name, values in (
                ("BLEU", (21.4, 24.9)),
                ("chrF", (44.1, 43.2)),
                ("exact", (3, None)),
            )
        ]
        signed = [Bar(name, name, (v,)) for name, v in (("lamp", 0.8), ("the", -0.3), ("low", 0.1))]
        x = list(range(0, 41, 2))
        curve = [2 + 3 * math.exp(-one / 12) for one in x]
        self.plot = Plot(
            [
                Series("SmolLM2", x, curve, [y - 0.3 for y in curve], [y + 0.3 for y in curve]),
                Series("n-gram", x, [y + 0.8 if n != 8 else None for n, y in enumerate(curve)]),
            ],
            x_label="tokens read",
            y_label="surprise in bits",
            on_pick=hear("point"),
        )
        self.plot.picked = 12
        self.next = Bars(
            [Bar(f"0-{n}", f"first {n}", (1 / (n + 1),)) for n in range(4)], self.choose
        )
        points = Plot(
            [Series("samples", [n / 7 for n in range(60)],
                    [math.sin(n) * n / 30 for n in range(60)],
                    hints=[f"sample {n}" for n in range(60)])],
            form="points", x_label="length", y_label="loss", on_pick=hear("sample"),
        )  # fmt: skip
        columns = Plot(
            [Series("here", range(8), [3, 9, 14, 22, 17, 8, 4, 1]),
             Series("there", range(8), [1, 4, 11, 19, 24, 12, 6, 2])],
            form="columns", x_label="rank", y_label="tokens",
        )  # fmt: skip
        return self.listening(
            Columns(
                Panel(self.bars, title="Next token"),
                Panel(
                    Bars(compared, series=("SmolLM2", "n-gram")),
                    Heading("Occlusion", 3),
                    Bars(signed),
                    Heading("Nothing", 3),
                    Bars(),
                    title="Compared",
                ),
            ),
            Panel(self.plot, title="Along the story"),
            Columns(Panel(points, title="Points"), Panel(columns, title="Columns")),
            self.next,
        )

    def choose(self, key: str) -> None:
        """Other bars in the place of those that were there, as after a token that was chosen."""
        number = self.num + 1
        self.next.bars = tuple(Bar(f"{number}-{n}", f"{key}.{n}", (1 / (n + 1),)) for n in range(4))
        self.hear("chosen")(key)
