"""Every message between the server and a worker, as frozen dataclasses.

Commands (server to worker) are imperative, events (worker to server) are in the past tense. A message
travels as one JSON object whose "type" is the class's name. Text offsets here are **code points** of a
run's own text: the part of the story that the worker was given, which begins at some base and ends at
the run's insertion point. Tokens that the worker writes are appended to that text by both sides.

How a revision works: the worker's text for a run is changed only by `ReviseRun` (splices applied one
after the other, each relative to the text that the one before left) and by the worker's own tokens.
`accepted` says how many tokens of the run the server has taken: when it is not None the worker first
removes every token with `index >= accepted` from its text, so that both sides agree again.

Where they are: `commands`, `events`; `coding` puts them into lines. Everybody else imports them from here.
"""

from __future__ import annotations

from .coding import Message, decode, encode
from .commands import (
    AcceptedToken,
    CancelRequest,
    Command,
    EmbedTexts,
    GrantCredits,
    KnownToken,
    ListNext,
    LoadModel,
    PauseRun,
    ResumeRun,
    ReviseRun,
    ScoreText,
    SetRow,
    ShowContext,
    ShowScored,
    Shutdown,
    Splice,
    StartRun,
    StartSet,
    StopRun,
)
from .events import (
    Alternative,
    ContextPiece,
    ContextRead,
    ContextShown,
    Event,
    LoadFailed,
    LoadProgressed,
    LoreChanged,
    ModelLoaded,
    NextListed,
    NextToken,
    PrefillProgressed,
    RunEnded,
    RunPaused,
    ScoredToken,
    SearchProgressed,
    TextScored,
    TextsEmbedded,
    TokensScored,
    TokenWritten,
    WorkerReady,
)

__all__ = [
    "AcceptedToken",
    "Alternative",
    "CancelRequest",
    "Command",
    "ContextPiece",
    "ContextRead",
    "ContextShown",
    "EmbedTexts",
    "Event",
    "GrantCredits",
    "KnownToken",
    "ListNext",
    "LoadFailed",
    "LoadModel",
    "LoadProgressed",
    "LoreChanged",
    "Message",
    "ModelLoaded",
    "NextListed",
    "NextToken",
    "PauseRun",
    "PrefillProgressed",
    "ResumeRun",
    "ReviseRun",
    "RunEnded",
    "RunPaused",
    "ScoreText",
    "ScoredToken",
    "SearchProgressed",
    "SetRow",
    "ShowContext",
    "ShowScored",
    "Shutdown",
    "Splice",
    "StartRun",
    "StartSet",
    "StopRun",
    "TextScored",
    "TextsEmbedded",
    "TokenWritten",
    "TokensScored",
    "WorkerReady",
    "decode",
    "encode",
]
