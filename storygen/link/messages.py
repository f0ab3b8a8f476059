"""Every message between the server and a worker, as frozen dataclasses.

Commands (server to worker) are imperative, events (worker to server) are in the past tense. A message
travels as one JSON object whose "type" is the class's name. Text offsets here are **code points** of a
run's own text: the part of the story that the worker was given, which begins at some base and ends at
the run's insertion point. Tokens that the worker writes are appended to that text by both sides.

How a revision works: the worker's text for a run is changed only by `ReviseRun` (splices applied one
after the other, each relative to the text that the one before left) and by the worker's own tokens.
`accepted` says how many tokens of the run the server has taken: when it is not None the worker first
removes every token with `index >= accepted` from its text, so that both sides agree again.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from ..errors import BadRequestError
from .memory import NO_MEMORY, Memory, memory_from_fields, memory_to_fields


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace `delete` code points at `at` by `insert`."""

    at: int
    delete: int
    insert: str


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token that still stands: code points `[start, end)` are token `id` (start may equal end)."""

    start: int
    end: int
    id: int


@dataclass(frozen=True, slots=True)
class AcceptedToken:
    """A token that a run wrote before; `logprob` as in `TokenWritten`."""

    id: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that the model could have written, with its natural-log probability before the sampler."""

    id: int
    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class NextToken:
    """A token that could stand next.

    `text` is what it would add, None where that is no text of its own (an end of text, part of a character);
    `shown` the token as it is to be looked at. `logprob` is natural, of the model's distribution; `after`:
    its probability after the sampler chain; `num`: how often it was drawn.
    """

    id: int
    text: str | None
    shown: str
    logprob: float
    after: float
    num: int


# ---------------------------------------------------------------- commands: server to worker


@dataclass(frozen=True, slots=True)
class LoadModel:
    """Load the model that this worker is for. Sent once, after `WorkerReady`."""

    source: str  # absolute path of a folder or of a .gguf file; for "hub" a hub id
    kind: str  # "folder" | "gguf" | "adapter" | "hub"
    base: str | None = None  # for an adapter: absolute path of the base model's folder
    format: str = "auto"  # "auto" | "raw" | "wp" | "chat" | a template with {prompt} and {story}
    context: int | None = None  # window in tokens; None: the model's own
    precision: str = "auto"  # "auto" | "fp32" | "bf16" | "fp16"
    threads: int | None = None  # None: cores - 1, measured
    memory_limit_bytes: int | None = None
    profile_path: str | None = None  # JSON file where measured choices are remembered
    device: str = "auto"  # "auto" | "cpu" | "cuda" | "mps"
    models_dir: str | None = (
        None  # takes downloads and, in ".converted", conversions; None: source's folder
    )


@dataclass(frozen=True, slots=True)
class StartRun:
    """Begin a run: read `text` and write from its end.

    `params` is a plain dict as described in docs/PROTOCOL.md ("Sampling parameters"). The random number of
    token `i` is a function of (seed, i). `mode` "prompt" means that `prompt` is a writing prompt and `text`
    the story written so far in answer to it (often empty).
    """

    run: str
    text: str
    revision: int
    params: dict[str, Any]
    seed: int
    next_index: int = 0
    credits: int = 16
    mode: str = "continue"  # "continue" | "prompt"
    prompt: str = ""
    memory: Memory = NO_MEMORY
    known: tuple[KnownToken, ...] = ()
    heal: bool = True  # the text may end inside a word: complete it (token healing)
    before: tuple[AcceptedToken, ...] = ()  # up to `next_index`; for samplers that remember


@dataclass(frozen=True, slots=True)
class SetRow:
    """One continuation of a set: its own run, seed and parameters, under which it ends by itself."""

    run: str
    seed: int
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StartSet:
    """Write several continuations of one text, which is read once; fields as in `StartRun`.

    What happens is told of each row by its run; how far the text is read, of `run`. Each row ends with a
    `RunEnded`. `StopRun` ends one row, or with the set's own name all of them. Rows need no credits, since
    their `max_tokens` bounds what can be in flight.

    Rows of more than one beam (`num_beams`, the same in all) are what a beam search finds, best first: it
    tells of `run` how far it is, and of the rows when it is over. Stopping any row stops the search.
    """

    run: str
    text: str
    rows: tuple[SetRow, ...]
    revision: int = 0
    next_index: int = 0
    mode: str = "continue"
    prompt: str = ""
    memory: Memory = NO_MEMORY
    known: tuple[KnownToken, ...] = ()
    heal: bool = True
    before: tuple[AcceptedToken, ...] = ()
    passed_over: int = 0  # so many of a search's best are not wanted: they stand on other cards


@dataclass(frozen=True, slots=True)
class ReviseRun:
    """Change a run's text, and optionally its parameters, as of `revision`; see the module's docstring."""

    run: str
    revision: int
    accepted: int | None
    splices: tuple[Splice, ...] = ()
    params: dict[str, Any] | None = None
    prompt: str | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class PauseRun:
    """Stop after the token in hand; keep everything. Answered by `RunPaused`."""

    run: str


