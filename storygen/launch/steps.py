"""The steps of an installation, and the rule by which one is carried out or passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .errors import LaunchError
from .screen import Progress, Screen
from .stamps import Stamps


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is done once, and again when `digest` (of all that it depends on) changes."""

    name: str
    title: str
    digest: str
    is_there: Callable[[], bool]  # a quick look whether its result still exists
    carry_out: Callable[[Progress], None]
    without: str = ""  # what it means to start without it; "": there is no starting without it


def carry_out(steps: Iterable[Step], stamps: Stamps, screen: Screen) -> tuple[LaunchError, ...]:
    """Does what is not yet done, in order; the errors of steps that can be done without.

    Raises: LaunchError of a step that cannot.
    """
    forgiven = []
    for step in steps:
        if stamps.holds(step.name, step.digest) and step.is_there():
            continue
        stamps.take_away(step.name)
        progress = screen.begin(step.title)
        try:
            step.carry_out(progress)
        except LaunchError as error:
            if not step.without:
                raise
            forgiven.append(error)
            screen.say(f"  {step.title}: not done. {error.message} {error.mend}")
            screen.say(f"  {step.without}")
            continue
        stamps.write(step.name, step.digest)
        progress.done()
    return tuple(forgiven)
