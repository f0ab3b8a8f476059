"""The page on which a person talks with a model: every turn can be edited, answered again and leafed through.

Turns are kept in a tree (`talks.tree`); an edit and a second answer are versions beside the first. Errors
of a model stand in the turn that it was writing; nothing that was written is lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import BadRequestError, StorygenError
from ..component import Component
from ..elements import (
    Button,
    Collapsible,
    Column,
    Columns,
    Element,
    FileInput,
    Option,
    Panel,
    Row,
    Select,
    Text,
    TextInput,
)
from ..elements import Turn as TurnElement
from ..jobs import Job
from ..models.base import Generated, OnToken, Turn
from ..models.heeded import unheeded_titles
from ..models.servers import with_servers
from ..models.talk_template import PLAIN, read_template
from ..talks.talk_file import read_talk, written_talk
from ..talks.tree import Said, TalkTree
from .chat_answer import Outcome, ask, sent_text, template_for, watched
from .chat_settings import MOST_SEED, ChatSettings, How
from .sample_choice import SampleChoice

PATIENCE_S = 300.0
MOST_FILE_BYTES = 64 * 2**20


class Chat(Component):
    """Talk with any model: one that has a chat template, or a plain one with a template to edit."""

    title = "Chat"
    sentence = "Talk with a model, change any turn, and see exactly what it was given."
    _job: Job | None = None
    """Of the answer that is being written, or was last."""

    def __init__(
        self, system: str = "", template: str = PLAIN, *, patience_s: float = PATIENCE_S
    ) -> None:
        """`system`: the prompt that talks begin with. `template`: for models without one of their own.

        `patience_s`: a model of which nothing comes for so long is given up.

        Raises: BadRequestError for a template that is none.
        """
        read_template(template)
        self._first_system, self._first_template = system, template
        self._patience_s = patience_s

    # ------------------------------------------------------------ what stands on the page

    def build(self) -> Element:
        """See `Component.build`."""
        self._talks = [TalkTree(self._first_system)]
        self._talk = self._talks[0]
        self._drawn: dict[int, TurnElement] = {}
        self._writing: int | None = None
        self._lock = threading.RLock()
        self._sources = with_servers(self.bench)
        self._settings = ChatSettings(
            self._sources,
            self._first_system,
            self._first_template,
            lambda: self.job,
            self._set_system,
            self._show_state,
        )
        self._turns = Column()
        self._target = Text("", "story")
        self._beside = Panel(self._target, title="What should come")
        self._beside.hidden = True
        self._sent = Text("", "mono")
        self._what_is_sent = Collapsible("What is sent", self._sent, on_open=self._show_sent)
        page = Columns(
            Column(self._turns, self._writing_place(), self._what_is_sent, self._talk_row()),
            Column(self._settings.element, self._samples()),
            weights=(3, 2),
        )
        self._show()
        return page

    def closed(self) -> None:
        """See `Component.closed`."""
        self._stop()

    def _talk_row(self) -> Element:
        self._which = Select("Talk", [], on_change=self._other_talk)
        self._open = FileInput(
            "Open a talk", self._open_file, accept=".json", most_bytes=MOST_FILE_BYTES
        )
        self._new = Button("New talk", self._new_talk)
        self._save = Button("Save talk", self._save_talk)
        return Row(self._which, self._new, self._save, self._open)

    def _writing_place(self) -> Element:
        self._words = TextInput("Your turn", lines=3)
        self._button = Button("Send", self._send, tone="primary", key="Ctrl+Enter")
        self._halt = Button("Stop", self._stop, key="Escape", at_once=True)
        self._hint = Text("", "quiet")
        return Column(self._beside, self._words, Row(self._button, self._halt, self._hint))

    def _samples(self) -> Element:
        self._sample: SampleChoice | None = None
        self._from_sample = Collapsible("Begin with a sample", on_open=self._open_samples)
        self._from_sample.hidden = not self.bench.datasets.offers()
        return self._from_sample

    def _open_samples(self) -> None:
        """Datasets are opened when somebody wants to see them, not with the page."""
        if self._sample is None:
            self._sample = SampleChoice(self.bench, lambda: self.job, in_a_talk=True)
            begin = Button("Begin a talk with it", self._begin_with_sample)
            self._from_sample.children = (*self._sample.elements, begin)
            self._sample.begin()

    # ------------------------------------------------------------ what a person does

    def _send(self) -> None:
        with self._resting():
            text = self._words.value
            last = self._talk.last
            if not text.strip():
                if last is None or last.role != "user":
                    raise BadRequestError("Write something first.")
                self._answer(last)
                return
            said = self._talk.say("user", text, last.id if last else None)
            self._words.value = ""
            self._answer(said)

    def _edit(self, number: int, text: str) -> None:
        """A person's turn that says something else is answered anew; a model's just says something else."""
        with self._resting():
            said = self._talk.edit(number, text)
            if said.role == "user":
                self._answer(said)
            else:
                self._show()

    def _again(self, number: int) -> None:
        with self._resting():
            said = self._talk.get(number)
            if said.role == "user":
                self._talk.choose(number)
                self._answer(said)
                return
            before = None if said.after is None else self._talk.get(said.after)
            if said.state == "failed" and not said.text:
                self._talk.delete(number)  # nothing was written, so nothing is lost
            self._answer(before)

    def _leaf(self, number: int, step: int) -> None:
        with self._resting():
            self._talk.leaf(number, step)
            self._show()

    def _delete(self, number: int) -> None:
        with self._resting():
            self._talk.delete(number)
            self._show()

    def _stop(self) -> None:
        with self._lock:  # an answer that is just being begun has its job then
            job = self._job
        if job is not None:
            job.cancel()

    def _set_system(self, text: str) -> None:
        self._talk.system = text

    def _begin_with_sample(self) -> None:
        with self._resting():
            assert self._sample is not None, "its button stands below it"
            chosen = self._sample.chosen()
            if not chosen.prompt.strip():
                raise BadRequestError("The sample has no text. Choose another.")
            talk = TalkTree(self._talk.system)
            talk.source = {"where": chosen.where, "target": "\n\n".join(chosen.targets)}
            said = talk.say("user", chosen.prompt, None)
            self._take_up(talk)
            self._answer(said)

    # ------------------------------------------------------------ talks

    def _new_talk(self) -> None:
        with self._resting():
            self._take_up(TalkTree(self._talk.system))

    def _other_talk(self, which: str) -> None:
        with self._resting():
            self._go_to(self._talks[int(which)])

    def _save_talk(self) -> None:
        self.save("talk.json", written_talk(self._talk), "application/json")

    def _open_file(self, path: Path, name: str) -> None:
        with self._resting():
            try:
                text = path.read_text("utf-8-sig")
            except UnicodeDecodeError:
                raise BadRequestError(
                    f"{name} is no text. Open a talk that was saved here."
                ) from None
            self._take_up(read_talk(text))

    def _take_up(self, talk: TalkTree) -> None:
        """Show another talk; the others stay, but for an empty one."""
        self._talks = [one for one in self._talks if len(one)] + [talk]
        self._go_to(talk)

    def _go_to(self, talk: TalkTree) -> None:
        self._talk, self._drawn = talk, {}
        self._settings.system = talk.system
        self._show()

    # ------------------------------------------------------------ answers

    @contextmanager
    def _resting(self) -> Iterator[None]:
        """Nothing is written meanwhile, and the thread that wrote has shown how it ended."""
        with self._lock:
            if self._writing is not None:
                raise BadRequestError("The model is writing. Wait for it, or press Stop.")
            yield

    def _answer(self, before: Said | None) -> None:
        """Let the model answer `before`, in a thread beside the page."""
        try:
            how = self._settings.how()
        except StorygenError:
            self._show()  # what was said stands; Send asks for the answer once more
            raise
        after = None if before is None else before.id
        self._talk.system = self._settings.system
        turns = self._talk.turns_to(after)
        said = self._talk.say("assistant", "", after)
        seed = (how.seed + self._talk.versions(said.id)[0] - 1) % (MOST_SEED + 1)
        said.state, said.made = "writing", {"model": how.model, "seed": seed}
        self._writing = said.id
        self._show()
        self._job = self.beside(lambda job: self._write(job, said, how, turns, seed))

    def _write(self, job: Job, said: Said, how: How, turns: Sequence[Turn], seed: int) -> None:
        element, begun_s = self._drawn[said.id], time.monotonic()
        notes: list[str] = []

        def asked(on_token: OnToken, inner: Job) -> Generated:
            model = self._sources.get(how.model, inner)
            used = template_for(model, how.template, how.plain)
            self._sent.text = sent_text(model, turns, used)
            notes.extend(unheeded_titles(model, how.params))
            return ask(model, turns, used, how.params, seed, on_token, inner)

        def wrote(text: str) -> None:
            more = text if said.text else text.lstrip()
            said.text += more
            element.write(more)

        outcome = watched(asked, wrote, self._patience_s, job)
        if outcome.generated is not None and (text := outcome.generated.text.lstrip()) != said.text:
            said.text = element.text = text
        said.state, said.problem = outcome.state, outcome.problem
        said.made = {**said.made, **_facts(outcome, time.monotonic() - begun_s)}
        if notes:
            said.made = {**said.made, "unheeded": ", ".join(notes)}
        with self._lock:
            self._writing = None
            self._show()
        if outcome.error is not None:
            raise outcome.error  # the page shows where in a developer's model it came from

    def _show_sent(self) -> None:
        """What would be sent for the talk as it stands."""
        if self._writing is not None or not self._settings.model:
            return
        how = self._settings.how()
        model = self._sources.get(how.model, self.job)
        used = template_for(model, how.template, how.plain)
        path = self._talk.path
        while path and path[-1].role == "assistant":
            path.pop()
        turns = self._talk.turns_to(path[-1].id if path else None)
        self._sent.text = sent_text(model, turns, used) if turns else ""

    # ------------------------------------------------------------ how it stands

    def _show(self) -> None:
        path = self._talk.path
        self._turns.children = [self._element(said) for said in path]
        target = str(self._talk.source.get("target") or "")
        self._target.text, self._beside.hidden = target, not target
        where = str(self._talk.source.get("where") or "")
        self._beside.title = f"What should come ({where})" if where else "What should come"
        self._which.options = tuple(
            Option(str(at), talk.title or "A new talk") for at, talk in enumerate(self._talks)
        )
        self._which.value = str(self._talks.index(self._talk))
        self._which.hidden = len(self._talks) < 2
        self._show_state()

    def _show_state(self) -> None:
        writing = self._writing is not None
        reason = ""
        if writing:
            reason = "The model is writing. Press Stop to end it."
        elif not self._settings.model:
            reason = "There is no model. Add one first, or a server."
        self._button.disabled, self._button.reason = bool(reason), reason
        self._halt.hidden = not writing
        self._hint.text = "" if writing else reason
        for control in (self._new, self._save):
            control.disabled = not len(self._talk) or (writing and control is self._new)
            control.reason = "Nothing was said yet." if not len(self._talk) else reason

    def _element(self, said: Said) -> TurnElement:
        element = self._drawn.get(said.id)
        if element is None:
            element = self._drawn[said.id] = TurnElement(
                said.role,
                said.text,
                on_edit=lambda text: self._edit(said.id, text),
                on_again=lambda: self._again(said.id),
                on_delete=lambda: self._delete(said.id),
                on_leaf=lambda step: self._leaf(said.id, step),
            )
        sibling, siblings = self._talk.versions(said.id)
        values = {
            "state": said.state,
            "problem": said.problem,
            "sibling": sibling,
            "siblings": siblings,
            "note": _note(said),
            "actions": () if self._writing is not None else ("edit", "again", "delete"),
        }
        for name, value in values.items():
            if element.values.get(name) != value:
                setattr(element, name, value)
        return element


def _facts(outcome: Outcome, seconds: float) -> dict[str, Any]:
    made: dict[str, Any] = {"seconds": round(seconds, 2)}
    if outcome.generated is not None:
        made |= {"tokens": len(outcome.generated.tokens), "ended": outcome.generated.ended}
    return made


def _note(said: Said) -> str:
    """What a turn was made with, in a line."""
    made = said.made
    if not made or said.state == "writing":
        return ""
    parts = [str(made.get("model", ""))]
    if "tokens" in made:
        parts.append(f"{made['tokens']} tokens in {made.get('seconds', 0)} s")
    if "seed" in made:
        parts.append(f"seed {made['seed']}")
    if made.get("ended") == "length":
        parts.append("reached the most tokens")
    if made.get("unheeded"):
        parts.append(f"this server does not heed: {made['unheeded']}")
    return " · ".join(filter(None, parts))
