"""Writes a dataset's folder: a file for each form and split, and a card.

    README.md   raw/train.parquet   raw/validation.parquet   dpo/train.parquet   …

It grows beside its place under a hidden name and is moved there when it is whole: whatever goes wrong, at
the target is nothing or everything. Splits without rows have no file.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from ...errors import BadRequestError, StorygenError
from ..observations import Observation
from .card import card
from .columns import columns_of
from .files import RowFile, open_rows
from .options import DatasetOptions
from .rows import ROWS, Row, conversational
from .splits import split_of, split_stories
from .summary import Summary, Survey, Tally

Observations = Callable[[], Iterable[Observation]]
Progress = Callable[[int, int], None]
Stop = Callable[[], bool]


class StoppedError(StorygenError):
    """Somebody stopped the writing; nothing is left of it."""

    code = "stopped"


def write_dataset(
    folder: Path,
    observations: Observations,
    options: DatasetOptions,
    *,
    progress: Progress = lambda done, total: None,
    stop: Stop = lambda: False,
) -> Summary:
    """What was written into `folder`, which is made; an empty one may be there already.

    `observations()` is read twice, from its beginning, and never held: once to see which stories there are,
    once to write. Before each observation `stop()` is asked, and after each that is written, `progress` told
    how many are done of how many.

    Raises: BadRequestError when `folder` is not empty or its parent missing, or there are no rows;
    StoppedError when `stop()` said so; OSError when the disk fails. Nothing is left then.
    """
    folder = folder.absolute()
    check_target(folder)
    survey = _surveyed(observations, options, stop)
    growing = folder.parent / f".{folder.name}.{secrets.token_hex(4)}.part"
    growing.mkdir()
    try:
        summary = _write(growing, observations, options, survey, progress, stop)
        check_target(folder)
        if folder.exists():
            folder.rmdir()  # Windows moves no folder onto another
        growing.rename(folder)
    finally:
        if growing.exists():
            shutil.rmtree(growing)
    return summary


def check_target(folder: Path) -> None:
    """Raises: BadRequestError when a dataset cannot be written to `folder`."""
    if not folder.parent.is_dir():
        raise BadRequestError(f"There is no folder {folder.parent}; make it first.")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise BadRequestError(f"{folder} is not a folder; choose another name.")
    if folder.exists() and any(folder.iterdir()):
        raise BadRequestError(f"{folder} is not empty; choose another folder or empty it.")


def _surveyed(observations: Observations, options: DatasetOptions, stop: Stop) -> Survey:
    survey = Survey(options.privacy.consented)
    for observation in observations():
        _heed(stop)
        survey.look_at(observation)
    return survey


def _write(
    folder: Path,
    observations: Observations,
    options: DatasetOptions,
    survey: Survey,
    progress: Progress,
    stop: Stop,
) -> Summary:
    splits = split_stories(survey.stories, options.shares, options.seed, fruitful=survey.fruitful)
    tally = Tally()
    with _Files(folder, options) as files:
        for done, observation in enumerate(observations(), 1):
            _heed(stop)
            released = options.privacy.released(observation)
            if released is not None:
                # A story that came between the two readings has its own split.
                split = splits.setdefault(
                    observation.story, split_of(observation.story, options.shares, options.seed)
                )
                tally.count(released)
                _write_rows(files, released, split, options, tally)
            progress(done, max(done, survey.num_observations))
        files.close()
    summary = tally.summary(options.forms, splits, len(survey.refused))
    if not any(summary.num_rows.values()):
        raise BadRequestError(
            "There is nothing to write: no story with consent has a choice that fits these forms "
            f"({summary.num_left_out} without consent)."
        )
    (folder / "README.md").write_text(card(options, summary), "utf-8", newline="\n")
    return summary


def _write_rows(
    files: _Files, observation: Observation, split: str, options: DatasetOptions, tally: Tally
) -> None:
    for form in options.forms:
        talks = options.conversational and form != "raw"
        for row in ROWS[form]([observation]):
            files.write(form, split, conversational(row) if talks else row)
            tally.count_row(form, split)


def _heed(stop: Stop) -> None:
    if stop():
        raise StoppedError("The dataset was not written: it was stopped.")


class _Files:
    """The files of the dataset, each opened when its first row comes."""

    def __init__(self, folder: Path, options: DatasetOptions) -> None:
        self._folder = folder
        self._options = options
        self._open: dict[tuple[str, str], list[RowFile]] = {}

    def __enter__(self) -> _Files:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes what is still open, so that it can be deleted on Windows too."""
        with ExitStack() as stack:
            for files in self._open.values():
                for file in files:
                    stack.callback(file.abandon)

    def write(self, form: str, split: str, row: Row) -> None:
        files = self._open.get((form, split))
        if files is None:
            files = self._open[form, split] = []
            (self._folder / form).mkdir(exist_ok=True)
            columns = columns_of(form, conversational=self._options.conversational)
            for format in self._options.formats:
                files.append(open_rows(self._folder / form / f"{split}.{format}", columns))
        for file in files:
            file.write(row)

    def close(self) -> None:
        for files in self._open.values():
            while files:
                files[-1].close()
                files.pop()
