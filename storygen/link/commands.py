"""Commands: what the server asks of a worker. See `messages` for how they travel and what a revision is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .memory import NO_MEMORY, Memory


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a model reads besides a command's `text`.

    `mode` "prompt" means that `prompt` is a writing prompt and `text` the story written so far in answer to
    it (often empty). `known`: tokens of `text`.
    """

    mode: str = "continue"  # "continue" | "prompt"
    prompt: str = ""
    memory: Memory = NO_MEMORY
    known: tuple[KnownToken, ...] = ()


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
class StartRun(Reading):
    """Begin a run: read `text` and write from its end.

    `params` is a plain dict as described in docs/PROTOCOL.md ("Sampling parameters"). The random number of
    token `i` is a function of (seed, i).
    """

    run: str
    text: str
    revision: int
    params: dict[str, Any]
    seed: int
    next_index: int = 0
    credits: int = 16
    heal: bool = True  # the text may end inside a word: complete it (token healing)
    before: tuple[AcceptedToken, ...] = ()  # up to `next_index`; for samplers that remember


@dataclass(frozen=True, slots=True)
class SetRow:
    """One continuation of a set: its own run, seed and parameters, under which it ends by itself."""

    run: str
    seed: int
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StartSet(Reading):
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
    heal: bool = True
    before: tuple[AcceptedToken, ...] = ()
    passed_over: int = 0  # so many of a search's best are not wanted: they stand on other cards


@dataclass(frozen=True, slots=True)
class ReviseRun:
    """Change a run's text, and optionally its parameters, as of `revision`; see `messages`."""

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
class ListNext(Reading):
    """Which tokens could stand after `text`: the `num` likeliest, and what `draws` draws give.

    The other fields as in `StartRun`, whose first token would be one of them. Answered by `NextListed`.
    """

    request: str
    text: str
    params: dict[str, Any]
    seed: int = 0
    num: int = 100
    draws: int = 100
    heal: bool = True


@dataclass(frozen=True, slots=True)
class ScoreText(Reading):
    """Log-probability of every token of `text`.

    Without `params`: read afresh without any cache, and answered by `TextScored`. With them: also its place
    in the order, the entropy, and its probability after the sampler chain, told by `TokensScored` as they
    are read; what stands unchanged since a text was scored before is not read again. Of `memory`, what
    stands before the story is read; what comes and goes is left out.
    """

    request: str
    text: str
    alternatives: int = 0
    params: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ShowScored:
    """What could have stood where token `index` of the text stands that was scored under `scored`.

    Answered by `NextListed`; only the last few texts that were scored are remembered.
    """

    request: str
    scored: str
    index: int


@dataclass(frozen=True, slots=True)
class EmbedTexts:
    """How the model sees each of `texts` after `text`: the mean of its last hidden states over their tokens.

    Of `text` only the end is read. Answered by `TextsEmbedded`; runs beside it are held up little.
    """

    request: str
    text: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Give up what was asked under `request`; it is answered at once, with what there is or an error."""

    request: str


@dataclass(frozen=True, slots=True)
class ShowContext(Reading):
    """What the model would read at the end of `text`; fields as in `StartRun`. Answered by `ContextShown`.

    `run`: of that run, if the worker has it, with its own text, mode, prompt and parameters.
    """

    request: str
    text: str
    params: dict[str, Any]
    heal: bool = True
    run: str = ""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Free everything and exit."""


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
    | EmbedTexts
    | CancelRequest
    | ShowContext
    | Shutdown
)
