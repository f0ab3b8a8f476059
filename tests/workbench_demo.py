"""A workbench to try the page with: `python -m tests.workbench_demo --data-dir FOLDER`.

Its pages hold every element once, and do what a test asks: answer, count, stream, fail.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from storygen.errors import BadRequestError
from storygen.workbench.elements import (
    Button,
    Column,
    Element,
    Progress,
    Row,
    ShownToken,
    Table,
    TableColumn,
    Text,
    TextInput,
    TokenText,
    Turn,
)
from storygen.workbench.host.standalone import serve
from storygen.workbench.workbench import Workbench
from tests.workbench_gallery import MARKUP, Charts, Demo, Inputs, Reading


class Talk(Demo):
    """Turns of a talk."""

    title = "Talk"

    def build(self) -> Element:
        hear = self.hear
        self.system = Turn("system", "You write short stories.", on_edit=hear("edited"))
        self.user = Turn(
            "user", "Tell me of a lamp.", on_edit=hear("edited"), on_delete=hear("gone")
        )
        self.answer = Turn(
            "assistant",
            f"The lamp burned low. {MARKUP}",
            title="SmolLM2",
            on_again=hear("again"),
            on_leaf=hear("leaf"),
            on_edit=hear("edited"),
        )
        self.answer.sibling, self.answer.siblings, self.answer.note = 2, 3, "12 tokens in 0.4 s"
        self.failed = Turn("assistant", "It was a")
        self.failed.state, self.failed.problem = "failed", "The model ran out of memory."
        self.turns = Column(self.system, self.user, self.answer, self.failed)
        self.prompt = TextInput("Message", "", on_submit=self.ask, lines=3)
        return self.listening(self.turns, self.prompt)

    def ask(self, text: str) -> None:
        """Answer with the same words, one by one."""
        answer = Turn("assistant")
        answer.state = "writing"
        self.turns.add(Turn("user", text), answer)
        self.prompt.value = ""
        words = text.split(" ")
        for at in range(0, len(words), 100):
            self.job.check()
            answer.write(" ".join(words[at : at + 100]) + " ")
            threading.Event().wait(0.04)  # as a model would, so that it comes bit by bit
        answer.state = ""


class Work(Demo):
    """What takes long, what fails, what comes bit by bit."""

    title = "Work"
    sentence = "What takes long, what fails, what comes bit by bit."

    def build(self) -> Element:
        self.gate = threading.Event()
        self.text, self.tokens = Text("", tone="story"), TokenText([])
        self.rows = Table([TableColumn("Number", "right"), "Word"], on_pick=self.hear("row"))
        self.progress = Progress("Waiting")
        self.note = TextInput("Note", "", self.hear("note"))
        self.children = Column()
        buttons = (
            Button("Count", self.count, tone="primary"),
            Button("Go on", self.gate.set, at_once=True),
            Button("Write", self.write),
            Button("Much", self.much),
            Button("Fail", self.fail),
            Button("Refuse", self.refuse),
            Button("Save", lambda: self.save("words.txt", "The lamp & <b>")),
            Button("Add", self.add),
            Button("Turn around", self.turn_around),
        )
        return self.listening(
            Row(*buttons),
            self.progress,
            self.note,
            self.children,
            self.text,
            self.tokens,
            self.rows,
        )

    def count(self) -> None:
        """Ten steps, each when the gate is opened; ends when it is stopped."""
        for step in range(10):
            self.job.progress(step, 10, "Counting")
            self.progress.show(step, 10, f"step {step}")
            while not self.gate.wait(0.02):
                self.job.check()
            self.gate.clear()
        self.hear("counted")()

    def write(self) -> None:
        """Much text and many tokens, a word at a time."""
        for number in range(600):
            word = f"word{number}" + ("\n" if number % 20 == 19 else " ")
            self.text.write(word)
            self.tokens.add(ShownToken(word, id=number, shade=number % 7 / 7))
            self.rows.add([number, word.strip()])
        self.hear("written")()

    def much(self) -> None:
        """Thousands of rows and tokens at once."""
        self.rows.rows = [[n, f"row {n}"] for n in range(5000)]
        self.tokens.tokens = [
            ShownToken(f" t{n}" + ("\n" if n % 40 == 39 else ""), id=n) for n in range(8000)
        ]
        self.hear("much")()

    def fail(self) -> None:
        """An error of the developer's."""
        raise ValueError(f"No such thing: {MARKUP}")

    def refuse(self) -> None:
        """An error of the reader's."""
        raise BadRequestError("Choose a model first.")

    def add(self) -> None:
        """One field more, before the others."""
        number = len(self.children.children)
        field = TextInput(f"Field {number}", "", self.hear(f"field{number}"))
        self.children.children = (field, *self.children.children)

    def turn_around(self) -> None:
        """The fields in the other order."""
        self.children.children = tuple(reversed(self.children.children))


def main() -> None:
    """Serve it; prints the address."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--models-dir", type=Path)
    options.add_argument("--no-browser", action="store_true")
    given = options.parse_args()
    pages = [Inputs(), Reading(), Charts(), Talk(), Work()]
    bench = Workbench(pages=pages, title="A demo", data_dir=given.data_dir)
    serve(bench, "127.0.0.1", given.port, open_browser=False)


if __name__ == "__main__":
    main()
