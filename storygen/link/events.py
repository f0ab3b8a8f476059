"""Events: what a worker tells the server. See `messages` for how they travel and what a revision is."""

from __future__ import annotations

from dataclasses import dataclass


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
class ContextRead:
    """What the rows of the set `run` go on from has been read: these tokens, memory and format among them."""

    run: str
    ids: tuple[int, ...]


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
class TextsEmbedded:
    """The answer to `EmbedTexts`: a vector for each text, all of one length; empty where a text has no token.

    `error` is set and `vectors` empty when it failed.
    """

    request: str
    vectors: tuple[tuple[float, ...], ...] = ()
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


Event = (
    WorkerReady
    | LoadProgressed
    | ModelLoaded
    | LoadFailed
    | PrefillProgressed
    | ContextRead
    | SearchProgressed
    | TokenWritten
    | RunPaused
    | RunEnded
    | TextScored
    | NextListed
    | TokensScored
    | TextsEmbedded
    | LoreChanged
    | ContextShown
)
