"""The page of next tokens, with word trigrams and a tiny model: `python -m tests.next_token_demo`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from storygen.workbench.host.standalone import serve
from storygen.workbench.models.local import LocalModel
from storygen.workbench.pages.next_token import NextToken
from storygen.workbench.workbench import Workbench

from .tiny_models import make_model, make_tokenizer

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))


def main() -> None:
    """Serve it; prints the address."""
    import ngram  # type: ignore[import-not-found]

    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--data-dir", type=Path, required=True)
    options.add_argument("--models-dir", type=Path)
    options.add_argument("--no-browser", action="store_true")
    given = options.parse_args()
    tokenizer = make_tokenizer("gpt2")
    tiny = LocalModel(make_model("gpt2", len(tokenizer)), tokenizer, name="tiny")
    bench = Workbench(
        models={"trigrams": ngram.Trigrams("\n".join(ngram.TRAINED) + "\n"), "tiny": tiny},
        dataset=[ngram.sample_of(line) for line in ngram.HELD_OUT],
        to_text=ngram.to_text,
        to_target=ngram.to_target,
        pages=[NextToken()],
        data_dir=given.data_dir,
    )
    serve(bench, "127.0.0.1", given.port, open_browser=False)


if __name__ == "__main__":
    main()
