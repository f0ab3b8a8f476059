"""The automatic writer's task: deals a set, waits for it, picks a card, and again, until its turn is over.

One task for each turn (`story/automatic.py`): it ends when its writer is paused, stopped or at its end, and
another one begins when it goes on. It speaks to the room by `ask` alone and keeps nothing of its own.

A worker that dies is started again by its supervisor, and the step is written anew; after `MOST_TRIES` in a
row the writer ends as failed. When the story is closed or broken the task ends; who opens the story next
finds the writer interrupted, and Resume goes on. Its model is in use between its sets too, but not while it
is paused.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from ..errors import StorygenError
from ..preferences import ranges as ranges_json
from ..preferences import reactions
from ..story.automatic import Automatic, Offered, Reaction, Step
from ..story.card_asking import SEED_STEP, NewSet
from ..story.story import Story
from . import fates
from .calls.checks import MAX_SEED
from .calls.outbox import Package
from .card_ends import ending
from .loop import Empty
from .room import BrokenRoomError, ClosedRoomError, Room

if TYPE_CHECKING:
    from .house import House

MOST_TRIES = 3
LOOK_EVERY_S = 5.0  # also when nothing is told
log = logging.getLogger(__name__)


class AutomaticWriter:
    """`spawn` it as a task of the loop with `run`."""

    def __init__(self, house: House, room: Room, turn: int) -> None:
        self._house, self._room, self._turn = house, room, turn
        self._told = house.loop.queue()
        self._num_tries = 0

    def run(self) -> None:
        """Work until the turn is over."""
        self._room.watchers.append(self._hear)
        try:
            while self._write_step():
                pass
        except (ClosedRoomError, BrokenRoomError):
            pass
        except StorygenError as error:
            self._fail(error.message)
        except Exception:
            log.exception("The automatic writer of story %s failed.", self._room.id)
            self._fail("Something went wrong in the server; data/logs says what.")
        finally:
            self._room.watchers.remove(self._hear)
            self._house.tastes.changed(self._room.id)

    def _hear(self, package: Package) -> None:
        if package.sets or package.auto:
            self._told.put(None)

    def _write_step(self) -> bool:
        """One step, or one try at it; False when the turn is over."""
        room, turn = self._room, self._turn
        step = room.ask(lambda story, now: story.automatic.step(turn, now))
        if step is None:
            return False
        if step.wait_s:
            self._house.loop.sleep(step.wait_s)
            return True
        seed = step_seed(step.plan.seed, step.number, step.reaction.level)
        new = self._dealt(step, seed)
        set_id = room.ask(lambda story, now: story.automatic.write(turn, new, now))
        if set_id is None:
            return False
        self._house.workers.ensure(step.plan.model)
        state = self._wait()
        if state != "ended":
            return state == "again"
        offered = room.ask(lambda story, now: story.automatic.offered(turn, now))
        if offered is None:
            return False
        if offered.trouble:
            return self._in_trouble(step, offered)
        self._num_tries = 0
        card = self._picked(step, offered, seed)
        return room.ask(lambda story, now: story.automatic.take(turn, card, judge, now))

    def _wait(self) -> str:
        """Until the set is written, or is not to be: see `Automatic.look`."""
        while True:
            state = self._room.ask(lambda story, now: story.automatic.look(self._turn, now))
            if state != "writing":
                return state
            try:
                self._told.get(timeout=LOOK_EVERY_S)
                while True:  # what came meanwhile says nothing more
                    self._told.get(timeout=0)
            except Empty:
                pass

    # ------------------------------------------------------------ dealing and picking

    def _dealt(self, step: Step, seed: int) -> NewSet:
        plan, reaction = step.plan, step.reaction
        self._house.model(plan.model)
        ranges = reactions.moved_ranges(ranges_json.from_json(plan.ranges), reaction.level)
        wished = fates.Wish(plan.policy, blind=False, ranges=ranges)
        num_steps = self._house.read(lambda store: store.num_steps(self._room.id))
        known = self._room.ask(lambda story, now: fates.situation(story, "end", num_steps))
        fate, drawn = fates.deal(self._house.tastes.dealer, wished, known, plan.cards, seed)
        fate["auto"] = {"step": step.number, "picker": plan.picker}
        if reaction.level:
            fate["reaction"] = {"sign": reaction.sign, "level": reaction.level}
        sign, level = reaction.sign, reaction.level
        rows = tuple(
            (
                seed + number * SEED_STEP,
                reactions.moved_params(ending({**plan.params, **one.params}), ranges, sign, level),
            )
            for number, one in enumerate(drawn)
        )
        return NewSet(
            model=plan.model,
            model_name=plan.model_name,
            mode=plan.mode,
            prompt=plan.prompt,
            at=0,
            rows=rows,
            origin="writer",
            fate=fate,
            log_densities=tuple(one.log_density for one in drawn),
        )

    def _picked(self, step: Step, offered: Offered, seed: int) -> str:
        texts = [text for _, text, _ in offered.cards]
        if step.reaction.level:
            fit = reactions.fresh(offered.before, texts)
        else:
            fit = [at for at, text in enumerate(texts) if text.strip()]
        pick = self._house.pickers.make(step.plan.picker, Random(seed))
        choice = pick(offered.before, [(texts[at], offered.cards[at][2]) for at in fit])
        return offered.cards[fit[choice]][0]

    # ------------------------------------------------------------ trouble

    def _in_trouble(self, step: Step, offered: Offered) -> bool:
        """There is nothing to choose from. Returns whether another try is to be made."""
        room, turn, trouble = self._room, self._turn, offered.trouble
        if trouble == "failed":
            return self._fail(offered.message or "The candidates could not be written.")
        if trouble == "stopped":
            return self._pause("Its candidates were stopped.")
        if trouble == "interrupted":
            self._num_tries += 1
            if self._num_tries >= MOST_TRIES:
                return self._fail(f"The model's process ended {MOST_TRIES} times in a row.")
            return room.ask(lambda story, now: story.automatic.again(turn, None, now))
        level = step.reaction.level + 1
        if level > reactions.MOST_LEVELS:
            return self._end("finish", "The model has nothing to add.")
        reaction = Reaction("nothing", level, reactions.words("nothing", level))
        return room.ask(lambda story, now: story.automatic.again(turn, reaction, now))

    def _pause(self, message: str) -> bool:
        return self._over(lambda writer, now: writer.pause(now, message))

    def _fail(self, message: str) -> bool:
        return self._end("fail", message)

    def _end(self, event: str, message: str) -> bool:
        return self._over(lambda writer, now: writer.end(event, now, message))

    def _over(self, change: Callable[[Automatic, float], None]) -> bool:
        """The turn ends by this, unless it has ended already."""

        def work(story: Story, now: float) -> None:
            if story.automatic.turn == self._turn:
                change(story.automatic, now)

        with contextlib.suppress(ClosedRoomError, BrokenRoomError):
            self._room.ask(work)
        return False


def step_seed(seed: int, step: int, level: int) -> int:
    """The seed of a step: the same for each try at it, another one once something is done about trouble."""
    return Random(f"{seed}/{step}/{level}").randrange(MAX_SEED - 20 * SEED_STEP)


def judge(before: str, after: str, entropies: tuple[float, ...], was: Reaction) -> Reaction:
    """What is to be done from the next step on; a `story.automatic.Judge`."""
    sign = reactions.sign_in(after, entropies)
    level = reactions.next_level(before, after, sign, was.level)
    if level > reactions.MOST_LEVELS:
        return Reaction(sign, level, reactions.last_words(sign), gives_up=True)
    return Reaction(sign if level else "", level, reactions.words(sign, level))
