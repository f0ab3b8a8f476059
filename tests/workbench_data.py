"""The pages of datasets and runs as a program, for tests in a browser: a model without weights, small data.

A file named `hold` in the data folder makes the model wait before samples whose text holds what it says.
"""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path

from storygen.workbench import DatasetViewer, Runs, Workbench
from storygen.workbench.bench import Given
from storygen.workbench.datasets.shelf import DatasetShelf
from storygen.workbench.host.registry_bench import ShelvedData
from storygen.workbench.host.standalone import serve
from tests.letter_model import LetterModel

NUM = 120


class WaitingModel(LetterModel):
    """Waits as long as a file says so."""

    def __init__(self, hold: Path) -> None:
        super().__init__()
        self._hold = hold

    def on_text(self, text: str) -> None:
        """Look into the file, again and again."""
        while self._hold.is_file() and self._hold.read_text("utf-8") in text:
            threading.Event().wait(0.05)


def make_data(folder: Path) -> None:
    """A folder with two datasets, of which one has a broken line and a line with markup."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True)
    rows = [
        {"prompt": f"Tale {at} of the sea", "completion": " the fox slept.", "id": at}
        for at in range(NUM)
    ]
    lines = [json.dumps(row) for row in rows]
    lines[2] = '{"prompt": "half'
    lines[3] = json.dumps({"prompt": "<b>bold</b> 👩‍🚀", "completion": "<i>x</i>", "id": 3})
    (folder / "tales.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    parts = folder / "parts"
    parts.mkdir()
    for split in ("train", "test"):
        (parts / f"{split}.csv").write_text(f"text\nOne {split} text\nAnother\n", "utf-8")


def main() -> None:
    """Serve it; prints the address."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--models-dir", type=Path)
    options.add_argument("--no-browser", action="store_true")
    given = options.parse_args()
    data = given.data_dir
    make_data(data / "datasets")
    bench = Workbench(
        models=Given({"letters": lambda job: WaitingModel(data / "hold")}),
        datasets=ShelvedData(DatasetShelf(data / "datasets"), data / "storygen.db"),
        pages=[DatasetViewer(), Runs(["f1", "words", "perplexity"])],
        title="Data",
        data_dir=data / "workbench",
    )
    serve(bench, "127.0.0.1", given.port, open_browser=False)


if __name__ == "__main__":
    main()
