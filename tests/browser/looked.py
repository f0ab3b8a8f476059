"""The staged server whose `next_tokens` answers by itself: `python -m tests.browser.looked`.

What comes next is made up, and changed as the temperature, min-p and top-k that are asked with say. Each
look is written to `looks.jsonl` in the stage's folder when it begins and when it ends; while the file
`unseen` is there, looks take as long, and while `replaced` is there, each is answered as one whose place
another took. A grammar with "broken" in it is refused.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

from storygen.errors import BadRequestError, ConflictError
from storygen.server.calls.checks import Fields
from storygen.server.calls.studio import Studio
from storygen.server.main import main

NEXT = (
    *(" lit", " the", " a", "\n\n", " dark", " bright", " empty", " still", " burning", " his"),
    *(" her", " not", " watching", "ing", " one", "  two", "\t", " three", " “", " and", " but"),
    *(" then", " waiting", " there", "’s", " gone", " open", " red", "", " warm"),
)
LOGITS = [4.0 - 0.33 * place for place in range(len(NEXT))]
REST = 0.02
"""The probability of all that is not listed, before the chain."""
BROKEN = "The grammar is broken in line 1, column 6: expected a name or a literal."
FOLDER = Path(os.environ.get("STORYGEN_STAGE", "."))


def looked(params: dict[str, Any]) -> list[list[Any]]:
    """The rows of a Look."""
    before = _shares(LOGITS, 1 - REST)
    heated = _shares([logit / max(0.01, float(params["temperature"])) for logit in LOGITS], 1.0)
    least = float(params["min_p"]) * max(heated)
    most = int(params["top_k"]) or len(NEXT)
    kept = [p if p >= least and place < most else 0.0 for place, p in enumerate(heated)]
    narrowed = least or most < len(NEXT)
    after = [p / sum(kept) * (1 if narrowed else 1 - REST) for p in kept]
    return [
        [100 + n, text or None, math.log(before[n]), after[n], n, 0, text or "<|endoftext|>"]
        for n, text in enumerate(NEXT)
    ]


def _shares(logits: list[float], whole: float) -> list[float]:
    powers = [math.exp(logit) for logit in logits]
    return [power / sum(powers) * whole for power in powers]


def _note(what: str, **fields: Any) -> None:
    with (FOLDER / "looks.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"what": what, **fields}) + "\n")


def _next_tokens(self: Studio, visitor: Any, fields: Fields) -> dict[str, Any]:
    params = fields.object("params")
    _note("asked", params=params, num=fields.integer("num", 1, 100), at=fields.place("at"))
    while (FOLDER / "unseen").exists():
        self._house.loop.sleep(0.02)
    _note("seen")
    if (FOLDER / "replaced").exists():
        raise ConflictError("Another look took the place of this one.")
    if "broken" in params["grammar"]:
        raise BadRequestError(BROKEN)
    look = {
        "id": "l1",
        "story": fields.id("story"),
        "at": None,
        "model": "scripted",
        "client": 1,
        "tokens": looked(params)[: fields.integer("num", 1, 100)],
        "heals": 0,
        "used": 20,
        "entropy": 2.4,
        "entropy_after": 1.2,
        "ms": 3.0,
    }
    return {"look": look}


if __name__ == "__main__":
    known = ("story", "model", "at", "mode", "prompt", "params", "seed", "num", "draws")
    Studio._KNOWN = {**Studio._KNOWN, "next_tokens": known}
    Studio.call_next_tokens = _next_tokens  # type: ignore[attr-defined]
    sys.exit(main(command=lambda _: [sys.executable, "-m", "tests.browser.staged", "--work"]))
