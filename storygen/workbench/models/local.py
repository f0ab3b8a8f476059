"""A model whose weights are in this process.

Made from objects of transformers, a folder's path, a `.gguf` file, or a name of the registry; these are
loaded when they are first asked for anything. Any thread may ask: passes through the model take turns.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BadRequestError, ModelError
from ...registry.entries import ModelEntry
from ..jobs import Job
from . import local_source
from .base import (
    Ability,
    CannotError,
    Generated,
    Model,
    NextDistribution,
    OnToken,
    Params,
    ScoredToken,
    Token,
    Turn,
    ignore_tokens,
)

if TYPE_CHECKING:
    from .local_reading import Read, Reading

MOST_ROWS = 16
"""So many texts of a batch are read together, unless another number is asked for."""

_ALWAYS = frozenset(Ability) - {Ability.CHAT}


class LocalModel(Model):
    """`LocalModel(model, tokenizer)`, `LocalModel("path/to/folder")`, `LocalModel("a name of the registry")`.

    A model of one's own stays as it is: it reads in eval mode without gradients, and every module has its
    own mode back afterwards. It may be trained between two calls.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any = None,
        *,
        name: str = "",
        context: int | None = None,
        precision: str = "",
        device: str = "",
        models_dir: Path | None = None,
        config: Path | None = None,
    ) -> None:
        """`context`: tokens that it looks back. The others are for what is loaded: `precision` "fp32",
        "bf16" or "fp16", `device` "cpu" or "cuda", where the models are, and the registry's file.

        Raises: NotFoundError, ModelError when a path or a name leads to no model that can be used.
        """
        self._lock = threading.Lock()
        self._reading: Reading | None = None
        self._entry: ModelEntry | None = None
        self._given = (model, tokenizer)
        self._context = context
        if isinstance(model, str | Path):
            model = local_source.find(str(model), models_dir, config)
        if isinstance(model, ModelEntry):
            self._entry = dataclasses.replace(
                model,
                context=context or model.context,
                precision=precision or model.precision,
                device=device or model.device,
            )
        elif tokenizer is None:
            raise ModelError(
                "A model needs its tokenizer.", mend="Write LocalModel(model, tokenizer)."
            )
        self.name = name or (self._entry.name if self._entry else _name_of(model))
        if self._entry is None:
            chats = bool(getattr(tokenizer, "chat_template", None))
        else:
            chats = local_source.has_template(self._entry)
        self._set_abilities(chats)

    @classmethod
    def from_registry(cls, name: str, **settings: Any) -> LocalModel:
        """The registry's model of that name, key or folder; settings as in `__init__`.

        Raises: NotFoundError with the names that there are; ModelError when it can't be used.
        """
        entry = local_source.find_listed(name, settings.get("models_dir"), settings.get("config"))
        return cls(entry, **settings)

    def _set_abilities(self, chats: bool) -> None:
        self.abilities = _ALWAYS | {Ability.CHAT} if chats else _ALWAYS

    # ------------------------------------------------------------ loading

    @property
    def is_loaded(self) -> bool:
        """Whether it can be asked without waiting for its weights."""
        return self._reading is not None

    def load(self, job: Job | None = None) -> Reading:
        """What reads with the weights, which are loaded if they are not yet; how far is told to `job`.

        Raises: ModelError when they can't be used or don't fit in memory; CancelledError.
        """
        with self._lock:
            if self._reading is None:
                from .local_reading import Reading

                job = job or Job()
                job.progress(0, 0, f"{self.name}: loading")
                if self._entry is None:
                    model, tokenizer = self._given
                    loaded = local_source.loaded_from(model, tokenizer, self.name, self._context)
                else:
                    loaded = local_source.load_entry(self._entry, job)
                self._reading = Reading(self.name, loaded, own=self._entry is not None)
                self._set_abilities(bool(self._reading.tokenizer.chat_template))
            return self._reading

    def close(self) -> None:
        """Give back the weights, if it loaded them; they are loaded again when it is asked."""
        with self._lock:
            self._reading = None

    def forget(self) -> None:
        """Read everything anew from now on: after weights were changed in a way that torch doesn't count."""
        reading = self._reading
        if reading is not None:
            with reading.at_work():
                reading.forget()

    # ------------------------------------------------------------ looking

    def tokens(self, text: str) -> list[Token]:
        """See `Model.tokens`."""
        read = self.load().read(text)
        ids = read.ids[read.num_head :].tolist()
        return [Token(number, part) for number, part in zip(ids, read.texts, strict=True)]

    def texts_of(self, ids: Sequence[int]) -> list[str]:
        """What each of `ids` adds to a text that they go on from; special ones add nothing."""
        from .local_facts import cut

        table = self.load().writing.bytes
        ends = list(itertools.accumulate(len(table.of(number)) for number in ids))
        return cut(table.join(list(ids)), ends)

    def next_tokens(
        self,
        text: str,
        then: Sequence[int] = (),
        *,
        num: int = 100,
        params: Params | None = None,
        draws: int = 0,
        seed: int = 0,
    ) -> NextDistribution:
        """See `Model.next_tokens`. Without `params`, `draws` draws from the model's own distribution."""
        reading = self.load()
        from .local_next import next_distribution
        from .local_rows import full_params

        if params is None and draws:
            params = NEUTRAL
        return next_distribution(
            reading,
            text,
            then,
            num=num,
            params=None if params is None else full_params(params),
            draws=draws,
            seed=seed,
        )

    def score(
        self, before: str, text: str, *, num_top: int = 0, job: Job | None = None
    ) -> list[ScoredToken]:
        """See `Model.score`: one pass, in chunks; whatever is long is read in overlapping windows."""
        reading = self.load(job)
        return _score(reading, *_pair(reading, before, text), num_top, job or Job())

    def score_batch(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        num_top: int = 0,
        most_rows: int = MOST_ROWS,
        job: Job | None = None,
    ) -> list[list[ScoredToken]]:
        """`score` of each (before, text), several in a pass. Raises: CancelledError."""
        job = job or Job()
        reading = self.load(job)
        from .local_batches import score_pairs

        read = [_pair(reading, before, text) for before, text in pairs]
        fits = [
            1 < len(before.ids) + len(own.ids) <= reading.writing.window and len(own.ids) > 0
            for before, own in read
        ]
        together = [number for number, fit in enumerate(fits) if fit]
        found: list[list[ScoredToken]] = [[] for _ in pairs]
        batch = [read[number] for number in together]
        scored = score_pairs(reading, batch, num_top=num_top, most_rows=most_rows, job=job)
        for number, tokens in zip(together, scored, strict=True):
            found[number] = tokens
        for number, fit in enumerate(fits):
            if not fit:
                found[number] = _score(reading, *read[number], num_top, job)
        return found

    # ------------------------------------------------------------ writing

    def generate(
        self,
        text: str,
        params: Params,
        *,
        seeds: Sequence[int],
        on_token: OnToken = ignore_tokens,
        num_top: int = 0,
        job: Job | None = None,
    ) -> list[Generated]:
        """See `Model.generate`. Cancelled, it gives what was written up to then."""
        job = job or Job()
        reading = self.load(job)
        from .local_rows import full_params
        from .local_writing import write

        full = full_params(params, num_top)
        return write(reading, text, full, seeds, on_token=on_token, num_top=num_top, job=job)

    def generate_batch(
        self,
        texts: Sequence[str],
        params: Params,
        *,
        seeds: Sequence[int],
        num_top: int = 0,
        most_rows: int = MOST_ROWS,
        job: Job | None = None,
    ) -> list[Generated]:
        """What follows each of `texts`, by the seed of the same number; several are written together.

        The same as each alone, up to the rounding of the numbers' precision.
        """
        if len(texts) != len(seeds):
            raise BadRequestError("Give as many seeds as texts.")
        job = job or Job()
        reading = self.load(job)
        from .local_batches import write_texts
        from .local_rows import full_params

        full = full_params(params, num_top)
        return write_texts(
            reading, texts, full, seeds, num_top=num_top, most_rows=most_rows, job=job
        )

    def chat_text(self, turns: Sequence[Turn]) -> str:
        """See `Model.chat_text`: by the tokenizer's template."""
        reading = self.load()
        if not reading.tokenizer.chat_template:
            raise CannotError(f"{self.name} has no chat template.")
        from jinja2.exceptions import TemplateError

        said = [{"role": turn.role, "content": turn.text} for turn in turns]
        try:
            return str(
                reading.tokenizer.apply_chat_template(
                    said, tokenize=False, add_generation_prompt=True
                )
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise CannotError(f"The chat template of {self.name} refuses this: {error}") from error


NEUTRAL = {"temperature": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}
"""Parameters that leave the model's own distribution as it is."""


def _name_of(model: Any) -> str:
    path = getattr(getattr(model, "config", None), "_name_or_path", "") or ""
    return Path(path).name or type(model).__name__


def _pair(reading: Reading, before: str, text: str) -> tuple[Read, Read]:
    """The first read from its beginning, the second as what goes on from it."""
    if before:
        return reading.read(before), reading.read_on(text)
    from .local_reading import Read

    whole = reading.read(text)
    head, ids = whole.ids[: whole.num_head], whole.ids[whole.num_head :]
    return (
        Read("", head, [0] * len(head), len(head)),
        Read(text, ids, list(whole.ends[whole.num_head :]), 0),
    )


def _score(reading: Reading, before: Read, text: Read, num_top: int, job: Job) -> list[ScoredToken]:
    import numpy as np

    from .local_facts import facts

    ids, texts = np.concatenate([before.ids, text.ids]), text.texts
    tokens: list[ScoredToken] = []
    if len(ids) and not len(before.ids):  # nothing stands before the first token of all
        tokens.append(ScoredToken(int(ids[0]), texts[0]))
    first, num_before = max(1, len(before.ids)), len(before.ids)
    for place, logits in reading.places(ids, first, before.num_head, job):
        part = ids[place : place + len(logits)].tolist()
        found = facts(logits, part, num_top, reading.name)
        tokens += [
            fact.scored(number, texts[place - num_before + row], reading.writing.bytes)
            for row, (fact, number) in enumerate(zip(found, part, strict=True))
        ]
    return tokens