@dataclass(frozen=True, slots=True)
class ResumeRun:
    """Go on after a pause. With no `ReviseRun` between, the tokens are those of an uninterrupted run."""

    run: str


@dataclass(frozen=True, slots=True)
class StopRun:
    """End a run and forget it. Answered by `RunEnded` with reason "stopped"."""

    run: str


@dataclass(frozen=True, slots=True)
class GrantCredits:
    """Allow `tokens` more tokens in flight for a run."""

    run: str
    tokens: int


@dataclass(frozen=True, slots=True)
class ListNext:
    """Which tokens could stand after `text`: the `num` likeliest, and what `draws` draws give.

    The other fields as in `StartRun`, whose first token would be one of them. Answered by `NextListed`.
    """

    request: str
    text: str
    params: dict[str, Any]
    seed: int = 0
    num: int = 100
    draws: int = 100
    mode: str = "continue"
    prompt: str = ""
    memory: Memory = NO_MEMORY
    known: tuple[KnownToken, ...] = ()
    heal: bool = True


@dataclass(frozen=True, slots=True)
class ScoreText:
    """Log-probability of every token of `text`.

    Without `params`: read afresh without any cache, and answered by `TextScored`. With them: also its place
    in the order, the entropy, and its probability after the sampler chain, told by `TokensScored` as they
    are read; what stands unchanged since a text was scored before is not read again.
    """

    request: str
    text: str
    alternatives: int = 0
    mode: str = "continue"
    prompt: str = ""
    known: tuple[KnownToken, ...] = ()
    params: dict[str, Any] | None = None
    memory: Memory = (
        NO_MEMORY  # what of it stands before the story; what comes and goes is left out
    )


@dataclass(frozen=True, slots=True)
class ShowScored:
    """What could have stood where token `index` of the text stands that was scored under `scored`.

    Answered by `NextListed`; only the last few texts that were scored are remembered.
    """

    request: str
    scored: str
    index: int


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Give up what was asked under `request`; it is answered at once, with what there is or an error."""

    request: str


@dataclass(frozen=True, slots=True)
class ShowContext:
    """What the model would read at the end of `text`; fields as in `StartRun`. Answered by `ContextShown`.

    `run`: of that run, if the worker has it, with its own text, mode, prompt and parameters.
    """

    request: str
    text: str
    params: dict[str, Any]
    mode: str = "continue"
    prompt: str = ""
    memory: Memory = NO_MEMORY
    known: tuple[KnownToken, ...] = ()
    heal: bool = True
    run: str = ""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Free everything and exit."""


# ---------------------------------------------------------------- events: worker to server


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The first message on a connection; a wrong `secret` closes it."""

    secret: str
    pid: int


@dataclass(frozen=True, slots=True)
class LoadProgressed:
    """How far loading is: a stage in words ("importing", "reading weights", "converting", "measuring")."""

    stage: str
    done: float = 0.0
    total: float = 0.0  # 0: not known
    unit: str = ""  # "bytes" | "tensors" | ""


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """The model is ready to write."""

    architecture: str
    parameters: int
    vocabulary: int
    context: int  # window in tokens
    precision: str
    threads: int
    device: str
    format: str  # the format that "auto" was resolved to
    memory_bytes: int
    seconds: float
    croppable: bool  # False: an edit re-reads the whole window
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The model could not be loaded; the worker exits after this."""

    code: str
    message: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class PrefillProgressed:
    """`done` of `total` tokens of the context are read; sent between chunks, and once at the end."""

    run: str
    done: int
    total: int
    revision: int


@dataclass(frozen=True, slots=True)
class SearchProgressed:
    """A beam search has tried continuations of `done` tokens, of at most `total`."""

    run: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TokenWritten:
    """One token. `text` may be empty (part of a character, or the part of a word that already stands)."""

    run: str
    index: int
    id: int
    text: str
    logprob: float  # natural log, of the model's distribution before the sampler
    alternatives: tuple[Alternative, ...]
    ms: float
    revision: int
    used: int  # tokens in the context when it was computed
    window: int


