"""The states of a run, as one table. An event that the table does not hold raises and changes nothing."""

from __future__ import annotations

from ..errors import ConflictError

QUEUED, RUNNING, PAUSED, ENDED = "queued", "running", "paused", "ended"
STATES = (QUEUED, RUNNING, PAUSED, ENDED)

TRANSITIONS: dict[tuple[str, str], str] = {
    (QUEUED, "begin"): RUNNING,  # the model is ready and has the text
    (QUEUED, "pause"): PAUSED,
    (RUNNING, "pause"): PAUSED,
    (PAUSED, "resume"): RUNNING,
    (PAUSED, "requeue"): QUEUED,  # resumed before its model was ready
    (QUEUED, "stop"): ENDED,
    (RUNNING, "stop"): ENDED,
    (PAUSED, "stop"): ENDED,
    (RUNNING, "finish"): ENDED,
    (PAUSED, "finish"): ENDED,  # the token in hand at the pause was the last one
    (QUEUED, "fail"): ENDED,
    (RUNNING, "fail"): ENDED,
    (PAUSED, "fail"): ENDED,
    (QUEUED, "interrupt"): ENDED,
    (RUNNING, "interrupt"): ENDED,
    (PAUSED, "interrupt"): ENDED,
}
EVENTS = tuple(dict.fromkeys(event for _, event in TRANSITIONS))
END_REASONS = {
    "stop": "stopped",
    "finish": "finished",
    "fail": "failed",
    "interrupt": "interrupted",
}

_WORDS = {
    QUEUED: "is waiting for its model",
    RUNNING: "is writing",
    PAUSED: "is paused",
    ENDED: "has ended",
}


def next_state(state: str, event: str) -> str:
    """The state after `event`.

    Raises: ConflictError when the table does not allow `event` in `state`.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ConflictError(f"A run that {_WORDS[state]} can't {event}.") from None


def diagram() -> str:
    """The table as a Mermaid state diagram, for docs/PROTOCOL.md."""
    merged: dict[tuple[str, str], list[str]] = {}
    for (state, event), target in TRANSITIONS.items():
        merged.setdefault((state, target), []).append(event)
    lines = [
        f"    {state} --> {target}: {', '.join(events)}"
        for (state, target), events in merged.items()
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> queued", *lines, "    ended --> [*]"])
