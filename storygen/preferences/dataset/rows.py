"""Observations as rows: complete ("raw"), and in TRL's forms ("dpo", "kto", "reward").

Rules of the preference forms:

- Only choices of people (`by` "human"); automatic ones are in the raw form alone, marked there.
- A set from which nothing was taken says nothing here: it may have been left for any reason.
- The chosen completion is the part that was accepted; one that is compared with it is cut at the first
  word border at or behind that length, so that length itself is not the signal. One that ended earlier
  by itself stays as short as it is. The raw form keeps the whole texts.
- Blank completions, and pairs of equal ones, are left out.

Source: https://huggingface.co/docs/trl/dataset_formats
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..observations import Observation, ShownCandidate
from .columns import MAIN_PARAMETERS
from .letters import accepted_part, comparable_part, storable

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Pair:
    prompt: str
    chosen: str
    rejected: str
    margin: float


def prompt_of(observation: Observation) -> str:
    """What the model went on from: in mode "continue" the text before the candidates.

    In mode "prompt" the writing prompt stands before that text, with a blank line between them unless the
    prompt ends a line already: what a model in the "raw" format reads. A chat model's template is not in it.
    """
    prompt = observation.prompt if observation.mode == "prompt" else ""
    gap = "" if not prompt or prompt.endswith("\n") else "\n\n"
    return storable(prompt + gap + observation.before)


def dpo_rows(observations: Iterable[Observation]) -> Iterator[Row]:
    """{"prompt", "chosen", "rejected"}: of each set, every two candidates of which one was taken further."""
    for pair in _pairs(observations):
        yield {"prompt": pair.prompt, "chosen": pair.chosen, "rejected": pair.rejected}


def reward_rows(observations: Iterable[Observation]) -> Iterator[Row]:
    """The rows of `dpo_rows` with "margin": the difference of the accepted fractions, above 0 to 1."""
    for pair in _pairs(observations):
        yield {
            "prompt": pair.prompt,
            "chosen": pair.chosen,
            "rejected": pair.rejected,
            "margin": pair.margin,
        }


def kto_rows(observations: Iterable[Observation]) -> Iterator[Row]:
    """{"prompt", "completion", "label"}: True with what was accepted of one, False if it was passed over.

    What was passed over is cut at the length of what was accepted of the chosen candidate.
    """
    for observation in observations:
        chosen = observation.chosen
        if observation.by != "human" or chosen is None:
            continue
        length = len(accepted_part(storable(chosen.text), chosen.taken))
        liked = [_taken_text(one) for one in observation.candidates if one.taken > 0]
        passed = [
            comparable_part(storable(one.text), length)
            for one in observation.candidates
            if one.taken <= 0
        ]
        labels = [(text, True) for text in liked]
        labels += [(text, False) for text in passed if text not in liked]
        prompt = prompt_of(observation)
        for text, label in labels:
            if text.strip():
                yield {"prompt": prompt, "completion": text, "label": label}


def raw_rows(observations: Iterable[Observation]) -> Iterator[Row]:
    """One row for each candidate, with the columns of `columns_of("raw")`; rows of a set stand together.

    `reading.read_raw` makes the observations of them again. An observation without candidates has no row.
    Numbers that are not finite become None, lone surrogates U+FFFD.
    """
    for observation in observations:
        of_the_set = _set_columns(observation)
        chosen = observation.chosen
        for candidate in observation.candidates:
            row = {**of_the_set, **_candidate_columns(candidate)}
            row["selected"] = candidate is chosen
            yield row


def conversational(row: Row) -> Row:
    """A preference row with messages for its texts: the user's is the prompt, the others the assistant's."""
    return {
        name: [{"role": "user" if name == "prompt" else "assistant", "content": value}]
        if isinstance(value, str)
        else value
        for name, value in row.items()
    }


ROWS: Mapping[str, Callable[[Iterable[Observation]], Iterator[Row]]] = {
    "raw": raw_rows,
    "dpo": dpo_rows,
    "kto": kto_rows,
    "reward": reward_rows,
}
"""What makes the rows of each form."""


def _pairs(observations: Iterable[Observation]) -> Iterator[_Pair]:
    for observation in observations:
        if observation.by == "human":
            yield from _pairs_of(observation)


def _pairs_of(observation: Observation) -> Iterator[_Pair]:
    """The pairs of the candidate of which most was taken first, each with the others as they were shown."""
    prompt = prompt_of(observation)
    ranked = sorted(observation.candidates, key=lambda one: -one.taken)
    for better in ranked:
        chosen = _taken_text(better)
        for worse in ranked:
            if worse.taken < better.taken:
                rejected = comparable_part(storable(worse.text), len(chosen))
                if chosen.strip() and rejected.strip() and chosen != rejected:
                    yield _Pair(prompt, chosen, rejected, float(better.taken - worse.taken))


def _taken_text(candidate: ShownCandidate) -> str:
    return accepted_part(storable(candidate.text), candidate.taken)


def _set_columns(observation: Observation) -> Row:
    situation = observation.situation
    return {
        "set": storable(observation.set),
        "story": storable(observation.story),
        "time": _finite(observation.time) or 0.0,
        "num_candidates": len(observation.candidates),
        "by": storable(observation.by),
        "blind": observation.blind,
        "mode": storable(observation.mode),
        "writing_prompt": storable(observation.prompt),
        "before": storable(observation.before),
        "before_ids": list(observation.before_ids),
        "step": situation.step,
        "num_words": situation.num_words,
        "repetition": _finite(situation.repetition) or 0.0,
        "entropy": _finite(situation.entropy),
        "policy": storable(observation.policy),
        "seconds": _finite(observation.seconds),
        "kept": _finite(observation.kept),
        "deleted": observation.deleted,
        "inserted": observation.inserted,
        "extra": _as_json(observation.extra),
    }


def _candidate_columns(candidate: ShownCandidate) -> Row:
    return {
        "candidate": storable(candidate.candidate),
        "number": candidate.number,
        "model": storable(candidate.model),
        "seed": candidate.seed,
        "params": _as_json(candidate.params),
        **{name: _main(candidate.params, name) for name in MAIN_PARAMETERS},
        "text": storable(candidate.text),
        "ids": list(candidate.ids),
        "logprobs": [_finite(one) for one in candidate.logprobs],
        "taken": float(candidate.taken),
        "log_density": _finite(candidate.log_density),
    }


def _main(params: Mapping[str, Any], name: str) -> float | int | None:
    value = params.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = _finite(value)
    if number is None or MAIN_PARAMETERS[name] == "float64":
        return number
    return int(number) if number.is_integer() and abs(number) < 2**63 else None


def _finite(value: float | None) -> float | None:
    """`value` as a float; None for what JSON has no number for."""
    return float(value) if value is not None and math.isfinite(value) else None


def _as_json(value: Mapping[str, Any]) -> str:
    return storable(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, sort_keys=True))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
