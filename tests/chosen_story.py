"""A story in a store with one choice in it."""

from __future__ import annotations

from storygen.store.records import (
    CandidateRecord,
    CheckpointRecord,
    ChoiceRecord,
    RunRecord,
    SetRecord,
    StoryRecord,
    TokenRecord,
)
from storygen.store.store import Store

CLIENT = 4_294_000_000


def fill(store: Store, story: str, *, shared: bool) -> None:
    """A story with a set of two cards, of which the second was taken in half."""
    settings = {"choices_shared": True} if shared else {}
    begun = StoryRecord(story, f"About {story}", 1.0, 1.0, settings, document=story)
    set_id = f"{story} set"
    fate = {"step": 1, "policy": "random", "blind": True, "num_words": 1, "repetition": 0.0}
    asked = SetRecord(set_id, story, 2.0, "asked", f"{story} c", 4, None, 0, False, None, fate=fate)
    checkpoint = CheckpointRecord(f"{story} c", story, None, "asked", 2.0, None, "", "Once", ())
    records: list[object] = [begun, checkpoint, asked]
    for number in range(2):
        run = RunRecord(
            run=f"{story} {number}",
            story=story,
            state="ended",
            reason="finished",
            detail="",
            model="m",
            model_name="Model",
            mode="continue",
            prompt="",
            params={"temperature": 0.5 + number},
            seed=number,
            next_index=1,
            continues=None,
            started=2.0,
            ended=3.0,
            left=None,
        )
        clock = number << 16
        token = TokenRecord(
            *(story, run.run, 0, 7, " word", -0.5, 1.0, 0, CLIENT, clock, 5), alternatives=()
        )
        candidate = CandidateRecord(run.run, set_id, number, CLIENT, clock, log_density=-1.0)
        records += [run, candidate, token]
    shown = {f"{story} 0": 5, f"{story} 1": 5}
    records.append(
        ChoiceRecord(f"{story} x", story, set_id, f"{story} 1", 4.0, 3, " wo", shown, seconds=2.0)
    )
    store.commit(records)  # type: ignore[arg-type]
