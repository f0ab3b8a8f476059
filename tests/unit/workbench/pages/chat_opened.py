"""The chat page opened with models that are not real, and talking on it."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from storygen.workbench.bench import Functions
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.elements import FileInput, Number, TextInput, Turn
from storygen.workbench.models.base import Ability
from storygen.workbench.models.base import Turn as Spoken
from storygen.workbench.pages.chat import Chat
from tests.unit.workbench.pages.writing_models import WordModel
from tests.workbench_page import PATIENCE_S, OpenPage, make_bench

ROWS = [{"prompt": "Where is the fox?", "answer": "It sleeps."}]
FUNCTIONS = Functions(to_text=lambda s: s["prompt"], to_target=lambda s: s["answer"])


class ChatModel(WordModel):
    """Has a chat template of its own."""

    abilities = frozenset({Ability.GENERATE, Ability.CHAT})

    def chat_text(self, turns: Sequence[Spoken]) -> str:
        return "".join(f"<{turn.role}>{turn.text}</>" for turn in turns) + "<assistant>"


def opened(*models: Any, tmp_path: Path = Path("/nowhere"), **more: Any) -> OpenPage:
    bench = make_bench(
        {model.name: model for model in models}, {"rows": open_dataset(ROWS)}, FUNCTIONS, tmp_path
    )
    page = OpenPage(Chat(**more), bench)
    page.do(page.find(Number, "Most tokens"), "change", 5)
    return page


def say(page: OpenPage, text: str, *, wait: bool = True) -> None:
    page.do(page.find(TextInput, "Your turn"), "change", text)
    page.click("Send", wait=wait)


def turns(page: OpenPage) -> list[Turn]:
    return [element for element in page.elements() if isinstance(element, Turn)]


def texts(page: OpenPage) -> list[str]:
    return [turn.text for turn in turns(page)]


def prompt(model: WordModel) -> str:
    return model.asked[-1][0]


def load(page: OpenPage, data: bytes) -> None:
    element = page.find(FileInput, "Open a talk")
    page.do(element, "begin", {"name": "talk.json", "size": len(data)})
    page.do(element, "piece", base64.b64encode(data).decode())
    page.do(element, "end")


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        threading.Event().wait(0.01)
