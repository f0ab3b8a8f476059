"""Somebody else's dataset, opened to be looked at: its statistics, and nothing of it is kept.

Only one file of the raw form as JSON Lines. It is read like any file from elsewhere, within limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import BadRequestError
from ..preferences.dataset.reading import read_raw
from ..preferences.dataset.row_files import Limits
from ..preferences.observations import Observation
from ..preferences.statistics import Statistics, gather

NAME = "dataset.jsonl"
"""What the file must be called, whatever it was called before."""

LIMITS = Limits(num_rows=200_000, row_bytes=8 * 2**20)


def statistics_of(path: Path) -> Statistics:
    """What the people in the file chose against what they passed over.

    Raises: BadRequestError with what is wrong, and in which line; also where nobody chose anything.
    """
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            raise BadRequestError(
                "This is Parquet; open the dataset's JSON Lines: export it with --formats jsonl."
            )
    try:
        found = gather(_without_texts(path))
    except BadRequestError as error:
        message = error.message.removeprefix(f"{NAME}, ")
        raise BadRequestError(message[:1].upper() + message[1:]) from error
    if found.everything.num_sets == found.everything.num_without_choice:
        raise BadRequestError("Nobody chose anything in this dataset.")
    return found


def _without_texts(path: Path) -> Iterator[Observation]:
    """The observations without what statistics do not look at and what takes most memory."""
    for one in read_raw(path, limits=LIMITS):
        candidates = tuple(replace(card, text="", ids=(), logprobs=()) for card in one.candidates)
        yield replace(one, before="", prompt="", before_ids=(), candidates=candidates)
