"""The server of `tests.serve` with a fault in it: `python -m tests.protocol.faulty_server`.

An update that brings `TRIGGER` fails in its middle, when some of it stands in memory already; so it does
each time until the file `mended` stands in the folder that `STORYGEN_FAULT_DIR` names.
"""

from __future__ import annotations

import os
from pathlib import Path

from storygen.document.live import Change, LiveDocument

TRIGGER = "BREAK"
MENDED = "mended"


def put_fault_in(folder: Path) -> None:
    """From now on updates with the trigger fail."""
    honest = LiveDocument._put_in

    def put_in(document: LiveDocument, at: int, text: str, client: int, end_clock: int) -> Change:
        if text == TRIGGER and not (folder / MENDED).exists():
            raise RuntimeError("a fault put in by a test")
        return honest(document, at, text, client, end_clock)

    LiveDocument._put_in = put_in  # type: ignore[method-assign]


if __name__ == "__main__":
    import sys

    from storygen.server.main import main

    put_fault_in(Path(os.environ["STORYGEN_FAULT_DIR"]))
    sys.exit(main(command=lambda _: [sys.executable, "-m", "tests.scripted_worker"], grace_s=30.0))
