"""The calls of `/studio` that look inside the model: what could come next, and how likely the text is.

Each browser has at most one list and one scoring under way; a new one takes the place of the old.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...engine.sampling.parameters import check_params
from ...errors import ConflictError, ModelError, NotFoundError
from ...link.messages import NextListed, ShowScored
from ...registry import ModelEntry
from ...story.looks import NewLook
from ...web.bounds import MAX_TEXT
from .. import presets
from ..house import House
from ..library import new_id
from ..scores import Score
from ..workers.questions import WorkerRequests
from .checks import MAX_ID, MAX_PROMPT, MAX_SEED, Fields
from .shapes import look_shape

MOST_LISTED = 100
MOST_TOKEN_ID = 1 << 31
TELL_AFTER_S = 0.02

Answer = dict[str, Any]

TOKEN_CALLS: dict[str, tuple[str, ...]] = {
    "next_tokens": ("story", "model", "at", "mode", "prompt", "params", "seed", "num", "draws"),
    "token_taken": ("look", "token", "units"),
    "score_start": ("story", "model", "mode", "prompt", "params"),
    "score_stop": ("score",),
    "score_look": ("score", "index"),
}
"""Each call's fields."""


@dataclass(slots=True)
class Glances:
    """What one browser looks at."""

    score: Score | None = None
    gone: bool = False
    _request: str = ""  # of the list under way
    _turn: int = 0
    _turns: Any = field(default_factory=lambda: itertools.count(1))

    def begin(self, requests: WorkerRequests) -> int:
        """The turn of a new list; the one under way is given up."""
        self._turn = next(self._turns)
        requests.cancel(self._request)
        return self._turn

    def goes_on(self, turn: int, request: str = "") -> None:
        """Ask `request` next.

        Raises: ConflictError when another list has been asked for since, or the browser has gone.
        """
        if turn != self._turn or self.gone:
            raise ConflictError("Another list was asked for meanwhile.")
        self._request = request

    def stop_score(self, requests: WorkerRequests, story: str = "") -> None:
        """End the scoring under way, if it is of that story."""
        score = self.score
        if score is not None and story in ("", score.story):
            self.score = None
            score.stop(requests)

    def leave(self, requests: WorkerRequests) -> None:
        """The browser has gone."""
        self.gone = True
        self.begin(requests)
        self.stop_score(requests)


class Looker(Protocol):
    """Who calls."""

    sid: str
    glances: Glances


class TokenCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House
    _tell: Callable[[str, str, Answer, Callable[..., None]], None]

    def call_next_tokens(self, visitor: Looker, fields: Fields) -> Answer:
        """Which tokens could stand next at a place."""
        requests, glances = self._house.requests, visitor.glances
        room = self._house.room(fields.id("story"))
        asked, at = asked_look(self._house, fields), fields.place_or_end("at")
        num = fields.integer("num", 1, MOST_LISTED, default=MOST_LISTED)
        draws = fields.integer("draws", 0, MOST_LISTED, default=MOST_LISTED)
        turn = glances.begin(requests)
        window = requests.ready(asked.model)
        new, left, question = room.ask(
            lambda story, now: story.ask_next(asked, at, window, num, draws)
        )
        glances.goes_on(turn, question.request)
        answer = requests.ask(new.model, question)
        glances.goes_on(turn)
        _check(answer)
        view = room.ask(lambda story, now: story.next_told(new, left, answer, now))
        return {"look": look_shape(view)}

    def call_token_taken(self, visitor: Looker, fields: Fields) -> Answer:
        """The first units of a listed token stand in the story now."""
        look, token = fields.id("look"), fields.integer("token", 0, MOST_TOKEN_ID)
        units = fields.integer("units", 1, MAX_TEXT)
        room = self._house.look_room(look)
        return {
            "checkpoint": room.ask(lambda story, now: story.looks.taken(look, token, units, now))
        }

    def call_score_start(self, visitor: Looker, fields: Fields) -> Answer:
        """Begin to tell how likely each token of the text is; `scored` events follow."""
        requests, glances = self._house.requests, visitor.glances
        room = self._house.room(fields.id("story"))
        new = asked_look(self._house, fields)
        glances.stop_score(requests)
        whole = room.ask(lambda story, now: story.looks.whole(new))
        score = Score(
            room.id,
            new,
            whole,
            lambda message, done: self._tell(visitor.sid, "scored", message, done),
        )
        glances.stop_score(requests)  # another may have begun while this one waited
        glances.score = score
        if glances.gone:
            raise NotFoundError("This connection is closed.")
        self._house.loop.spawn(score.run, requests)
        self._house.loop.timer(TELL_AFTER_S, score.open)
        return {"score": score.id}

    def call_score_stop(self, visitor: Looker, fields: Fields) -> Answer:
        """No more of it."""
        self._score(visitor, fields)
        visitor.glances.stop_score(self._house.requests)
        return {}

    def call_score_look(self, visitor: Looker, fields: Fields) -> Answer:
        """What could have stood in the place of a token that was scored."""
        score = self._score(visitor, fields)
        index = fields.integer("index", 0, MAX_TEXT)
        ready = self._house.workers.window(score.new.model) is not None
        if index >= score.num_scored or not ready:
            raise NotFoundError("This token is not scored; score the text again.")
        left = score.place_before(index)
        answer = self._house.requests.ask(score.new.model, ShowScored(new_id(), score.id, index))
        if answer.error:
            raise NotFoundError(answer.error)
        room = self._house.room(score.story)
        view = room.ask(lambda story, now: story.next_told(score.new, left, answer, now))
        return {"look": look_shape(view)}

    # ------------------------------------------------------------ inside

    def _score(self, visitor: Looker, fields: Fields) -> Score:
        found, name = visitor.glances.score, fields.id("score")
        if found is None or found.id != name:
            raise NotFoundError("This scoring is over; score the text again.")
        return found


def asked_look(house: House, fields: Fields) -> NewLook:
    """Model, mode, prompt, parameters and seed, as for a run."""
    entry: ModelEntry = house.model(fields.string("model", 2 * MAX_ID))
    params = fields.object("params")
    return NewLook(
        model=entry.key,
        model_name=entry.name,
        mode=fields.choice("mode", ("continue", "prompt"), "continue"),
        prompt=fields.string("prompt", MAX_PROMPT, ""),
        params=check_params(params) if params else presets.default_params(),
        seed=fields.integer("seed", 0, MAX_SEED, default=time.time_ns() % MAX_SEED),
    )


def _check(answer: NextListed) -> None:
    if answer.error:
        raise ModelError(answer.error)
