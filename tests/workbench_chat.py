"""A workbench with nothing but the chat page: `python -m tests.workbench_chat`.

Its models: the real default one, one that writes words until it is stopped, and one that breaks.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path

from storygen.workbench.host.standalone import serve
from storygen.workbench.jobs import Job
from storygen.workbench.models.base import (
    Generated,
    OnToken,
    Params,
    ScoredToken,
    ignore_tokens,
)
from storygen.workbench.pages.chat import Chat
from storygen.workbench.workbench import Workbench
from tests.conftest import DEFAULT_MODEL
from tests.unit.workbench.pages.writing_models import RaisingModel, WordModel

ROWS = [{"prompt": "Where is the fox?", "answer": "It sleeps under <b>the</b> hedge."}]
TOKEN_S = 0.02


class EndlessModel(WordModel):
    """Goes on until it is given up."""

    def generate(
        self,
        text: str,
        params: Params,
        *,
        seeds: Sequence[int],
        on_token: OnToken = ignore_tokens,
        num_top: int = 0,
        job: Job | None = None,
    ) -> list[Generated]:
        job = job or Job()
        number = 0
        while not job.cancelled:
            number += 1
            on_token(0, ScoredToken(None, f" word{number}"))
            threading.Event().wait(TOKEN_S)
        return [Generated("", (), "cancelled", seed) for seed in seeds]


def main() -> None:
    """Serve it; prints the address."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--models-dir", type=Path)
    options.add_argument("--no-browser", action="store_true")
    given = options.parse_args()
    bench = Workbench(
        models={
            "words": WordModel(),
            "endless": EndlessModel("endless"),
            "breaking": RaisingModel(ValueError("<i>It broke.</i>"), "breaking"),
            "real": DEFAULT_MODEL,
        },
        dataset=ROWS,
        to_text=lambda sample: str(sample["prompt"]),
        to_target=lambda sample: str(sample["answer"]),
        pages=[Chat()],
        title="Talks",
        data_dir=given.data_dir,
    )
    serve(bench, "127.0.0.1", given.port, open_browser=False)


if __name__ == "__main__":
    main()