@dataclass(frozen=True, slots=True)
class RunPaused:
    """The run rests; `index` is the index that its next token will have."""

    run: str
    index: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over. `reason`: "stopped" | "finished" | "failed"; `detail` says which limit or error."""

    run: str
    reason: str
    # for finished: "max_tokens" | "sentence" | "paragraph" | "stop_string" | "end_of_text" | "banned_strings"
    # | "nothing_else" (a search found no other text)
    detail: str = ""
    message: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """A token of a scored text, covering code points `[start, end)`; the first has no log-probability."""

    start: int
    end: int
    id: int
    text: str
    logprob: float | None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class TextScored:
    """The answer to `ScoreText`; `error` is set and `tokens` empty when it failed."""

    request: str
    tokens: tuple[ScoredToken, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class NextListed:
    """The answer to `ListNext` and `ShowScored`: the likeliest first, then those only drawn.

    Entropies are in nats, of the model's distribution and after the sampler chain. `healed`: the letters at
    the text's end that the tokens begin with again.
    """

    request: str
    tokens: tuple[NextToken, ...] = ()
    entropy: float = 0.0
    entropy_after: float = 0.0
    healed: str = ""
    used: int = 0  # tokens in the context
    ms: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class TokensScored:
    """Some of the tokens of a scored text, a column for each thing, from where the part before ended.

    `ends`: the code point of the text where each ends. Of the first token of all nothing may be known (a
    `logprob` of None, rank 0). The last answer isn't `partial`; it may have tokens too.
    """

    request: str
    done: int = 0
    total: int = 0
    ends: tuple[int, ...] = ()
    logprobs: tuple[float | None, ...] = ()
    ranks: tuple[int, ...] = ()
    entropies: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    partial: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True)
class LoreChanged:
    """Other entries of the lorebook stand in a run's context now; `entries` are their ids."""

    run: str
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextPiece:
    """`num_tokens` tokens of a context, one after the other, that have the same origin.

    `origin`: "start" | "format" | "memory" | "prompt" | "lore" | "note" | "story"; `entry`: whose, of lore.
    """

    origin: str
    entry: str
    text: str
    num_tokens: int


@dataclass(frozen=True, slots=True)
class ContextShown:
    """The answer to `ShowContext`; `error` is set and the rest empty when it failed.

    `active`: (entry, the key that called it or ""). `wrong`: (entry, what is the matter with a key).
    `reread_tokens`: those that the model would have to read anew before its next token.
    """

    request: str
    window: int = 0
    reserve: int = 0
    used: int = 0
    pieces: tuple[ContextPiece, ...] = ()
    cut_memory: int = 0  # tokens
    cut_story: int = 0  # tokens of the story before the window
    cut_lore: tuple[str, ...] = ()  # entries that were called, and for which there is no room
    active: tuple[tuple[str, str], ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()
    reread_tokens: int = 0
    reread_s: float | None = None
    error: str = ""


Command = (
    LoadModel
    | StartRun
    | StartSet
    | ReviseRun
    | PauseRun
    | ResumeRun
    | StopRun
    | GrantCredits
    | ListNext
    | ScoreText
    | ShowScored
    | CancelRequest
    | ShowContext
    | Shutdown
)
Event = (
    WorkerReady
    | LoadProgressed
    | ModelLoaded
    | LoadFailed
    | PrefillProgressed
    | SearchProgressed
    | TokenWritten
    | RunPaused
    | RunEnded
    | TextScored
    | NextListed
    | TokensScored
    | LoreChanged
    | ContextShown
)
Message = Command | Event

_TYPES: dict[str, type[Any]] = {t.__name__: t for t in (*Command.__args__, *Event.__args__)}
_NESTED: dict[str, type[Any]] = {
    "splices": Splice,
    "known": KnownToken,
    "alternatives": Alternative,
    "rows": SetRow,
    "before": AcceptedToken,
    "pieces": ContextPiece,
}
_PAIRS = ("active", "wrong")


def encode(message: Message) -> bytes:
    """One JSON object in UTF-8, without a newline inside, ended by one."""
    body = _plain(message)
    body["type"] = type(message).__name__
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message in one line.

    Raises: BadRequestError when the line is no JSON object, names no known type, or has wrong fields.
    """
    try:
        body = json.loads(line)
        kind = _TYPES[body.pop("type")]
        message: Message = kind(
            **{name: _revive(kind, name, value) for name, value in body.items()}
        )
        return message
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequestError(f"Not a message of the worker link: {error}") from error


def _plain(value: Any) -> Any:
    """Fields by name for a message; a nested record becomes a list of its values, in order (shorter)."""
    return {f.name: _packed(getattr(value, f.name)) for f in dataclasses.fields(value)}


def _packed(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_packed(item) for item in value]
    if isinstance(value, Memory):
        return memory_to_fields(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [_packed(getattr(value, f.name)) for f in dataclasses.fields(value)]
    return value


def _revive(kind: type[Any], name: str, value: Any) -> Any:
    if kind is TextScored and name == "tokens":
        return tuple(_scored_token(item) for item in value)
    if kind is NextListed and name == "tokens":
        return tuple(NextToken(*item) for item in value)
    if name == "memory" and isinstance(value, list):
        return memory_from_fields(value)
    if name in _PAIRS:
        return tuple(tuple(pair) for pair in value)
    if name in _NESTED:
        nested = _NESTED[name]
        return tuple(nested(*item) for item in value) if isinstance(value, list) else value
    return tuple(value) if isinstance(value, list) else value


def _scored_token(item: list[Any]) -> ScoredToken:
    start, end, token_id, text, logprob, alternatives = item
    return ScoredToken(
        start, end, token_id, text, logprob, tuple(Alternative(*a) for a in alternatives)
    )
