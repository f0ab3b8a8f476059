"""Datasets read back into observations: our own raw form, and preferences of others in TRL's form.

What is read is checked value by value; the first that is wrong ends the reading with an error that says
where it stands. Nothing is held but the set at hand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...errors import BadRequestError
from ..observations import Observation, ShownCandidate, Situation
from .cells import Cells
from .columns import columns_of
from .files import FORMATS
from .row_files import FoundRow, Limits, rows_of
from .splits import SPLITS
from .talks import FoundPair, pair_of

MOST_CANDIDATES = 1_000
_RAW_HINT = (
    "This is not the raw form of StoryGen's datasets; "
    'a file with "prompt", "chosen" and "rejected" is imported as preferences.'
)
_PAIRS_HINT = (
    'A file of preferences has the columns "prompt", "chosen" and "rejected"; rename its own.'
)


def read_raw(path: Path, *, limits: Limits | None = None) -> Iterator[Observation]:
    """The observations of a raw file (JSON Lines or Parquet), or of all raw files of a dataset's folder.

    They are what was written: ids, times, models and `extra` as `Privacy` let them out, lone surrogates
    replaced, log-probabilities that were not finite as minus infinity.

    Raises: BadRequestError when there is no such file, or with the place of what is wrong in it: also when
    the rows of a set do not stand together, or some of them are missing.
    """
    for file in _raw_files(path):
        yield from _sets(file, limits or Limits())


def read_pairs(
    path: Path, *, by: str = "human", model: str = "unknown", limits: Limits | None = None
) -> Iterator[Observation]:
    """One observation of two candidates for each row of {"prompt", "chosen", "rejected"}.

    Texts may be strings or messages. Of the chosen one all was taken. Which of the two stands first says
    nothing: a hash decides. Rows with one prompt are one story, so that splits keep them together. A plain
    prompt is the text before the candidates; a conversational one is a writing prompt (mode "prompt").
    `by`, `model`: who chose and who wrote, which the file does not say. Rows whose two texts are equal are
    passed over.

    Raises: BadRequestError when there is no such file, or with the place of what is wrong in it.
    """
    limits = limits or Limits()
    for index, row in enumerate(rows_of(path, ("prompt", "chosen", "rejected"), limits)):
        pair = pair_of(Cells(row, limits, _PAIRS_HINT))
        if pair.chosen != pair.rejected:
            yield _pair_observation(pair, index, by, model)


def _raw_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    for format in FORMATS:
        files = [path / "raw" / f"{split}.{format}" for split in SPLITS]
        if found := [file for file in files if file.is_file()]:
            return found
    raise BadRequestError(f"There is no raw form in {path}; write the dataset with it.")


def _sets(file: Path, limits: Limits) -> Iterator[Observation]:
    names = [column.name for column in columns_of("raw")]
    first: Observation | None = None
    candidates: list[ShownCandidate] = []
    row = FoundRow(file.name, {})
    num = 0
    for row in rows_of(file, names, limits):
        cells = Cells(row, limits, _RAW_HINT)
        observation = _observation(cells)
        if first is None:
            first, num = observation, cells.integer("num_candidates", 1, MOST_CANDIDATES)
        elif observation != first:
            row.wrong(_apart(first, len(candidates), num))
        candidates.append(_candidate(cells))
        if len(candidates) == num:
            yield replace(first, candidates=tuple(candidates))
            first, candidates = None, []
    if first is not None:
        row.wrong(_apart(first, len(candidates), num))


def _apart(first: Observation, num_read: int, num: int) -> str:
    return (
        f'of the set "{first.set}" only {num_read} of {num} rows stand together; '
        "put the rows of each set one after the other, or take a file that has them all."
    )


def _observation(cells: Cells) -> Observation:
    """What a row says of its set, without candidates."""
    return Observation(
        set=cells.text("set"),
        story=cells.text("story"),
        time=cells.number("time"),
        situation=Situation(
            step=cells.integer("step"),
            num_words=cells.integer("num_words"),
            repetition=cells.number("repetition"),
            entropy=cells.maybe("entropy", cells.number),
        ),
        before=cells.text("before"),
        candidates=(),
        by=cells.one_of("by", ("human", "auto")),
        policy=cells.text("policy"),
        seconds=cells.maybe("seconds", cells.number),
        kept=cells.maybe("kept", cells.fraction),
        deleted=cells.maybe("deleted", lambda name: cells.integer(name, 0)),
        inserted=cells.maybe("inserted", lambda name: cells.integer(name, 0)),
        mode=cells.one_of("mode", ("continue", "prompt")),
        prompt=cells.text("writing_prompt"),
        blind=cells.flag("blind"),
        before_ids=cells.integers("before_ids"),
        extra=cells.mapping("extra"),
    )


def _candidate(cells: Cells) -> ShownCandidate:
    return ShownCandidate(
        candidate=cells.text("candidate"),
        number=cells.integer("number", 0),
        model=cells.text("model"),
        params=cells.mapping("params"),
        seed=cells.integer("seed"),
        text=cells.text("text"),
        ids=cells.integers("ids"),
        logprobs=cells.logprobs("logprobs"),
        taken=cells.fraction("taken"),
        log_density=cells.maybe("log_density", cells.number),
    )


def _pair_observation(pair: FoundPair, index: int, by: str, model: str) -> Observation:
    set_id = _digest("set", str(index), pair.prompt, pair.chosen, pair.rejected)
    texts = [(pair.chosen, 1.0), (pair.rejected, 0.0)]
    if int(set_id[-1], 16) % 2:
        texts.reverse()
    return Observation(
        set=set_id,
        story=_digest("story", pair.prompt),
        time=0.0,
        situation=Situation(step=1, num_words=len(pair.prompt.split()) if not pair.talk else 0),
        before="" if pair.talk else pair.prompt,
        candidates=tuple(
            ShownCandidate(f"{set_id}-{number}", number, model, {}, 0, text, taken=taken)
            for number, (text, taken) in enumerate(texts)
        ),
        by=by,
        mode="prompt" if pair.talk else "continue",
        prompt=pair.prompt if pair.talk else "",
    )


def _digest(*parts: str) -> str:
    """An id that the same parts always have; it cannot be one of ours, which have no such beginning."""
    return "imported-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
