"""A sample as its text and its target: by the developer's functions, by roles chosen on the page, or guessed.

The roles that somebody chose for a dataset are kept beside the runs, so that every page reads it alike.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadRequestError, StorygenError
from ..bench import Bench, Functions
from ..models.asking import Prompt, prompt_for
from ..models.base import Model, Turn
from .roles import Roles, guess, plain_talk, talk_of, target_of, text_of, turns_of
from .split import BrokenSample, Split

_FILE = "roles.json"
_LOOKED_AT = 20
_lock = threading.Lock()  # of the file, which any visit may write


@dataclass(frozen=True, slots=True)
class SampleReader:
    """Reads samples of one split. `sentence`: how it came to its roles, for people."""

    functions: Functions
    roles: Roles
    sentence: str

    def text(self, sample: Mapping[str, Any], model: Model | None = None) -> str:
        """The text as it goes to the tokenizer; talks are written as `model` has them.

        Raises: BadRequestError for a broken sample, or when `to_text` returns no text.
        """
        self._check(sample)
        if self.functions.to_text is None:
            chat_text = plain_talk if model is None else model.chat_text
            return text_of(sample, self.roles, chat_text)
        text = _called("to_text", self.functions.to_text, sample)
        if not isinstance(text, str):
            raise BadRequestError(f"to_text returned {type(text).__name__}, not a text.")
        return text

    def talk(self, sample: Mapping[str, Any]) -> Sequence[Turn]:
        """The turns that the text is; none where it is something else."""
        return () if self.functions.to_text else talk_of(sample, self.roles)

    def prompt(
        self, sample: Mapping[str, Any], model: Model, *, question: bool, exact: bool = False
    ) -> Prompt:
        """What `model` is given for a sample; see `prompt_for`. Raises: BadRequestError as `text`."""
        text, turns = self.text(sample), self.talk(sample)
        if not turns and self._holds_talks(sample):
            return Prompt(self.text(sample, model))
        return prompt_for(model, text, question=question, turns=turns, exact=exact)

    def _holds_talks(self, sample: Mapping[str, Any]) -> bool:
        columns = () if self.functions.to_text else self.roles.text
        return any(turns_of(sample.get(column)) for column in columns)

    def targets(self, sample: Mapping[str, Any]) -> tuple[str, ...]:
        """What should come after the text, several if they are as good; none where nobody knows.

        Raises: BadRequestError as `text`.
        """
        self._check(sample)
        if self.functions.to_target is None:
            known = None if self.functions.to_text else target_of(sample, self.roles)
            return () if known is None else (known,)
        given = _called("to_target", self.functions.to_target, sample)
        if given is None or isinstance(given, str):
            return () if given is None else (given,)
        found = tuple(given) if isinstance(given, Iterable) else (given,)
        if not all(isinstance(one, str) for one in found):
            raise BadRequestError("to_target must return a text, a list of texts, or None.")
        return found

    def _check(self, sample: Mapping[str, Any]) -> None:
        if isinstance(sample, BrokenSample):
            raise BadRequestError(f"This sample can't be read. {sample}")


def _called(name: str, function: Callable[[Any], Any], sample: Mapping[str, Any]) -> Any:
    try:
        return function(sample)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise BadRequestError(f"{name} failed on this sample: {told}") from error


def reader_for(bench: Bench, dataset: str, split: Split) -> SampleReader:
    """How the samples of a split of `dataset` (its name) are read on this workbench."""
    if bench.functions.to_text is not None:
        return SampleReader(
            bench.functions, Roles(()), "The text is what to_text makes of a sample."
        )
    kept = kept_roles(bench.data_dir, dataset)
    if kept is not None and {*kept.text, *filter(None, [kept.target])} <= set(split.columns):
        return SampleReader(bench.functions, kept, f"Chosen: {kept}.")
    guessed = guess(split.features, split.read(0, min(_LOOKED_AT, len(split))))
    return SampleReader(bench.functions, guessed.roles, guessed.sentence)


def kept_roles(data_dir: Path, dataset: str) -> Roles | None:
    """The roles that were chosen for a dataset; None when none were."""
    with _lock:
        found = _all(data_dir).get(dataset)
    try:
        return None if found is None else Roles.from_json(found)
    except StorygenError:
        return None


def keep_roles(data_dir: Path, dataset: str, roles: Roles | None) -> None:
    """Remember roles for a dataset; None: guess again."""
    with _lock:
        kept = _all(data_dir)
        kept.pop(dataset, None)
        if roles is not None:
            kept[dataset] = roles.to_json()
        data_dir.mkdir(parents=True, exist_ok=True)
        coming = data_dir / f"{_FILE}.new"
        coming.write_text(json.dumps(kept, indent=1), "utf-8")
        coming.replace(data_dir / _FILE)


def _all(data_dir: Path) -> dict[str, Any]:
    try:
        found = json.loads((data_dir / _FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
