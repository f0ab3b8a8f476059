"""A workbench for talks in which one side plays somebody: does the model stay who it is?

python examples/persona_chat.py                        # the model that StoryGen comes with
python examples/persona_chat.py path/to/my-fine-tune   # a folder, a .gguf file, or a registry's name
python server.py --workbench examples/persona_chat.py  # beside the writing room

On the Chat page, "Begin with a sample" starts a talk with one of twelve people; what they really said stands
beside it. On the Generation page the answers of several models stand side by side with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from storygen.workbench import Chat, DatasetViewer, Generation, Workbench
from storygen.workbench.metrics import Case, metric

DATA = Path(__file__).parent / "data" / "personas.jsonl"
MODEL = "SmolLM2 135M"
SYSTEM = "You play a person. Answer as that person would, in one or two sentences."


def to_text(sample: Any) -> str:
    """Who to be, and the talk so far, up to the last thing that the other one said."""
    person = "\n".join(f"- {fact}" for fact in sample["persona"])
    sides = ("They", "You")
    talk = "\n".join(f"{sides[at % 2]}: {line}" for at, line in enumerate(sample["talk"][:-1]))
    return f"This is true of you:\n{person}\n\n{talk}\nYou:"


def to_step(sample: Any, tokens: Any) -> str:
    """The text for one step: all of that, and the answer so far."""
    return to_text(sample) + "".join(tokens)


def to_target(sample: Any) -> str:
    """What the person said."""
    return f" {sample['talk'][-1]}"


@metric("{:.0%}", direction="higher")
def words_of_the_persona(case: Case) -> float | None:
    """How many of the answer's longer words come from what is true of the person."""
    known = " ".join(case.sample["persona"]).lower() if case.sample else ""
    words = [word.strip(".,!?'’").lower() for word in case.text.split()]
    longer = [word for word in words if len(word) > 4]
    return sum(word in known for word in longer) / len(longer) if longer and known else None


def make(model: Any, data_dir: str | Path = ".storygen") -> Workbench:
    """The workbench of that model: a name of the registry or a path (as `LocalModel` takes), or a model."""
    return Workbench(
        model=model,
        dataset=DATA,
        to_text=to_text,
        to_step=to_step,
        to_target=to_target,
        pages=[
            Chat(system=SYSTEM),
            DatasetViewer(),
            Generation(metrics=[words_of_the_persona, "f1", "perplexity"]),
        ],
        title="Personas",
        data_dir=data_dir,
    )


def create_app() -> Any:
    """What `flask run` asks for."""
    return bench.app


def asked() -> argparse.Namespace:
    """What stands on the command line."""
    parser = argparse.ArgumentParser(description="A workbench for talks with somebody.")
    parser.add_argument("model", nargs="?", default=MODEL, help="a name, a folder or a file")
    parser.add_argument("--data-dir", default=".storygen")
    parser.add_argument("--port", type=int, default=5001)
    parser.add_argument("--no-browser", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    args = asked()
    made = make(args.model, args.data_dir)
    made.run(port=args.port, open_browser=not args.no_browser)
else:
    bench = make(MODEL)
