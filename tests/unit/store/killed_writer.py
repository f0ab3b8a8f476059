"""Commits one update and one token after another, and prints each number once it is stored; to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

import records_made as made

from storygen.store.store import Store, file_url


def main(path: str) -> None:
    store = Store(file_url(Path(path)))
    found = store.open_story("s1")
    if found is None:
        store.commit([made.story(), made.run()])
    seq = 0 if found is None else len(found.updates)
    while True:
        store.commit(
            [made.update(seq, b"%d" % seq), made.token(seq), made.checkpoint(f"c{seq}", f"{seq}")]
        )
        print(seq, flush=True)
        seq += 1


if __name__ == "__main__":
    main(sys.argv[1])
