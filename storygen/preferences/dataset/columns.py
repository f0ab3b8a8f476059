"""The columns of every form of the dataset: one table, from which schemas, the card and its types are made.

`kind` is an Arrow type by its name in `datasets`; "list<…>" is a list of it, "messages" a talk: a list of
{role, content}.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

FORMS = ("raw", "dpo", "kto", "reward")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `sentence` says what stands in it. `empty`: whether it may hold nothing (null)."""

    name: str
    kind: str
    sentence: str
    empty: bool = False


MAIN_PARAMETERS: dict[str, str] = {
    "temperature": "float64",
    "dynatemp_low": "float64",
    "dynatemp_high": "float64",
    "top_k": "int64",
    "top_p": "float64",
    "min_p": "float64",
    "typical_p": "float64",
    "top_n_sigma": "float64",
    "repetition_penalty": "float64",
    "presence_penalty": "float64",
    "frequency_penalty": "float64",
    "dry_multiplier": "float64",
    "xtc_probability": "float64",
    "mirostat_tau": "float64",
    "max_tokens": "int64",
}
"""Those sampling parameters that have a column of their own beside `params`, with its kind."""

_OF_THE_SET = (
    Column("set", "string", "The id of the set: of all candidates that were shown together."),
    Column(
        "story", "string", "The id of the story that was written. A story is in one split only."
    ),
    Column(
        "time", "float64", "When it was chosen, in seconds since 1970 (UTC); see below how exactly."
    ),
    Column(
        "num_candidates", "int64", "How many candidates the set has; their rows stand together."
    ),
    Column("by", "string", '"human": a reader chose. "auto": a program did.'),
    Column("blind", "bool", "Whether models and parameters were hidden from the reader."),
    Column("mode", "string", '"continue", or "prompt": the story answers `writing_prompt`.'),
    Column("writing_prompt", "string", 'The writing prompt in mode "prompt".'),
    Column("before", "string", "The text of the story that the model went on from."),
    Column(
        "before_ids",
        "list<int64>",
        "The token ids that the model read; empty: not known, or memory, note or lore was among them.",
    ),
    Column("step", "int64", "Which choice of the story it was, from 1."),
    Column("num_words", "int64", "Words of `before`."),
    Column("repetition", "float64", "How much `before` repeats itself."),
    Column(
        "entropy", "float64", "Mean entropy of the last tokens that a model wrote, in nats.", True
    ),
    Column("policy", "string", "What drew the parameters; empty: the reader set them."),
    Column("seconds", "float64", "From the first letter that could be read to the choice.", True),
    Column("kept", "float64", "The fraction of the accepted text that survived later edits.", True),
    Column("deleted", "int64", "UTF-16 units of the accepted text that later edits deleted.", True),
    Column(
        "inserted",
        "int64",
        "UTF-16 units that people later put between its first and its last unit that survived.",
        True,
    ),
    Column("extra", "string", "More that was noted of the set, as a JSON object."),
)
_OF_THE_CANDIDATE = (
    Column("candidate", "string", "The id of this continuation."),
    Column("number", "int64", "Its place among the cards as they were shown, from 0."),
    Column("model", "string", "The model that wrote it."),
    Column("seed", "int64", "The seed of its random numbers."),
    Column("params", "string", "All sampling parameters, as a JSON object."),
    *(
        Column(name, kind, f"`{name}` of `params`, as a number.", True)
        for name, kind in MAIN_PARAMETERS.items()
    ),
    Column("text", "string", "The continuation, whole, also where less was accepted."),
    Column(
        "ids", "list<int64>", "The token ids of `text`; empty: not known, or `text` was edited."
    ),
    Column(
        "logprobs",
        "list<float64>",
        "Log-probability of each token before sampling, natural logarithm; null: minus infinity.",
    ),
    Column("selected", "bool", "Whether this is the candidate of which most was accepted."),
    Column("taken", "float64", "The fraction of `text` (UTF-16 units) that was accepted, 0 to 1."),
    Column("log_density", "float64", "Log-density of `params` under `policy`.", True),
)
_PROMPT = Column("prompt", "string", "What the model went on from.")
_PAIR = (
    _PROMPT,
    Column("chosen", "string", "The accepted part of the candidate that was taken further."),
    Column("rejected", "string", "Another candidate of the set, cut at a comparable length."),
)
_COLUMNS: dict[str, tuple[Column, ...]] = {
    "raw": _OF_THE_SET + _OF_THE_CANDIDATE,
    "dpo": _PAIR,
    "kto": (
        _PROMPT,
        Column("completion", "string", "A candidate: its accepted part, or cut at its length."),
        Column("label", "bool", "Whether it was accepted."),
    ),
    "reward": (
        *_PAIR,
        Column("margin", "float64", "Accepted fraction of chosen, less that of rejected."),
    ),
}


def columns_of(form: str, *, conversational: bool = False) -> tuple[Column, ...]:
    """The columns of "raw", "dpo", "kto" or "reward", in order.

    `conversational`: the texts of the preference forms are messages. The raw form has no such variant.
    """
    columns = _COLUMNS[form]
    if form == "raw" or not conversational:
        return columns
    return tuple(
        replace(column, kind="messages") if column.kind == "string" else column
        for column in columns
    )
